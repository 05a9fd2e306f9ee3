/**
 * Runs the command line as people do: as a process, with nothing but its arguments and environment (`runCli`, `startCli`);
 * or in this process, for the many runs in which only what it does and says is looked at (`callCli`).
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { runCli as runCommand } from '../../src/cli/index.ts'
import type { TestServer } from './server.ts'

export interface CliRun {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  /** Standard output, an event a line. */
  // biome-ignore lint/suspicious/noExplicitAny: an event's shape is what a test is there to check
  events(): any[]
}

export interface CliProcess {
  readonly child: ChildProcess
  /** Resolves with the first line of standard output that fits. */
  line(fits: (line: string) => boolean): Promise<string>
  readonly ended: Promise<CliRun>
}

const launcher = fileURLToPath(new URL('../../bin/broadsheet.js', import.meta.url))

export function startCli(args: readonly string[], env: Readonly<Record<string, string>> = {}): CliProcess {
  const child = spawn(process.execPath, [launcher, ...args], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  const watchers = new Set<() => void>()
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    for (const watch of [...watchers]) watch()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const ended = new Promise<CliRun>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      resolve({ code, stdout, stderr, events: () => eventsIn(stdout) })
    })
  })
  return {
    child,
    ended,
    line: (fits) =>
      new Promise((resolve, reject) => {
        const watch = () => {
          const found = stdout.split('\n').slice(0, -1).find(fits)
          if (found === undefined) return
          watchers.delete(watch)
          resolve(found)
        }
        watchers.add(watch)
        watch()
        void ended.then((run) => reject(new Error(`ended with ${run.code} before that line:\n${run.stderr}`)))
      }),
  }
}

export function runCli(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<CliRun> {
  return startCli(args, env).ended
}

/** The same without a process: arguments and environment in, exit code and output out. */
export async function callCli(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<CliRun> {
  const written = { stdout: '', stderr: '' }
  const into = (name: keyof typeof written) =>
    new Writable({
      write(chunk, _encoding, done) {
        written[name] += String(chunk)
        done()
      },
    }) as NodeJS.WritableStream as NodeJS.WriteStream
  const code = await runCommand(args, {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    streams: { stdout: into('stdout'), stderr: into('stderr') },
    serve: () => Promise.reject(new Error('a server is a process')),
  })
  return { code, ...written, events: () => eventsIn(written.stdout) }
}

function eventsIn(stdout: string) {
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
}

/** The environment of somebody who may do everything on a server. */
export function asAdmin(server: TestServer): Record<string, string> {
  return { BROADSHEET_SERVER: server.url, BROADSHEET_ADMIN_PASSWORD: server.admin.password }
}
