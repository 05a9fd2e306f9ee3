/** The server process: reads the settings, starts, says where it is, stops cleanly. */
import { type App, startApp } from './app.ts'
import { armFaults, faultsWanted } from './faults/index.ts'
import { createIds, systemClock } from './kernel/index.ts'
import { createLog } from './log.ts'
import { readSettings, SettingError, type Settings, unknownSettings } from './settings.ts'

/** Of the runtime's pool, beside those of queries: its own default. */
const otherThreads = 4

/** Runs the server until it is told to stop. */
export async function serve(env: Readonly<Record<string, string | undefined>> = process.env): Promise<void> {
  // Whoever read the output may go away; the server stays.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  try {
    const settings = readSettings(env)
    for (const name of unknownSettings(env))
      process.stderr.write(`${name} is no setting and is left out: see docs/operations.md\n`)
    if (faultsWanted(env) === 'refused')
      throw new SettingError('BROADSHEET_TEST_FAULTS lets tests crash this server; it needs NODE_ENV=test')
    armFaults(env)
    // A query keeps one of these threads until it ends; files and passwords need theirs beside them. Read by the runtime
    // when the first is started, which is after this.
    process.env.UV_THREADPOOL_SIZE ??= String(settings.queryConnections + otherThreads)
    const log = createLog(systemClock, settings.logLevel, (line) => process.stderr.write(line))
    const app = await startApp(settings, { clock: systemClock, ids: createIds(), log, pid: process.pid })
    const stopping = new AbortController()
    stopOnSignals(app, stopping, env.BROADSHEET_EXIT_WITH_PARENT === '1')
    announce(app, settings)
    process.send?.({ kind: 'ready', url: app.url, generatedPassword: app.generatedPassword })
    if (settings.demo) await publishDemo(app, stopping.signal)
  } catch (error) {
    if (!(error instanceof SettingError)) throw error
    process.stderr.write(`Broadsheet cannot start:\n${error.message}\n`)
    process.exitCode = 1
    if (process.connected) process.disconnect()
  }
}

function announce(app: App, settings: Settings): void {
  const password =
    app.generatedPassword ??
    (settings.adminPassword === null
      ? 'as printed at the first start'
      : 'as set in BROADSHEET_ADMIN_PASSWORD')
  process.stdout.write(
    [
      `Broadsheet is ready on ${app.url}`,
      `  catalog   ${app.url}/api/explore/v2.1/catalog/datasets`,
      `  API docs  ${app.url}/api/docs`,
      `  data      ${settings.dataDirectory}`,
      `  user      admin`,
      `  password  ${password}`,
      '',
    ].join('\n'),
  )
}

/** One Ctrl-C under `npm start` arrives twice within milliseconds: from the terminal and from npm. */
const echoMs = 500

/** Through the server's own API, as everybody would; a server without its demo is a server all the same. */
async function publishDemo(app: App, signal: AbortSignal): Promise<void> {
  const say = (line: string) => process.stdout.write(`${line}\n`)
  try {
    // A start that has nothing to publish does without.
    const { createClient, seedDemo } = await import('./cli/index.ts')
    await app.withAdminKey(async (apikey) => {
      const client = createClient({ server: app.url, credentials: { apikey } })
      const outcomes = await seedDemo(client, { onProgress: (line) => say(`  demo      ${line}`), signal })
      await client.close()
      if (outcomes.some(({ outcome }) => outcome === 'published')) say('The demo datasets are published')
    })
  } catch (error) {
    if (!signal.aborted) process.stderr.write(`The demo datasets are not published: ${String(error)}\n`)
  }
}

function stopOnSignals(app: App, stopping: AbortController, exitsWithParent: boolean): void {
  let stoppingSince: number | null = null
  const stop = async () => {
    if (stoppingSince !== null) {
      // A second Ctrl-C is impatience: what runs is taken over at the next start anyway.
      if (performance.now() - stoppingSince > echoMs) process.exit(130)
      return
    }
    stoppingSince = performance.now()
    stopping.abort()
    process.stdout.write('Stopping; running jobs are parked and go on at the next start\n')
    await app.stop()
    process.exit(0)
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  if (exitsWithParent) {
    process.on('disconnect', stop)
    // The parent may have gone while this process was starting: then there is no event any more.
    if (!process.connected) void stop()
  }
}

if (import.meta.main) await serve()
