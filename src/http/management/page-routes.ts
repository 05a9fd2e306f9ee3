import { Type } from 'typebox'
import { formatInstant, type JsonObject } from '../../kernel/index.ts'
import {
  changePage,
  createPage,
  deletePages,
  findPage,
  listPages,
  type Page,
  type PageDeps,
  type SentPage,
} from '../../pages/index.ts'
import { answerList, answerOf, noContent, operation } from '../openapi/index.ts'
import { expandedUsers, type UserPrinter } from './expanded-users.ts'
import { domainId, expansionOf } from './render.ts'
import { anyValue, expandQuery, pageQuery, type RegisterRoutes, readListPage } from './scope.ts'

const tags = ['pages']
const pageParams = Type.Object({ slug: Type.String() })
const languageTexts = (description: string) => Type.Optional(anyValue(description))
const pageMembers = {
  slug: Type.Optional(Type.String()),
  title: languageTexts('{language: text}, or one text'),
  description: languageTexts('Text'),
  template: languageTexts('Name of a layout'),
  content: languageTexts('{html: {language: text}, css: {language: text}}: readers get both cleaned'),
  tags: languageTexts('List of texts'),
  restricted: languageTexts('true: only for those with a right. Changing it needs manage_page'),
  is_archived: languageTexts('true: only for those who may edit it'),
}
const needs = 'Needs edit_page, on the whole domain or on the page.'

/** Pages of the portal. Management API section 21; `is_archived` and renaming are ours. */
export const registerPages: RegisterRoutes = (scope, services) => {
  const { db } = services.control
  const depsOf = (request: { principal: PageDeps['principal'] }): PageDeps => ({
    db,
    clock: services.clock,
    principal: request.principal,
  })

  scope.get(
    '/pages',
    operation('SELF', 'listPages', 'Pages that you may edit', answerOf('PageList'), {
      tags,
      querystring: Type.Object({
        ...pageQuery.properties,
        ...expandQuery.properties,
        search: Type.Optional(Type.String({ maxLength: 500 })),
        sort: Type.Optional(
          Type.String({ description: 'slug, title, created_at or last_modified; - in front to descend' }),
        ),
      }),
    }),
    async (request): Promise<JsonObject> => {
      const { rows, page } = readListPage(request.query)
      const { search = '', sort = '-last_modified' } = request.query
      const { pages, total } = await listPages(depsOf(request), {
        isToEdit: true,
        search,
        sort,
        limit: rows,
        offset: (page - 1) * rows,
        hasContent: true,
      })
      const users = await usersOf(request)
      return { items: pages.map((item) => printPage(item, users)), rows, page, nhits: total }
    },
  )
  scope.post(
    '/pages',
    operation('SELF', 'createPage', 'Create a page', answerOf('Page', 201), {
      tags,
      description:
        'Needs create_page or edit_page. Whoever may not edit all pages gets the right to edit this one.',
      querystring: expandQuery,
      body: Type.Object(pageMembers),
    }),
    async (request, reply) => {
      const page = await createPage(depsOf(request), request.body as SentPage)
      return reply.status(201).send(await printed(page, request))
    },
  )
  scope.delete(
    '/pages',
    operation('SELF', 'deletePages', 'Delete several pages, all or none', answerList('Page'), {
      tags,
      description: needs,
      body: Type.Array(Type.Object({ slug: Type.String() }), { maxItems: 1000 }),
    }),
    async (request) => {
      const gone = await deletePages(
        depsOf(request),
        request.body.map(({ slug }) => slug),
      )
      return Promise.all(gone.map((page) => printed(page, request)))
    },
  )

  const one = '/pages/:slug'
  const schema = { tags, description: needs, params: pageParams, querystring: expandQuery }
  scope.get(
    one,
    operation('SELF', 'readPage', 'Read a page as it is written', answerOf('Page'), schema),
    async (request) => printed(await findPage(depsOf(request), request.params.slug, 'edits'), request),
  )
  scope.put(
    one,
    operation('SELF', 'changePage', 'Change a page; what is left out stays', answerOf('Page'), {
      ...schema,
      body: Type.Object(pageMembers),
    }),
    async (request) =>
      printed(await changePage(depsOf(request), request.params.slug, request.body as SentPage), request),
  )
  scope.delete(
    one,
    operation('SELF', 'deletePage', 'Delete a page', noContent, {
      tags,
      description: needs,
      params: pageParams,
    }),
    async (request, reply) => {
      await deletePages(depsOf(request), [request.params.slug])
      return reply.status(204).send()
    },
  )

  type Asked = { principal: PageDeps['principal']; query: unknown }
  function usersOf({ principal, query }: Asked): Promise<UserPrinter> {
    const { expand } = query as { expand?: string[] }
    return expandedUsers(db, principal, expansionOf(expand), ['author', 'last_modified_user'])
  }
  async function printed(page: Page, request: Asked): Promise<JsonObject> {
    return printPage(page, await usersOf(request))
  }
}

function printPage(page: Page, users: UserPrinter): JsonObject {
  return {
    domain: { domain_id: domainId },
    slug: page.slug,
    title: { ...page.title },
    description: page.description,
    template: page.template,
    content: { html: { ...page.content.html }, css: { ...page.content.css } },
    tags: [...page.tags],
    restricted: page.isRestricted,
    is_archived: page.isArchived,
    pushed_by_parent: false,
    has_subdomain_copies: false,
    created_at: formatInstant(page.createdAt),
    last_modified: formatInstant(page.lastModifiedAt),
    last_modified_user: users('last_modified_user', page.lastModifiedBy),
    author: users('author', page.author),
  }
}
