/** Groups of users: what a group has, each of its members has. Management API section 19. */
import type { Selectable } from 'kysely'
import { slug } from '../catalog/index.ts'
import type { ControlDb, GroupsTable } from '../control/index.ts'
import { AppError, type Clock } from '../kernel/index.ts'
import {
  type AccountLimits,
  type AccountQuotas,
  changeAccounts,
  checkPermissions,
  inOrder,
} from './accounts.ts'

export interface Group {
  /** Made of the first title; stays when that changes. */
  readonly groupId: string
  readonly title: string
  readonly description: string
  readonly userCount: number
  readonly permissions: readonly string[]
  readonly quotas: AccountQuotas
  readonly limits: AccountLimits
  readonly createdAt: number
  readonly createdBy: string
  readonly updatedAt: number
  readonly updatedBy: string
}

/** Absent: stays. */
export interface GroupChange {
  readonly title?: string
  readonly description?: string
  readonly permissions?: readonly string[]
  readonly quotas?: AccountQuotas
  readonly limits?: AccountLimits
}

interface GroupDeps {
  readonly db: ControlDb
  readonly clock: Clock
  /** Who does it. */
  readonly username: string
}

export async function listGroups(db: ControlDb): Promise<Group[]> {
  const rows = await selectGroups(db).orderBy('groups.group_id').execute()
  return rows.map(toGroup)
}

/** Errors: access.unknown_group. */
export async function findGroup(db: ControlDb, groupId: string): Promise<Group> {
  const row = await selectGroups(db).where('groups.group_id', '=', groupId).executeTakeFirst()
  if (!row) throw new AppError('access.unknown_group', { group_id: groupId.slice(0, 100) })
  return toGroup(row)
}

function selectGroups(db: ControlDb) {
  return db
    .selectFrom('groups')
    .selectAll()
    .select((eb) =>
      eb
        .selectFrom('group_members')
        .whereRef('group_members.group_id', '=', 'groups.group_id')
        .select((members) => members.fn.countAll<number>().as('count'))
        .as('user_count'),
    )
}

function toGroup(row: Selectable<GroupsTable> & { user_count: number | string | null }): Group {
  return {
    groupId: row.group_id,
    title: row.title,
    description: row.description,
    userCount: Number(row.user_count),
    permissions: JSON.parse(row.permissions_json),
    quotas: JSON.parse(row.quotas_json),
    limits: JSON.parse(row.limits_json),
    createdAt: row.created_at,
    createdBy: row.created_by,
    updatedAt: row.updated_at,
    updatedBy: row.updated_by,
  }
}

/** Errors: access.invalid_group_title, access.group_exists. */
export async function createGroup(deps: GroupDeps, title: string, description = ''): Promise<Group> {
  const groupId = slug(title)
  if (groupId === '') throw new AppError('access.invalid_group_title', {})
  const now = deps.clock.now()
  const inserted = await deps.db
    .insertInto('groups')
    .values({
      group_id: groupId,
      title,
      description,
      permissions_json: '[]',
      quotas_json: '{}',
      limits_json: '{}',
      created_at: now,
      created_by: deps.username,
      updated_at: now,
      updated_by: deps.username,
    })
    .onConflict((conflict) => conflict.column('group_id').doNothing())
    .returning('group_id')
    .executeTakeFirst()
  if (!inserted) throw new AppError('access.group_exists', { group_id: groupId })
  return findGroup(deps.db, groupId)
}

/** Errors: access.unknown_group, access.unknown_permission, access.last_administrator. */
export async function changeGroup(deps: GroupDeps, groupId: string, change: GroupChange): Promise<Group> {
  if (change.permissions) checkPermissions(change.permissions)
  const now = deps.clock.now()
  await changeAccounts(deps.db, now, async (trx) => {
    await findGroup(trx, groupId)
    await trx
      .updateTable('groups')
      .set({
        ...(change.title === undefined ? {} : { title: change.title }),
        ...(change.description === undefined ? {} : { description: change.description }),
        ...(change.permissions ? { permissions_json: JSON.stringify(inOrder(change.permissions)) } : {}),
        ...(change.quotas ? { quotas_json: JSON.stringify(change.quotas) } : {}),
        ...(change.limits ? { limits_json: JSON.stringify(change.limits) } : {}),
        updated_at: now,
        updated_by: deps.username,
      })
      .where('group_id', '=', groupId)
      .execute()
  })
  return findGroup(deps.db, groupId)
}

/** With memberships, rulesets and rights on pages. Errors: access.unknown_group, access.last_administrator. */
export async function deleteGroup({ db, clock }: GroupDeps, groupId: string): Promise<void> {
  await changeAccounts(db, clock.now(), async (trx) => {
    await findGroup(trx, groupId)
    await trx
      .deleteFrom('dataset_rulesets')
      .where('target', '=', 'group')
      .where('target_id', '=', groupId)
      .execute()
    await trx
      .deleteFrom('page_rights')
      .where('subject_kind', '=', 'group')
      .where('subject', '=', groupId)
      .execute()
    await trx.deleteFrom('groups').where('group_id', '=', groupId).execute()
  })
}

/** What became of each name; a name that is none is an `error`. Errors: access.unknown_group. */
export async function addMembers(
  { db, clock }: GroupDeps,
  groupId: string,
  usernames: readonly string[],
): Promise<Map<string, 'success' | 'duplicate' | 'error'>> {
  return changeAccounts(db, clock.now(), async (trx) => {
    await findGroup(trx, groupId)
    const outcomes = new Map<string, 'success' | 'duplicate' | 'error'>()
    for (const username of usernames) {
      if (outcomes.has(username)) continue
      const user = await trx
        .selectFrom('users')
        .select('username')
        .where('username', '=', username)
        .executeTakeFirst()
      if (!user) {
        outcomes.set(username, 'error')
        continue
      }
      const added = await trx
        .insertInto('group_members')
        .values({ group_id: groupId, username })
        .onConflict((conflict) => conflict.columns(['group_id', 'username']).doNothing())
        .returning('username')
        .executeTakeFirst()
      outcomes.set(username, added ? 'success' : 'duplicate')
    }
    return outcomes
  })
}

/** Errors: access.unknown_group, access.unknown_user when it is no member, access.last_administrator. */
export async function removeMember(
  { db, clock }: GroupDeps,
  groupId: string,
  username: string,
): Promise<void> {
  await changeAccounts(db, clock.now(), async (trx) => {
    await findGroup(trx, groupId)
    const removed = await trx
      .deleteFrom('group_members')
      .where('group_id', '=', groupId)
      .where('username', '=', username)
      .returning('username')
      .executeTakeFirst()
    if (!removed) throw new AppError('access.unknown_user', { username: username.slice(0, 100) })
  })
}
