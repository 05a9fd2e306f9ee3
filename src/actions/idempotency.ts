import type { ControlDb } from '../control/index.ts'
import { AppError, type JsonObject } from '../kernel/index.ts'

/** A repeated order within this time is the first one; later it is a new one. */
export const idempotencyKeyMs = 24 * 3_600_000

export interface KeyedOrder {
  /** Null: the caller gives none, every order is its own. */
  readonly idempotencyKey: string | null
  readonly username: string
  readonly datasetUid: string
  readonly action: string
  readonly params: JsonObject
  readonly jobUid: string
  readonly now: number
}

/**
 * Takes the key for this order, in the transaction that places it: of two requests with one key, one inserts and the
 * other waits for its commit and finds it. An order that is refused rolls its key back, so that it can be tried again.
 * Out: null when the order is new, else the job of the first.
 * Errors: actions.idempotency_key_reused when the key was for another dataset, action or parameters.
 */
export async function takeIdempotencyKey(trx: ControlDb, order: KeyedOrder): Promise<string | null> {
  if (order.idempotencyKey === null) return null
  const row = {
    username: order.username,
    idempotency_key: order.idempotencyKey,
    dataset_uid: order.datasetUid,
    action: order.action,
    params_json: JSON.stringify(order.params),
    job_uid: order.jobUid,
    created_at: order.now,
  }
  await trx
    .deleteFrom('idempotency_keys')
    .where('username', '=', row.username)
    .where('idempotency_key', '=', row.idempotency_key)
    .where('created_at', '<=', order.now - idempotencyKeyMs)
    .execute()
  const inserted = await trx
    .insertInto('idempotency_keys')
    .values(row)
    .onConflict((conflict) => conflict.columns(['username', 'idempotency_key']).doNothing())
    .returning('job_uid')
    .executeTakeFirst()
  if (inserted) return null
  const first = await trx
    .selectFrom('idempotency_keys')
    .selectAll()
    .where('username', '=', row.username)
    .where('idempotency_key', '=', row.idempotency_key)
    .executeTakeFirstOrThrow()
  const isSame =
    first.dataset_uid === row.dataset_uid &&
    first.action === row.action &&
    first.params_json === row.params_json
  if (!isSame) {
    throw new AppError('actions.idempotency_key_reused', {
      key: row.idempotency_key,
      action: first.action,
      dataset_uid: first.dataset_uid,
      job_id: first.job_uid,
    })
  }
  return first.job_uid
}

export async function forgetIdempotencyKeys(db: ControlDb, now: number): Promise<void> {
  await db
    .deleteFrom('idempotency_keys')
    .where('created_at', '<=', now - idempotencyKeyMs)
    .execute()
}
