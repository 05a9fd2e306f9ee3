/**
 * Deliveries of events to webhooks. One is `pending` until it is `delivered` or, its attempts used up, `dead`. Of a
 * webhook only the oldest pending one is ever under way, so that events arrive in order.
 */
import { type Selectable, sql } from 'kysely'
import type { ControlDb, WebhookDeliveriesTable } from '../control/index.ts'
import { AppError, type JsonObject } from '../kernel/index.ts'

export interface DeliveryAttempt {
  /** Milliseconds since the epoch. */
  readonly at: number
  /** Null: there was no answer. */
  readonly status: number | null
  /** Null: it was taken. */
  readonly error: string | null
  readonly duration_ms: number
}

export interface Delivery {
  readonly deliveryUid: string
  readonly webhookUid: string
  /** Number of the event. */
  readonly number: number
  readonly kind: string
  readonly payload: JsonObject
  readonly state: 'pending' | 'delivered' | 'dead'
  readonly attempts: readonly DeliveryAttempt[]
  /** Of a pending one, milliseconds since the epoch. */
  readonly nextAttemptAt: number
  readonly createdAt: number
  readonly settledAt: number | null
}

/** Newest first. */
export async function listDeliveries(
  db: ControlDb,
  query: { webhookUid: string; limit: number; offset: number },
): Promise<Delivery[]> {
  const rows = await db
    .selectFrom('webhook_deliveries')
    .selectAll()
    .where('webhook_uid', '=', query.webhookUid)
    .orderBy('number', 'desc')
    .limit(query.limit)
    .offset(query.offset)
    .execute()
  return rows.map(toDelivery)
}

/**
 * Makes a settled delivery pending again, with all its attempts; one that is pending stays as it is. Errors:
 * webhooks.unknown_delivery.
 */
export async function redeliver(
  db: ControlDb,
  order: { webhookUid: string; deliveryUid: string; now: number },
): Promise<Delivery> {
  const row = await db
    .updateTable('webhook_deliveries')
    .set({ state: 'pending', attempts: 0, next_attempt_at: order.now, settled_at: null })
    .where('delivery_uid', '=', order.deliveryUid)
    .where('webhook_uid', '=', order.webhookUid)
    .where('state', '!=', 'pending')
    .returningAll()
    .executeTakeFirst()
  if (row) return toDelivery(row)
  const pending = await db
    .selectFrom('webhook_deliveries')
    .selectAll()
    .where('delivery_uid', '=', order.deliveryUid)
    .where('webhook_uid', '=', order.webhookUid)
    .executeTakeFirst()
  if (!pending)
    throw new AppError('webhooks.unknown_delivery', { delivery_uid: order.deliveryUid.slice(0, 64) })
  return toDelivery(pending)
}

/** More than a receiver that comes back will want to hear of; the rest is told by `GET /jobs`. */
const maxPending = 1000

/** Gives up the oldest deliveries of a webhook whose receiver has been away for long. */
export async function giveUpBacklog(trx: ControlDb, webhookUid: string, now: number): Promise<void> {
  const beyond = await trx
    .selectFrom('webhook_deliveries')
    .select('number')
    .where('webhook_uid', '=', webhookUid)
    .where('state', '=', pending)
    .orderBy('number', 'desc')
    .limit(1)
    .offset(maxPending)
    .executeTakeFirst()
  if (!beyond) return
  await trx
    .updateTable('webhook_deliveries')
    .set({ state: 'dead', settled_at: now })
    .where('webhook_uid', '=', webhookUid)
    .where('state', '=', pending)
    .where('number', '<=', beyond.number)
    .where('lease_owner', 'is', null)
    .execute()
}

/** As the index of those that wait has it: a parameter would hide from SQLite that it fits. */
const pending = sql.lit('pending')

/** The oldest pending delivery of each active webhook, unless it is under way. */
function selectHeads(db: ControlDb, now: number) {
  return db
    .selectFrom('webhook_deliveries as head')
    .innerJoin('webhooks', 'webhooks.webhook_uid', 'head.webhook_uid')
    .where('head.state', '=', pending)
    .where('webhooks.is_active', '=', 1)
    .where((eb) => eb.or([eb('head.lease_owner', 'is', null), eb('head.lease_expires_at', '<=', now)]))
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('webhook_deliveries as older')
            .select('older.delivery_uid')
            .whereRef('older.webhook_uid', '=', 'head.webhook_uid')
            .whereRef('older.number', '<', 'head.number')
            .where('older.state', '=', pending),
        ),
      ),
    )
}

/** When the next delivery is due, milliseconds since the epoch; null when none waits. */
export async function nextDueAt(db: ControlDb, now: number): Promise<number | null> {
  const row = await selectHeads(db, now)
    .select((eb) => eb.fn.min('head.next_attempt_at').as('at'))
    .executeTakeFirst()
  return row?.at === null || row?.at === undefined ? null : Number(row.at)
}

