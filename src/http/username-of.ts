import type { FastifyRequest } from 'fastify'
import { AppError } from '../kernel/index.ts'

/** The name of whoever asks, where nobody anonymous comes. Errors: access.authentication_required. */
export function usernameOf(request: FastifyRequest): string {
  if (request.principal.kind === 'anonymous') throw new AppError('access.authentication_required', {})
  return request.principal.username
}
