import { forgetPublicationLog } from '../catalog/index.ts'
import { type ControlDb, notify } from '../control/index.ts'
import {
  cancelsChannel,
  deleteCounters,
  deleteFinishedJobs,
  expireLeases,
  startWorker,
  type Worker,
  type WorkerEvent,
} from '../jobs/index.ts'
import type { Clock, ConfiguredStep, JsonObject } from '../kernel/index.ts'
import {
  collectBlobs,
  collectGenerations,
  discardUnfinished,
  forgetWithdrawn,
  sweepLeftovers,
} from './collector.ts'
import { deleteDataset } from './delete-dataset.ts'
import type { ActionDeps } from './deps.ts'
import { type DiskUsage, measureDisk } from './disk-usage.ts'
import { type GatheredDatasets, gatherDatasets } from './gather-datasets.ts'
import { dismissHeld, listOverrides, type PublishOverride } from './held.ts'
import { forgetIdempotencyKeys } from './idempotency.ts'
import { republishChanged } from './joined-datasets.ts'
import { type ActionName, placeAbort, placeOrder, placeOrderWithin } from './orders.ts'
import { publishHandler } from './publish.ts'
import { publishMetadataHandler, requirePublication } from './publish-metadata.ts'
import { checkPublishOrder } from './publish-order.ts'
import { findRestorable, type RestoreChoice, restoreVersionHandler } from './restore-version.ts'
import { orderServingFile, servingFileHandler } from './serving-file.ts'
import { retryDelayMs } from './transient.ts'
import { findWithdrawn, undoUnpublishHandler } from './undo-unpublish.ts'
import { unpublishHandler } from './unpublish.ts'
import { applyRetention, type RetentionRule, setRetention } from './version-retention.ts'
import { saveVersionHandler } from './versions.ts'

/** The dataset actions, as the HTTP routes see them. Every action answers with a job id at once. */
export interface Actions {
  /**
   * The same `idempotencyKey` of the same user gives the same job.
   * Errors: catalog.unknown_dataset, actions.invalid_status, actions.idempotency_key_reused; of a publish also those of
   * `checkPublishOrder`; of publish_metadata actions.not_published.
   */
  order(
    action: ActionName,
    datasetUid: string,
    username: string,
    params?: JsonObject,
    idempotencyKey?: string | null,
  ): Promise<string>
  abort(
    datasetUid: string,
    username: string,
    records: 'keep' | 'discard',
    idempotencyKey?: string | null,
  ): Promise<string>
  /** Errors: actions.unknown_version, version_without_data, besides those of `order`. */
  restore(
    datasetUid: string,
    versionUid: string,
    username: string,
    choice: RestoreChoice,
    idempotencyKey?: string | null,
  ): Promise<string>
  /** Errors: actions.nothing_to_undo, undo_expired, besides those of `order`. */
  undoUnpublish(datasetUid: string, username: string, idempotencyKey?: string | null): Promise<string>
  /** Null: all versions are kept. What has expired goes at once. Errors: catalog.unknown_dataset. */
  setRetention(datasetUid: string, rule: RetentionRule | null, username: string): Promise<void>
  /**
   * Orders a publish in the caller's transaction; what else that writes is true together with it or not at all. The
   * workers hear of it when it is committed. Errors: catalog.unknown_dataset, actions.invalid_status.
   */
  orderPublishWithin(
    trx: ControlDb,
    datasetUid: string,
    username: string,
    params: JsonObject,
  ): Promise<string>
  /** Of a dataset, or of the whole data directory. */
  measureDisk(datasetUid: string | null): Promise<DiskUsage>
  /** Errors: checks.nothing_held. */
  dismissHeld(datasetUid: string, username: string): Promise<void>
  /** Who exposed what against a gate or a changed recipe, newest first. */
  overrides(datasetUid: string, page: { limit: number; offset: number }): Promise<PublishOverride[]>
  deleteDataset(datasetUid: string): Promise<void>
  /** Has a serving file derived (again) in the background. */
  repairServingFile(generationUid: string, isDamaged: boolean): Promise<void>
  /**
   * The datasets that processors of a dataset join, for a preview of them; to be released after it.
   * Errors: actions.joined_dataset_unpublished, actions.join_cycle, records.generation_damaged.
   */
  gatherDatasets(datasetUid: string, processors: readonly ConfiguredStep[]): Promise<GatheredDatasets>
  runningJobs(): number
  /** Parks what runs and stops claiming. */
  stop(): Promise<void>
}

