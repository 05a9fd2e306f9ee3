import type { FastifyRequest } from 'fastify'
import { AppError } from '../kernel/index.ts'

/** A stolen key must not be able to take an account over or to make another. Errors: the one it names. */
export function refuseKey(
  { principal }: FastifyRequest,
  error: 'access.account_needs_password' | 'access.password_needed',
): void {
  if (principal.kind === 'user' && principal.via === 'apikey') throw new AppError(error, {})
}
