/**
 * The whole server in the test's own process: HTTP, database, files and engine are the real ones, and so is what a builder
 * does; only that it is no process of its own. What is left out is what processes cost, so that hundreds of sequences fit into
 * the minutes that tests have. What a kill leaves is tested with processes.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { startApp } from '../../src/app.ts'
import { runTask } from '../../src/ingest/builder/run-task.ts'
import type { Builder, BuilderHost } from '../../src/ingest/index.ts'
import { AppError, type Clock, createIds, fromErrorValue, systemClock } from '../../src/kernel/index.ts'
import { readSettings } from '../../src/settings.ts'
import { createClient } from './http-client.ts'
import type { TestServer } from './server.ts'

type Task = Parameters<typeof runTask>[0]
type Message = Parameters<Parameters<typeof runTask>[1]>[0]

const admin = { username: 'admin', password: 'correct horse battery' }

/** Stops with the test. `kill` and PostgreSQL are for servers that are processes. */
export async function startInProcess(
  t: TestContext,
  env: Readonly<Record<string, string>> = {},
  clock: Clock = systemClock,
): Promise<TestServer> {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'broadsheet-server-'))
  let stop = async () => {}
  t.after(async () => {
    await stop()
    rmSync(dataDirectory, { recursive: true, force: true, maxRetries: 5 })
  })

  async function launch(): Promise<TestServer> {
    const settings = readSettings({
      BROADSHEET_PORT: '0',
      BROADSHEET_HOST: '127.0.0.1',
      BROADSHEET_DATA_DIR: dataDirectory,
      BROADSHEET_ADMIN_PASSWORD: admin.password,
      BROADSHEET_DEMO: '0',
      BROADSHEET_INDEX_LATER_MB: '0',
      // Of the four threads that the runtime has for what takes long.
      BROADSHEET_QUERY_CONNECTIONS: '2',
      BROADSHEET_QUERY_MEMORY_MB: '128',
      BROADSHEET_BUILDER_MEMORY_MB: '128',
      ...env,
    })
    const app = await startApp(settings, {
      clock,
      ids: createIds(),
      log: () => {},
      pid: process.pid,
      builders: createBuildersInProcess(),
    })
    let isStopped = false
    stop = async () => {
      if (isStopped) return
      isStopped = true
      await app.stop()
    }
    return {
      ...createClient(app.url, admin),
      url: app.url,
      admin,
      dataDirectory,
      databaseUrl: null,
      pid: process.pid,
      stdout: () => '',
      stderr: () => '',
      stop: async () => {
        await stop()
        return 0
      },
      kill: () => Promise.reject(new Error('this server is no process of its own')),
      startAgain: () => launch(),
    }
  }
  return launch()
}

function createBuildersInProcess(): BuilderHost {
  function start(task: Task, onMessage: (message: Message) => void): Builder {
    const stop = new AbortController()
    let isKilled = false
    const emit = (message: Message) => {
      // As it comes through the channel of a process, and not within the statement that it is about.
      const told = JSON.parse(JSON.stringify(message)) as Message
      setImmediate(() => isKilled || onMessage(told))
    }
    const ask = (service: string) =>
      Promise.reject(new AppError('ingest.unknown_processor', { name: service }))
    const ended = runTask(structuredClone(task), emit, { stop: stop.signal, ask })
    const exited = ended.then(async (isDone) => {
      await new Promise(setImmediate)
      return isKilled ? { code: null, signal: 'SIGKILL' } : { code: isDone ? 0 : 1, signal: null }
    })
    return {
      seal: () => stop.abort(),
      kill() {
        isKilled = true
        stop.abort()
      },
      exited,
    }
  }

  async function request<K extends Message['kind']>(
    task: Task,
    kind: K,
    signal?: AbortSignal,
  ): Promise<Extract<Message, { kind: K }> | null> {
    let found: Extract<Message, { kind: K }> | null = null
    let failure: AppError | null = null
    const builder = start(task, (message) => {
      if (message.kind === kind) found = message as Extract<Message, { kind: K }>
      else if (message.kind === 'failed') failure = fromErrorValue(message.error)
    })
    const letGo = () => builder.kill()
    signal?.addEventListener('abort', letGo, { once: true })
    await builder.exited
    signal?.removeEventListener('abort', letGo)
    if (failure !== null) throw failure
    return found
  }

  return {
    build: (plan, { onEvent }) => start({ kind: 'build', plan }, (event) => onEvent(event as never)),
    deriveServingFile: (plan, { onEvent }) =>
      start({ kind: 'serving_file', plan }, (event) => onEvent(event as never)),
    check: async (plan, signal) =>
      (await request({ kind: 'check', plan }, 'checked', signal))?.result ?? null,
    preview: async (order, signal) =>
      (await request({ kind: 'preview', order }, 'previewed', signal))!.preview,
    keepSpare: () => {},
    close: async () => {},
  }
}
