import { mayOwner } from '../access/index.ts'
import { uidOfDataset } from '../catalog/index.ts'
import type { ControlDb, WebhooksTable } from '../control/index.ts'
import { type EventKind, type JobEvent, listEvents } from '../jobs/index.ts'
import type { Clock, Ids, JsonObject } from '../kernel/index.ts'
import { giveUpBacklog } from './deliveries.ts'
import { webhookEvents } from './store.ts'

export interface FanOutDeps {
  readonly db: ControlDb
  readonly clock: Clock
  readonly ids: Ids
  /** The event as receivers see it. */
  readonly print: (event: JobEvent) => JsonObject
}

const pageSize = 100

/** Makes deliveries of what has happened; true when there may be more. */
export async function fanOut(deps: FanOutDeps): Promise<boolean> {
  const behind = await deps.db
    .selectFrom('webhooks')
    .select('webhook_uid')
    .where('is_active', '=', 1)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('job_events')
          .select('number')
          .whereRef('job_events.subject', '=', 'webhooks.dataset_uid')
          .whereRef('job_events.number', '>', 'webhooks.last_number')
          .where('job_events.kind', 'in', webhookEvents),
      ),
    )
    .limit(pageSize)
    .execute()
  let hasMore = behind.length === pageSize
  for (const { webhook_uid } of behind) hasMore = (await fanOutTo(deps, webhook_uid)) || hasMore
  return hasMore
}

/** Whoever made it must still be able to read the dataset here; that one is gone is told all the same. */
async function mayBeTold(
  trx: ControlDb,
  { username, dataset_uid: datasetUid }: Pick<WebhooksTable, 'username' | 'dataset_uid'>,
  now: number,
): Promise<boolean> {
  if (await mayOwner(trx, { username, permission: 'READ', now }, datasetUid)) return true
  return (await uidOfDataset(trx, datasetUid)) === null
}

/** Deliveries and the number up to which they go are one transaction: an event is fanned out once. */
async function fanOutTo(deps: FanOutDeps, webhookUid: string): Promise<boolean> {
  return deps.db.transaction().execute(async (trx) => {
    // Takes the row, so that of two processes one waits for the other's number.
    const webhook = await trx
      .updateTable('webhooks')
      .set((eb) => ({ last_number: eb.ref('last_number') }))
      .where('webhook_uid', '=', webhookUid)
      .returningAll()
      .executeTakeFirst()
    if (!webhook) return false
    const wanted = new Set(JSON.parse(webhook.events_json) as EventKind[])
    const events = await listEvents(trx, {
      subject: webhook.dataset_uid,
      kinds: webhookEvents,
      after: webhook.last_number,
      limit: pageSize,
    })
    const now = deps.clock.now()
    const isTold = await mayBeTold(trx, webhook, now)
    const told = isTold ? events.filter(({ kind }) => wanted.has(kind)) : []
    for (const event of told) {
      const payload = {
        type: event.kind,
        timestamp: new Date(event.at).toISOString(),
        data: deps.print(event),
      }
      await trx
        .insertInto('webhook_deliveries')
        .values({
          delivery_uid: deps.ids.uid('de', 24),
          webhook_uid: webhookUid,
          number: event.number,
          kind: event.kind,
          payload_json: JSON.stringify(payload),
          state: 'pending',
          attempts_json: '[]',
          attempts: 0,
          next_attempt_at: now,
          lease_owner: null,
          lease_expires_at: null,
          created_at: now,
          settled_at: null,
        })
        .execute()
    }
    if (told.length > 0) await giveUpBacklog(trx, webhookUid, now)
    const last = events.at(-1)
    if (last) {
      await trx
        .updateTable('webhooks')
        .set({ last_number: last.number })
        .where('webhook_uid', '=', webhookUid)
        .execute()
    }
    return events.length === pageSize
  })
}
