import { normalizeIP } from '@fastify/rate-limit'
import type { FastifyRequest } from 'fastify'
import type { Origin } from '../accounts/index.ts'

/**
 * Who a request is counted as: the user, with whatever key, or the address (of IPv6 the network of one subscriber: /64).
 * What counts and lines up goes by it, nothing that is allowed or denied does.
 */
export function clientOf(request: FastifyRequest): string {
  const { principal } = request
  if (principal.kind === 'user') return `user ${principal.username}`
  return `address ${networkOf(request.ip)}`
}

/** The address; of IPv6 the network of one subscriber: /64. */
export function networkOf(address: string): string {
  return normalizeIP(address)
}

/** Where a request comes from, for whoever is to know or limit it. */
export function originOf(request: FastifyRequest): Origin {
  return {
    address: request.ip,
    network: networkOf(request.ip),
    userAgent: request.headers['user-agent'],
  }
}
