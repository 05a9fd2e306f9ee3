import type { FastifyRequest } from 'fastify'
import { AppError } from '../kernel/index.ts'

/** A stolen key must not be able to take an account over. Errors: access.account_needs_password. */
export function refuseKey({ principal }: FastifyRequest): void {
  if (principal.kind === 'user' && principal.via === 'apikey')
    throw new AppError('access.account_needs_password', {})
}
