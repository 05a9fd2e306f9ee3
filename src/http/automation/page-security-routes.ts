import type { FastifyRequest } from 'fastify'
import { type TObject, Type } from 'typebox'
import type { JsonObject } from '../../kernel/index.ts'
import {
  deletePageRight,
  findPageRight,
  listPageRights,
  type PageDeps,
  type PageRight,
  writePageRight,
} from '../../pages/index.ts'
import { answerOf, answerPage, noContent, operation } from '../openapi/index.ts'
import type { HttpServices } from '../services.ts'
import { readNames } from './account-shapes.ts'
import { type AutomationScope, anyObject, invalid, pageQuery, printPageOf } from './scope.ts'

const tags = ['automation-content']
/** Those that clients know; one that lets somebody see a page alone is none to them. */
const knownPermissions = ['edit_page', 'manage_page']

interface Place {
  /** The address of a page. */
  readonly under: string
  readonly params: TObject
  depsOf(request: FastifyRequest): PageDeps
}

/** Who may do what with a page: users and groups have the same routes. Automation API section 15. */
export function registerPageSecurity(
  scope: AutomationScope,
  _services: HttpServices,
  { under, params, depsOf }: Place,
): void {
  for (const { kind, name, param, property, object } of [
    { kind: 'user', name: 'User', param: 'username', property: 'username', object: 'AutomationPageUser' },
    { kind: 'group', name: 'Group', param: 'group_uid', property: 'uid', object: 'AutomationPageGroup' },
  ] as const) {
    const all = `${under}security/${kind}s/`
    const one = `${all}:${param}/`
    const schema = { tags, params }
    const oneSchema = { tags, params: Type.Object({ ...params.properties, [param]: Type.String() }) }
    const body = anyObject(`{${kind}: {${property}}, permissions: [...]}`)
    const slugOf = (request: FastifyRequest) => (request.params as { page_slug: string }).page_slug
    const subjectOf = (request: FastifyRequest) => (request.params as Record<string, string>)[param]!
    const print = ({ subject, permissions }: PageRight): JsonObject => ({
      [kind]: { [property]: subject },
      permissions: permissions.filter((permission) => knownPermissions.includes(permission)),
    })

    scope.get(
      all,
      operation('SELF', `automationListPage${name}s`, `Rights of ${kind}s on a page`, answerPage(object), {
        ...schema,
        querystring: pageQuery,
      }),
      async (request) =>
        printPageOf(
          request,
          request.query,
          await listPageRights(depsOf(request), slugOf(request), kind),
          print,
        ),
    )
    scope.post(
      all,
      // The platform answers 200 here, and not 201 as elsewhere.
      operation('SELF', `automationAddPage${name}`, `Give a ${kind} rights on a page`, answerOf(object), {
        ...schema,
        body,
      }),
      async (request) => {
        const subject = ((request.body[kind] ?? {}) as JsonObject)[property]
        if (typeof subject !== 'string') throw invalid(`${kind}.${property}`, subject, 'it is needed')
        const permissions = readNames('permissions', request.body.permissions) ?? []
        const right = { slug: slugOf(request), kind, subject, permissions }
        return print(await writePageRight(depsOf(request), right, true))
      },
    )
    scope.get(
      one,
      operation(
        'SELF',
        `automationReadPage${name}`,
        `Rights of a ${kind} on a page`,
        answerOf(object),
        oneSchema,
      ),
      async (request) =>
        print(await findPageRight(depsOf(request), slugOf(request), kind, subjectOf(request))),
    )
    scope.put(
      one,
      operation(
        'SELF',
        `automationUpdatePage${name}`,
        `Change the rights of a ${kind} on a page`,
        answerOf(object),
        { ...oneSchema, body },
      ),
      async (request) => {
        const right = { slug: slugOf(request), kind, subject: subjectOf(request) }
        const present = await findPageRight(depsOf(request), right.slug, kind, right.subject)
        const permissions = readNames('permissions', request.body.permissions) ?? present.permissions
        return print(await writePageRight(depsOf(request), { ...right, permissions }, false))
      },
    )
    scope.delete(
      one,
      operation(
        'SELF',
        `automationDeletePage${name}`,
        `Take the rights of a ${kind} on a page away`,
        noContent,
        oneSchema,
      ),
      async (request, reply) => {
        await deletePageRight(depsOf(request), slugOf(request), kind, subjectOf(request))
        return reply.status(204).send()
      },
    )
  }
}
