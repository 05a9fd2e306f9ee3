import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import {
  changeUser,
  deleteUser,
  findUser,
  inviteUser,
  listGroups,
  listUsers,
  refuseGrant,
} from '../../access/index.ts'
import { accountLimits, accountQuotas, answerList, answerOf, noContent, operation } from '../openapi/index.ts'
import { refuseKey } from '../refuse-key.ts'
import type { HttpServices } from '../services.ts'
import { printUser } from './print-account.ts'
import { nullableText, type RegisterRoutes, readInstant } from './scope.ts'

const tags = ['users']
const userParams = Type.Object({ username: Type.String() })
const names = Type.Array(Type.String({ maxLength: 100 }), { maxItems: 1000 })
const shortText = Type.Optional(Type.String({ maxLength: 200 }))
const maxEmails = 100

/** Accounts of people. Management API section 19. */
export const registerUsers: RegisterRoutes = (scope, services) => {
  const { catalogDeps } = services
  const { db } = services.control
  const one = async (username: string) => printUser(await findUser(db, username), await listGroups(db))

  scope.get(
    '/users',
    operation('ADMIN', 'listUsers', 'All users, by name', answerList('User'), { tags }),
    async () => {
      const groups = await listGroups(db)
      return (await listUsers(db)).map((user) => printUser(user, groups))
    },
  )
  scope.post(
    '/users',
    operation('ADMIN', 'inviteUsers', 'Make accounts for addresses and invite them', answerOf('Outcomes'), {
      tags,
      body: Type.Object({
        emails: Type.Array(Type.String({ maxLength: 500 }), { minItems: 1, maxItems: maxEmails }),
      }),
    }),
    async (request) => {
      const outcomes: [string, string][] = []
      for (const email of new Set(request.body.emails)) {
        const outcome = await inviteUser(catalogDeps, email)
        if (typeof outcome === 'object') await services.accounts.recovery.invite(outcome.user.username)
        outcomes.push([email, typeof outcome === 'object' ? `success: ${outcome.user.username}` : outcome])
      }
      return Object.fromEntries(outcomes)
    },
  )
  scope.get(
    '/users/:username',
    operation('ADMIN', 'readUser', 'One user', answerOf('User'), { tags, params: userParams }),
    async (request) => one(request.params.username),
  )
  scope.put(
    '/users/:username',
    operation(
      'ADMIN',
      'changeUser',
      'Change a user; lists that are given take the place of the old ones',
      answerOf('User'),
      {
        tags,
        params: userParams,
        body: Type.Object({
          group_ids: Type.Optional(names),
          permissions: Type.Optional(names),
          quotas: Type.Optional(accountQuotas),
          limits: Type.Optional(accountLimits),
          is_active: Type.Optional(Type.Boolean()),
          expires_at: Type.Optional(nullableText('From then on the account is closed; null: never')),
          first_name: shortText,
          last_name: shortText,
          email: shortText,
          password: Type.Optional(Type.String({ maxLength: 1000, description: 'Not with an API key' })),
        }),
      },
    ),
    async (request) => {
      const { username } = request.params
      const { group_ids, expires_at, is_active, first_name, last_name, ...rest } = request.body
      const { permissions, quotas, limits, email, password } = rest
      const present = await findUser(db, username)
      // Who reads what comes to the address can have a new password.
      if (password !== undefined || (email !== undefined && email !== present.email))
        refuseKey(request, 'access.account_needs_password')
      refuseGrant(request.principal, present.permissions, permissions ?? [])
      await refuseGroups(services, request, present.groups, group_ids ?? [])
      await changeUser(catalogDeps, username, {
        ...(group_ids ? { groups: group_ids } : {}),
        ...(permissions ? { permissions } : {}),
        ...(quotas ? { quotas } : {}),
        ...(limits ? { limits } : {}),
        ...(is_active === undefined ? {} : { isActive: is_active }),
        ...(expires_at === undefined ? {} : { expiresAt: readInstant('expires_at', expires_at) }),
        ...(first_name === undefined ? {} : { firstName: first_name }),
        ...(last_name === undefined ? {} : { lastName: last_name }),
        ...(email === undefined ? {} : { email }),
      })
      if (password !== undefined) await services.accounts.recovery.changePassword(username, password)
      return one(username)
    },
  )
  scope.delete(
    '/users/:username',
    operation('ADMIN', 'deleteUser', 'Remove a user, with keys and rulesets', noContent, {
      tags,
      params: userParams,
    }),
    async (request, reply) => {
      await deleteUser(catalogDeps, request.params.username)
      return reply.status(204).send()
    },
  )
}

/** Joining a group is being given what it has. Errors: access.cannot_grant. */
export async function refuseGroups(
  { control }: HttpServices,
  request: FastifyRequest,
  before: readonly string[],
  after: readonly string[],
): Promise<void> {
  const joined = (await listGroups(control.db)).filter(
    ({ groupId }) => after.includes(groupId) && !before.includes(groupId),
  )
  for (const { permissions } of joined) refuseGrant(request.principal, [], permissions)
}
