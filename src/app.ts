/** The one composition root: opens what there is, in order, and wires it; closes it in the opposite order. */
import { createHmac } from 'node:crypto'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import proxyAddr from '@fastify/proxy-addr'
import { domainPermissions, requireOwner } from './access/index.ts'
import { type ActionEvent, jobLease, retryDelayMs, startActions } from './actions/index.ts'
import { findMedia, keepMedia, lockDataset } from './catalog/index.ts'
import { checkPatterns } from './checks/index.ts'
import { openControl } from './control/index.ts'
import {
  checkBelonging,
  claimDirectory,
  layOut,
  makeDirectories,
  makeTemporaryDirectories,
} from './data-directory.ts'
import { createFairQueue, createPool, openEngines } from './engine/index.ts'
import { createExports, createParts } from './exports/index.ts'
import { lockHarvester, startHarvesters } from './harvest/index.ts'
import {
  createHttpServer,
  createMetrics,
  createResponseCache,
  type HttpServices,
  type LogEvent,
  printEvent,
} from './http/index.ts'
import {
  type BuilderHost,
  createBlobStore,
  createBuilderHost,
  createMedia,
  createServices,
  type FetchPolicy,
} from './ingest/index.ts'
import { countJobsByState, createEventBell, type WorkerEvent } from './jobs/index.ts'
import { type Clock, createSecretBox, type Ids } from './kernel/index.ts'
import { listen } from './listen.ts'
import type { Log } from './log.ts'
import { startPeople } from './people.ts'
import { startRealtime } from './realtime/index.ts'
import {
  createCatalog,
  createCursors,
  createDiffs,
  createFacets,
  createGenerationStore,
  createRecordErrors,
  createRecords,
  createRejects,
  createTiles,
  createUses,
  createWorkingCatalog,
  cursorSecret,
  type DamageEvent,
} from './records/index.ts'
import { type ScheduleEvent, startSchedules } from './schedules/index.ts'
import { readSecretKey } from './secret-key.ts'
import type { Settings } from './settings.ts'
import { createFeedbacks, startSubscriptions } from './subscriptions/index.ts'
import { startWebhooks } from './webhooks/index.ts'

export interface App {
  /** Where it listens, e.g. `http://127.0.0.1:8080`. */
  readonly url: string
  /** The admin's password, if this start generated one. */
  readonly generatedPassword: string | null
  /** Lends an API key with all of the admin's permissions, for as long as `run` takes. */
  withAdminKey<T>(run: (apikey: string) => Promise<T>): Promise<T>
  /** Parks running jobs, lets answers finish and closes everything. */
  stop(): Promise<void>
}

const mebi = 1 << 20
/** Source text per part: some 0.1 s of work, so that an abort loses little. */
const sliceBytes = 16 * mebi
const maxErrorSamples = 1000
const drainMs = 10_000

