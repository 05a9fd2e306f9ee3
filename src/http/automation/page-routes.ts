import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { formatInstant, type JsonObject, type JsonValue } from '../../kernel/index.ts'
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
import { answerOf, answerPage, noContent, operation } from '../openapi/index.ts'
import { registerPageSecurity } from './page-security-routes.ts'
import {
  anyObject,
  invalid,
  pageQuery,
  printPage as printPageOfList,
  type RegisterRoutes,
  readPage,
} from './scope.ts'

const tags = ['automation-content']
const params = Type.Object({ page_slug: Type.String() })
const body = anyObject(
  '{slug, title: {language}, description, content: {html, css}, template, tags, is_restricted}',
)
/** So many are deleted with one call. */
const maxDeleted = 10_000

/** Pages of the portal. Automation API section 15. */
export const registerAutomationPages: RegisterRoutes = (scope, services) => {
  const { db } = services.control
  const all = '/code_editor_pages/'
  const one = `${all}:page_slug/`
  const schema = { tags, params }
  const page = answerOf('AutomationPage')
  const depsOf = ({ principal }: FastifyRequest): PageDeps => ({ db, clock: services.clock, principal })

  scope.get(
    all,
    operation('SELF', 'automationListPages', 'Pages that you may edit', answerPage('AutomationPage'), {
      tags,
      querystring: Type.Object({
        ...pageQuery.properties,
        search: Type.Optional(Type.String({ maxLength: 500 })),
        sort: Type.Optional(
          Type.String({ description: 'slug, title, created_at or updated_at; - in front to descend' }),
        ),
      }),
    }),
    async (request) => {
      const { limit, offset } = readPage(request.query)
      const { search = '', sort = '-updated_at' } = request.query
      const asked = { isToEdit: true, search, sort: sort.replace('updated_at', 'last_modified') }
      const { pages, total } = await listPages(depsOf(request), { ...asked, limit, offset, hasContent: true })
      return printPageOfList(request, { limit, offset }, total, pages.map(print))
    },
  )
  scope.post(
    all,
    operation('SELF', 'automationCreatePage', 'Create a page', answerOf('AutomationPage', 201), {
      tags,
      body,
    }),
    async (request, reply) =>
      reply.status(201).send(print(await createPage(depsOf(request), sentOf(request.body)))),
  )
  scope.delete(
    all,
    operation(
      'SELF',
      'automationDeletePages',
      'Delete several pages, all or none; says which',
      {
        status: 200,
        description: 'Their slugs',
        content: { 'application/json': { schema: { type: 'array', items: { type: 'string' } } } },
      },
      {
        tags,
        querystring: Type.Object({
          slug: Type.Optional(Type.Array(Type.String(), { maxItems: 1000 })),
          search: Type.Optional(Type.String({ maxLength: 500 })),
        }),
      },
    ),
    async (request) => {
      const { slug = [], search } = request.query
      // Nobody means all pages who says nothing of them.
      if (slug.length === 0 && (search ?? '').trim() === '')
        throw invalid('slug', undefined, 'slug or search must say which pages')
      const asked = {
        isToEdit: true,
        search: search ?? '',
        sort: 'slug',
        limit: maxDeleted,
        offset: 0,
        hasContent: false,
      }
      const found =
        slug.length > 0 ? slug : (await listPages(depsOf(request), asked)).pages.map((p) => p.slug)
      const gone = await deletePages(depsOf(request), found)
      return gone.map((deleted) => deleted.slug)
    },
  )
  scope.get(
    one,
    operation('SELF', 'automationReadPage', 'Read a page as it is written', page, schema),
    async (request) => print(await findPage(depsOf(request), request.params.page_slug, 'edits')),
  )
  scope.put(
    one,
    operation('SELF', 'automationUpdatePage', 'Change a page; what is left out stays', page, {
      ...schema,
      body,
    }),
    async (request) =>
      print(await changePage(depsOf(request), request.params.page_slug, sentOf(request.body))),
  )
  scope.delete(
    one,
    operation('SELF', 'automationDeletePage', 'Delete a page', noContent, schema),
    async (request, reply) => {
      await deletePages(depsOf(request), [request.params.page_slug])
      return reply.status(204).send()
    },
  )
  for (const [path, operationId, summary, isArchived] of [
    ['archive', 'automationArchivePage', 'Keep a page for those who may edit it', true],
    ['unarchive', 'automationUnarchivePage', 'Show a page again', false],
  ] as const) {
    scope.post(
      `${one}${path}/`,
      operation('SELF', operationId, summary, answerOf('AutomationOk'), schema),
      async (request) => {
        await changePage(depsOf(request), request.params.page_slug, { is_archived: isArchived })
        return { detail: 'ok' }
      },
    )
  }
  registerPageSecurity(scope, services, { under: one, params, depsOf })
}

/** In the words of the management API; what may only be read is passed over. */
function sentOf(given: JsonObject): SentPage {
  const { slug, title, description, content, template, tags: words, is_restricted } = given
  const sent = { slug, title, description, content, template, tags: words, restricted: is_restricted }
  return Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== undefined && value !== null))
}

function print(page: Page): JsonObject {
  const texts = (of: Readonly<Record<string, string>>): JsonValue => ({ ...of })
  return {
    slug: page.slug,
    title: texts(page.title),
    description: page.description,
    content: { html: texts(page.content.html), css: texts(page.content.css) },
    template: page.template,
    tags: [...page.tags],
    has_subdomain_copies: false,
    is_pushed_by_parent: false,
    is_restricted: page.isRestricted,
    is_archived: page.isArchived,
    created_by: { username: page.author },
    updated_by: { username: page.lastModifiedBy },
    created_at: formatInstant(page.createdAt),
    updated_at: formatInstant(page.lastModifiedAt),
  }
}
