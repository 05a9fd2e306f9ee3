import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { AppError } from '../kernel/index.ts'

const dayMs = 86_400_000
/** Clients that are counted; the one that has been away longest is forgotten for a new one. */
const maxClients = 50_000

export type CountCall = (request: FastifyRequest, reply: FastifyReply) => Promise<void>

/**
 * Counts calls by client, in days that begin with the client's first call; null: without a limit. In memory: a restart
 * forgets. Errors: http.too_many_calls.
 */
export async function createDailyCalls(
  app: FastifyInstance,
  options: { readonly max: number; clientOf(request: FastifyRequest): string; nowMs(): number },
): Promise<CountCall | null> {
  if (options.max === 0) return null
  await app.register(rateLimit, {
    global: false,
    max: options.max,
    timeWindow: dayMs,
    cache: maxClients,
    keyGenerator: options.clientOf,
  })
  const count = app.createRateLimit()
  return async (request, reply) => {
    const state = await count(request)
    if (state.isAllowed) return
    const { max, remaining, ttlInSeconds, isExceeded } = state
    reply.header('X-RateLimit-Limit', max)
    reply.header('X-RateLimit-Remaining', remaining)
    // The instant in seconds, as the platform says it.
    reply.header('X-RateLimit-Reset', Math.ceil(options.nowMs() / 1000) + ttlInSeconds)
    if (isExceeded) throw new AppError('http.too_many_calls', { max, retryAfterSeconds: ttlInSeconds })
  }
}
