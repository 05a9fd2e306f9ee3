/** What users and groups have in common: permissions, quotas and limits, and that somebody must be left to administer. */
import { type ControlDb, notify, securityChannel } from '../control/index.ts'
import { AppError } from '../kernel/index.ts'
import { domainPermissions, type Principal } from './principal.ts'
import { forgetSecurity } from './rulesets.ts'

/** Calls of both APIs in a day; empty: as many as the server allows. Management API section 19. */
export type AccountQuotas = { readonly limit: number; readonly unit: 'day' } | Record<string, never>

/** Absent: without a limit of this account. */
export interface AccountLimits {
  readonly max_datasets?: number
  readonly max_records_by_dataset?: number
}

/** Errors: access.unknown_permission. */
export function checkPermissions(
  permissions: readonly string[],
  known: readonly string[] = domainPermissions,
): void {
  for (const permission of permissions) {
    if (!known.includes(permission)) {
      throw new AppError('access.unknown_permission', {
        permission: permission.slice(0, 60),
        known: known.join(', '),
      })
    }
  }
}

/** In the order they are listed in, each once. */
export function inOrder(permissions: readonly string[]): string[] {
  return domainPermissions.filter((name) => permissions.includes(name))
}

/**
 * A key hands out no more than it has itself: it may be all that somebody got hold of. Errors: access.cannot_grant.
 */
export function refuseGrant(principal: Principal, before: readonly string[], after: readonly string[]): void {
  if (principal.kind !== 'user' || principal.via !== 'apikey') return
  const more = after.find((name) => !before.includes(name) && !principal.permissions.has(name))
  if (more !== undefined) throw new AppError('access.cannot_grant', { permission: more.slice(0, 60) })
}

/**
 * Changes accounts in a transaction at whose end somebody can still administer the domain, who can also sign in.
 * Errors: access.last_administrator, those of `change`.
 */
export async function changeAccounts<T>(
  db: ControlDb,
  now: number,
  change: (trx: ControlDb) => Promise<T>,
): Promise<T> {
  const result = await db.transaction().execute(async (trx) => {
    // One at a time: two administrators who remove each other must not both be right.
    await trx
      .insertInto('settings')
      .values({ key: 'accounts', value: '' })
      .onConflict((conflict) => conflict.column('key').doUpdateSet({ value: '' }))
      .execute()
    const done = await change(trx)
    await requireAdministrator(trx, now)
    await notify(trx, securityChannel)
    return done
  })
  forgetSecurity(db)
  return result
}

async function requireAdministrator(trx: ControlDb, now: number): Promise<void> {
  const users = await trx
    .selectFrom('users')
    .leftJoin('group_members', 'group_members.username', 'users.username')
    .leftJoin('groups', 'groups.group_id', 'group_members.group_id')
    .select(['users.permissions_json as own', 'groups.permissions_json as by_group'])
    .where('is_active', '=', 1)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', now)]))
    // Who was invited and has not come yet would be no help.
    .where((eb) => eb.or([eb('password_hash', 'is not', null), eb('last_seen_at', 'is not', null)]))
    .where((eb) =>
      eb.or([
        eb('users.permissions_json', 'like', '%"edit_domain"%'),
        eb('groups.permissions_json', 'like', '%"edit_domain"%'),
      ]),
    )
    .limit(1)
    .execute()
  if (users.length === 0) throw new AppError('access.last_administrator', {})
}
