/**
 * Runs the tests on Node's own runner, four files at a time: on two processors some of them wait for something.
 * `npm test -- WORD...` runs the files whose path has one of the words. Ends with the runner's counts and its exit code.
 * A test that hangs fails by name.
 */
import { spawn } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { findPostgres, startPostgres } from '../test/support/postgres.ts'

const words = process.argv.slice(2).filter((argument) => !argument.startsWith('-'))
const flags = process.argv.slice(2).filter((argument) => argument.startsWith('-'))
const files = globSync(['src/**/*.test.ts', 'test/**/*.test.ts', 'web/!(build*)/**/*.test.ts'])
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
  .sort()

/** Many times what the longest takes on a busy machine; the whole sizes and the soak take longer. */
const testTimeoutMs =
  process.env.BROADSHEET_TEST_ALL === '1' || process.env.BROADSHEET_SOAK === '1' ? 1_200_000 : 300_000

if (files.length === 0) {
  console.error(`No test file has ${words.join(' or ')} in its path`)
  process.exitCode = 2
} else {
  const postgres = await sharePostgres()
  const runner = spawn(
    process.execPath,
    ['--test', '--test-concurrency=4', `--test-timeout=${testTimeoutMs}`, ...flags, ...files],
    {
      stdio: 'inherit',
      // Hundreds of servers and builders are started: TypeScript is stripped and compiled once, as bin/broadsheet.js does.
      env: {
        NODE_COMPILE_CACHE: fileURLToPath(new URL('../node_modules/.cache/node', import.meta.url)),
        ...(postgres ? { BROADSHEET_TEST_POSTGRES_URL: postgres.url } : {}),
        ...process.env,
      },
    },
  )
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => runner.kill(signal))
  runner.on('exit', async (code) => {
    await postgres?.stop()
    process.exit(code ?? 1)
  })
}

/** One PostgreSQL for all files that ask for one, where there are several: making one takes a second of processor. */
async function sharePostgres(): Promise<Awaited<ReturnType<typeof startPostgres>> | null> {
  const asking = files.filter((file) => readFileSync(file, 'utf8').includes('forEachDatabase('))
  const binaries = findPostgres()
  if (asking.length < 2 || binaries === null || process.env.BROADSHEET_TEST_POSTGRES_URL) return null
  return startPostgres(binaries, { settings: { max_connections: '300' } })
}
