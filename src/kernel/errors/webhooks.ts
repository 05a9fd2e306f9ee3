import { defineErrors } from './spec.ts'

export const webhookErrors = defineErrors({
  'webhooks.unknown_webhook': {
    status: 404,
    errorKey: 'UnknownWebhookException',
    message: 'Unknown webhook: {webhook_uid}',
  },
  'webhooks.unknown_delivery': {
    status: 404,
    errorKey: 'UnknownDeliveryException',
    message: 'Unknown delivery: {delivery_uid}',
  },
  'webhooks.invalid_url': {
    status: 400,
    errorKey: 'InvalidWebhookURLException',
    message: 'A webhook cannot call {url}: {reason}',
    hint: 'Use a complete http:// or https:// address of a public host, without a user name or password',
  },
  'webhooks.unknown_event': {
    status: 400,
    errorKey: 'UnknownWebhookEventException',
    message: 'There is no event {event}',
    hint: 'Use one or more of {known}',
  },
  'webhooks.too_many': {
    status: 400,
    errorKey: 'TooManyWebhooksException',
    message: 'A dataset has at most {max} webhooks',
    hint: 'Delete one that is not needed any more',
  },
})
