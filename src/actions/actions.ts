import type { VersionsTable } from '../control/index.ts'
import {
  deleteFinishedJobs,
  expireLeases,
  startWorker,
  type Worker,
  type WorkerEvent,
} from '../jobs/index.ts'
import type { JsonObject } from '../kernel/index.ts'
import { collectBlobs, collectGenerations, sweepLeftovers } from './collector.ts'
import { deleteDataset } from './delete-dataset.ts'
import type { ActionDeps } from './deps.ts'
import { type ActionName, placeAbort, placeOrder } from './orders.ts'
import { publishHandler } from './publish.ts'
import { servingFileHandler } from './serving-file.ts'
import { unpublishHandler } from './unpublish.ts'
import { findVersion, listVersions, restoreVersionHandler, saveVersionHandler } from './versions.ts'

/** The dataset actions, as the HTTP routes see them. Every action answers with a job id at once. */
export interface Actions {
  /** Errors: catalog.unknown_dataset, actions.invalid_status. */
  order(action: ActionName, datasetUid: string, username: string, params?: JsonObject): Promise<string>
  abort(datasetUid: string, username: string, records: 'keep' | 'discard'): Promise<string>
  /** Errors: actions.unknown_version besides those of `order`. */
  restore(datasetUid: string, versionUid: string, username: string): Promise<string>
  versions(datasetUid: string): Promise<VersionsTable[]>
  deleteDataset(datasetUid: string): Promise<void>
  runningJobs(): number
  /** Parks what runs and stops claiming. */
  stop(): Promise<void>
}

export interface ActionOptions {
  readonly deps: ActionDeps
  /** Unique to this process. */
  readonly owner: string
  readonly builderSlots: number
  readonly onWorkerEvent: (event: WorkerEvent) => void
  /** True when this process alone can own jobs: leases left by a dead one are taken over at once. */
  readonly isAlone: boolean
}

const leaseMs = 15_000
const sweepEveryMs = 60_000
/** Clients may ask for a job's outcome this long after its end. */
const finishedJobsMs = 30 * 24 * 3_600_000
const channel = 'broadsheet_jobs'

/** Recovers what an earlier process left, then starts working. */
export async function startActions(options: ActionOptions): Promise<Actions> {
  const { deps } = options
  const { db } = deps.control
  await sweepLeftovers(deps)
  if (options.isAlone) await expireLeases(db, deps.clock.now())
  const worker: Worker = startWorker({
    db,
    clock: deps.clock,
    owner: options.owner,
    handlers: {
      publish: publishHandler(deps),
      unpublish: unpublishHandler(deps),
      save_version: saveVersionHandler(deps),
      restore_version: restoreVersionHandler(deps),
      build_serving_file: servingFileHandler(deps),
    },
    // What takes milliseconds never waits behind a build.
    pools: [
      { functions: ['publish'], slots: options.builderSlots },
      { functions: ['unpublish', 'save_version', 'restore_version'], slots: 2 },
      { functions: ['build_serving_file'], slots: 1 },
    ],
    canSkipLocked: deps.control.dialect === 'postgres',
    leaseMs,
    pollMs: 2_000,
    flushMs: 250,
    onEvent: options.onWorkerEvent,
  })
  await deps.control.listen(channel, () => worker.wake())

  let sweeping: Promise<void> = Promise.resolve()
  function sweep(): void {
    sweeping = sweeping
      .then(() => collectGenerations(deps))
      .then(() => collectBlobs(deps))
      .then(() => deleteFinishedJobs(db, deps.clock.now() - finishedJobsMs))
      .catch((cause) => deps.onEvent({ kind: 'cleanup_failed', cause }))
  }
  const sweepTimer = setInterval(sweep, sweepEveryMs)

  async function wake(): Promise<void> {
    worker.wake()
    await deps.control.notify(channel)
  }
  const orderDeps = { db, clock: deps.clock, ids: deps.ids }

  return {
    async order(action, datasetUid, username, params) {
      const jobUid = await placeOrder(orderDeps, { action, datasetUid, username, params: params ?? {} })
      await wake()
      return jobUid
    },
    async abort(datasetUid, username, records) {
      const { jobUid, abortedJobUid } = await placeAbort(orderDeps, { datasetUid, username, records })
      worker.cancel(abortedJobUid, records)
      return jobUid
    },
    async restore(datasetUid, versionUid, username) {
      await findVersion(db, datasetUid, versionUid)
      const params = { version_uid: versionUid }
      const jobUid = await placeOrder(orderDeps, { action: 'restore_version', datasetUid, username, params })
      await wake()
      return jobUid
    },
    versions: (datasetUid) => listVersions(db, datasetUid),
    async deleteDataset(datasetUid) {
      await deleteDataset(deps, worker, datasetUid)
      sweep()
    },
    runningJobs: () => worker.runningJobs(),
    async stop() {
      clearInterval(sweepTimer)
      await worker.stop()
      await sweeping
    },
  }
}
