/** Whether somebody may do what a route does, to the dataset it is about. */
import { uidOfDataset } from '../catalog/index.ts'
import type { ControlDb } from '../control/index.ts'
import { AppError } from '../kernel/index.ts'
import { hasOwnAlternative, mayDo, type PermissionClass, type Rights, requirePermission } from './policy.ts'
import type { Principal } from './principal.ts'
import { ownDatasets, rightsOn, rulesetsOf, securityOf } from './rulesets.ts'

/**
 * `reference`: uid or id of the dataset that it is about; null: of none.
 * Errors: access.authentication_required; access.permission_denied; catalog.unknown_dataset where the dataset is nothing
 * that somebody without rights on it could know of: it is restricted, or not published, or not there.
 */
export async function authorize(
  db: ControlDb,
  principal: Principal,
  permission: PermissionClass,
  reference: string | null,
): Promise<void> {
  if (permission === 'public') return
  if (reference === null || principal.kind === 'anonymous') {
    if (mayDo(principal, permission)) return
    const isAnywhere = principal.kind === 'user' && hasOwnAlternative(permission)
    const rights = isAnywhere ? await rightsAnywhere(db, principal, permission) : undefined
    return requirePermission(principal, permission, rights)
  }
  // A key for some datasets has no permission on the domain, and passes only by what follows.
  if (mayDo(principal, permission)) return
  const datasetUid = await uidOfDataset(db, reference)
  const security = datasetUid === null ? null : await securityOf(db, datasetUid)
  if (datasetUid !== null && security !== null) {
    const rights = rightsOn(principal, datasetUid, security)
    if (mayDo(principal, permission, rights)) return
    if (await knowsOf(db, principal, datasetUid, rights))
      return requirePermission(principal, permission, rights)
  }
  throw new AppError('catalog.unknown_dataset', { dataset_uid: reference.slice(0, 300) })
}

/** For what is checked away from a route. */
export async function mayDoOn(
  db: ControlDb,
  principal: Principal,
  permission: PermissionClass,
  datasetUid: string,
): Promise<boolean> {
  if (mayDo(principal, permission)) return true
  return mayDo(principal, permission, rightsOn(principal, datasetUid, await securityOf(db, datasetUid)))
}

/** Classes about no dataset ask what is held on any; the others what is held on the domain. */
async function rightsAnywhere(
  db: ControlDb,
  principal: Principal & { kind: 'user' },
  permission: PermissionClass,
): Promise<Rights | undefined> {
  if (permission !== 'INDEX' && permission !== 'TOOLS') return undefined
  const datasets = await ownDatasets(db, principal)
  const own = new Set([...datasets.values()].flatMap((held) => [...held]))
  // To what a key for some datasets may do on all of them, it is as if rulesets had given it.
  for (const name of principal.keyLimits?.datasets?.permissions ?? []) own.add(name)
  return { domain: principal.permissions, own }
}

/** Whether somebody without the right that is asked for may learn that the dataset is there. */
export async function knowsOf(
  db: ControlDb,
  principal: Principal,
  datasetUid: string,
  rights: Rights,
): Promise<boolean> {
  if (rights.own.size > 0 || rights.domain.has('edit_dataset')) return true
  if ((await rulesetsOf(db, principal, datasetUid)).length === 0) return false
  const published = await db
    .selectFrom('publications')
    .select('dataset_uid')
    .where('dataset_uid', '=', datasetUid)
    .executeTakeFirst()
  return published !== undefined
}
