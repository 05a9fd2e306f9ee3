/**
 * The two commands on a machine that has an old Node, npm and nothing else: a clean clone of what is committed, a PATH
 * without the pinned Node, an empty data directory.
 */
import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const found = { git: onPath('git'), npm: onPath('npm'), node: onPath('node') }
const missing = Object.entries(found)
  .filter(([, path]) => path === null)
  .map(([name]) => name)
const skip =
  missing.length > 0
    ? `there is no ${missing.join(', no ')} outside node_modules`
    : !existsSync(join(root, '.git')) && 'this is not a git checkout'

let home = ''
let clone = ''
let env: Record<string, string> = {}
/** Process groups that a failed test may leave behind. */
const running = new Set<number>()

before(() => {
  if (skip) return
  home = mkdtempSync(join(tmpdir(), 'broadsheet-install-'))
  clone = join(home, 'clone')
  execFileSync('git', ['clone', '--quiet', '--depth', '1', `file://${root}`, clone], { stdio: 'pipe' })
  const bin = join(home, 'bin')
  mkdirSync(bin)
  for (const [name, path] of Object.entries(found)) symlinkSync(path!, join(bin, name))
  env = {
    PATH: [bin, '/usr/bin', '/bin'].join(delimiter),
    HOME: process.env.HOME ?? home,
    BROADSHEET_PORT: '0',
    BROADSHEET_DEMO: '0',
    BROADSHEET_DATA_DIR: join(home, 'data'),
    npm_config_prefer_offline: 'true',
    npm_config_update_notifier: 'false',
    ...(process.env.NODE_EXTRA_CA_CERTS ? { NODE_EXTRA_CA_CERTS: process.env.NODE_EXTRA_CA_CERTS } : {}),
  }
})
after(() => {
  for (const group of running) process.kill(-group, 'SIGKILL')
  if (home !== '') rmSync(home, { recursive: true, force: true, maxRetries: 5 })
})

test('npm start on a clean clone installs, serves, prints the admin’s password and stops on Ctrl-C', {
  skip,
  timeout: 400_000,
}, async () => {
  const first = run('start')
  const url = await first.ready
  assert.match(first.output(), /Installing what Broadsheet needs \(nothing is installed yet\)/)
  assert.match(first.output(), /user +admin\n +password +\S{12,}/)
  assert.equal((await fetch(`${url}/readyz`)).status, 200)
  // Eight queries at once must leave some for files and passwords: with the runtime's own four, none would be.
  if (hasThreads)
    assert.ok(poolThreadsOf(clone) >= 12, `${poolThreadsOf(clone)} threads for queries and files`)
  assert.match(first.output(), /Bundled the server/)
  const password = /password +(\S+)/.exec(first.output())![1]!
  const authorization = `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`
  const datasets = `${url}/api/management/v2/datasets`
  assert.equal((await fetch(datasets)).status, 401)
  assert.equal((await fetch(datasets, { headers: { authorization } })).status, 200)
  assert.equal(await first.interrupt(), 0)
  assert.deepEqual(processesOf(clone), [], 'nothing is left running')

  const second = run('start')
  const again = await second.ready
  assert.doesNotMatch(second.output(), /Installing/)
  assert.doesNotMatch(second.output(), new RegExp(password), 'the password is printed once')
  assert.equal(
    (await fetch(`${again}/api/management/v2/datasets`, { headers: { authorization } })).status,
    200,
  )
  assert.equal(await second.interrupt(), 0)
})

test('npm test on that clone runs on the pinned Node and leaves the checkout as it was', {
  skip,
  timeout: 400_000,
}, async () => {
  const tests = run('test', '--', 'access/policy')
  assert.equal(await tests.exited, 0, tests.output())
  assert.match(tests.output(), /^ℹ pass [1-9]/m)
  assert.match(tests.output(), /^ℹ fail 0$/m)
  const changed = execFileSync('git', ['status', '--porcelain'], { cwd: clone, encoding: 'utf8' })
  assert.equal(changed, '')
})

interface Run {
  /** Address of the server, once it is ready. */
  readonly ready: Promise<string>
  readonly exited: Promise<number | null>
  output(): string
  interrupt(): Promise<number | null>
}

function run(...args: readonly string[]): Run {
  const child: ChildProcess = spawn('npm', args, {
    cwd: clone,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  running.add(child.pid!)
  let output = ''
  const exited = new Promise<number | null>((resolve) =>
    child.once('close', (code) => {
      running.delete(child.pid!)
      resolve(code)
    }),
  )
  const ready = new Promise<string>((resolve, reject) => {
    const take = (text: string) => {
      output += text
      // The password is the last line of what a server says when it is ready.
      const url = /ready on (\S+)[\s\S]*password +\S.*\n/.exec(output)?.[1]
      if (url !== undefined) resolve(url)
    }
    child.stdout!.setEncoding('utf8').on('data', take)
    child.stderr!.setEncoding('utf8').on('data', take)
    void exited.then((code) => reject(new Error(`npm ended with ${code}:\n${output}`)))
  })
  ready.catch(() => {})
  return {
    ready,
    exited,
    output: () => output,
    interrupt() {
      child.kill('SIGINT')
      return exited
    },
  }
}

/** The first program of that name on the PATH that is not one of node_modules. */
function onPath(name: string): string | null {
  const directories = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((path) => !path.includes('node_modules'))
  return directories.map((path) => join(path, name)).find((path) => existsSync(path)) ?? null
}

const hasThreads = existsSync('/proc/self/task')

/** The most threads for work beside JavaScript that a process has which works in a directory. Linux. */
function poolThreadsOf(directory: string): number {
  const nameOf = (thread: string) => readFileSync(`${thread}/comm`, 'utf8').trim()
  const counts = pidsOf(directory).map((pid) => {
    const threads = readdirSync(`/proc/${pid}/task`).map((thread) => `/proc/${pid}/task/${thread}`)
    return threads.filter((thread) => nameOf(thread) === 'libuv-worker').length
  })
  return Math.max(0, ...counts)
}

/** Command lines of running processes that work in a directory. Linux. */
function processesOf(directory: string): string[] {
  return pidsOf(directory).map(commandOf)
}

function pidsOf(directory: string): string[] {
  if (!hasThreads) return []
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.filter((pid) => directoryOf(pid) === directory || commandOf(pid).includes(directory))
}

function directoryOf(pid: string): string | null {
  try {
    return readlinkSync(`/proc/${pid}/cwd`)
  } catch {
    return null
  }
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}
