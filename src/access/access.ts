import { createHmac, randomBytes } from 'node:crypto'
import type { Selectable } from 'kysely'
import type { ControlDb, UsersTable } from '../control/index.ts'
import { AppError, type Clock, type Ids } from '../kernel/index.ts'
import type { AccountQuotas } from './accounts.ts'
import { mayDoOn } from './authorize.ts'
import { type ApiKeys, createApiKeys, hashKey } from './keys.ts'
import { findPrincipal, isUsable, limitedTo, principalOf } from './make-principal.ts'
import { hashPassword, verifyPassword } from './passwords.ts'
import { mayDo, type PermissionClass } from './policy.ts'
import { anonymous, domainPermissions, type Principal } from './principal.ts'

/** Users, keys and sign-in. */
export interface Access extends ApiKeys {
  /** Errors: access.invalid_credentials when credentials are given and wrong. */
  authenticate(credentials: {
    readonly authorization: string | undefined
    readonly apikey: string | undefined
  }): Promise<Principal>
  /** Errors: access.invalid_credentials, as fast for an unknown user as for a wrong password. */
  checkPassword(username: string, password: string): Promise<Principal>
  /** An active user who has shown earlier who it is; null: there is none of this name. */
  findSignedIn(username: string): Promise<{
    readonly principal: Principal & { readonly kind: 'user' }
    /** Null: the account has none. */
    readonly passwordHash: string | null
  } | null>
  /**
   * Errors: none but those of `first`, which comes before it in its transaction; an unknown user stays unknown. Whether the
   * password may be chosen is for the caller to know.
   */
  setPassword(username: string, password: string, first?: (trx: ControlDb) => Promise<void>): Promise<void>
  /** Sets the admin's password, or generates one when the admin is new and none is given; returns what was generated. */
  ensureAdmin(password: string | null): Promise<string | null>
}

/** Verified passwords are remembered this long, so that a client with basic authentication does not pay for scrypt on every call. */
const rememberMs = 5 * 60_000
const maxRemembered = 1000
const seenEveryMs = 5 * 60_000

