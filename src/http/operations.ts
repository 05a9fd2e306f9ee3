import type { FastifyInstance } from 'fastify'
import { sql } from 'kysely'
import { answerOf, operation } from './openapi/index.ts'
import type { HttpServices } from './services.ts'

/** For the one who runs the server: alive, ready, metrics. */
export function registerOperations(app: FastifyInstance, services: HttpServices): void {
  const tags = ['operations']
  app.get(
    '/healthz',
    operation('public', 'liveness', 'The process answers', answerOf('Health'), { tags }),
    async () => ({ status: 'alive' }),
  )
  const readiness = operation('public', 'readiness', 'Requests can be served', answerOf('Health'), { tags })
  app.get('/readyz', readiness, async (_request, reply) => {
    if (services.isDraining()) return reply.status(503).send({ status: 'stopping' })
    try {
      await sql`select 1`.execute(services.control.db)
      return { status: 'ready' }
    } catch {
      return reply.status(503).send({ status: 'the control database does not answer' })
    }
  })
  const text = {
    status: 200,
    description: 'Prometheus text',
    content: { 'text/plain': { schema: { type: 'string' } } },
  } as const
  app.get(
    '/metrics',
    operation('public', 'metrics', 'Counters and durations', text, { tags }),
    async (_request, reply) =>
      reply.type('text/plain; version=0.0.4; charset=utf-8').send(await services.metrics.render()),
  )
}
