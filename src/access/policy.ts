/**
 * The one place where a permission is decided. Every route names the class it needs; later rights (groups, rules per
 * dataset, fields and records) extend these functions and nothing else.
 */
import { AppError } from '../kernel/index.ts'
import type { Principal } from './principal.ts'

/** Permission classes of the management API, section 7. `public` needs no one. */
export const permissionClasses = [
  'public',
  'READ',
  'WRITE',
  'PUBLISH',
  'SECURITY',
  'INDEX',
  'TOOLS',
  'CREATE',
  'HARVEST',
  'ADMIN',
  'SELF',
] as const
export type PermissionClass = (typeof permissionClasses)[number]

/** Each class as alternatives of which all permissions must be held. Dataset-level rights will add alternatives. */
const rules: Readonly<Record<PermissionClass, readonly (readonly string[])[]>> = {
  public: [[]],
  READ: [['edit_dataset']],
  WRITE: [['edit_dataset']],
  PUBLISH: [['edit_dataset', 'publish_dataset']],
  SECURITY: [['edit_dataset', 'manage_dataset']],
  INDEX: [['create_dataset'], ['edit_dataset']],
  TOOLS: [['create_dataset'], ['edit_dataset']],
  CREATE: [['create_dataset']],
  HARVEST: [['create_dataset', 'edit_dataset', 'publish_dataset']],
  ADMIN: [['edit_domain']],
  SELF: [[]],
}

export function mayDo(principal: Principal, permission: PermissionClass): boolean {
  if (permission === 'public') return true
  if (principal.kind === 'anonymous') return false
  return rules[permission].some((needed) => needed.every((name) => principal.permissions.has(name)))
}

/** The permissions of a class in words: `edit_dataset and publish_dataset`; empty when none is needed. */
export function permissionsNeeded(permission: PermissionClass): string {
  return rules[permission]
    .filter((names) => names.length > 0)
    .map((names) => names.join(' and '))
    .join(', or ')
}

/** Errors: access.authentication_required for nobody, access.permission_denied for somebody without the right. */
export function requirePermission(principal: Principal, permission: PermissionClass): void {
  if (mayDo(principal, permission)) return
  if (principal.kind === 'anonymous') throw new AppError('access.authentication_required', {})
  throw new AppError('access.permission_denied', { permission: permissionsNeeded(permission) })
}

/** Whether a published dataset exists for this reader. A restricted one must not be told from one that does not. */
export function canSeePublication(
  principal: Principal,
  publication: { readonly visibility: string },
): boolean {
  if (publication.visibility === 'domain') return true
  return principal.kind === 'user' && principal.permissions.has('explore_restricted_dataset')
}
