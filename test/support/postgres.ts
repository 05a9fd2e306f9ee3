/**
 * A throw-away PostgreSQL for tests, when its binaries are installed: one cluster per process that asks (a test file is a
 * process), one database per server. BROADSHEET_TEST_POSTGRES_URL names a running one to use instead.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { isWhole } from './tiers.ts'

export type DatabaseName = 'sqlite' | 'postgres'

interface Cluster {
  /** Address of the maintenance database. */
  readonly url: string
  stop(): Promise<void>
}

const isRoot = process.getuid?.() === 0
const startsWithinMs = 30_000

/** Directory of `initdb` and `postgres`, the newest installed; null when there is none. */
export function findPostgres(): string | null {
  const root = '/usr/lib/postgresql'
  if (existsSync(root)) {
    const versions = readdirSync(root).sort((a, b) => Number(b) - Number(a))
    for (const version of versions) {
      const directory = join(root, version, 'bin')
      if (existsSync(join(directory, 'initdb')) && existsSync(join(directory, 'postgres'))) return directory
    }
  }
  for (const directory of (process.env.PATH ?? '').split(':')) {
    if (
      directory !== '' &&
      existsSync(join(directory, 'initdb')) &&
      existsSync(join(directory, 'postgres'))
    ) {
      return directory
    }
  }
  return null
}

const external = process.env.BROADSHEET_TEST_POSTGRES_URL ?? null
const binaries = external === null ? findPostgres() : null

/** Why tests on PostgreSQL are skipped here, in words for the test report; false when they are not. */
export const postgresSkipped: string | false =
  external === null && binaries === null ? 'PostgreSQL is not installed' : false

/**
 * Runs a block of tests once per control database. Put `options` into each test, so that a machine without PostgreSQL
 * says what it skipped:
 *   forEachDatabase((database, options) => {
 *     test(`a dataset survives a restart (${database})`, options, async (t) => { startServer(t, { database }) })
 *   })
 * Blocks that take long, and in which the database decides little, run on PostgreSQL when all is wanted (`isLong`).
 */
export function forEachDatabase(
  define: (database: DatabaseName, options: { readonly skip: string | false }) => void,
  { isLong = false } = {},
): void {
  const isLeftOut = isLong && !isWhole && process.env.BROADSHEET_SOAK !== '1'
  define('sqlite', { skip: false })
  define('postgres', { skip: isLeftOut ? 'on PostgreSQL: npm run test:all' : postgresSkipped })
  after(stopPostgres)
}

let running: Promise<Cluster> | null = null
let databases = 0

/** A new, empty database; answers its address. The cluster is started by the first call. */
export async function createDatabase(): Promise<string> {
  running ??= startCluster()
  const { url } = await running
  const name = `test_${process.pid}_${databases++}`
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(`create database ${name}`)
  } finally {
    await client.end()
  }
  const own = new URL(url)
  own.pathname = `/${name}`
  return own.href
}

/** Stops the cluster of this process, if there is one, and removes its files. */
export async function stopPostgres(): Promise<void> {
  const cluster = running
  running = null
  await (await cluster)?.stop()
}

async function startCluster(): Promise<Cluster> {
  if (external !== null) return { url: external, stop: async () => {} }
  if (binaries === null) throw new Error('PostgreSQL is not installed')
  return startPostgres(binaries)
}

export interface PostgresOptions {
  /** `-c name=value` for the server, beside or instead of those that make nothing durable: a test's data is thrown away. */
  readonly settings?: Readonly<Record<string, string>>
}

/** Starts a cluster on a free loopback port. Its process ends with this one. */
export async function startPostgres(directory: string, options: PostgresOptions = {}): Promise<Cluster> {
  const home = mkdtempSync(join(tmpdir(), 'broadsheet-postgres-'))
  const data = join(home, 'data')
  const as = dropRoot(home)
  const initdb = [
    join(directory, 'initdb'),
    '-D',
    data,
    '-U',
    'broadsheet',
    '-A',
    'trust',
    '-E',
    'UTF8',
    '--no-sync',
  ]
  const [initCommand, ...initArgs] = [...as, ...initdb, '--no-locale', '--no-instructions']
  execFileSync(initCommand!, initArgs, {
    stdio: 'pipe',
    cwd: home,
    env: { PATH: process.env.PATH, LC_ALL: 'C' },
  })

  const settings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', ...options.settings }
  const port = await freePort()
  const args = ['-D', data, '-h', '127.0.0.1', '-p', String(port), '-k', '']
  for (const [name, value] of Object.entries(settings)) args.push('-c', `${name}=${value}`)
  const [command, ...rest] = [...as, join(directory, 'postgres'), ...args]
  const child = spawn(command!, rest, {
    stdio: 'ignore',
    cwd: home,
    env: { PATH: process.env.PATH, LC_ALL: 'C' },
  })
  child.unref()
  const onExit = () => {
    child.kill('SIGQUIT')
    rmSync(home, { recursive: true, force: true, maxRetries: 5 })
  }
  process.once('exit', onExit)

  const url = `postgres://broadsheet@127.0.0.1:${port}/postgres`
  await untilItAnswers(url, child)
  return {
    url,
    async stop() {
      process.off('exit', onExit)
      await ended(child, 'SIGQUIT')
      rmSync(home, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** PostgreSQL refuses to run as root: its own user does it then, and dies with this process (also if that is killed). */
function dropRoot(home: string): string[] {
  if (!isRoot) return []
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
  chownSync(home, id('-u'), id('-g'))
  return ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups', '--pdeathsig=QUIT']
}

async function freePort(): Promise<number> {
  const { createServer } = await import('node:net')
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

async function untilItAnswers(url: string, child: ChildProcess): Promise<void> {
  const endsAt = performance.now() + startsWithinMs
  for (;;) {
    const client = new pg.Client({ connectionString: url })
    try {
      await client.connect()
      await client.end()
      return
    } catch (error) {
      await client.end().catch(() => {})
      if (child.exitCode !== null)
        throw new Error(`PostgreSQL ended with ${child.exitCode}`, { cause: error })
      if (performance.now() > endsAt) throw error
    }
    await delay(50)
  }
}

function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve()
    child.ref()
    child.once('exit', () => resolve())
    child.kill(signal)
  })
}