/** Errors: SettingError, in words for the person who starts the server. */
export async function startApp(
  settings: Settings,
  deps: {
    readonly clock: Clock
    readonly ids: Ids
    readonly log: Log
    readonly pid: number
    /** Default: each builder is a process. */
    readonly builders?: BuilderHost
  },
): Promise<App> {
  const { clock, ids, log } = deps
  const directory = layOut(settings.dataDirectory)
  const lock = claimDirectory(directory.root, deps.pid)
  const closers: (() => unknown)[] = [() => lock.release()]
  // One that fails, on a full disk perhaps, must not keep the others from closing.
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) {
      try {
        await closer()
      } catch (cause) {
        log('error', 'close_failed', { cause })
      }
    }
  }
  try {
    return await open()
  } catch (error) {
    await close()
    throw error
  }

  async function open(): Promise<App> {
    makeDirectories(directory)
    const control = await openControl({ databaseUrl: settings.databaseUrl, sqlitePath: directory.control })
    closers.push(() => control.close())
    await checkBelonging(directory, control.db, ids)
    const secretKey = readSecretKey(settings.secretKey, directory.secretKey)
    const secrets = createSecretBox(secretKey, ids)
    const owner = `server-${deps.pid}-${ids.hex(4)}`
    // Known when it does, which is before anybody can ask.
    let listensOn = ''
    const publicUrl = () => settings.publicUrl ?? listensOn
    const people = await startPeople({ settings, control, clock, ids, log, secrets, owner, publicUrl })
    closers.push(() => people.stop())
    const { access, accounts, audit, callCounts, callHistory, domainQuota, mailer } = people
    const generatedPassword = await access.ensureAdmin(settings.adminPassword)

    const engines = await openEngines({
      memoryLimitMb: settings.queryMemoryMb,
      threads: settings.queryThreads,
      niceness: settings.niceness,
      tempDirectory: directory.spill,
      allowedDirectories: [directory.generations, directory.serving, directory.exports],
    })
    closers.push(() => {
      engines.short.close()
      engines.long.close()
    })
    const stopwatch = () => performance.now()
    const queue = createFairQueue({
      slots: settings.queryConnections,
      longSlots: settings.longQueries,
      maxWaitingOfClient: settings.waitingPerClient,
      maxWaiting: settings.waiting,
      stopwatch,
      onTurn: (kind, waitedMs) => metrics.observeTurn(kind, waitedMs / 1000),
      onRefused: (kind, reason) => metrics.observeQueueRefused(kind, reason),
    })
    const pool = createPool(engines, queue)
    closers.push(() => {
      queue.close()
      pool.close()
    })
    const generations = createGenerationStore({
      engines: [engines.short, engines.long],
      generationsDirectory: directory.generations,
      servingDirectory: directory.serving,
      onDamage: (event) => handleDamage(event),
    })
    closers.push(() => generations.close())

    const blobs = createBlobStore({ directory: directory.blobs, tmpDirectory: directory.tmp, ids })
    const fetchPolicy: FetchPolicy = {
      allowPrivateAddresses: settings.allowPrivateAddresses,
      timeoutMs: settings.fetchTimeoutSeconds * 1000,
      idleTimeoutMs: 60_000,
      maxBytes: settings.maxSourceMb * mebi,
      maxRedirects: 5,
      maxPages: settings.maxPages,
    }
    const media = createMedia({
      policy: fetchPolicy,
      blobs,
      memory: {
        find: (sourceKey) => findMedia(control.db, sourceKey, clock.now()),
        keep: (found) => keepMedia(control.db, found),
      },
      clock,
      maxBytes: settings.maxMediaMb * mebi,
    })
    const asked = createServices({
      media: settings.maxMediaMb === 0 ? null : media,
      settings: {
        addresses: {
          ban: settings.geocoderBanUrl,
          nominatim: settings.geocoderNominatimUrl,
          arcgis: settings.geocoderArcgisUrl,
          census: settings.geocoderCensusUrl,
          pdok: settings.geocoderPdokUrl,
        },
        arcgisToken: settings.geocoderArcgisToken,
        perSecond: settings.geocoderPerSecond,
        ipFile: settings.geoIpFile,
        maxAnswers: settings.geocoderAnswers,
      },
      policy: fetchPolicy,
      clock,
      cachePath: join(directory.root, 'geocoders.sqlite'),
      firstRetryMs: settings.retryMs,
    })
    closers.push(() => asked.close())
    const builders = deps.builders ?? createBuilderHost({ ask: asked.ask, niceness: settings.niceness })
    closers.push(() => builders.close())
    const responseCache = createResponseCache({
      maxBytes: settings.responseCacheMb * mebi,
      onAsked: (outcome) => metrics.observeResponseCache(outcome),
    })
    const metrics = createMetrics({
      jobs: () => countJobsByState(control.db),
      publications: async () => {
        const row = await control.db
          .selectFrom('publications')
          .select((eb) => eb.fn.countAll<number>().as('count'))
          .executeTakeFirst()
        return Number(row?.count ?? 0)
      },
      runningJobs: () => actions.runningJobs(),
      responseCacheBytes: () => responseCache.size(),
      queue,
      openExports: () => exports.size(),
    })
    const actions = await startActions({
      deps: {
        control,
        clock,
        ids,
        blobs,
        layout: directory,
        fetchPolicy,
        secrets,
        builders,
        builder: {
          memoryLimitMb: settings.builderMemoryMb,
          threads: settings.builderThreads,
          maxSourceBytes: settings.maxSourceMb * mebi,
          sliceBytes,
          maxErrorSamples,
        },
        maxRecordsByDataset: settings.maxRecordsByDataset || null,
        indexLaterBytes: settings.indexLaterMb * mebi,
        indexing: new Set(),
        retentionMs: settings.retentionHours * 3_600_000,
        readers: generations,
        onEvent: logActionEvent,
      },
      owner,
      builderSlots: settings.builders,
      firstRetryMs: settings.retryMs,
      onWorkerEvent: logWorkerEvent,
      isAlone: true,
    })
    closers.push(() => actions.stop())
    const webhooks = await startWebhooks({
      control,
      clock,
      ids,
      policy: fetchPolicy,
      print: (event) => printEvent(event, 'en'),
      owner,
      isAlone: true,
      maxAttempts: settings.webhookAttempts,
      firstRetryMs: settings.retryMs,
      onError: (cause) => log('error', 'webhook_delivery_failed', { cause }),
    })
    closers.push(() => webhooks.stop())
    const subscriptions = await startSubscriptions({
      control,
      clock,
      ids,
      access,
      mailer,
      publicUrl,
      // A key of its own: what is signed for one use is worth nothing for another.
      linkKey: createHmac('sha256', secretKey).update('links of subscriptions').digest(),
      everyMs: settings.newsMinutes * 60_000,
      onError: (cause) => log('error', 'telling_subscribers_failed', { cause }),
    })
    closers.push(() => subscriptions.stop())
    await makeTemporaryDirectories(directory)
    const harvesters = await startHarvesters({
      control,
      clock,
      ids,
      policy: fetchPolicy,
      blobs,
      secrets,
      owner,
      order: (action, datasetUid, username, params) => actions.order(action, datasetUid, username, params),
      deleteDataset: (datasetUid) => actions.deleteDataset(datasetUid),
      mostDatasets: settings.maxDatasets || null,
      retryDelayMs: retryDelayMs(settings.retryMs),
      ...jobLease,
      onEvent: logWorkerEvent,
      onError: (cause) => log('error', 'harvester_not_deleted', { cause }),
    })
    closers.push(() => harvesters.stop())
    const schedules = await startSchedules({
      control,
      clock,
      ids,
      defaultTimezone: settings.scheduleTimezone,
      minMinutes: settings.scheduleMinMinutes,
      runners: {
        dataset: {
          lock: async (trx, uid) => (await lockDataset(trx, uid)) !== null,
          async order(trx, { scheduleUid, target, username }) {
            await requireOwner(trx, { username, permission: 'PUBLISH', now: clock.now() }, target.uid)
            return actions.orderPublishWithin(trx, target.uid, username, { schedule_uid: scheduleUid })
          },
        },
        harvester: {
          lock: lockHarvester,
          async order(trx, { target, username }) {
            await requireOwner(trx, { username, permission: 'HARVEST', now: clock.now() }, null)
            return harvesters.orderWithin(trx, target.uid, 'harvest', username)
          },
        },
      },
      onEvent: logScheduleEvent,
    })
    closers.push(() => schedules.stop())
    const realtime = await startRealtime({
      control,
      clock,
      ids,
      everyMs: settings.realtimeSeconds * 1000,
      maxKeptBytes: settings.realtimeKeptMb * mebi,
      keepFile: media.keep,
      async order(trx, datasetUid, username, cause) {
        // Who opened the resource, or made its key, may have lost the right since.
        await requireOwner(trx, { username, permission: 'PUBLISH', now: clock.now() }, datasetUid)
        return actions.orderPublishWithin(trx, datasetUid, username, { cause })
      },
      onError: (cause) => log('error', 'publish_of_pushes_failed', { cause }),
    })
    closers.push(() => realtime.stop())

    let isDraining = false
    const readersSecret = await cursorSecret(control.db, ids)
    const recordsDeps = { pool, store: generations, queryTimeoutMs: settings.queryTimeoutMs, stopwatch }
    const records = createRecords(recordsDeps)
    const uses = createUses({
      db: control.db,
      clock,
      onError: (cause) => log('error', 'counting_uses_failed', { cause }),
    })
    closers.push(() => uses.stop())
    const exports = createExports({
      engine: engines.long,
      queue,
      ids,
      tmpDirectory: directory.exports,
      maxOpenOfClient: settings.exportsPerClient,
    })
    closers.push(() => exports.close())
    const services: HttpServices = {
      control,
      clock,
      ids,
      stopwatch,
      access,
      callCounts,
      callHistory,
      domainQuota,
      accounts,
      audit,
      catalogDeps: { db: control.db, clock, ids, secrets },
      actions,
      webhooks,
      subscriptions,
      feedbacks: createFeedbacks({ db: control.db, clock, ids, mailer, publicUrl }),
      schedules,
      realtime,
      harvesters,
      eventBell: await createEventBell(control),
      heartbeatMs: settings.heartbeatMs,
      blobs,
      fetchPolicy,
      builders,
      records,
      uses,
      responseCache,
      cursors: createCursors(readersSecret, ids),
      recordIdSecret: readersSecret,
      facets: createFacets(recordsDeps),
      tiles: createTiles(recordsDeps),
      recordErrors: createRecordErrors({ pool, generationsDirectory: directory.generations }),
      diffs: createDiffs(recordsDeps),
      checkPatterns: (gates) => pool.use((connection) => checkPatterns(connection, gates)),
      rejects: createRejects({
        pool,
        ids,
        generationsDirectory: directory.generations,
        tmpDirectory: directory.exports,
      }),
      workingCatalog: createWorkingCatalog({
        db: control.db,
        pool,
        queryTimeoutMs: settings.queryTimeoutMs,
      }),
      catalog: createCatalog({
        db: control.db,
        pool,
        records,
        uses,
        clock,
        queryTimeoutMs: settings.queryTimeoutMs,
      }),
      exports,
      parts: createParts({ generationsDirectory: directory.generations, store: generations }),
      generations,
      limits: {
        maxUploadBytes: settings.maxUploadMb * mebi,
        maxSourceBytes: settings.maxSourceMb * mebi,
        builderMemoryMb: settings.builderMemoryMb,
        builderThreads: settings.builderThreads,
        dailyCalls: settings.dailyCalls,
        maxDatasets: settings.maxDatasets || null,
        maxRecordsByDataset: settings.maxRecordsByDataset || null,
        stalledMs: settings.stalledSeconds * 1000,
        hstsSeconds: settings.hstsSeconds,
      },
      isTrustedProxy: proxyAddr.compile([...settings.trustedProxies]),
      previewDirectory: directory.previews,
      generationsDirectory: directory.generations,
      metrics,
      web: {
        title: settings.portalTitle,
        timezone: settings.scheduleTimezone,
        tiles:
          settings.mapTiles === null
            ? null
            : { url: settings.mapTiles, attribution: settings.mapTilesAttribution },
      },
      log: logHttpEvent,
      isDraining: () => isDraining,
    }
    const http = await createHttpServer(services)
    closers.push(async () => {
      isDraining = true
      // An answer that nobody reads to its end must not keep the server from stopping.
      const giveUp = setTimeout(() => http.server.closeAllConnections(), drainMs)
      await http.close()
      clearTimeout(giveUp)
    })
    const url = await listen(http, settings)
    listensOn = url
    builders.keepSpare()
    return { url, generatedPassword, withAdminKey, stop: close }

    async function withAdminKey<T>(run: (apikey: string) => Promise<T>): Promise<T> {
      const label = 'demo datasets, while the server starts'
      // What a killed process left.
      for (const key of await access.listKeys('admin')) {
        if (key.label === label) await access.deleteKey('admin', key.keyUid)
      }
      const { key, keyUid } = await access.createKey('admin', { label, permissions: [...domainPermissions] })
      try {
        return await run(key)
      } finally {
        await access.deleteKey('admin', keyUid)
      }
    }

    function handleDamage({ kind, generationUid, file }: DamageEvent): void {
      if (kind === 'damaged') {
        const isServing = file === 'serving file'
        log('error', 'file_damaged', { generationUid, file })
        metrics.observeDamage(isServing ? 'serving_file' : file === 'manifest.json' ? 'manifest' : 'part')
        if (!isServing) return
      }
      actions
        .repairServingFile(generationUid, kind !== 'missing')
        .catch((cause) => log('error', 'repair_failed', { generationUid, cause }))
    }

    function logHttpEvent(event: LogEvent): void {
      const { kind, ...facts } = event
      log(kind === 'request_failed' ? 'error' : 'info', kind, facts)
    }

    function logWorkerEvent(event: WorkerEvent): void {
      if (event.kind === 'job_claimed')
        return log('info', event.kind, { jobUid: event.job.jobUid, function: event.job.function })
      if (event.kind === 'job_ended')
        metrics.observeJob(event.function, event.outcome, event.durationMs / 1000)
      const { kind, ...facts } = event
      log(kind === 'worker_error' ? 'error' : kind === 'job_failed' ? 'warn' : 'info', kind, facts)
    }

    function logScheduleEvent(event: ScheduleEvent): void {
      const { kind, ...facts } = event
      log(kind === 'schedule_failed' ? 'error' : kind === 'schedule_skipped' ? 'warn' : 'info', kind, facts)
    }

    function logActionEvent(event: ActionEvent): void {
      const { kind, ...facts } = event
      log(kind.endsWith('_failed') ? 'error' : 'info', kind, facts)
    }
  }
}
