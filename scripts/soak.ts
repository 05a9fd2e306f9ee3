/**
 * npm run test:soak -- [--minutes N] [--seed N] [WORD ...]
 *
 * The tests that draw their cases (crash points, random kills, random sequences, concurrent clients, disk faults), with
 * everything instead of a sample, one file after another, on every control database that is installed. The minutes are
 * shared out between the files; each ends with what it got through. Prints the seed that repeats the run.
 */
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { parseArgs } from 'node:util'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { minutes: { type: 'string', default: '60' }, seed: { type: 'string' } },
})
const minutes = Number(values.minutes)
const seed = values.seed ?? String(Math.floor(Math.random() * 2 ** 31))
if (!(minutes > 0) || !/^\d+$/.test(seed)) {
  console.error('usage: npm run test:soak -- [--minutes N] [--seed N] [WORD ...]')
  process.exit(2)
}

const subjects = ['crash-matrix', 'kill-loop', 'no-downtime', 'model', 'disk-faults', 'concurrent-actions']
const files = globSync('test/integration/*.test.ts')
  .filter((file) => subjects.some((subject) => file.endsWith(`/${subject}.test.ts`)))
  .filter((file) => positionals.length === 0 || positionals.some((word) => file.includes(word)))
  .sort()

/** A file's share, and what it may still have in hand at its end. */
const testTimeoutMs = Math.ceil((minutes / files.length) * 60_000) + 1_200_000

console.log(`seed ${seed}, ${minutes} minutes, ${files.length} files`)
let failures = 0
for (const file of files) {
  console.log(`\n== ${file}`)
  const flags = ['--test', '--test-reporter=spec', `--test-timeout=${testTimeoutMs}`]
  const { status } = spawnSync(process.execPath, [...flags, file], {
    stdio: 'inherit',
    env: {
      ...process.env,
      BROADSHEET_SOAK: '1',
      BROADSHEET_SOAK_MINUTES: String(minutes / files.length),
      BROADSHEET_TEST_SEED: seed,
    },
  })
  if (status !== 0) failures++
}
console.log(`\n${files.length - failures} of ${files.length} files passed; --seed ${seed} repeats them`)
process.exitCode = failures > 0 ? 1 : 0
