import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import {
  addMembers,
  changeGroup,
  createGroup,
  deleteGroup,
  findGroup,
  findUser,
  type Group,
  listGroups,
  listUsers,
  refuseGrant,
  removeMember,
} from '../../access/index.ts'
import type { JsonObject, JsonValue } from '../../kernel/index.ts'
import { answerOf, answerPage, noContent, operation } from '../openapi/index.ts'
import { printGroup, printUser, readLimits, readNames } from './account-shapes.ts'
import { askedBy, outcomesOf } from './outcomes.ts'
import { anyObject, editorOf, invalid, pageQuery, printPageOf, type RegisterRoutes } from './scope.ts'

const tags = ['automation-access']
const params = Type.Object({ group_uid: Type.String() })
const memberParams = Type.Object({ ...params.properties, username: Type.String() })
const member = Type.Object({ username: Type.String({ maxLength: 500 }) })
const body = anyObject('{title, description, permissions, explore_limits, management_limits}')

/** Groups of users. Automation API section 14. */
export const registerAutomationGroups: RegisterRoutes = (scope, services) => {
  const { db } = services.control
  const all = '/groups/'
  const one = `${all}:group_uid/`
  const members = `${one}users/`
  const schema = { tags, params }
  const group = answerOf('AutomationGroup')

  scope.get(
    all,
    operation('ADMIN', 'automationListGroups', 'List groups', answerPage('AutomationGroup'), {
      tags,
      querystring: Type.Object({
        ...pageQuery.properties,
        search: Type.Optional(Type.String({ maxLength: 200 })),
        sort: Type.Optional(
          Type.String({ description: `${Object.keys(sortable).join(', ')}; - in front to descend` }),
        ),
        permissions: Type.Optional(Type.Array(Type.String())),
      }),
    }),
    async (request) => {
      const { search = '', sort = 'updated_at', permissions = [] } = request.query
      const wanted = search.trim().toLowerCase()
      const found = (await listGroups(db))
        .filter(({ title, description }) => `${title}\n${description}`.toLowerCase().includes(wanted))
        .filter((candidate) => permissions.every((name) => candidate.permissions.includes(name)))
      return printPageOf(request, request.query, sortGroups(found, sort), printGroup)
    },
  )
  scope.post(
    all,
    operation(
      'ADMIN',
      'automationCreateGroup',
      'Create a group; its uid is made of the title',
      answerOf('AutomationGroup', 201),
      { tags, body },
    ),
    async (request, reply) => {
      const { title, description, ...more } = readChange(request, null, request.body)
      if (title === undefined) throw invalid('title', title, 'it is needed')
      const deps = editorOf(services, request)
      const made = await createGroup(deps, title, description)
      const isPlain = Object.keys(more).length === 0
      return reply.status(201).send(printGroup(isPlain ? made : await changeGroup(deps, made.groupId, more)))
    },
  )
  scope.get(one, operation('ADMIN', 'automationReadGroup', 'Read a group', group, schema), async (request) =>
    printGroup(await findGroup(db, request.params.group_uid)),
  )
  scope.put(
    one,
    operation('ADMIN', 'automationUpdateGroup', 'Change a group; its uid stays', group, { ...schema, body }),
    async (request) => {
      const present = await findGroup(db, request.params.group_uid)
      const change = readChange(request, present, request.body)
      return printGroup(await changeGroup(editorOf(services, request), present.groupId, change))
    },
  )
  scope.delete(
    one,
    operation('ADMIN', 'automationDeleteGroup', 'Delete a group, with its rulesets', noContent, schema),
    async (request, reply) => {
      await deleteGroup(editorOf(services, request), request.params.group_uid)
      return reply.status(204).send()
    },
  )

  scope.get(
    members,
    operation('ADMIN', 'automationListGroupMembers', 'Members of a group', answerPage('AutomationUser'), {
      ...schema,
      querystring: pageQuery,
    }),
    async (request) => {
      const { groupId } = await findGroup(db, request.params.group_uid)
      return printPageOf(request, request.query, await listUsers(db, groupId), printUser)
    },
  )
  scope.post(
    members,
    operation('ADMIN', 'automationAddGroupMember', 'Add a user to a group', answerOf('AutomationUser', 201), {
      ...schema,
      body: member,
    }),
    async (request, reply) => {
      const { group_uid } = request.params
      return reply.status(201).send(await add(request, group_uid, request.body.username))
    },
  )
  scope.post(
    `${members}batch/`,
    operation(
      'ADMIN',
      'automationAddGroupMembers',
      'Add several users to a group; says what became of each',
      answerOf('AutomationOutcomes'),
      { ...schema, body: Type.Array(member, { maxItems: 1000 }) },
    ),
    async (request) => {
      const { group_uid } = request.params
      await findGroup(db, group_uid)
      return outcomesOf(request.body, askedBy(request), ({ username }) => add(request, group_uid, username))
    },
  )
  scope.delete(
    `${members}:username/`,
    operation('ADMIN', 'automationRemoveGroupMember', 'Take a user out of a group', noContent, {
      tags,
      params: memberParams,
    }),
    async (request, reply) => {
      const { group_uid, username } = request.params
      await removeMember(editorOf(services, request), group_uid, username)
      return reply.status(204).send()
    },
  )

  /** Errors: access.unknown_group, access.cannot_grant, http.invalid_parameter for nobody's name. */
  async function add(request: FastifyRequest, groupUid: string, username: string): Promise<JsonObject> {
    const { groupId, permissions } = await findGroup(db, groupUid)
    refuseGrant(request.principal, [], permissions)
    const outcomes = await addMembers(editorOf(services, request), groupId, [username])
    if (outcomes.get(username) === 'error') throw invalid('username', username, 'there is no such user')
    return printUser(await findUser(db, username))
  }
}

/** Errors: http.invalid_parameter, access.cannot_grant. */
function readChange(request: FastifyRequest, present: Group | null, given: JsonObject) {
  const permissions = readNames('permissions', given.permissions)
  refuseGrant(request.principal, present?.permissions ?? [], permissions ?? [])
  const text = (property: string, value: JsonValue | undefined, max: number) => {
    if (value === undefined || value === null) return undefined
    if (typeof value !== 'string' || value.length > max)
      throw invalid(property, value, `it must be a text of at most ${max} characters`)
    return value
  }
  const title = text('title', given.title, 200)
  const description = text('description', given.description, 2000)
  return {
    ...(title === undefined ? {} : { title }),
    ...(description === undefined ? {} : { description }),
    ...(permissions === undefined ? {} : { permissions }),
    ...readLimits(given),
  }
}

const sortable: Readonly<Record<string, (group: Group) => string | number>> = {
  created_at: ({ createdAt }) => createdAt,
  updated_at: ({ updatedAt }) => updatedAt,
  created_by__username: ({ createdBy }) => createdBy,
  updated_by__username: ({ updatedBy }) => updatedBy,
  user_count: ({ userCount }) => userCount,
  group__title: ({ title }) => title,
}

/** Errors: http.invalid_parameter. */
function sortGroups(groups: readonly Group[], sort: string): Group[] {
  const name = sort.replace(/^-/, '')
  const value = Object.hasOwn(sortable, name) ? sortable[name] : undefined
  if (!value) throw invalid('sort', sort, `it must be one of ${Object.keys(sortable).join(', ')}`)
  const direction = sort.startsWith('-') ? -1 : 1
  return groups.toSorted((a, b) => {
    const [left, right] = [value(a), value(b)]
    if (left !== right) return left < right ? -direction : direction
    return a.groupId < b.groupId ? -1 : 1
  })
}
