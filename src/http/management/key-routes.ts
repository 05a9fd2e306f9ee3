import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { AppError } from '../../kernel/index.ts'
import { answerList, answerOf, noContent, operation } from '../openapi/index.ts'
import { printApiKey } from './render.ts'
import { nullableText, type RegisterRoutes, usernameOf } from './scope.ts'

const tags = ['apikeys']
const keyParams = Type.Object({ key: Type.String({ description: 'The key, or its uid' }) })
const keyBody = Type.Object({
  label: Type.Optional(nullableText()),
  permissions: Type.Optional(Type.Array(Type.String(), { maxItems: 100 })),
})

/** Keys of whoever asks. A key is shown whole once, when it is made; only its hash is stored. Management API section 19. */
export const registerApiKeys: RegisterRoutes = (scope, services) => {
  const { access } = services
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
      return shown.map(printApiKey)
    },
  )
  scope.post(
    '/apikeys',
    operation('SELF', 'createApiKey', 'Make a key; only with a password', answerOf('ApiKey'), {
      tags,
      body: keyBody,
    }),
    async (request) => {
      requirePassword(request)
      const { label, permissions } = request.body
      return printApiKey(
        await access.createKey(usernameOf(request), {
          label: label ?? null,
          permissions: permissions ?? ['explore_restricted_dataset'],
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
      return printApiKey(found)
    },
  )
  scope.put(
    '/apikeys/:key',
    operation(
      'SELF',
      'updateApiKey',
      'Change label or permissions of a key; only with a password',
      answerOf('ApiKey'),
      {
        tags,
        params: keyParams,
        body: keyBody,
      },
    ),
    async (request) => {
      requirePassword(request)
      const { label, permissions } = request.body
      const change = {
        ...(label === undefined ? {} : { label }),
        ...(permissions === undefined ? {} : { permissions }),
      }
      return printApiKey(await access.updateKey(usernameOf(request), request.params.key, change))
    },
  )
  scope.delete(
    '/apikeys/:key',
    operation('SELF', 'deleteApiKey', 'Revoke a key; only with a password', noContent, {
      tags,
      params: keyParams,
    }),
    async (request, reply) => {
      requirePassword(request)
      await access.deleteKey(usernameOf(request), request.params.key)
      return reply.status(204).send()
    },
  )
}

/** A stolen key must not be able to make another. */
function requirePassword(request: FastifyRequest): void {
  if (request.principal.kind === 'user' && request.principal.via === 'apikey')
    throw new AppError('access.password_needed', {})
}
