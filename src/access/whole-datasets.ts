/** Whether somebody sees all of a dataset: who makes another of it shows all of it to the other's readers. */
import { uidOfDataset } from '../catalog/index.ts'
import type { ControlDb } from '../control/index.ts'
import { AppError } from '../kernel/index.ts'
import { knowsOf } from './authorize.ts'
import { findPrincipal } from './make-principal.ts'
import { anonymous, type Principal } from './principal.ts'
import { rightsOn, rulesetsOf, securityOf } from './rulesets.ts'

/**
 * `reference`: uid or id. Names that mean nothing are refused too, or one could be waited for.
 * Errors: catalog.unknown_dataset for what this reader does not see, access.partly_visible.
 */
export async function requireWholeDataset(
  db: ControlDb,
  principal: Principal,
  reference: string,
): Promise<void> {
  if (principal.kind === 'user' && seesEveryDataset(principal)) return
  const datasetUid = await uidOfDataset(db, reference)
  const rights = rightsOn(
    principal,
    datasetUid ?? '',
    datasetUid === null ? null : await securityOf(db, datasetUid),
  )
  if (datasetUid === null || !(await knowsOf(db, principal, datasetUid, rights)))
    throw new AppError('catalog.unknown_dataset', { dataset_uid: reference.slice(0, 300) })
  if (!(await seesWhole(db, principal, datasetUid)))
    throw new AppError('access.partly_visible', { dataset_uid: reference.slice(0, 300) })
}

/**
 * For a publish: what the dataset's owner may use now. One who is gone is nobody, and sees what everybody sees. Names
 * that mean nothing are for others to refuse. Errors: access.owner_may_not_see.
 */
export async function requireOwnerSees(
  db: ControlDb,
  owner: { readonly username: string; readonly now: number },
  references: readonly string[],
): Promise<void> {
  if (references.length === 0) return
  const { username, now } = owner
  const principal = (await findPrincipal(db, username, now)) ?? anonymous
  for (const reference of references) {
    const datasetUid = await uidOfDataset(db, reference)
    if (datasetUid !== null && !(await seesWhole(db, principal, datasetUid)))
      throw new AppError('access.owner_may_not_see', { username, dataset: reference.slice(0, 300) })
  }
}

/**
 * For what shows records as they are, differences and errors: whoever may read the dataset here without editing it, by
 * `publish_dataset` of a ruleset, may have rules that hide some of them. Errors: access.records_hidden.
 */
export async function requireAllSeen(db: ControlDb, principal: Principal, datasetUid: string): Promise<void> {
  if (!(await seesWhole(db, principal, datasetUid)))
    throw new AppError('access.records_hidden', { dataset_uid: datasetUid })
}

function seesEveryDataset({ permissions }: Principal & { kind: 'user' }): boolean {
  return permissions.has('edit_dataset') || permissions.has('explore_restricted_dataset')
}

/** Whether this reader sees every record and every field of the dataset. */
export async function seesWhole(db: ControlDb, principal: Principal, datasetUid: string): Promise<boolean> {
  const rulesets = await rulesetsOf(db, principal, datasetUid)
  return rulesets.some(
    ({ isDataVisible, visibleFields, filterQuery }) =>
      isDataVisible && visibleFields === null && filterQuery.trim() === '',
  )
}
