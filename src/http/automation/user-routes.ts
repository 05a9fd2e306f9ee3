import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import {
  changeUser,
  deleteUser,
  findUser,
  type Group,
  inviteUser,
  listGroups,
  listUsers,
  refuseGrant,
  type User,
} from '../../access/index.ts'
import type { JsonObject, JsonValue } from '../../kernel/index.ts'
import { readInstant } from '../management/scope.ts'
import { refuseGroups } from '../management/user-routes.ts'
import { answerOf, answerPage, noContent, operation } from '../openapi/index.ts'
import { refuseKey } from '../refuse-key.ts'
import { printUser, readLimits, readNames } from './account-shapes.ts'
import { askedBy, outcomesOf } from './outcomes.ts'
import { anyObject, invalid, named, pageQuery, printPageOf, type RegisterRoutes } from './scope.ts'
import { exportUsers } from './user-export.ts'

const tags = ['automation-access']
const params = Type.Object({ username: Type.String() })
const names = Type.Optional(Type.Array(Type.String()))
const people = {
  isRequired: true,
  content: {
    'application/json': {
      schema: { type: 'array', items: { type: 'object', required: ['email'] }, maxItems: 100 },
    },
  },
}
const maxPeople = 100

/** Accounts of people. Automation API section 14. */
export const registerAutomationUsers: RegisterRoutes = (scope, services) => {
  const { catalogDeps, control } = services
  const { db } = control
  const all = '/users/'
  const one = `${all}:username/`
  const schema = { tags, params }
  const user = answerOf('AutomationUser')

  scope.get(
    all,
    operation('ADMIN', 'automationListUsers', 'List users', answerPage('AutomationUser'), {
      tags,
      querystring: Type.Object({
        ...pageQuery.properties,
        search: Type.Optional(Type.String({ maxLength: 200, description: 'In names and addresses' })),
        sort: Type.Optional(
          Type.Array(Type.String(), {
            description: 'username, first_name, last_name, last_seen_at; - in front to descend',
          }),
        ),
        permissions: Type.Optional(
          Type.Array(Type.String(), { description: 'Only who has all of these themselves' }),
        ),
        all_permissions: Type.Optional(
          Type.Array(Type.String(), { description: 'Only who has all of these, themselves or by groups' }),
        ),
      }),
    }),
    async (request) => {
      const { search, sort = ['username'], permissions = [], all_permissions = [] } = request.query
      const found = (await listUsers(db, undefined))
        .filter((candidate) => isFound(candidate, search))
        .filter((candidate) => permissions.every((name) => candidate.permissions.includes(name)))
      const groups = await listGroups(db)
      const kept = found.filter((candidate) => holds(candidate, groups, all_permissions))
      return printPageOf(request, request.query, sortUsers(kept, sort), printUser)
    },
  )

  scope.get(
    `${all}export/`,
    operation(
      'ADMIN',
      'automationExportUsers',
      'All users as CSV',
      {
        status: 200,
        description: 'A line per user',
        content: { 'text/csv': { schema: { type: 'string' } } },
      },
      {
        tags,
        querystring: Type.Object({
          subdomains: Type.Optional(Type.String({ description: 'There are none' })),
          delimiter: Type.Optional(Type.String({ description: 'One character; default: ,' })),
        }),
      },
    ),
    async (request, reply) => {
      const { delimiter = ',' } = request.query
      if ([...delimiter].length !== 1 || /["\r\n]/.test(delimiter))
        throw invalid('delimiter', delimiter, 'it must be one character, and no quote')
      return reply.type('text/csv; charset=utf-8').send(exportUsers(await listUsers(db), delimiter))
    },
  )

  scope.post(
    `${all}invite/`,
    operation(
      'ADMIN',
      'automationInviteUsers',
      'Make accounts for addresses and invite them',
      answerOf('AutomationOutcomes'),
      { tags },
      people,
    ),
    async (request) =>
      outcomesOf(readPeople(request.body), askedBy(request), async (person) => {
        const { email } = person
        if (typeof email !== 'string') throw invalid('email', email, 'it is needed')
        // What is wrong with the rest is said before there is an account.
        await readChange(request, null, person)
        const outcome = await inviteUser(catalogDeps, email)
        if (outcome === 'already-member') throw invalid('email', email, 'there is an account of this address')
        if (outcome === 'invalid-email') throw invalid('email', email, 'it is no address')
        const change = await readChange(request, outcome.user, { ...person, email: null })
        const changed = await named('groups', changeUser(catalogDeps, outcome.user.username, change))
        await services.accounts.recovery.invite(changed.username)
        return printUser(changed)
      }),
  )
  scope.post(
    `${all}provision/`,
    operation(
      'ADMIN',
      'automationProvisionUsers',
      'Make accounts that sign in elsewhere: refused, each with its reason',
      answerOf('AutomationOutcomes'),
      { tags },
      people,
    ),
    async (request) =>
      outcomesOf(readPeople(request.body), askedBy(request), async ({ identity_provider }) => {
        throw invalid(
          'identity_provider.uid',
          identity_provider,
          'accounts of identity providers are made when somebody first signs in there',
        )
      }),
  )

  scope.get(
    one,
    operation('ADMIN', 'automationReadUser', 'Read a user', user, {
      ...schema,
      querystring: Type.Object({ expand: names }),
    }),
    async (request) => printUser(await findUser(db, request.params.username)),
  )
  scope.put(
    one,
    operation('ADMIN', 'automationUpdateUser', 'Change a user; what is left out stays', user, {
      ...schema,
      body: anyObject('As it is read'),
    }),
    async (request) => {
      const present = await findUser(db, request.params.username)
      const change = await readChange(request, present, request.body)
      return printUser(await named('groups', changeUser(catalogDeps, present.username, change)))
    },
  )
  scope.delete(
    one,
    operation('ADMIN', 'automationDeleteUser', 'Remove a user, with keys and rulesets', noContent, schema),
    async (request, reply) => {
      await deleteUser(catalogDeps, request.params.username)
      return reply.status(204).send()
    },
  )

  /** Errors: http.invalid_parameter, access.cannot_grant. */
  async function readChange(request: FastifyRequest, present: User | null, body: JsonObject) {
    const { email, first_name, last_name, expires_at, groups } = body
    const permissions = readNames('permissions', body.permissions)
    refuseGrant(request.principal, present?.permissions ?? [], permissions ?? [])
    const groupIds = readGroups(groups)
    await refuseGroups(services, request, present?.groups ?? [], groupIds ?? [])
    const text = (property: string, value: JsonValue | undefined) => {
      if (value === undefined || value === null) return undefined
      if (typeof value !== 'string' || value.length > 254) throw invalid(property, value, 'it must be a text')
      return value
    }
    const first = text('first_name', first_name)
    const last = text('last_name', last_name)
    const address = text('email', email)
    // Who reads what comes to the address can have a new password.
    if (present !== null && address && address !== present.email)
      refuseKey(request, 'access.account_needs_password')
    if (expires_at !== undefined && expires_at !== null && typeof expires_at !== 'string')
      throw invalid('expires_at', expires_at, 'it must be an instant')
    return {
      ...(permissions === undefined ? {} : { permissions }),
      ...(groupIds === undefined ? {} : { groups: groupIds }),
      ...(first === undefined ? {} : { firstName: first }),
      ...(last === undefined ? {} : { lastName: last }),
      // An address that is hidden comes back empty.
      ...(address === undefined || address === '' ? {} : { email: address }),
      ...(expires_at === undefined ? {} : { expiresAt: readInstant('expires_at', expires_at) }),
      ...readLimits(body),
    }
  }
}

/** Themselves, or by one of their groups. */
function holds(user: User, groups: readonly Group[], wanted: readonly string[]): boolean {
  const own = groups.filter(({ groupId }) => user.groups.includes(groupId))
  return wanted.every((name) => [user, ...own].some(({ permissions }) => permissions.includes(name)))
}

/** Clients leave out `groups` where there are none, and send null to empty them. */
function readGroups(value: JsonValue | undefined): string[] | undefined {
  if (value === undefined) return undefined
  if (value === null) return []
  if (!Array.isArray(value) || value.length > 1000) throw invalid('groups', value, 'it must be an array')
  return value.map((group) => {
    const uid = group !== null && typeof group === 'object' && !Array.isArray(group) ? group.uid : undefined
    if (typeof uid !== 'string') throw invalid('groups', group, 'each must be {"uid": ...}')
    return uid
  })
}

function readPeople(body: unknown): JsonObject[] {
  const items = Array.isArray(body) ? body : [body]
  if (items.length > maxPeople) throw invalid('body', items.length, `there can be ${maxPeople} at a time`)
  return items.map((item) => {
    if (item === null || typeof item !== 'object' || Array.isArray(item))
      throw invalid('body', item, 'it must be an array of objects')
    return item as JsonObject
  })
}

function isFound({ username, firstName, lastName, email }: User, search: string | undefined): boolean {
  const wanted = (search ?? '').trim().toLowerCase()
  return [username, firstName, lastName, `${firstName} ${lastName}`, email ?? ''].some((text) =>
    text.toLowerCase().includes(wanted),
  )
}

const sortable: Readonly<Record<string, (user: User) => string | number>> = {
  username: ({ username }) => username,
  first_name: ({ firstName }) => firstName,
  last_name: ({ lastName }) => lastName,
  last_seen_at: ({ lastSeenAt }) => lastSeenAt ?? 0,
}

/** Errors: http.invalid_parameter. */
function sortUsers(users: readonly User[], sort: readonly string[]): User[] {
  const keys = sort
    .flatMap((text) => text.split(','))
    .map((text) => {
      const name = text.replace(/^-/, '')
      const value = Object.hasOwn(sortable, name) ? sortable[name] : undefined
      if (!value) throw invalid('sort', text, `it must be one of ${Object.keys(sortable).join(', ')}`)
      return { value, direction: text.startsWith('-') ? -1 : 1 }
    })
  return users.toSorted((a, b) => {
    for (const { value, direction } of keys) {
      const [left, right] = [value(a), value(b)]
      if (left !== right) return left < right ? -direction : direction
    }
    return a.username < b.username ? -1 : 1
  })
}
