import type { ControlDb, HarvestedDatasetsTable } from '../control/index.ts'
import { notify } from '../control/index.ts'
import { cancelsChannel, insertJob, requestCancel, startWorker, type WorkerOptions } from '../jobs/index.ts'
import { AppError, type JsonObject } from '../kernel/index.ts'
import { connectionOf, storedParams } from './connection.ts'
import { deleteHarvester, finishDeletions } from './delete-harvester.ts'
import { createSourceHttp } from './remote.ts'
import { type HarvestDeps, harvestHandlers } from './run.ts'
import { checkParams, findSource } from './sources/sources.ts'
import {
  findHarvester,
  type Harvester,
  type HarvesterOptions,
  insertHarvester,
  listHarvested,
  listHarvesters,
  takeHarvester,
  updateHarvester,
} from './store.ts'

export interface HarvesterInput {
  readonly name: string
  readonly type: string
  readonly params: JsonObject
  readonly options: Partial<HarvesterOptions>
}

export interface RemotePreview {
  readonly results: readonly { readonly id: string; readonly title: string; readonly description: string }[]
}

/** What fetches catalogs of other portals, as the routes see it. */
export interface Harvesters {
  list(): Promise<Harvester[]>
  /** Errors: harvest.unknown_harvester. */
  find(harvesterUid: string): Promise<Harvester>
  /** Errors: harvest.unknown_type, invalid_parameter. */
  create(username: string, input: HarvesterInput): Promise<Harvester>
  update(harvesterUid: string, username: string, change: Partial<HarvesterInput>): Promise<Harvester>
  /** Errors: harvest.unknown_harvester, invalid_status while a job runs. */
  delete(harvesterUid: string, withDatasets: boolean): Promise<void>
  /** Answers the job. Errors: harvest.unknown_harvester, invalid_status. */
  order(harvesterUid: string, job: HarvestJob, username: string): Promise<string>
  /** The same in the caller's transaction, which has locked the harvester. */
  orderWithin(trx: ControlDb, harvesterUid: string, job: HarvestJob, username: string): Promise<string>
  /** Errors: harvest.invalid_status when nothing runs. */
  abort(harvesterUid: string): Promise<void>
  /** The first datasets of the source; with `change`, were the harvester changed so. Errors: harvest.*, ingest.fetch_*. */
  preview(
    harvesterUid: string,
    signal: AbortSignal,
    change?: Partial<Pick<HarvesterInput, 'type' | 'params'>>,
  ): Promise<RemotePreview>
  harvested(
    harvesterUid: string,
    query: { limit: number; offset: number; changes?: string[] },
  ): Promise<HarvestedDatasetsTable[]>
  stop(): Promise<void>
}

export type HarvestJob = 'harvest' | 'publish_harvested' | 'unpublish_harvested'

export interface HarvestOptions
  extends HarvestDeps,
    Pick<WorkerOptions, 'owner' | 'retryDelayMs' | 'leaseMs' | 'pollMs' | 'flushMs' | 'onEvent'> {
  /** What keeps a deletion from going on. */
  onError(cause: unknown): void
}

const channel = 'broadsheet_harvests'
const previewRows = 20
const defaultOptions: HarvesterOptions = { deleteMissing: false, publish: false, restricted: false }

export async function startHarvesters(options: HarvestOptions): Promise<Harvesters> {
  const { control, clock, ids } = options
  const { db } = control
  const handlers = harvestHandlers(options)
  const worker = startWorker({
    db,
    clock,
    owner: options.owner,
    handlers,
    // Short work never waits behind a large catalog.
    pools: [
      { functions: ['harvest'], slots: 2 },
      { functions: ['publish_harvested', 'unpublish_harvested'], slots: 1 },
    ],
    canSkipLocked: control.dialect === 'postgres',
    retryDelayMs: options.retryDelayMs,
    leaseMs: options.leaseMs,
    pollMs: options.pollMs,
    flushMs: options.flushMs,
    onEvent: options.onEvent,
  })
  await control.listen(channel, () => worker.wake())
  await control.listen(cancelsChannel, (payload) => {
    const [jobUid = '', request = ''] = payload.split(' ')
    worker.cancel(jobUid, request)
  })

  const deletion = { db, deleteDataset: options.deleteDataset }
  const finishing = await finishDeletions(deletion, options.onError)

  async function orderWithin(
    trx: ControlDb,
    harvesterUid: string,
    job: HarvestJob,
    username: string,
  ): Promise<string> {
    const jobUid = ids.hex(20)
    await takeHarvester(trx, harvesterUid, jobUid)
    const params = { harvester_id: harvesterUid }
    await insertJob(trx, {
      jobUid,
      function: job,
      subject: harvesterUid,
      params,
      username,
      now: clock.now(),
    })
    await notify(trx, channel)
    return jobUid
  }

  return {
    list: () => listHarvesters(db),
    find: (harvesterUid) => findHarvester(db, harvesterUid),
    async create(username, input) {
      checkParams(input.type, input.params)
      const params = await storedParams(options, input.params)
      const harvesterUid = ids.uid('ha')
      await insertHarvester(db, {
        ...input,
        params,
        options: { ...defaultOptions, ...input.options },
        harvesterUid,
        username,
        createdAt: clock.now(),
      })
      return findHarvester(db, harvesterUid)
    },
    async update(harvesterUid, username, change) {
      const before = await findHarvester(db, harvesterUid)
      const after = { ...before, ...change, options: { ...before.options, ...change.options } }
      checkParams(after.type, after.params)
      const params = await storedParams(options, after.params)
      await updateHarvester(db, { ...after, params }, { username, now: clock.now() })
      return findHarvester(db, harvesterUid)
    },
    delete: (harvesterUid, withDatasets) => deleteHarvester(deletion, harvesterUid, withDatasets),
    order: (harvesterUid, job, username) =>
      db.transaction().execute((trx) => orderWithin(trx, harvesterUid, job, username)),
    orderWithin,
    async abort(harvesterUid) {
      const { status, activeJobUid } = await findHarvester(db, harvesterUid)
      if (activeJobUid === null)
        throw new AppError('harvest.invalid_status', { status, allowed: 'queued, processing' })
      await requestCancel(db, activeJobUid, 'discard', clock.now())
      worker.cancel(activeJobUid, 'discard')
    },
    async preview(harvesterUid, signal, change = {}) {
      const present = await findHarvester(db, harvesterUid)
      const { type = present.type, params = present.params } = change
      checkParams(type, params)
      const http = createSourceHttp({
        policy: options.policy,
        blobs: options.blobs,
        signal,
        connectionFor: connectionOf(options, params),
      })
      for await (const page of findSource(type).list(params, http)) {
        return {
          results: page.slice(0, previewRows).map((found) => ({
            id: found.remoteId,
            title: found.title,
            description: 'broken' in found ? found.broken : String(found.metas.default?.description ?? ''),
          })),
        }
      }
      return { results: [] }
    },
    harvested: (harvesterUid, query) => listHarvested(db, { harvesterUid, ...query }),
    async stop() {
      await Promise.all([worker.stop(), finishing.stop()])
    },
  }
}