export interface Claimed {
  readonly delivery: Delivery
  /** Which attempt this is, from 1. */
  readonly attempt: number
  readonly url: string
  readonly secret: string
}

/** Takes a due delivery for `leaseMs`; one whose owner has died is due again when that has passed. */
export async function claimDelivery(
  db: ControlDb,
  claim: { owner: string; now: number; leaseMs: number },
): Promise<Claimed | null> {
  return db.transaction().execute(async (trx) => {
    const due = await selectHeads(trx, claim.now)
      .select(['head.delivery_uid', 'head.attempts', 'webhooks.url', 'webhooks.secret'])
      .where('head.next_attempt_at', '<=', claim.now)
      .orderBy('head.next_attempt_at')
      .orderBy('head.delivery_uid')
      .limit(1)
      .executeTakeFirst()
    if (!due) return null
    const row = await trx
      .updateTable('webhook_deliveries')
      .set((eb) => ({
        attempts: eb('attempts', '+', 1),
        lease_owner: claim.owner,
        lease_expires_at: claim.now + claim.leaseMs,
      }))
      .where('delivery_uid', '=', due.delivery_uid)
      // Another process may have been quicker between the two statements.
      .where('attempts', '=', due.attempts)
      .where('state', '=', 'pending')
      .returningAll()
      .executeTakeFirst()
    if (!row) return null
    return { delivery: toDelivery(row), attempt: row.attempts, url: due.url, secret: due.secret }
  })
}

/** Writes how an attempt went. Nothing happens when the lease has passed to another. */
export async function recordAttempt(
  db: ControlDb,
  record: {
    owner: string
    claimed: Claimed
    attempt: DeliveryAttempt
    state: Delivery['state']
    nextAttemptAt: number
    now: number
  },
): Promise<void> {
  const { delivery } = record.claimed
  await db
    .updateTable('webhook_deliveries')
    .set({
      state: record.state,
      attempts_json: JSON.stringify([...delivery.attempts, record.attempt].slice(-100)),
      next_attempt_at: record.nextAttemptAt,
      lease_owner: null,
      lease_expires_at: null,
      settled_at: record.state === 'pending' ? null : record.now,
    })
    .where('delivery_uid', '=', delivery.deliveryUid)
    .where('lease_owner', '=', record.owner)
    .execute()
}

/** Gives a delivery back as if it had not been taken: this process stops. */
export async function releaseDelivery(db: ControlDb, owner: string, deliveryUid: string): Promise<void> {
  await db
    .updateTable('webhook_deliveries')
    .set((eb) => ({ attempts: eb('attempts', '-', 1), lease_owner: null, lease_expires_at: null }))
    .where('delivery_uid', '=', deliveryUid)
    .where('lease_owner', '=', owner)
    .execute()
}

/** Makes every delivery claimable now. Only for the process that knows that no other lives. */
export async function expireDeliveryLeases(db: ControlDb): Promise<void> {
  await db
    .updateTable('webhook_deliveries')
    .set({ lease_owner: null, lease_expires_at: null })
    .where('lease_owner', 'is not', null)
    .execute()
}

/** Forgets settled deliveries from before `before`, and webhooks of deleted datasets that have nothing left to tell. */
export async function forgetDeliveries(db: ControlDb, before: number): Promise<void> {
  await db
    .deleteFrom('webhook_deliveries')
    .where('state', '!=', 'pending')
    .where('settled_at', '<', before)
    .execute()
  await db
    .deleteFrom('webhooks')
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('datasets')
            .select('dataset_uid')
            .whereRef('datasets.dataset_uid', '=', 'webhooks.dataset_uid'),
        ),
      ),
    )
    .where(({ or, eb, not, exists, selectFrom }) =>
      or([
        // What waits there waits for ever: nobody can switch it on again.
        eb('is_active', '=', 0),
        not(
          exists(
            selectFrom('webhook_deliveries')
              .select('delivery_uid')
              .whereRef('webhook_deliveries.webhook_uid', '=', 'webhooks.webhook_uid'),
          ),
        ),
      ]),
    )
    .where('created_at', '<', before)
    .execute()
}

function toDelivery(row: Selectable<WebhookDeliveriesTable>): Delivery {
  return {
    deliveryUid: row.delivery_uid,
    webhookUid: row.webhook_uid,
    number: row.number,
    kind: row.kind,
    payload: JSON.parse(row.payload_json),
    state: row.state as Delivery['state'],
    attempts: JSON.parse(row.attempts_json),
    nextAttemptAt: row.next_attempt_at,
    createdAt: row.created_at,
    settledAt: row.settled_at,
  }
}
