import { type FetchPolicy, refuseLiteral } from '../ingest/index.ts'
import { AppError } from '../kernel/index.ts'
import { type DeliverOptions, startDeliveries } from './deliver.ts'
import { type Delivery, listDeliveries, redeliver } from './deliveries.ts'
import { createSecret } from './sign.ts'
import {
  deleteWebhook,
  findWebhook,
  insertWebhook,
  listWebhooks,
  replaceSecret,
  updateWebhook,
  type Webhook,
  type WebhookEvent,
  webhookEvents,
} from './store.ts'

export interface WebhookInput {
  readonly url: string
  readonly events: readonly string[]
  readonly label: string | null
  readonly isActive: boolean
}

/** The webhooks of datasets, as the routes see them. A webhook of another dataset is unknown. */
export interface Webhooks {
  /** The secret is in this answer and in no other. Errors: webhooks.invalid_url, unknown_event, too_many. */
  create(
    datasetUid: string,
    username: string,
    input: WebhookInput,
  ): Promise<{ readonly webhook: Webhook; readonly secret: string }>
  list(datasetUid: string): Promise<Webhook[]>
  /** Errors: webhooks.unknown_webhook. */
  find(datasetUid: string, webhookUid: string): Promise<Webhook>
  /** Errors: those of find and create. */
  update(datasetUid: string, webhookUid: string, change: Partial<WebhookInput>): Promise<Webhook>
  /** A new secret; the old one signs nothing more. Errors: webhooks.unknown_webhook. */
  renewSecret(datasetUid: string, webhookUid: string): Promise<string>
  delete(datasetUid: string, webhookUid: string): Promise<void>
  /** Newest first. Errors: webhooks.unknown_webhook. */
  deliveries(
    datasetUid: string,
    webhookUid: string,
    page: { limit: number; offset: number },
  ): Promise<Delivery[]>
  /** Sends a delivery once more, before all that wait. Errors: webhooks.unknown_webhook, unknown_delivery. */
  redeliver(datasetUid: string, webhookUid: string, deliveryUid: string): Promise<Delivery>
  stop(): Promise<void>
}

export async function startWebhooks(options: DeliverOptions): Promise<Webhooks> {
  const { clock, ids, policy } = options
  const { db } = options.control
  const deliveries = await startDeliveries(options)

  return {
    async create(datasetUid, username, input) {
      const webhook: Webhook = {
        ...input,
        webhookUid: ids.uid('wh', 12),
        datasetUid,
        username,
        url: checkUrl(input.url, policy),
        events: checkEvents(input.events),
        createdAt: clock.now(),
      }
      const secret = createSecret(ids)
      await insertWebhook(db, webhook, secret)
      return { webhook, secret }
    },
    list: (datasetUid) => listWebhooks(db, datasetUid),
    find: (datasetUid, webhookUid) => findWebhook(db, datasetUid, webhookUid),
    async update(datasetUid, webhookUid, change) {
      const before = await findWebhook(db, datasetUid, webhookUid)
      const after: Webhook = {
        ...before,
        ...change,
        url: change.url === undefined ? before.url : checkUrl(change.url, policy),
        events: change.events === undefined ? before.events : checkEvents(change.events),
      }
      await updateWebhook(db, after)
      deliveries.wake()
      return after
    },
    async renewSecret(datasetUid, webhookUid) {
      await findWebhook(db, datasetUid, webhookUid)
      const secret = createSecret(ids)
      await replaceSecret(db, webhookUid, secret)
      return secret
    },
    async delete(datasetUid, webhookUid) {
      await findWebhook(db, datasetUid, webhookUid)
      await deleteWebhook(db, webhookUid)
    },
    async deliveries(datasetUid, webhookUid, page) {
      await findWebhook(db, datasetUid, webhookUid)
      return listDeliveries(db, { webhookUid, ...page })
    },
    async redeliver(datasetUid, webhookUid, deliveryUid) {
      await findWebhook(db, datasetUid, webhookUid)
      const delivery = await redeliver(db, { webhookUid, deliveryUid, now: clock.now() })
      deliveries.wake()
      return delivery
    },
    stop: () => deliveries.stop(),
  }
}

/** An address that can never be called is refused here; a name is judged when it is called. Errors: webhooks.invalid_url. */
function checkUrl(text: string, policy: FetchPolicy): string {
  const refuse = (reason: string) => new AppError('webhooks.invalid_url', { url: text.slice(0, 200), reason })
  if (!URL.canParse(text) || text.length > 2000) throw refuse('it is not a complete address')
  const url = new URL(text)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw refuse(`${url.protocol} is not supported`)
  if (url.username || url.password) throw refuse('a user name or password in an address is not supported')
  try {
    refuseLiteral(url, policy)
  } catch {
    throw refuse('it is not a public address')
  }
  return url.href
}

/** Errors: webhooks.unknown_event. */
function checkEvents(events: readonly string[]): WebhookEvent[] {
  const known: readonly string[] = webhookEvents
  const unknown = events.find((event) => !known.includes(event))
  if (unknown !== undefined || events.length === 0) {
    throw new AppError('webhooks.unknown_event', {
      event: (unknown ?? '(none)').slice(0, 60),
      known: known.join(', '),
    })
  }
  return webhookEvents.filter((event) => events.includes(event))
}
