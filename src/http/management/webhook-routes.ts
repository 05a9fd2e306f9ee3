import { Type } from 'typebox'
import { findDatasetUid } from '../../catalog/index.ts'
import { formatInstant, type JsonObject } from '../../kernel/index.ts'
import { type Delivery, type Webhook, webhookEvents } from '../../webhooks/index.ts'
import { answerList, answerOf, noContent, operation } from '../openapi/index.ts'
import {
  datasetParams,
  nullableText,
  pageQuery,
  type RegisterRoutes,
  readListPage,
  usernameOf,
} from './scope.ts'

const tags = ['webhooks']
const webhookParams = Type.Object({ ...datasetParams.properties, webhook_uid: Type.String() })
const deliveryParams = Type.Object({ ...webhookParams.properties, delivery_uid: Type.String() })
const known = webhookEvents.join(', ')
const optionalFields = {
  events: Type.Optional(
    Type.Array(Type.String(), { description: `What it is told: ${known}; all of it by default` }),
  ),
  label: Type.Optional(nullableText()),
  is_active: Type.Optional(Type.Boolean({ description: 'false: nothing is sent until it is true again' })),
}
const url = Type.String({
  description: 'Where the events are posted to; a public address, by http or https',
})
const newWebhook = Type.Object({ url, ...optionalFields })
const webhookChange = Type.Object({ url: Type.Optional(url), ...optionalFields })

/** Webhooks of a dataset and what became of their deliveries. docs/jobs.md describes what receivers get. */
export const registerWebhooks: RegisterRoutes = (scope, services) => {
  const { webhooks } = services
  const list = '/datasets/:dataset_uid/webhooks'
  const one = `${list}/:webhook_uid`

  scope.get(
    list,
    operation('READ', 'listWebhooks', 'Webhooks of the dataset, oldest first', answerList('Webhook'), {
      tags,
      params: datasetParams,
    }),
    async (request) =>
      (await webhooks.list(await findDatasetUid(services.control.db, request.params.dataset_uid))).map(
        printWebhook,
      ),
  )
  scope.post(
    list,
    operation(
      'WRITE',
      'createWebhook',
      'Have events of the dataset posted to an address; the answer has the secret, once',
      answerOf('Webhook', 201),
      { tags, params: datasetParams, body: newWebhook },
    ),
    async (request, reply) => {
      const { body } = request
      const input = {
        url: body.url,
        events: body.events ?? webhookEvents,
        label: body.label ?? null,
        isActive: body.is_active ?? true,
      }
      const datasetUid = await findDatasetUid(services.control.db, request.params.dataset_uid)
      const { webhook, secret } = await webhooks.create(datasetUid, usernameOf(request), input)
      return reply.status(201).send({ ...printWebhook(webhook), secret })
    },
  )
  scope.get(
    one,
    operation('READ', 'readWebhook', 'Read a webhook', answerOf('Webhook'), { tags, params: webhookParams }),
    async (request) =>
      printWebhook(
        await webhooks.find(
          await findDatasetUid(services.control.db, request.params.dataset_uid),
          request.params.webhook_uid,
        ),
      ),
  )
  scope.put(
    one,
    operation('WRITE', 'updateWebhook', 'Change a webhook; what is left out stays', answerOf('Webhook'), {
      tags,
      params: webhookParams,
      body: webhookChange,
    }),
    async (request) => {
      const { url, events, label, is_active } = request.body
      const change = {
        ...(url === undefined ? {} : { url }),
        ...(events === undefined ? {} : { events }),
        ...(label === undefined ? {} : { label }),
        ...(is_active === undefined ? {} : { isActive: is_active }),
      }
      const datasetUid = await findDatasetUid(services.control.db, request.params.dataset_uid)
      return printWebhook(await webhooks.update(datasetUid, request.params.webhook_uid, change))
    },
  )
  scope.delete(
    one,
    operation('WRITE', 'deleteWebhook', 'Delete a webhook with its deliveries', noContent, {
      tags,
      params: webhookParams,
    }),
    async (request, reply) => {
      await webhooks.delete(
        await findDatasetUid(services.control.db, request.params.dataset_uid),
        request.params.webhook_uid,
      )
      return reply.status(204).send()
    },
  )
  scope.put(
    `${one}/secret`,
    operation(
      'WRITE',
      'renewWebhookSecret',
      'Replace the secret; the answer has the new one, once',
      answerOf('Webhook'),
      { tags, params: webhookParams },
    ),
    async (request) => {
      const datasetUid = await findDatasetUid(services.control.db, request.params.dataset_uid)
      const { webhook_uid } = request.params
      const secret = await webhooks.renewSecret(datasetUid, webhook_uid)
      return { ...printWebhook(await webhooks.find(datasetUid, webhook_uid)), secret }
    },
  )
  scope.get(
    `${one}/deliveries`,
    operation(
      'READ',
      'listDeliveries',
      'What was sent and what came of it, newest first',
      answerList('Delivery'),
      { tags, params: webhookParams, querystring: pageQuery },
    ),
    async (request) => {
      const { rows, page } = readListPage(request.query)
      const datasetUid = await findDatasetUid(services.control.db, request.params.dataset_uid)
      const found = await webhooks.deliveries(datasetUid, request.params.webhook_uid, {
        limit: rows,
        offset: (page - 1) * rows,
      })
      return found.map(printDelivery)
    },
  )
  scope.put(
    `${one}/deliveries/:delivery_uid/redeliver`,
    operation('WRITE', 'redeliver', 'Send a delivery once more', answerOf('Delivery'), {
      tags,
      params: deliveryParams,
    }),
    async (request) => {
      const { dataset_uid, webhook_uid, delivery_uid } = request.params
      return printDelivery(
        await webhooks.redeliver(
          await findDatasetUid(services.control.db, dataset_uid),
          webhook_uid,
          delivery_uid,
        ),
      )
    },
  )
}

function printWebhook(webhook: Webhook): JsonObject {
  return {
    webhook_uid: webhook.webhookUid,
    dataset_uid: webhook.datasetUid,
    url: webhook.url,
    events: [...webhook.events],
    label: webhook.label,
    is_active: webhook.isActive,
    created_at: formatInstant(webhook.createdAt),
    user: { username: webhook.username },
  }
}

function printDelivery(delivery: Delivery): JsonObject {
  return {
    delivery_uid: delivery.deliveryUid,
    event_id: delivery.number,
    type: delivery.kind,
    state: delivery.state,
    attempts: delivery.attempts.map(({ at, status, error, duration_ms }) => ({
      at: formatInstant(at),
      status,
      error,
      duration_ms,
    })),
    ...(delivery.state === 'pending' ? { next_attempt_at: formatInstant(delivery.nextAttemptAt) } : {}),
    created_at: formatInstant(delivery.createdAt),
    settled_at: delivery.settledAt === null ? null : formatInstant(delivery.settledAt),
    payload: delivery.payload,
  }
}
