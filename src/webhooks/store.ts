import type { ControlDb, WebhooksTable } from '../control/index.ts'
import { type EventKind, lastEventNumber } from '../jobs/index.ts'
import { AppError } from '../kernel/index.ts'

/** What a webhook can be told. */
export const webhookEvents = [
  'publication.switched',
  'job.done',
  'job.error',
  'dataset.deleted',
] as const satisfies readonly EventKind[]
export type WebhookEvent = (typeof webhookEvents)[number]

export interface Webhook {
  readonly webhookUid: string
  readonly datasetUid: string
  readonly url: string
  readonly events: readonly WebhookEvent[]
  readonly label: string | null
  readonly isActive: boolean
  readonly createdAt: number
  readonly username: string
}

const maxPerDataset = 20

/** It is told what happens from now on. Errors: webhooks.too_many. */
export async function insertWebhook(db: ControlDb, webhook: Webhook, secret: string): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const { count } = await trx
      .selectFrom('webhooks')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('dataset_uid', '=', webhook.datasetUid)
      .executeTakeFirstOrThrow()
    if (Number(count) >= maxPerDataset) throw new AppError('webhooks.too_many', { max: maxPerDataset })
    await trx
      .insertInto('webhooks')
      .values({
        webhook_uid: webhook.webhookUid,
        dataset_uid: webhook.datasetUid,
        url: webhook.url,
        events_json: JSON.stringify(webhook.events),
        label: webhook.label,
        secret,
        is_active: webhook.isActive ? 1 : 0,
        last_number: await lastEventNumber(trx, webhook.datasetUid),
        created_at: webhook.createdAt,
        username: webhook.username,
      })
      .execute()
  })
}

/** Oldest first. */
export async function listWebhooks(db: ControlDb, datasetUid: string): Promise<Webhook[]> {
  const rows = await db
    .selectFrom('webhooks')
    .selectAll()
    .where('dataset_uid', '=', datasetUid)
    .orderBy('created_at')
    .orderBy('webhook_uid')
    .execute()
  return rows.map(toWebhook)
}

/** Errors: webhooks.unknown_webhook, also for one of another dataset. */
export async function findWebhook(db: ControlDb, datasetUid: string, webhookUid: string): Promise<Webhook> {
  const row = await db
    .selectFrom('webhooks')
    .selectAll()
    .where('webhook_uid', '=', webhookUid)
    .where('dataset_uid', '=', datasetUid)
    .executeTakeFirst()
  if (!row) throw new AppError('webhooks.unknown_webhook', { webhook_uid: webhookUid.slice(0, 64) })
  return toWebhook(row)
}

export async function updateWebhook(db: ControlDb, webhook: Webhook): Promise<void> {
  await db
    .updateTable('webhooks')
    .set({
      url: webhook.url,
      events_json: JSON.stringify(webhook.events),
      label: webhook.label,
      is_active: webhook.isActive ? 1 : 0,
    })
    .where('webhook_uid', '=', webhook.webhookUid)
    .execute()
}

export async function replaceSecret(db: ControlDb, webhookUid: string, secret: string): Promise<void> {
  await db.updateTable('webhooks').set({ secret }).where('webhook_uid', '=', webhookUid).execute()
}

/** Its deliveries go with it. */
export async function deleteWebhook(db: ControlDb, webhookUid: string): Promise<void> {
  await db.deleteFrom('webhooks').where('webhook_uid', '=', webhookUid).execute()
}

function toWebhook(row: WebhooksTable): Webhook {
  return {
    webhookUid: row.webhook_uid,
    datasetUid: row.dataset_uid,
    url: row.url,
    events: JSON.parse(row.events_json),
    label: row.label,
    isActive: row.is_active === 1,
    createdAt: row.created_at,
    username: row.username,
  }
}
