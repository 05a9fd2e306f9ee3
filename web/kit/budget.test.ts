/** How much script a page brings before maps and charts, as the build's manifest has it: bytes as sent. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const manifestPath = fileURLToPath(new URL('../build/manifest.json', import.meta.url))
const { chunks, sizes } = JSON.parse(readFileSync(manifestPath, 'utf8')) as {
  chunks: Record<string, string[]>
  sizes: Record<string, number>
}
const maxBytes = 120_000

function bytesOf(sources: readonly string[]): number {
  const addresses = new Set(
    sources.flatMap((source) => chunks[source] ?? assert.fail(`${source} is not built`)),
  )
  return [...addresses].reduce((sum, address) => sum + sizes[address]!, 0)
}

test('no page of the portal brings 120 KB of script before maps and charts', () => {
  const islands = Object.keys(chunks).filter((source) => source.startsWith('islands/'))
  assert.ok(islands.length > 3)
  for (const island of islands) {
    const bytes = bytesOf(['kit/client.ts', 'messages/fr.ts', island])
    assert.ok(bytes < maxBytes, `${island}: ${bytes}`)
  }
})

test('the libraries of maps and charts are in no page, only behind an import', () => {
  const drawing = bytesOf(['portal/draw-chart.ts'])
  assert.ok(drawing > 100_000, 'the charts are measured where they are not')
  const all = Object.keys(chunks).filter((source) => source.startsWith('islands/'))
  assert.ok(bytesOf(['kit/client.ts', ...all]) < drawing)
})
