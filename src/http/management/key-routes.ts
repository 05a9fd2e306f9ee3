import { type Static, Type } from 'typebox'
import type { ApiKey } from '../../access/index.ts'
import { AppError } from '../../kernel/index.ts'
import { accountQuotas, answerList, answerOf, noContent, operation } from '../openapi/index.ts'
import { callsOfKey } from '../quotas.ts'
import { refuseKey } from '../refuse-key.ts'
import { printApiKey } from './render.ts'
import { nullableText, type RegisterRoutes, readInstant, usernameOf } from './scope.ts'

const tags = ['apikeys']
const keyParams = Type.Object({ key: Type.String({ description: 'The key, or its uid' }) })
const keyBody = Type.Object({
  datasets: Type.Optional(
    Type.Unsafe<string[] | null>({
      type: ['array', 'null'],
      items: { type: 'string', maxLength: 300 },
      maxItems: 1000,
      description: 'Uids or ids of the datasets it is for; null: all',
    }),
  ),
  expires_at: Type.Optional(nullableText('From then on it opens nothing; null: never')),
  label: Type.Optional(nullableText()),
  quotas: Type.Optional(accountQuotas),
  permissions: Type.Optional(Type.Array(Type.String(), { maxItems: 100 })),
})

/** Keys of whoever asks. A key is shown whole once, when it is made; only its hash is stored. Management API section 19. */
export const registerApiKeys: RegisterRoutes = (scope, services) => {
  const { access } = services
  const print = async (key: ApiKey) => printApiKey(key, await callsOfKey(services, key.keyUid))
  scope.get(
    '/apikeys',
    operation('SELF', 'listApiKeys', 'List your keys', answerList('ApiKey'), { tags }),
    async (request) => {
      const keys = await access.listKeys(usernameOf(request))
      const { principal } = request
      const shown =
        principal.kind === 'user' && principal.via === 'apikey'
          ? keys.filter((key) => key.keyUid === principal.keyUid)
          : keys
      return Promise.all(shown.map(print))
    },
  )
  scope.post(
    '/apikeys',
    operation('SELF', 'createApiKey', 'Make a key; only with a password', answerOf('ApiKey'), {
      tags,
      body: keyBody,
    }),
    async (request) => {
      refuseKey(request, 'access.password_needed')
      return print(
        await access.createKey(usernameOf(request), {
          permissions: ['explore_restricted_dataset'],
          ...changeOf(request.body),
        }),
      )
    },
  )
  scope.get(
    '/apikeys/:key',
    operation('SELF', 'readApiKey', 'Read a key', answerOf('ApiKey'), { tags, params: keyParams }),
    async (request) => {
      const found = await access.findKey(usernameOf(request), request.params.key)
      const { principal } = request
      if (principal.kind === 'user' && principal.via === 'apikey' && principal.keyUid !== found.keyUid) {
        throw new AppError('access.unknown_api_key', { key: request.params.key.slice(0, 9) })
      }
      return print(found)
    },
  )
  scope.put(
    '/apikeys/:key',
    operation('SELF', 'updateApiKey', 'Change a key; only with a password', answerOf('ApiKey'), {
      tags,
      params: keyParams,
      body: keyBody,
    }),
    async (request) => {
      refuseKey(request, 'access.password_needed')
      const change = changeOf(request.body)
      return print(await access.updateKey(usernameOf(request), request.params.key, change))
    },
  )
  scope.delete(
    '/apikeys/:key',
    operation('SELF', 'deleteApiKey', 'Revoke a key; only with a password', noContent, {
      tags,
      params: keyParams,
    }),
    async (request, reply) => {
      refuseKey(request, 'access.password_needed')
      await access.revokeKey(usernameOf(request), request.params.key, null)
      return reply.status(204).send()
    },
  )
}

function changeOf(body: Static<typeof keyBody>) {
  const { label, permissions, datasets, quotas, expires_at } = body
  return {
    ...(label === undefined ? {} : { label }),
    ...(permissions === undefined ? {} : { permissions }),
    ...(datasets === undefined ? {} : { datasets }),
    ...(quotas === undefined ? {} : { quotas }),
    ...(expires_at === undefined ? {} : { expiresAt: readInstant('expires_at', expires_at) }),
  }
}
