export type { Delivery } from './deliveries.ts'
export { type Webhook, webhookEvents } from './store.ts'
export { startWebhooks, type WebhookInput, type Webhooks } from './webhooks.ts'
