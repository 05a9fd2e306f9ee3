/**
 * The one place where a permission is decided. Every route names the class it needs; what is held on a dataset comes
 * from its rulesets (rulesets.ts), and the two are brought together in authorize.ts.
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

/** What must be held for one alternative: permissions on the whole domain, and by rulesets on the dataset. */
interface Need {
  readonly domain: readonly string[]
  readonly own: readonly string[]
}

const domain = (...names: string[]): Need => ({ domain: names, own: [] })
const own = (...names: string[]): Need => ({ domain: [], own: names })

/**
 * Each class as alternatives. Management API section 7, which says D of the whole domain and S of the dataset; of the
 * classes INDEX and TOOLS, which are about no dataset, `own` is what is held on any (A).
 */
const rules: Readonly<Record<PermissionClass, readonly Need[]>> = {
  public: [domain()],
  READ: [domain('edit_dataset'), own('edit_dataset'), own('publish_dataset')],
  WRITE: [domain('edit_dataset'), own('edit_dataset')],
  PUBLISH: [
    domain('edit_dataset', 'publish_dataset'),
    own('publish_dataset'),
    { domain: ['publish_dataset'], own: ['edit_dataset'] },
  ],
  SECURITY: [domain('edit_dataset', 'manage_dataset'), own('edit_dataset', 'manage_dataset')],
  INDEX: [domain('create_dataset'), domain('edit_dataset'), own('edit_dataset'), own('publish_dataset')],
  TOOLS: [domain('create_dataset'), domain('edit_dataset'), own('edit_dataset')],
  CREATE: [domain('create_dataset')],
  HARVEST: [domain('create_dataset', 'edit_dataset', 'publish_dataset')],
  ADMIN: [domain('edit_domain')],
  SELF: [domain()],
}

/** What somebody holds where it is asked. */
export interface Rights {
  /** By permissions on the whole domain, as far as they reach. */
  readonly domain: ReadonlySet<string>
  /** By rulesets, on the dataset or, where it is about none, on any. */
  readonly own: ReadonlySet<string>
}

const nothing: ReadonlySet<string> = new Set()

/** Without `rights`: by the permissions on the whole domain alone. */
export function mayDo(principal: Principal, permission: PermissionClass, rights?: Rights): boolean {
  if (permission === 'public') return true
  if (principal.kind === 'anonymous') return false
  const held = rights ?? { domain: principal.permissions, own: nothing }
  return rules[permission].some(
    (need) =>
      need.domain.every((name) => held.domain.has(name)) && need.own.every((name) => held.own.has(name)),
  )
}

/** Whether rulesets can give what the class needs. */
export function hasOwnAlternative(permission: PermissionClass): boolean {
  return rules[permission].some((need) => need.own.length > 0)
}

/** The permissions of a class in words: `edit_dataset and publish_dataset`; empty when none is needed. */
export function permissionsNeeded(permission: PermissionClass): string {
  const where = permission === 'INDEX' || permission === 'TOOLS' ? 'on a dataset' : 'on the dataset'
  const texts = rules[permission]
    .filter((need) => need.domain.length + need.own.length > 0)
    .map((need) => [...need.domain, ...need.own.map((name) => `${name} ${where}`)].join(' and '))
  return texts.join(', or ')
}

/** Errors: access.authentication_required for nobody, access.permission_denied for somebody without the right. */
export function requirePermission(principal: Principal, permission: PermissionClass, rights?: Rights): void {
  if (mayDo(principal, permission, rights)) return
  if (principal.kind === 'anonymous') throw new AppError('access.authentication_required', {})
  throw new AppError('access.permission_denied', { permission: permissionsNeeded(permission) })
}
