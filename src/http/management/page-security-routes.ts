import { Type } from 'typebox'
import { formatInstant, type JsonObject } from '../../kernel/index.ts'
import {
  deletePageRight,
  findPageRight,
  listPageRights,
  type PageDeps,
  type PageRight,
  writePageRight,
} from '../../pages/index.ts'
import { answerList, answerOf, noContent, operation } from '../openapi/index.ts'
import { expandedUsers, type UserPrinter } from './expanded-users.ts'
import { domainId, expansionOf } from './render.ts'
import { expandQuery, type RegisterRoutes } from './scope.ts'

const tags = ['pages']
const description =
  'Needs edit_page and manage_page, on the whole domain or on the page. Permissions: edit_page, manage_page, explore_restricted_page; with none of them a restricted page can be seen.'
const pageParams = Type.Object({ slug: Type.String() })
const rightParams = Type.Object({ ...pageParams.properties, subject: Type.String() })
const permissions = Type.Array(Type.String(), { maxItems: 20 })

const families = [
  {
    kind: 'user',
    path: 'users',
    name: 'User',
    subject: Type.Object({ user: Type.Object({ username: Type.String() }), permissions }),
    of: (body: JsonObject) => String((body.user as JsonObject).username),
  },
  {
    kind: 'group',
    path: 'groups',
    name: 'Group',
    subject: Type.Object({ group: Type.Object({ group_id: Type.String() }), permissions }),
    of: (body: JsonObject) => String((body.group as JsonObject).group_id),
  },
] as const

/** Who may do what with a page. Management API section 21. */
export const registerPageSecurity: RegisterRoutes = (scope, services) => {
  const { db } = services.control
  const depsOf = (request: { principal: PageDeps['principal'] }): PageDeps => ({
    db,
    clock: services.clock,
    principal: request.principal,
  })
  const usersOf = ({
    principal,
    query,
  }: {
    principal: PageDeps['principal']
    query: { expand?: string[] }
  }) => expandedUsers(db, principal, expansionOf(query.expand), ['user'])

  for (const { kind, path, name, subject, of } of families) {
    const all = `/pages/:slug/security/${path}`
    const one = `${all}/:subject`
    const list = { tags, description, params: pageParams, querystring: expandQuery }
    const single = { tags, description, params: rightParams, querystring: expandQuery }
    scope.get(
      all,
      operation('SELF', `listPage${name}s`, `Rights of ${path} on a page`, answerList('PageRight'), list),
      async (request) => {
        const users = await usersOf(request)
        const rights = await listPageRights(depsOf(request), request.params.slug, kind)
        return rights.map((right) => printRight(right, users))
      },
    )
    scope.post(
      all,
      operation('SELF', `addPage${name}`, `Give a ${kind} rights on a page`, answerOf('PageRight', 201), {
        ...list,
        body: subject,
      }),
      async (request, reply) => {
        const { slug } = request.params
        const right = { slug, kind, subject: of(request.body), permissions: request.body.permissions }
        const added = await writePageRight(depsOf(request), right, true)
        return reply.status(201).send(printRight(added, await usersOf(request)))
      },
    )
    scope.get(
      one,
      operation('SELF', `readPage${name}`, `Rights of a ${kind} on a page`, answerOf('PageRight'), single),
      async (request) => {
        const { slug, subject } = request.params
        return printRight(await findPageRight(depsOf(request), slug, kind, subject), await usersOf(request))
      },
    )
    scope.put(
      one,
      operation('SELF', `changePage${name}`, `Change rights of a ${kind} on a page`, answerOf('PageRight'), {
        ...single,
        body: Type.Object({ permissions }),
      }),
      async (request) => {
        const { slug, subject } = request.params
        const right = { slug, kind, subject, permissions: request.body.permissions }
        return printRight(await writePageRight(depsOf(request), right, false), await usersOf(request))
      },
    )
    scope.delete(
      one,
      operation('SELF', `deletePage${name}`, `Take the rights of a ${kind} on a page`, noContent, {
        tags,
        description,
        params: rightParams,
      }),
      async (request, reply) => {
        await deletePageRight(depsOf(request), request.params.slug, kind, request.params.subject)
        return reply.status(204).send()
      },
    )
  }
}

function printRight(
  { slug, kind, subject, permissions, createdAt, updatedAt }: PageRight,
  users: UserPrinter,
): JsonObject {
  return {
    ...(kind === 'user' ? { user: users('user', subject) } : { group: { group_id: subject } }),
    permissions: [...permissions],
    page: { domain: { domain_id: domainId }, slug },
    created_at: formatInstant(createdAt),
    updated_at: formatInstant(updatedAt),
  }
}
