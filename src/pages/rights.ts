/**
 * Who may do what with a page. Management API sections 7 and 21: `edit_page`, `manage_page` and `explore_restricted_page`
 * on the whole domain or on one page, as one's own or a group's; a right with no permission lets somebody see a
 * restricted page.
 */
import type { Principal } from '../access/index.ts'
import type { ControlDb, PagesTable } from '../control/index.ts'
import { AppError } from '../kernel/index.ts'

export const pagePermissions = ['edit_page', 'manage_page', 'explore_restricted_page'] as const
export type PagePermission = (typeof pagePermissions)[number]

/** What somebody holds of one page. */
export interface PageRights {
  readonly sees: boolean
  readonly edits: boolean
  readonly manages: boolean
}

type User = Extract<Principal, { kind: 'user' }>

/** Permissions by rights on pages, by slug. */
export type OwnRights = ReadonlyMap<string, ReadonlySet<string>>

export async function ownRights(db: ControlDb, principal: Principal): Promise<OwnRights> {
  // A key for some datasets is for nothing else.
  if (principal.kind !== 'user' || principal.keyLimits?.datasets) return new Map()
  const { username, groups } = principal
  const rows = await db
    .selectFrom('page_rights')
    .select(['slug', 'permissions_json'])
    .where((eb) =>
      eb.or([
        eb.and([eb('subject_kind', '=', 'user'), eb('subject', '=', username)]),
        ...(groups.length > 0
          ? [eb.and([eb('subject_kind', '=', 'group'), eb('subject', 'in', [...groups])])]
          : []),
      ]),
    )
    .execute()
  const rights = new Map<string, Set<string>>()
  for (const { slug, permissions_json } of rows) {
    const held = rights.get(slug) ?? new Set()
    for (const permission of JSON.parse(permissions_json))
      if (keyAllows(principal, permission)) held.add(permission)
    rights.set(slug, held)
  }
  return rights
}

function keyAllows({ keyLimits }: User, permission: string): boolean {
  return keyLimits === null || keyLimits.permissions.has(permission)
}

export function rightsTo(
  page: Pick<PagesTable, 'slug' | 'is_restricted' | 'is_archived'>,
  principal: Principal,
  own: OwnRights,
): PageRights {
  const given = own.get(page.slug)
  const holds = (permission: PagePermission) =>
    (principal.kind === 'user' && principal.permissions.has(permission)) || (given?.has(permission) ?? false)
  const edits = holds('edit_page')
  const isOpen = page.is_restricted === 0 || given !== undefined || holds('explore_restricted_page')
  return { edits, manages: edits && holds('manage_page'), sees: edits || (isOpen && page.is_archived === 0) }
}

/** Errors: access.authentication_required, access.permission_denied. */
export function requireDomainPermission(principal: Principal, ...anyOf: readonly string[]): User {
  if (principal.kind === 'anonymous') throw new AppError('access.authentication_required', {})
  if (!anyOf.some((permission) => principal.permissions.has(permission)))
    throw new AppError('access.permission_denied', { permission: anyOf.join(', or ') })
  return principal
}
