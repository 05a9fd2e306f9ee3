import { normalizeIP } from '@fastify/rate-limit'
import type { FastifyRequest } from 'fastify'

/**
 * Who a request is counted as: the user, with whatever key, or the address (of IPv6 the network of one subscriber: /64).
 * What counts and lines up goes by it, nothing that is allowed or denied does.
 */
export function clientOf(request: FastifyRequest): string {
  const { principal } = request
  if (principal.kind === 'user') return `user ${principal.username}`
  return `address ${normalizeIP(request.ip)}`
}
