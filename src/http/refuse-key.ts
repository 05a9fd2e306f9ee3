import type { FastifyRequest } from 'fastify'
import { authorize, type PermissionClass } from '../access/index.ts'
import { AppError } from '../kernel/index.ts'
import type { HttpServices } from './services.ts'

/** A stolen key must not be able to take an account over or to make another. Errors: the one it names. */
export function refuseKey(
  { principal }: FastifyRequest,
  error: 'access.account_needs_password' | 'access.password_needed',
): void {
  if (isKey(principal)) throw new AppError(error, {})
}

/**
 * Where a user needs less than a key must have itself. What goes on in somebody's name, such as a schedule, goes on with
 * all the rights of the account: a key that could order it without having them would do more by it than by itself.
 * Errors: those of authorize.
 */
export async function requireOfKey(
  { control }: HttpServices,
  { principal }: FastifyRequest,
  permission: PermissionClass,
  datasetUid: string | null = null,
): Promise<void> {
  if (isKey(principal)) await authorize(control.db, principal, permission, datasetUid)
}

/** As `requireOfKey`, where what a key may not is to look as if it were not there. */
export async function mayWithKey(
  services: HttpServices,
  request: FastifyRequest,
  permission: PermissionClass,
): Promise<boolean> {
  try {
    await requireOfKey(services, request, permission)
    return true
  } catch (error) {
    if (error instanceof AppError) return false
    throw error
  }
}

/** Whether somebody comes with a key, which has no sessions and no subscriptions: those are its owner's. */
export function comesWithKey({ principal }: FastifyRequest): boolean {
  return isKey(principal)
}

function isKey(principal: FastifyRequest['principal']): boolean {
  return principal.kind === 'user' && principal.via === 'apikey'
}
