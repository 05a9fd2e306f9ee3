import type { FastifyInstance } from 'fastify'
import { type Description, docsStyle, renderDocs } from './docs-page.ts'
import { operation } from './operation.ts'

export { accountLimits, accountQuotas, callsQuota } from './access-objects.ts'
export { openApiOptions } from './describe.ts'
export { retentionRule } from './management-objects.ts'
export {
  type Answer,
  answerBytes,
  answerList,
  answerOf,
  answerPage,
  type DescribedBody,
  emptyAnswer,
  noContent,
  operation,
} from './operation.ts'
export { ref } from './shapes.ts'

/** The description of the API, made from the routes, and a page to browse it that needs nothing from elsewhere. */
export function registerDocs(app: FastifyInstance): void {
  const hidden = { config: { permission: 'public' as const }, schema: { hide: true } }
  const document = {
    status: 200,
    description: 'OpenAPI 3.1',
    content: { 'application/json': { schema: { type: 'object' } } },
  } as const
  // The routes do not change while the server runs: both are made once, by the first who asks.
  let json: string | undefined
  let page: string | undefined
  app.get(
    '/api/openapi.json',
    operation('public', 'openapi', 'This description', document, { tags: ['operations'] }),
    async (_request, reply) => {
      json ??= JSON.stringify(app.swagger())
      reply.type('application/json; charset=utf-8').compress(json)
      return reply
    },
  )
  app.get('/api/docs', hidden, async (_request, reply) => {
    page ??= renderDocs(app.swagger() as unknown as Description)
    reply
      .type('text/html; charset=utf-8')
      .header(
        'Content-Security-Policy',
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      )
      .compress(page)
    return reply
  })
  app.get('/api/docs/style.css', hidden, async (_request, reply) =>
    reply.type('text/css; charset=utf-8').send(docsStyle),
  )
}
