import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import {
  addMembers,
  changeGroup,
  createGroup,
  deleteGroup,
  findGroup,
  listGroups,
  listUsers,
  refuseGrant,
  removeMember,
} from '../../access/index.ts'
import {
  type Answer,
  accountLimits,
  accountQuotas,
  answerList,
  answerOf,
  noContent,
  operation,
} from '../openapi/index.ts'
import { printGroup, printShortUser } from './print-account.ts'
import { editorOf, pageQuery, type RegisterRoutes, readListPage } from './scope.ts'

const tags = ['groups']
const groupParams = Type.Object({ group_id: Type.String() })
const memberParams = Type.Object({ ...groupParams.properties, username: Type.String() })
const title = Type.String({ minLength: 1, maxLength: 200 })
const description = Type.Optional(Type.String({ maxLength: 2000 }))
const nothing: Answer = {
  status: 200,
  description: 'Done: {}',
  content: { 'application/json': { schema: { type: 'object', maxProperties: 0 } } },
}

/** Groups of users. Management API section 19. */
export const registerGroups: RegisterRoutes = (scope, services) => {
  const { db } = services.control
  const depsOf = (request: FastifyRequest) => editorOf(services, request)

  scope.get(
    '/groups',
    operation('ADMIN', 'listGroups', 'All groups', answerList('Group'), { tags }),
    async () => (await listGroups(db)).map(printGroup),
  )
  scope.post(
    '/groups',
    operation('ADMIN', 'createGroup', 'Create a group; its id is made of the title', answerOf('Group'), {
      tags,
      body: Type.Object({ title, description }),
    }),
    async (request) => {
      const { title: wanted, description: text } = request.body
      return printGroup(await createGroup(depsOf(request), wanted, text))
    },
  )
  scope.get(
    '/groups/:group_id',
    operation('ADMIN', 'readGroup', 'One group', answerOf('Group'), { tags, params: groupParams }),
    async (request) => printGroup(await findGroup(db, request.params.group_id)),
  )
  scope.put(
    '/groups/:group_id',
    operation('ADMIN', 'changeGroup', 'Change a group; its id stays', answerOf('Group'), {
      tags,
      params: groupParams,
      body: Type.Object({
        title: Type.Optional(title),
        description,
        permissions: Type.Optional(Type.Array(Type.String({ maxLength: 100 }), { maxItems: 1000 })),
        quotas: Type.Optional(accountQuotas),
        limits: Type.Optional(accountLimits),
      }),
    }),
    async (request) => {
      const { title: named, description: text, permissions, quotas, limits } = request.body
      const present = await findGroup(db, request.params.group_id)
      refuseGrant(request.principal, present.permissions, permissions ?? [])
      const group = await changeGroup(depsOf(request), request.params.group_id, {
        ...(named === undefined ? {} : { title: named }),
        ...(text === undefined ? {} : { description: text }),
        ...(permissions ? { permissions } : {}),
        ...(quotas ? { quotas } : {}),
        ...(limits ? { limits } : {}),
      })
      return printGroup(group)
    },
  )
  scope.delete(
    '/groups/:group_id',
    operation('ADMIN', 'deleteGroup', 'Delete a group, with its rulesets', nothing, {
      tags,
      params: groupParams,
    }),
    async (request) => {
      await deleteGroup(depsOf(request), request.params.group_id)
      return {}
    },
  )

  scope.get(
    '/groups/:group_id/users',
    operation('ADMIN', 'listGroupMembers', 'Members of a group', answerOf('MemberPage'), {
      tags,
      params: groupParams,
      querystring: pageQuery,
    }),
    async (request) => {
      const { rows, page } = readListPage(request.query)
      const { groupId } = await findGroup(db, request.params.group_id)
      const users = await listUsers(db, groupId)
      const shown = users.slice((page - 1) * rows, page * rows)
      return { users: shown.map(printShortUser), rows, page, nhits: users.length }
    },
  )
  scope.post(
    '/groups/:group_id/users',
    operation('ADMIN', 'addGroupMembers', 'Add users to a group', answerOf('Outcomes'), {
      tags,
      params: groupParams,
      body: Type.Object({
        usernames: Type.Array(Type.String({ maxLength: 500 }), { minItems: 1, maxItems: 1000 }),
      }),
    }),
    async (request) => {
      const group = await findGroup(db, request.params.group_id)
      refuseGrant(request.principal, [], group.permissions)
      const outcomes = await addMembers(depsOf(request), group.groupId, request.body.usernames)
      return Object.fromEntries(outcomes)
    },
  )
  scope.delete(
    '/groups/:group_id/users/:username',
    operation('ADMIN', 'removeGroupMember', 'Take a user out of a group', noContent, {
      tags,
      params: memberParams,
    }),
    async (request, reply) => {
      await removeMember(depsOf(request), request.params.group_id, request.params.username)
      return reply.status(204).send()
    },
  )
}
