/**
 * The check of the rooms' one direction, checked: a tool that finds no TypeScript reports success. Each rule is broken
 * on purpose in a copy of the source, and must be found broken.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

interface Violation {
  readonly from: string
  readonly to: string
  readonly rule: { readonly name: string }
}
interface Report {
  readonly summary: { readonly totalCruised: number; readonly violations: readonly Violation[] }
}

function copyOfTheSource(t: TestContext): string {
  const copy = mkdtempSync(join(tmpdir(), 'broadsheet-rooms-'))
  t.after(() => rmSync(copy, { recursive: true, force: true }))
  for (const name of ['src', 'shared', 'package.json', '.dependency-cruiser.cjs']) {
    cpSync(join(root, name), join(copy, name), { recursive: true })
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  return copy
}

function check(directory: string): Promise<Report> {
  const tool = join(root, 'node_modules/.bin/depcruise')
  const args = [tool, '--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'src']
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd: directory, maxBuffer: 64 << 20 }, (error, stdout) => {
      if (error && stdout === '') reject(error)
      else resolve(JSON.parse(stdout))
    })
  })
}

/** A rule without a name: only there to help the one before it. A ring is reported once, at either of its ends. */
const breaches: readonly [rule: string, file: string, text: string][] = [
  [
    'kernel-imports-lower-ranks-only',
    'kernel/up.ts',
    "import type { Client } from '../cli/index.ts'\nexport type A = Client\n",
  ],
  ['records-imports-lower-ranks-only', 'records/across.ts', "export * from '../ingest/index.ts'\n"],
  ['http-imports-lower-ranks-only', 'http/across.ts', "export const cli = () => import('../cli/index.ts')\n"],
  [
    'rooms-are-entered-through-their-index',
    'actions/deep.ts',
    "import type { FilesTable } from '../control/schema.ts'\nexport type A = FilesTable\n",
  ],
  ['wiring-is-imported-by-nobody', 'odsql/wiring.ts', "export { readSettings } from '../settings.ts'\n"],
  ['not-to-dev-dependencies', 'engine/dev.ts', "import check from 'fast-check'\nexport default check\n"],
  ['no-circular', 'jobs/ring.ts', "import type { B } from './ring-b.ts'\nexport type A = B\n"],
  ['', 'jobs/ring-b.ts', "import type { A } from './ring.ts'\nexport type B = A\n"],
  ['no-orphans', 'catalog/alone.ts', 'export const alone = true\n'],
  ['everything-resolves', 'access/gone.ts', "export * from './not-there.ts'\n"],
]

test('the check of dependency directions sees TypeScript imports of every kind', async (t) => {
  const copy = copyOfTheSource(t)
  for (const [, file, text] of breaches) writeFileSync(join(copy, 'src', file), text)
  const { summary } = await check(copy)
  assert.ok(summary.totalCruised > 150, `it read ${summary.totalCruised} modules`)
  for (const [rule, file] of breaches) {
    if (rule === '') continue
    const found = summary.violations.filter((violation) =>
      [violation.from, violation.to].includes(`src/${file}`),
    )
    assert.ok(
      found.some((violation) => violation.rule.name === rule),
      `${file} breaks ${rule}, but was found to break ${found.map((one) => one.rule.name).join(', ') || 'nothing'}`,
    )
  }
})