export interface ActionOptions {
  readonly deps: ActionDeps
  /** Unique to this process. */
  readonly owner: string
  readonly builderSlots: number
  /** Before the second attempt of a job that failed for a cause that passes by itself; then twice that, and so on. */
  readonly firstRetryMs: number
  readonly onWorkerEvent: (event: WorkerEvent) => void
  /** True when this process alone can own jobs: leases left by a dead one are taken over at once. */
  readonly isAlone: boolean
}

/** Lease and poll add up to the longest time for which a dead process holds up a job: twelve seconds. */
export const jobLease = { leaseMs: 10_000, pollMs: 2_000, flushMs: 250 } as const
const sweepEveryMs = 60_000
/** Clients may ask for a job's outcome this long after its end. */
const finishedJobsMs = 30 * 24 * 3_600_000
const channel = 'broadsheet_jobs'

/** Recovers what an earlier process left, then starts working. */
export async function startActions(options: ActionOptions): Promise<Actions> {
  let following: Promise<unknown> = Promise.resolve()
  const stopping = new AbortController()
  const deps: ActionDeps = {
    ...options.deps,
    onEvent(event) {
      options.deps.onEvent(event)
      if (event.kind === 'publication_switched') followChanges()
    },
  }
  const { db } = deps.control
  await sweepLeftovers(deps)
  if (options.isAlone) await expireLeases(db, deps.clock.now())
  const worker: Worker = startWorker({
    db,
    clock: deps.clock,
    owner: options.owner,
    handlers: {
      publish: publishHandler(deps),
      publish_metadata: publishMetadataHandler(deps),
      unpublish: unpublishHandler(deps),
      undo_unpublish: undoUnpublishHandler(deps),
      save_version: saveVersionHandler(deps),
      restore_version: restoreVersionHandler(deps),
      build_serving_file: servingFileHandler(deps),
    },
    // What takes milliseconds never waits behind a build.
    pools: [
      {
        functions: ['publish'],
        slots: options.builderSlots,
        // A single builder has nothing to keep free.
        smallSlots: options.builderSlots > 1 ? 1 : 0,
      },
      {
        functions: ['publish_metadata', 'unpublish', 'undo_unpublish', 'save_version', 'restore_version'],
        slots: 2,
      },
      { functions: ['build_serving_file'], slots: 1 },
    ],
    canSkipLocked: deps.control.dialect === 'postgres',
    retryDelayMs: retryDelayMs(options.firstRetryMs),
    ...jobLease,
    onEvent: options.onWorkerEvent,
  })
  await deps.control.listen(channel, () => worker.wake())
  await deps.control.listen(cancelsChannel, (payload) => {
    const [jobUid = '', request = ''] = payload.split(' ')
    worker.cancel(jobUid, request)
  })

  // One that fails, on a full disk perhaps, must not keep the others from making room.
  const chores: readonly (() => Promise<unknown>)[] = [
    () => applyRetention(deps),
    () => forgetWithdrawn(deps),
    () => collectGenerations(deps, stopping.signal),
    unhurried(deps.clock, () => collectBlobs(deps, stopping.signal)),
    republish,
    () => deleteFinishedJobs(db, deps.clock.now() - finishedJobsMs),
    () => forgetIdempotencyKeys(db, deps.clock.now()),
    unhurried(deps.clock, () => forgetPublicationLog(db, deps.clock.now())),
    unhurried(deps.clock, () => forgetCounters(db)),
  ]
  let sweeping: Promise<unknown> = Promise.resolve()
  function sweep(): void {
    for (const chore of chores) {
      sweeping = sweeping
        .then(() => (stopping.signal.aborted ? undefined : chore()))
        .catch((cause) => deps.onEvent({ kind: 'cleanup_failed', cause }))
    }
  }
  const sweepTimer = setInterval(sweep, sweepEveryMs)

  async function republish(): Promise<void> {
    if (await republishChanged(deps)) await wake()
  }
  /** Of what joins a dataset that has just been switched. One that is busy now is found by the next sweep or switch. */
  function followChanges(): void {
    if (stopping.signal.aborted) return
    following = following.then(republish).catch((cause) => deps.onEvent({ kind: 'republish_failed', cause }))
  }
  async function wake(): Promise<void> {
    worker.wake()
    await deps.control.notify(channel)
  }
  const orderDeps = { db, clock: deps.clock, ids: deps.ids }
  /** What reads the control database reads it in the transaction. */
  const within = (trx: ControlDb): ActionDeps => ({ ...deps, control: { ...deps.control, db: trx } })

  return {
    async order(action, datasetUid, username, params = {}, idempotencyKey = null) {
      const jobUid = await placeOrder(orderDeps, {
        action,
        datasetUid,
        username,
        params,
        idempotencyKey,
        check: (trx) => {
          if (action === 'publish') return checkPublishOrder(within(trx), datasetUid, params)
          return action === 'publish_metadata' ? requirePublication(trx, datasetUid) : null
        },
      })
      await wake()
      return jobUid
    },
    async abort(datasetUid, username, records, idempotencyKey = null) {
      const order = { datasetUid, username, records, idempotencyKey }
      const { jobUid, abortedJobUid } = await placeAbort(orderDeps, order)
      if (abortedJobUid !== null && !worker.cancel(abortedJobUid, records)) {
        // It waited for its next attempt, and ends here.
        await discardUnfinished(deps, abortedJobUid)
      }
      return jobUid
    },
    async restore(datasetUid, versionUid, username, choice, idempotencyKey = null) {
      const jobUid = await placeOrder(orderDeps, {
        action: 'restore_version',
        datasetUid,
        username,
        params: { version_uid: versionUid, restore: choice },
        idempotencyKey,
        check: (trx) => findRestorable(trx, datasetUid, versionUid, choice),
      })
      await wake()
      return jobUid
    },
    async undoUnpublish(datasetUid, username, idempotencyKey = null) {
      const jobUid = await placeOrder(orderDeps, {
        action: 'undo_unpublish',
        datasetUid,
        username,
        idempotencyKey,
        check: (trx) => findWithdrawn(trx, datasetUid, deps.clock.now()),
      })
      await wake()
      return jobUid
    },
    async setRetention(datasetUid, rule, username) {
      await setRetention({ db, clock: deps.clock, username }, datasetUid, rule)
      sweep()
    },
    async orderPublishWithin(trx, datasetUid, username, params) {
      const order = { action: 'publish', datasetUid, username, params } as const
      const jobUid = await placeOrderWithin(trx, orderDeps, order)
      await notify(trx, channel)
      return jobUid
    },
    measureDisk: (datasetUid) => measureDisk(deps, datasetUid),
    dismissHeld: (datasetUid, username) => dismissHeld({ ...orderDeps, username }, datasetUid),
    overrides: (datasetUid, page) => listOverrides(db, datasetUid, page),
    async deleteDataset(datasetUid) {
      await deleteDataset(deps, worker, datasetUid)
      sweep()
    },
    async repairServingFile(generationUid, isDamaged) {
      if (!isDamaged && deps.indexing.has(generationUid)) return
      await db
        .transaction()
        .execute((trx) => orderServingFile(trx, deps, generationUid, { replace: isDamaged }))
      await wake()
    },
    gatherDatasets: (datasetUid, processors) => gatherDatasets(deps, datasetUid, processors),
    runningJobs: () => worker.runningJobs(),
    async stop() {
      stopping.abort()
      clearInterval(sweepTimer)
      await worker.stop()
      await sweeping
      await following
    },
  }
}

/** What takes no longer than this is done with every sweep. */
const quickMs = 500

/** A chore that has become long with the years takes a fiftieth of the time, and no more. */
function unhurried(clock: Clock, chore: () => Promise<unknown>): () => Promise<unknown> {
  let restsUntil = Number.NEGATIVE_INFINITY
  return async () => {
    const beganAt = clock.now()
    if (beganAt < restsUntil) return
    await chore()
    const tookMs = clock.now() - beganAt
    if (tookMs > quickMs) restsUntil = clock.now() + 50 * tookMs
  }
}

/** What is known here: a dataset, or a harvester. */
function forgetCounters(db: ControlDb): Promise<void> {
  return deleteCounters(db, (eb) =>
    eb.or([
      eb.exists(
        eb
          .selectFrom('datasets')
          .select('dataset_uid')
          .whereRef('datasets.dataset_uid', '=', 'event_counters.subject'),
      ),
      eb.exists(
        eb
          .selectFrom('harvesters')
          .select('harvester_uid')
          .whereRef('harvesters.harvester_uid', '=', 'event_counters.subject'),
      ),
    ]),
  )
}
