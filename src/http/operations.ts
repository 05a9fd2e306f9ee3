import proxyAddr from '@fastify/proxy-addr'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { sql } from 'kysely'
import { AppError } from '../kernel/index.ts'
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
    operation('public', 'metrics', 'Counters and durations', text, {
      tags,
      description:
        'For programs on the machine of the server. From elsewhere, or by way of a proxy, it takes explore_monitoring or edit_domain: counts are of everything, restricted datasets too.',
    }),
    async (request, reply) => {
      requireMonitor(request)
      return reply.type('text/plain; version=0.0.4; charset=utf-8').send(await services.metrics.render())
    },
  )
}

const isLoopback = proxyAddr.compile('loopback')
const proxyHeaders = ['x-forwarded-for', 'forwarded', 'via', 'x-real-ip']

/** Errors: access.authentication_required, access.permission_denied. */
function requireMonitor({ principal, socket, headers }: FastifyRequest): void {
  const isFromHere = isLoopback(socket.remoteAddress ?? '', 0)
  // A proxy is on this machine too, and asks for anybody.
  if (isFromHere && proxyHeaders.every((name) => headers[name] === undefined)) return
  if (principal.kind === 'anonymous') throw new AppError('access.authentication_required', {})
  const needed = ['explore_monitoring', 'edit_domain']
  if (needed.some((permission) => principal.permissions.has(permission))) return
  throw new AppError('access.permission_denied', { permission: needed.join(', or ') })
}
