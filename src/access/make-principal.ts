/** From the rows of a user and of the groups to who asks, and from there to who asks with a key. */
import type { Selectable } from 'kysely'
import type { ControlDb, UsersTable } from '../control/index.ts'
import { allowanceOf } from './limits.ts'
import { datasetPermissions, type Principal } from './principal.ts'

type UserPrincipal = Principal & { kind: 'user' }

/** Whether the account works at all. */
export function isUsable(
  user: Pick<Selectable<UsersTable>, 'is_active' | 'expires_at'>,
  now: number,
): boolean {
  return user.is_active === 1 && (user.expires_at === null || user.expires_at > now)
}

/** With the rights of the account and of its groups. */
export async function principalOf(
  db: ControlDb,
  user: Pick<Selectable<UsersTable>, 'username' | 'permissions_json' | 'quotas_json' | 'limits_json'>,
): Promise<UserPrincipal> {
  const groups = await db
    .selectFrom('group_members')
    .innerJoin('groups', 'groups.group_id', 'group_members.group_id')
    .select(['groups.group_id', 'groups.permissions_json', 'groups.quotas_json', 'groups.limits_json'])
    .where('username', '=', user.username)
    .orderBy('groups.group_id')
    .execute()
  const lists = [user, ...groups].map(({ permissions_json }) => JSON.parse(permissions_json) as string[])
  return {
    kind: 'user',
    username: user.username,
    permissions: new Set(lists.flat()),
    groups: groups.map(({ group_id }) => group_id),
    via: 'password',
    keyUid: null,
    keyLimits: null,
    callsPerDay: allowanceOf([user, ...groups]).callsPerDay,
  }
}

/** Who somebody is without having asked; null: there is no such account, or it does not work. */
export async function findPrincipal(
  db: ControlDb,
  username: string,
  now: number,
): Promise<UserPrincipal | null> {
  const user = await db.selectFrom('users').selectAll().where('username', '=', username).executeTakeFirst()
  return user && isUsable(user, now) ? principalOf(db, user) : null
}

/** The owner with no more than the key gives. */
export function limitedTo(
  owner: UserPrincipal,
  key: {
    readonly keyUid: string
    readonly permissions: readonly string[]
    readonly datasets: readonly string[] | null
    readonly callsPerDay: number | null
  },
): UserPrincipal {
  const held = new Set(key.permissions.filter((permission) => owner.permissions.has(permission)))
  const { callsPerDay } = key
  const limits = { permissions: new Set(key.permissions), datasets: null, callsPerDay }
  const limited = { ...owner, via: 'apikey' as const, keyUid: key.keyUid }
  if (key.datasets === null) return { ...limited, permissions: held, keyLimits: limits }
  const uids = new Set(key.datasets)
  const onThem = new Set(datasetPermissions.filter((permission) => held.has(permission)))
  const keyLimits = { ...limits, datasets: { uids, permissions: onThem } }
  return { ...limited, permissions: new Set(), keyLimits }
}
