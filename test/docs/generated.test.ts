/** Pages that are written from the code are what the code would write now: `npm run docs` writes them. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { errorDocumentation } from '../../scripts/error-docs.ts'
import { expressionDocumentation } from '../../scripts/expression-docs.ts'
import { extractorDocumentation } from '../../scripts/extractor-docs.ts'
import { processorDocumentation } from '../../scripts/processor-docs.ts'

const root = new URL('../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')

test('the documentation of processors is the registry', () => {
  assert.equal(read('docs/processors.md'), processorDocumentation())
})

test('the documentation of expressions has every function', () => {
  assert.equal(read('docs/expressions.md'), expressionDocumentation())
})

test('the documentation of extractors is the registry', () => {
  assert.equal(read('docs/extractors.md'), extractorDocumentation())
})

test('the documentation of errors is the catalogue', () => {
  assert.equal(read('docs/errors.md'), errorDocumentation())
})

test('every room has a README of at most 40 lines', () => {
  const rooms = readdirSync(new URL('src/', root), { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  )
  for (const { name } of rooms) {
    const lines = read(`src/${name}/README.md`).trimEnd().split('\n')
    assert.equal(lines[0], `# ${name}`)
    assert.ok(lines.length <= 40, `src/${name}/README.md has ${lines.length} lines`)
  }
})

test('links between pages lead to files', () => {
  const pages = [
    'README.md',
    'CHANGELOG.md',
    ...markdownUnder('docs/'),
    ...markdownUnder('src/'),
    ...markdownUnder('bench/'),
  ]
  for (const page of pages) {
    for (const [, target] of read(page).matchAll(/\]\((?!https?:|#)([^)#\s]+)[^)]*\)/g)) {
      assert.doesNotThrow(
        () => readdirOrFile(new URL(target!, new URL(page, root))),
        `${page} links to ${target}`,
      )
    }
  }
})

function markdownUnder(folder: string): string[] {
  return readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md') && !path.includes('.work'))
    .map((path) => `${folder}${path}`)
}

function readdirOrFile(url: URL): void {
  if (url.pathname.endsWith('/')) readdirSync(url)
  else readFileSync(url)
}