export function createAccess(deps: { db: ControlDb; clock: Clock; ids: Ids }): Access {
  const { db, clock, ids } = deps
  // Keyed by a digest under a secret of this process: the cache never holds a password.
  const cacheSecret = randomBytes(32)
  const remembered = new Map<string, { username: string; storedHash: string; until: number }>()

  async function signIn(username: string, password: string): Promise<Principal> {
    const user = await db.selectFrom('users').selectAll().where('username', '=', username).executeTakeFirst()
    const digest = createHmac('sha256', cacheSecret).update(`${username}\0${password}`).digest('base64')
    const known = remembered.get(digest)
    const isKnown =
      known !== undefined && known.until > clock.now() && known.storedHash === user?.password_hash
    // An unknown user costs the same time as a wrong password.
    const isRight = isKnown || (await verifyPassword(password, user?.password_hash ?? unusableHash))
    if (!user || !isRight || !isUsable(user, clock.now()))
      throw new AppError('access.invalid_credentials', {})
    if (!isKnown) {
      if (remembered.size >= maxRemembered) remembered.clear()
      remembered.set(digest, { username, storedHash: user.password_hash!, until: clock.now() + rememberMs })
    }
    await noteSeen(user)
    return principalOf(db, user)
  }

  /** Coarse, so that a client that asks all the time does not write all the time. */
  async function noteSeen({ username, last_seen_at }: Selectable<UsersTable>): Promise<void> {
    const now = clock.now()
    if (last_seen_at !== null && now - last_seen_at < seenEveryMs) return
    // A disk that is full is no reason to turn somebody away.
    await db
      .updateTable('users')
      .set({ last_seen_at: now })
      .where('username', '=', username)
      .execute()
      .catch(() => {})
  }

  async function useKey(key: string): Promise<Principal> {
    const row = await db
      .selectFrom('api_keys')
      .innerJoin('users', 'users.username', 'api_keys.owner')
      .selectAll('users')
      .select([
        'api_keys.key_uid',
        'api_keys.permissions_json as key_permissions',
        'api_keys.datasets_json as key_datasets',
        'api_keys.expires_at as key_expires_at',
        'api_keys.quotas_json as key_quotas',
      ])
      .where('key_hash', '=', hashKey(key))
      .where('revoked_at', 'is', null)
      .executeTakeFirst()
    const now = clock.now()
    if (!row || !isUsable(row, now) || (row.key_expires_at !== null && row.key_expires_at <= now))
      throw new AppError('access.invalid_credentials', {})
    await noteSeen(row)
    return limitedTo(await principalOf(db, row), {
      keyUid: row.key_uid,
      permissions: JSON.parse(row.key_permissions),
      datasets: row.key_datasets === null ? null : JSON.parse(row.key_datasets),
      callsPerDay: (JSON.parse(row.key_quotas) as AccountQuotas).limit ?? null,
    })
  }

  async function hasUsers(): Promise<boolean> {
    return (await db.selectFrom('users').select('username').limit(1).executeTakeFirst()) !== undefined
  }

  return {
    ...createApiKeys(deps),
    checkPassword: signIn,
    async setPassword(username, password, first) {
      // Before: it takes its time, and while a transaction goes on nobody else is served.
      const password_hash = await hashPassword(password)
      await db.transaction().execute(async (trx) => {
        await first?.(trx)
        await trx.updateTable('users').set({ password_hash }).where('username', '=', username).execute()
      })
    },
    async findSignedIn(username) {
      const user = await db
        .selectFrom('users')
        .selectAll()
        .where('username', '=', username)
        .executeTakeFirst()
      if (!user || !isUsable(user, clock.now())) return null
      const principal = { ...(await principalOf(db, user)), via: 'session' as const }
      return { principal, passwordHash: user.password_hash }
    },
    async authenticate({ authorization, apikey }) {
      if (authorization !== undefined) {
        const [scheme, ...rest] = authorization.trim().split(/\s+/)
        const value = rest.join(' ')
        if (/^apikey$/i.test(scheme ?? '') && value) return useKey(value)
        if (/^basic$/i.test(scheme ?? '')) {
          const text = Buffer.from(value, 'base64').toString('utf8')
          const at = text.indexOf(':')
          if (at > 0) return signIn(text.slice(0, at), text.slice(at + 1))
        }
        throw new AppError('access.invalid_credentials', {})
      }
      return apikey === undefined || apikey === '' ? anonymous : useKey(apikey)
    },

    async ensureAdmin(password) {
      const admin = await db
        .selectFrom('users')
        .selectAll()
        .where('username', '=', 'admin')
        .executeTakeFirst()
      // Whoever has removed this account has another.
      if (password === null && (admin || (await hasUsers()))) return null
      if (admin && password !== null) {
        if (admin.password_hash !== null && (await verifyPassword(password, admin.password_hash))) return null
        const password_hash = await hashPassword(password)
        await db.updateTable('users').set({ password_hash }).where('username', '=', 'admin').execute()
        return null
      }
      const chosen = password ?? ids.hex(12)
      await db
        .insertInto('users')
        .values({
          username: 'admin',
          password_hash: await hashPassword(chosen),
          email: null,
          permissions_json: JSON.stringify(domainPermissions),
          is_active: 1,
          created_at: clock.now(),
        })
        .execute()
      return password === null ? chosen : null
    },
  }
}

/** A hash that no password has, of the usual cost. */
const unusableHash = `scrypt$32768$8$1$${Buffer.alloc(16).toString('base64')}$${Buffer.alloc(32).toString('base64')}`

/** In whose name something goes on, and what that takes. */
export interface Owner {
  readonly username: string
  readonly permission: PermissionClass
  readonly now: number
}

/** Whether the owner may do it at present. `datasetUid`: of the dataset that it is done to; null: of none. */
export async function mayOwner(trx: ControlDb, owner: Owner, datasetUid: string | null): Promise<boolean> {
  const principal = await findPrincipal(trx, owner.username, owner.now)
  if (principal === null) return false
  if (datasetUid === null) return mayDo(principal, owner.permission)
  return mayDoOn(trx, principal, owner.permission, datasetUid)
}

/** For what goes on in somebody's name: it ends with the right to order it. Errors: access.owner_may_not. */
export async function requireOwner(trx: ControlDb, owner: Owner, datasetUid: string | null): Promise<void> {
  if (await mayOwner(trx, owner, datasetUid)) return
  throw new AppError('access.owner_may_not', { username: owner.username })
}
