/** Accounts of people. Management API section 19. */
import type { Selectable } from 'kysely'
import { slug } from '../catalog/index.ts'
import type { ControlDb, UsersTable } from '../control/index.ts'
import { AppError, type Clock, foldAddress } from '../kernel/index.ts'
import { isAddress } from '../mail/index.ts'
import {
  type AccountLimits,
  type AccountQuotas,
  changeAccounts,
  checkPermissions,
  inOrder,
} from './accounts.ts'

export interface User {
  readonly username: string
  readonly email: string | null
  readonly firstName: string
  readonly lastName: string
  /** The user's own; those of the groups come on top. */
  readonly permissions: readonly string[]
  /** Ids. */
  readonly groups: readonly string[]
  readonly isActive: boolean
  /** Whether a password has been set: not yet for who has been invited only. */
  readonly hasPassword: boolean
  readonly accountType: string
  readonly createdAt: number
  readonly lastSeenAt: number | null
  readonly expiresAt: number | null
  readonly quotas: AccountQuotas
  readonly limits: AccountLimits
}

/** Absent: stays. Lists that are given take the place of the old ones. */
export interface UserChange {
  readonly groups?: readonly string[]
  readonly permissions?: readonly string[]
  readonly quotas?: AccountQuotas
  readonly limits?: AccountLimits
  readonly isActive?: boolean
  readonly expiresAt?: number | null
  readonly firstName?: string
  readonly lastName?: string
  readonly email?: string
}

interface AccountDeps {
  readonly db: ControlDb
  readonly clock: Clock
}

export async function listUsers(db: ControlDb, inGroup?: string): Promise<User[]> {
  let query = db.selectFrom('users').selectAll().orderBy('username')
  if (inGroup !== undefined)
    query = query.where('username', 'in', (eb) =>
      eb.selectFrom('group_members').select('username').where('group_id', '=', inGroup),
    )
  return toUsers(db, await query.execute())
}

/** Errors: access.unknown_user. */
export async function findUser(db: ControlDb, username: string): Promise<User> {
  const row = await db.selectFrom('users').selectAll().where('username', '=', username).executeTakeFirst()
  if (!row) throw new AppError('access.unknown_user', { username: username.slice(0, 100) })
  return (await toUsers(db, [row]))[0]!
}

async function toUsers(db: ControlDb, rows: readonly Selectable<UsersTable>[]): Promise<User[]> {
  if (rows.length === 0) return []
  let membersOf = db.selectFrom('group_members').selectAll().orderBy('group_id')
  if (rows.length === 1) membersOf = membersOf.where('username', '=', rows[0]!.username)
  const members = await membersOf.execute()
  const groups = Map.groupBy(members, ({ username }) => username)
  return rows.map((row) => ({
    username: row.username,
    email: row.email,
    firstName: row.first_name,
    lastName: row.last_name,
    permissions: JSON.parse(row.permissions_json),
    groups: (groups.get(row.username) ?? []).map(({ group_id }) => group_id),
    isActive: row.is_active === 1,
    hasPassword: row.password_hash !== null,
    accountType: row.account_type,
    createdAt: row.created_at,
    lastSeenAt: row.last_seen_at,
    expiresAt: row.expires_at,
    quotas: JSON.parse(row.quotas_json),
    limits: JSON.parse(row.limits_json),
  }))
}

export type InvitationOutcome = 'already-member' | 'invalid-email' | { readonly user: User }

/** Makes an account for an address, without a password and without rights; its name is made of the address. */
export async function inviteUser({ db, clock }: AccountDeps, email: string): Promise<InvitationOutcome> {
  if (!isAddress(email)) return 'invalid-email'
  const username = await changeAccounts(db, clock.now(), async (trx) => {
    const known = await trx
      .selectFrom('users')
      .select('username')
      .where((eb) => eb(eb.fn<string>('lower', ['email']), '=', foldAddress(email)))
      .executeTakeFirst()
    if (known) return null
    const wanted = slug(email.slice(0, email.indexOf('@'))) || 'user'
    const name = await freeUsername(trx, wanted)
    await trx
      .insertInto('users')
      .values({
        username: name,
        password_hash: null,
        email,
        permissions_json: '[]',
        is_active: 1,
        created_at: clock.now(),
      })
      .execute()
    return name
  })
  return username === null ? 'already-member' : { user: await findUser(db, username) }
}

async function freeUsername(trx: ControlDb, wanted: string): Promise<string> {
  for (let n = 1; ; n++) {
    const candidate = n === 1 ? wanted : `${wanted}${n}`
    const taken = await trx
      .selectFrom('users')
      .select('username')
      .where('username', '=', candidate)
      .executeTakeFirst()
    if (!taken) return candidate
  }
}

/**
 * Errors: access.unknown_user, access.unknown_group, access.unknown_permission, access.invalid_address,
 * access.last_administrator.
 */
export async function changeUser(
  { db, clock }: AccountDeps,
  username: string,
  change: UserChange,
): Promise<User> {
  const set = columnsOf(change)
  await changeAccounts(db, clock.now(), async (trx) => {
    await findUser(trx, username)
    if (Object.keys(set).length > 0)
      await trx.updateTable('users').set(set).where('username', '=', username).execute()
    if (change.groups) await setGroups(trx, username, change.groups)
  })
  return findUser(db, username)
}

function columnsOf(change: UserChange) {
  if (change.permissions) checkPermissions(change.permissions)
  if (change.email !== undefined && !isAddress(change.email))
    throw new AppError('access.invalid_address', { email: change.email.slice(0, 254) })
  return {
    ...(change.permissions ? { permissions_json: JSON.stringify(inOrder(change.permissions)) } : {}),
    ...(change.quotas ? { quotas_json: JSON.stringify(change.quotas) } : {}),
    ...(change.limits ? { limits_json: JSON.stringify(change.limits) } : {}),
    ...(change.isActive === undefined ? {} : { is_active: change.isActive ? 1 : 0 }),
    ...(change.expiresAt === undefined ? {} : { expires_at: change.expiresAt }),
    ...(change.firstName === undefined ? {} : { first_name: change.firstName }),
    ...(change.lastName === undefined ? {} : { last_name: change.lastName }),
    ...(change.email === undefined ? {} : { email: change.email }),
  }
}

async function setGroups(trx: ControlDb, username: string, groups: readonly string[]): Promise<void> {
  await trx.deleteFrom('group_members').where('username', '=', username).execute()
  for (const groupId of new Set(groups)) {
    const known = await trx
      .selectFrom('groups')
      .select('group_id')
      .where('group_id', '=', groupId)
      .executeTakeFirst()
    if (!known) throw new AppError('access.unknown_group', { group_id: groupId.slice(0, 100) })
    await trx.insertInto('group_members').values({ group_id: groupId, username }).execute()
  }
}

/**
 * With all that says what the account may do and who it is (the rest by the database's own cascades): its name may be
 * somebody else's one day. Errors: access.unknown_user, access.last_administrator.
 */
export async function deleteUser({ db, clock }: AccountDeps, username: string): Promise<void> {
  await changeAccounts(db, clock.now(), async (trx) => {
    await findUser(trx, username)
    await trx
      .deleteFrom('dataset_rulesets')
      .where('target', '=', 'user')
      .where('target_id', '=', username)
      .execute()
    await trx
      .deleteFrom('page_rights')
      .where('subject_kind', '=', 'user')
      .where('subject', '=', username)
      .execute()
    await trx.deleteFrom('users').where('username', '=', username).execute()
  })
}
