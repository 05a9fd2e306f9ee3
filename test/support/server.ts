/**
 * Starts the real server as a process of its own, on a temporary data directory, and stops it whatever happens.
 *
 * `startServer(t)` for tests: what it started is gone when the test ends, also when the test fails; should the test's
 * own process die, the server notices that its IPC channel has closed and exits. `shareServer()` for the tests of a file
 * that can do with one: a start takes longer than most of them. `launchServer()` for programs that are not tests (bench):
 * they must call `stop()`.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { entryOf } from '../../bin/built.js'
import { type Client, createClient } from './http-client.ts'
import { createDatabase, type DatabaseName } from './postgres.ts'

export interface ServerOptions {
  /** Added to the environment; see src/settings.ts. */
  readonly env?: Readonly<Record<string, string>>
  /** Default: a new one, removed at the end. One that is given is left alone. */
  readonly dataDirectory?: string
  /** Default: BROADSHEET_TEST_DATABASE, else sqlite. */
  readonly database?: DatabaseName
}

export interface TestServer extends Client {
  readonly url: string
  readonly admin: { readonly username: string; readonly password: string }
  readonly dataDirectory: string
  /** Of the control database; null: SQLite in the data directory. */
  readonly databaseUrl: string | null
  readonly pid: number
  /** What it has printed so far. */
  stdout(): string
  stderr(): string
  /** Ctrl-C: lets it stop cleanly. Answers its exit code. */
  stop(): Promise<number | null>
  /** kill -9. */
  kill(): Promise<void>
  /** Starts a new process on the same data directory and control database; this one must have ended. */
  startAgain(env?: Readonly<Record<string, string>>): Promise<TestServer>
}

const entry = fileURLToPath(entryOf('main'))
const admin = { username: 'admin', password: 'correct horse battery' }
const readyWithinMs = 90_000
const stopsWithinMs = 20_000

/** A server that ends with the test. */
export async function startServer(t: TestContext, options: ServerOptions = {}): Promise<TestServer> {
  const home = await makeHome(options)
  t.after(() => home.clear())
  return launch(home, options.env ?? {})
}

/**
 * One server for the tests of a file that neither stop nor set it up, with dataset ids of their own: started by the first
 * that asks, ended after the last.
 */
export function shareServer(options: ServerOptions = {}): () => Promise<TestServer> {
  let launched: ReturnType<typeof launchServer> | null = null
  after(async () => (await launched)?.clear())
  return async () => {
    launched ??= launchServer(options)
    return (await launched).server
  }
}

/** A server that ends when `stop` is called, or with this process. Its own directory stays until `clear`. */
export async function launchServer(
  options: ServerOptions = {},
): Promise<{ server: TestServer; clear(): Promise<void> }> {
  const home = await makeHome(options)
  try {
    return { server: await launch(home, options.env ?? {}), clear: home.clear }
  } catch (error) {
    await home.clear()
    throw error
  }
}

/** What several runs of one server share. */
interface Home {
  readonly dataDirectory: string
  readonly databaseUrl: string | null
  readonly children: Set<ChildProcess>
  clear(): Promise<void>
}

async function makeHome(options: ServerOptions): Promise<Home> {
  const database = options.database ?? (process.env.BROADSHEET_TEST_DATABASE as DatabaseName | undefined)
  const databaseUrl = database === 'postgres' ? await createDatabase() : null
  const own = options.dataDirectory === undefined ? mkdtempSync(join(tmpdir(), 'broadsheet-server-')) : null
  const children = new Set<ChildProcess>()
  return {
    dataDirectory: options.dataDirectory ?? own!,
    databaseUrl,
    children,
    async clear() {
      await Promise.all([...children].map(killHard))
      if (own !== null) rmSync(own, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

async function launch(home: Home, env: Readonly<Record<string, string>>): Promise<TestServer> {
  const child = spawn(process.execPath, [entry], {
    // Only what is named here: a developer's own settings must not decide a test.
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      TMPDIR: tmpdir(),
      ...(process.env.NODE_COMPILE_CACHE ? { NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE } : {}),
      BROADSHEET_PORT: '0',
      BROADSHEET_HOST: '127.0.0.1',
      BROADSHEET_DATA_DIR: home.dataDirectory,
      BROADSHEET_ADMIN_PASSWORD: admin.password,
      BROADSHEET_DEMO: '0',
      // All files are there when a job has ended, for tests that look at them; index-later.test.ts has it as users do.
      BROADSHEET_INDEX_LATER_MB: '0',
      BROADSHEET_EXIT_WITH_PARENT: '1',
      ...(home.databaseUrl === null ? {} : { DATABASE_URL: home.databaseUrl }),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  home.children.add(child)
  const stdout = collect(child.stdout!)
  const stderr = collect(child.stderr!)
  const exited = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => {
      home.children.delete(child)
      resolve(code)
    })
  })
  const url = await ready(child, exited, () => `${stdout()}\n${stderr()}`)
  // The channel stays open for the server's sake, but must not keep this process alive.
  child.channel?.unref()

  return {
    ...createClient(url, admin),
    url,
    admin,
    dataDirectory: home.dataDirectory,
    databaseUrl: home.databaseUrl,
    pid: child.pid!,
    stdout,
    stderr,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
      child.kill('SIGINT')
      const timer = setTimeout(() => child.kill('SIGKILL'), stopsWithinMs)
      const code = await exited
      clearTimeout(timer)
      if (child.signalCode === 'SIGKILL') throw new Error(`the server did not stop on SIGINT:\n${stderr()}`)
      return code
    },
    kill: () => killHard(child),
    startAgain(changes = {}) {
      if (home.children.has(child)) throw new Error('the server is still running: stop() or kill() it first')
      return launch(home, { ...env, ...changes })
    },
  }
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: string[] = []
  stream.setEncoding('utf8')
  stream.on('data', (chunk: string) => chunks.push(chunk))
  return () => chunks.join('')
}

/** The address it listens on, as told through the IPC channel. */
function ready(child: ChildProcess, exited: Promise<unknown>, output: () => string): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`the server was not ready after ${readyWithinMs} ms:\n${output()}`))
    }, readyWithinMs)
    const end = (then: () => void) => {
      clearTimeout(timer)
      then()
    }
    child.on('message', (message: { kind?: string; url?: string }) => {
      if (message.kind === 'ready') end(() => resolve(message.url!))
    })
    child.once('error', (error) => end(() => reject(error)))
    void exited.then((code) => {
      end(() => reject(new Error(`the server ended with ${code} before it was ready:\n${output()}`)))
    })
  })
}

async function killHard(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await exited
}
