import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { AppError, type JsonObject } from '../../kernel/index.ts'
import { answerOf, answerPage, operation } from '../openapi/index.ts'
import { refuseKey } from '../refuse-key.ts'
import { printKey, readNames } from './account-shapes.ts'
import { anyObject, invalid, pageQuery, printPageOf, type RegisterRoutes, usernameOf } from './scope.ts'

const tags = ['automation-access']
const params = Type.Object({ apikey_uid: Type.String() })
const body = anyObject('{label, permissions}')

/** Keys of whoever asks; a key is shown whole once, when it is made, and kept when it is revoked. Automation API section 14. */
export const registerAutomationKeys: RegisterRoutes = (scope, services) => {
  const { access } = services
  const all = '/apikeys/'
  const one = `${all}:apikey_uid/`

  scope.get(
    all,
    operation('SELF', 'automationListKeys', 'List your keys', answerPage('AutomationKey'), {
      tags,
      querystring: pageQuery,
    }),
    async (request) => printPageOf(request, request.query, await visibleKeys(request), printKey),
  )
  scope.post(
    all,
    operation('SELF', 'automationCreateKey', 'Make a key; not with a key', answerOf('AutomationKey', 201), {
      tags,
      body,
    }),
    async (request, reply) => {
      refuseKey(request, 'access.password_needed')
      const { label, permissions = ['explore_restricted_dataset'] } = readKey(request.body)
      const made = await access.createKey(usernameOf(request), { label: label ?? null, permissions })
      return reply.status(201).send(printKey(made))
    },
  )
  scope.get(
    one,
    operation('SELF', 'automationReadKey', 'Read a key', answerOf('AutomationKey'), {
      tags,
      params,
      querystring: Type.Object({ expand: Type.Optional(Type.Array(Type.String())) }),
    }),
    async (request) => printKey(await find(request, request.params.apikey_uid)),
  )
  scope.put(
    one,
    operation('SELF', 'automationUpdateKey', 'Change a key; not with a key', answerOf('AutomationKey'), {
      tags,
      params,
      body,
    }),
    async (request) => {
      refuseKey(request, 'access.password_needed')
      const { keyUid } = await find(request, request.params.apikey_uid)
      return printKey(await access.updateKey(usernameOf(request), keyUid, readKey(request.body)))
    },
  )
  scope.post(
    `${one}revoke/`,
    operation(
      'SELF',
      'automationRevokeKey',
      'Revoke a key, for good; with a key, only that itself',
      answerOf('AutomationKey'),
      { tags, params, body: anyObject('{reason}') },
    ),
    async (request) => {
      const found = await find(request, request.params.apikey_uid)
      const { reason = null } = request.body
      if (reason !== null && typeof reason !== 'string') throw invalid('reason', reason, 'it must be a text')
      if (found.revoked === null)
        await access.revokeKey(found.owner, found.keyUid, reason?.slice(0, 1000) ?? null)
      return printKey(await find(request, found.keyUid))
    },
  )
  scope.post(
    `${all}search_key/`,
    operation('ADMIN', 'automationSearchKey', 'Whose key this is, of all', answerOf('AutomationFoundKey'), {
      tags,
      body: Type.Object({ key: Type.String({ maxLength: 500 }) }),
    }),
    async (request): Promise<JsonObject> => {
      const found = await access.identifyKey(request.body.key)
      return { found: found !== null, result: found === null ? null : printKey(found) }
    },
  )

  /** Who comes with a key sees only that one. */
  async function visibleKeys(request: FastifyRequest) {
    const keys = await access.listKeys(usernameOf(request), 'all')
    const { principal } = request
    return principal.kind === 'user' && principal.via === 'apikey'
      ? keys.filter(({ keyUid }) => keyUid === principal.keyUid)
      : keys
  }

  /** Errors: access.unknown_api_key. */
  async function find(request: FastifyRequest, keyUid: string) {
    const found = (await visibleKeys(request)).find((key) => key.keyUid === keyUid)
    if (!found) throw new AppError('access.unknown_api_key', { key: keyUid.slice(0, 9) })
    return found
  }
}

/** Errors: http.invalid_parameter. */
function readKey({ label, permissions }: JsonObject) {
  if (label !== undefined && label !== null && (typeof label !== 'string' || label.length > 500))
    throw invalid('label', label, 'it must be a text')
  const names = readNames('permissions', permissions)
  return {
    ...(label === undefined ? {} : { label: label as string | null }),
    ...(names === undefined ? {} : { permissions: names }),
  }
}
