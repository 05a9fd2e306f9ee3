import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { AppError } from '../../kernel/index.ts'
import { printApiKey } from './render.ts'
import { type RegisterRoutes, usernameOf } from './scope.ts'

const tags = ['apikeys']
const config = { permission: 'SELF' as const }
const keyParams = Type.Object({ key: Type.String({ description: 'The key, or its uid' }) })
const keyBody = Type.Object({
  label: Type.Optional(Type.Union([Type.String({ maxLength: 500 }), Type.Null()])),
  permissions: Type.Optional(Type.Array(Type.String(), { maxItems: 100 })),
})

/** Keys of whoever asks. A key is shown whole once, when it is made; only its hash is stored. Management API section 19. */
export const registerApiKeys: RegisterRoutes = (scope, services) => {
  const { access } = services
  scope.get('/apikeys', { config, schema: { tags, summary: 'List your keys' } }, async (request) => {
    const keys = await access.listKeys(usernameOf(request))
    const { principal } = request
    const shown =
      principal.kind === 'user' && principal.via === 'apikey'
        ? keys.filter((key) => key.keyUid === principal.keyUid)
        : keys
    return shown.map(printApiKey)
  })
  scope.post(
    '/apikeys',
    { config, schema: { tags, summary: 'Make a key', body: keyBody } },
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
    { config, schema: { tags, summary: 'Read a key', params: keyParams } },
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
    {
      config,
      schema: { tags, summary: 'Change label or permissions of a key', params: keyParams, body: keyBody },
    },
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
    { config, schema: { tags, summary: 'Revoke a key', params: keyParams } },
    async (request, reply) => {
      requirePassword(request)
      await access.deleteKey(usernameOf(request), request.params.key)
      return reply.status(204).send()
    },
  )
}

/** A stolen key must not be able to make another. */
function requirePassword(request: FastifyRequest): void {
  if (request.principal.kind === 'user' && request.principal.via !== 'password')
    throw new AppError('access.password_needed', {})
}
