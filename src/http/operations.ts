import type { FastifyInstance } from 'fastify'
import { sql } from 'kysely'
import type { HttpServices } from './services.ts'

/** For the one who runs the server: alive, ready, metrics. */
export function registerOperations(app: FastifyInstance, services: HttpServices): void {
  const config = { permission: 'public' as const }
  app.get('/healthz', { config, schema: { hide: true } }, async () => ({ status: 'alive' }))
  app.get('/readyz', { config, schema: { hide: true } }, async (_request, reply) => {
    if (services.isDraining()) return reply.status(503).send({ status: 'stopping' })
    try {
      await sql`select 1`.execute(services.control.db)
      return { status: 'ready' }
    } catch {
      return reply.status(503).send({ status: 'the control database does not answer' })
    }
  })
  app.get('/metrics', { config, schema: { hide: true } }, async (_request, reply) =>
    reply.type('text/plain; version=0.0.4; charset=utf-8').send(await services.metrics.render()),
  )
}
