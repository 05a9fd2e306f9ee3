/** Runs the command line as people do: as a process, with nothing but its arguments and environment. */
import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
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
      const events = () =>
        stdout
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line))
      resolve({ code, stdout, stderr, events })
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

/** The environment of somebody who may do everything on a server. */
export function asAdmin(server: TestServer): Record<string, string> {
  return { BROADSHEET_SERVER: server.url, BROADSHEET_ADMIN_PASSWORD: server.admin.password }
}
