/**
 * Runs the tests on Node's own runner, three files at a time: on two processors one of them waits for something.
 * `npm test -- WORD...` runs the files whose path has one of the words. Ends with the runner's counts and its exit code.
 * A test that hangs fails by name.
 */
import { spawn } from 'node:child_process'
import { accessSync, constants, globSync, readFileSync, statfsSync } from 'node:fs'
import { freemem } from 'node:os'
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
    ['--test', '--test-concurrency=3', `--test-timeout=${testTimeoutMs}`, ...flags, ...files],
    {
      stdio: 'inherit',
      // Hundreds of servers and builders are started: TypeScript is stripped and compiled once, as bin/broadsheet.js does.
      env: {
        NODE_COMPILE_CACHE: fileURLToPath(new URL('../node_modules/.cache/node', import.meta.url)),
        ...memoryForFiles(),
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

/**
 * Where there is much memory, the files of tests lie in it: thousands of databases are made, and each waits for its disk. No
 * test cuts the power. TMPDIR says otherwise.
 */
function memoryForFiles(): Readonly<Record<string, string>> {
  const directory = '/dev/shm'
  const enough = 8 * 2 ** 30
  try {
    const { bavail, bsize } = statfsSync(directory)
    accessSync(directory, constants.W_OK)
    const isWhole = process.env.BROADSHEET_TEST_ALL === '1' || process.env.BROADSHEET_SOAK === '1'
    return !isWhole && bavail * bsize >= enough && freemem() >= enough ? { TMPDIR: directory } : {}
  } catch {
    return {}
  }
}

/** One PostgreSQL for all files that ask for one, where there are several: making one takes a second of processor. */
async function sharePostgres(): Promise<Awaited<ReturnType<typeof startPostgres>> | null> {
  const asking = files.filter((file) => readFileSync(file, 'utf8').includes('forEachDatabase('))
  const binaries = findPostgres()
  if (asking.length < 2 || binaries === null || process.env.BROADSHEET_TEST_POSTGRES_URL) return null
  return startPostgres(binaries, { settings: { max_connections: '300' } })
}
