import { lockDataset, requireMandatory } from '../catalog/index.ts'
import type { ControlDb } from '../control/index.ts'
import { crashPoint } from '../faults/index.ts'
import { finishUnclaimedJob, insertJob, requestCancel } from '../jobs/index.ts'
import { AppError, type Clock, type Ids, type JsonObject } from '../kernel/index.ts'
import { finishAbortOrders } from './abort-orders.ts'
import { expect, isLarge } from './expectation.ts'
import { takeIdempotencyKey } from './idempotency.ts'
import { moveStatus } from './move-status.ts'
import { type Status, statusesAccepting } from './status.ts'

export type ActionName =
  | 'publish'
  | 'publish_metadata'
  | 'unpublish'
  | 'undo_unpublish'
  | 'save_version'
  | 'restore_version'

interface OrderDeps {
  readonly db: ControlDb
  readonly clock: Clock
  readonly ids: Ids
}

export interface Order {
  readonly action: ActionName
  readonly datasetUid: string
  readonly username: string
  readonly params?: JsonObject
  /** The same key by the same user is the same order. */
  readonly idempotencyKey?: string | null
  /** Throws when there is nothing to do; not asked of a repeated order. */
  readonly check?: (trx: ControlDb) => Promise<unknown> | null
}

/**
 * Takes an order: the dataset becomes `queued` and a job waits, in one transaction.
 * Out: the job's id. Errors: catalog.unknown_dataset, catalog.metadata_missing, actions.invalid_status,
 * actions.idempotency_key_reused.
 */
export async function placeOrder(deps: OrderDeps, order: Order): Promise<string> {
  const placed = await deps.db.transaction().execute((trx) => placeOrderWithin(trx, deps, order))
  crashPoint('order.after')
  return placed
}

/** As `placeOrder`, in the caller's transaction, with what else it writes. Whoever commits it wakes the workers. */
export async function placeOrderWithin(
  trx: ControlDb,
  deps: Omit<OrderDeps, 'db'>,
  order: Order,
): Promise<string> {
  const { action, datasetUid, username, params = {}, idempotencyKey = null } = order
  const jobUid = deps.ids.hex(20)
  const now = deps.clock.now()
  const key = { idempotencyKey, username, datasetUid, action, params, jobUid, now }
  const known = await takeIdempotencyKey(trx, key)
  if (known !== null) return known
  await order.check?.(trx)
  const isShown = action === 'publish_metadata' || (action === 'publish' && params.dry_run !== true)
  if (isShown) await requireMandatory(trx, datasetUid)
  const expectation = action === 'publish' ? await expect(trx, datasetUid) : null
  const before = await moveStatus(trx, datasetUid, { event: 'order', now, username, jobUid })
  await insertJob(trx, {
    jobUid,
    function: action,
    subject: datasetUid,
    params: { dataset_uid: datasetUid, ...params, rests_as: before.status },
    username,
    now,
    isLarge: expectation !== null && isLarge(expectation),
    expectation: expectation as unknown as JsonObject | null,
  })
  crashPoint('order.before')
  return jobUid
}

export interface AbortOrder {
  readonly datasetUid: string
  readonly username: string
  /** What becomes of the records processed so far. */
  readonly records: 'keep' | 'discard'
  readonly idempotencyKey?: string | null
}

/**
 * Orders the running processing, or a queued order of any kind, to stop.
 * Out: the abort job (it ends with the job it aborts) and that job, to be told at once if it runs here (null when the
 * order is a repeated one). Errors: catalog.unknown_dataset, actions.invalid_status, actions.idempotency_key_reused.
 */
export async function placeAbort(
  deps: OrderDeps,
  order: AbortOrder,
): Promise<{ jobUid: string; abortedJobUid: string | null }> {
  const jobUid = deps.ids.hex(20)
  const now = deps.clock.now()
  const placed = await deps.db.transaction().execute(async (trx) => {
    const { datasetUid, username, records, idempotencyKey = null } = order
    const params = { records }
    const key = { idempotencyKey, username, datasetUid, action: 'abort_processing', params, jobUid, now }
    const known = await takeIdempotencyKey(trx, key)
    if (known !== null) return { jobUid: known, abortedJobUid: null }
    const dataset = await lockDataset(trx, datasetUid)
    if (!dataset) throw new AppError('catalog.unknown_dataset', { dataset_uid: datasetUid })
    const status = dataset.status as Status
    const abortedJobUid = dataset.active_job_uid
    if (abortedJobUid === null || (status !== 'queued' && status !== 'processing')) {
      throw new AppError('actions.invalid_status', {
        status,
        allowed: ['queued', ...statusesAccepting('abort')].join(', '),
      })
    }
    if (status === 'processing') await moveStatus(trx, order.datasetUid, { event: 'abort', now })
    await requestCancel(trx, abortedJobUid, order.records, now)
    await insertJob(trx, {
      jobUid,
      function: 'abort_processing',
      subject: order.datasetUid,
      params: { dataset_uid: order.datasetUid, aborted_job_id: abortedJobUid, records: order.records },
      username: order.username,
      now,
      isClaimable: false,
    })
    await cancelUnclaimed(trx, { datasetUid, status, jobUid: abortedJobUid, now })
    crashPoint('abort.before')
    return { jobUid, abortedJobUid }
  })
  crashPoint('abort.after')
  return placed
}

/**
 * What no worker holds ends here: a queued order, one that waits for its next attempt, one parked by a stop. A queued
 * order just taken ends as its handler starts.
 */
async function cancelUnclaimed(
  trx: ControlDb,
  target: { datasetUid: string; status: Status; jobUid: string; now: number },
): Promise<void> {
  const { datasetUid, jobUid, now } = target
  const outcome = { result: { dataset_uid: datasetUid, aborted: true } }
  if (!(await finishUnclaimedJob(trx, { jobUid, now, outcome }))) return
  if (target.status === 'queued') return returnToRest(trx, datasetUid, jobUid, now)
  await moveStatus(trx, datasetUid, { event: 'succeed', now, jobUid: null })
  await finishAbortOrders(trx, { datasetUid, abortedJobUid: jobUid, now })
}

/** Puts a dataset whose order is cancelled back to the status that the order found. */
export async function returnToRest(
  trx: ControlDb,
  datasetUid: string,
  jobUid: string,
  now: number,
): Promise<void> {
  const job = await trx
    .selectFrom('jobs')
    .select('params_json')
    .where('job_uid', '=', jobUid)
    .executeTakeFirstOrThrow()
  const restsAs = JSON.parse(job.params_json).rests_as as Status
  await moveStatus(trx, datasetUid, { event: 'cancel', now, jobUid: null, restsAs })
  await finishAbortOrders(trx, { datasetUid, abortedJobUid: jobUid, now })
}
