/**
 * Sessions of people who are signed in with a browser. The cookie holds a random token, the database its hash. A
 * session ends by itself when it has not been used for a while, in any case some time after it was begun, and with the
 * password it was begun under. Signing in always makes a new token: one that was planted before is worth nothing.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { Access, Principal } from '../access/index.ts'
import type { ControlDb, SessionsTable } from '../control/index.ts'
import { AppError, type Clock, type Ids } from '../kernel/index.ts'

export interface Session {
  readonly sessionUid: string
  readonly username: string
  readonly method: SignInMethod
  /** Of an OpenID provider; null: none. */
  readonly idTokenSealed: string | null
  readonly address: string
  readonly userAgent: string | null
  readonly createdAt: number
  readonly lastSeenAt: number
  /** When it ends if it is not used any more. */
  readonly expiresAt: number
}
export type SignInMethod = 'password' | 'openid'

export interface SignedIn {
  readonly principal: Principal & { readonly kind: 'user' }
  readonly session: Session
  /** What the cookie holds. */
  readonly token: string
}

export interface Sessions {
  /** Begins a session; the one of `replaced`, which the same browser had, ends. */
  begin(order: {
    readonly username: string
    readonly method: SignInMethod
    readonly idTokenSealed?: string | null
    readonly address: string
    readonly userAgent: string | undefined
    readonly replaced: string | undefined
  }): Promise<SignedIn>
  /** Null for a token of no session that goes on. */
  find(token: string): Promise<SignedIn | null>
  /** Newest first. */
  list(username: string): Promise<Session[]>
  /** Errors: access.unknown_session, also for one of somebody else. */
  end(username: string, sessionUid: string): Promise<void>
  /** Ends all sessions of the user, or all but one; says how many. */
  endAll(username: string, exceptUid?: string): Promise<number>
}

export interface SessionLimits {
  readonly idleMs: number
  readonly longestMs: number
}

const tokenBytes = 32
/** Writing down every request would be a write for each. */
const seenEveryMs = 60_000
/** The oldest ends for a new one. */
const maxOfUser = 50
const maxUserAgent = 300

export function createSessions(deps: {
  readonly db: ControlDb
  readonly clock: Clock
  readonly ids: Ids
  readonly access: Pick<Access, 'findSignedIn'>
  readonly limits: SessionLimits
}): Sessions {
  const { db, clock, ids, access, limits } = deps
  const toSession = (row: SessionsTable) => printable(row, limits)

  return {
    async begin({ username, method, idTokenSealed, address, userAgent, replaced }) {
      const found = await access.findSignedIn(username)
      if (!found) throw new AppError('access.invalid_credentials', {})
      const token = ids.hex(tokenBytes)
      const now = clock.now()
      const row: SessionsTable = {
        session_uid: ids.uid('se', 12),
        token_hash: hashToken(token),
        username,
        credential_digest: credentialDigest(found.passwordHash),
        method,
        id_token_sealed: idTokenSealed ?? null,
        address,
        user_agent: userAgent?.slice(0, maxUserAgent) ?? null,
        created_at: now,
        last_seen_at: now,
        expires_at: now + limits.longestMs,
      }
      await db.transaction().execute(async (trx) => {
        if (replaced !== undefined) {
          await trx.deleteFrom('sessions').where('token_hash', '=', hashToken(replaced)).execute()
        }
        await forgetEnded(trx, now, limits)
        await trx.insertInto('sessions').values(row).execute()
        await trx.updateTable('users').set({ last_seen_at: now }).where('username', '=', username).execute()
        await endBeyond(trx, username)
      })
      return { principal: found.principal, session: toSession(row), token }
    },

    async find(token) {
      const row = await db
        .selectFrom('sessions')
        .selectAll()
        .where('token_hash', '=', hashToken(token))
        .executeTakeFirst()
      const now = clock.now()
      if (!row || row.expires_at <= now || row.last_seen_at + limits.idleMs <= now) return null
      const found = await access.findSignedIn(row.username)
      if (!found || row.credential_digest !== credentialDigest(found.passwordHash)) return null
      if (now - row.last_seen_at >= Math.min(seenEveryMs, limits.idleMs / 4)) {
        row.last_seen_at = now
        // A disk that is full is no reason to turn somebody away.
        await db
          .updateTable('sessions')
          .set({ last_seen_at: now })
          .where('session_uid', '=', row.session_uid)
          .execute()
          .catch(() => {})
      }
      return { principal: found.principal, session: toSession(row), token }
    },

    async list(username) {
      await forgetEnded(db, clock.now(), limits)
      const rows = await db
        .selectFrom('sessions')
        .selectAll()
        .where('username', '=', username)
        .orderBy('created_at', 'desc')
        .orderBy('session_uid')
        .execute()
      return rows.map(toSession)
    },

    async end(username, sessionUid) {
      const { numDeletedRows } = await db
        .deleteFrom('sessions')
        .where('username', '=', username)
        .where('session_uid', '=', sessionUid)
        .executeTakeFirst()
      if (Number(numDeletedRows) === 0)
        throw new AppError('access.unknown_session', { session_uid: sessionUid.slice(0, 60) })
    },

    async endAll(username, exceptUid) {
      const { numDeletedRows } = await db
        .deleteFrom('sessions')
        .where('username', '=', username)
        .$if(exceptUid !== undefined, (query) => query.where('session_uid', '!=', exceptUid!))
        .executeTakeFirst()
      return Number(numDeletedRows)
    },
  }
}

/** What a page must send along with what it changes: made from the token, which no other site can know. */
export function csrfToken(token: string): string {
  return createHmac('sha256', token).update('csrf').digest('base64url')
}

export function isCsrfToken(token: string, given: unknown): boolean {
  if (typeof given !== 'string') return false
  const expected = Buffer.from(csrfToken(token))
  const actual = Buffer.from(given)
  return actual.length === expected.length && timingSafeEqual(actual, expected)
}

/** Tells one password from the next without being worth anything to whoever reads it. */
export function credentialDigest(passwordHash: string | null): string {
  return createHash('sha256')
    .update(`credential\0${passwordHash ?? ''}`)
    .digest('base64url')
}

/** Tokens are random and long: a fast hash is as good as a slow one. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

async function forgetEnded(db: ControlDb, now: number, limits: SessionLimits): Promise<void> {
  await db
    .deleteFrom('sessions')
    .where((eb) => eb.or([eb('expires_at', '<=', now), eb('last_seen_at', '<=', now - limits.idleMs)]))
    .execute()
}

async function endBeyond(trx: ControlDb, username: string): Promise<void> {
  const beyond = await trx
    .selectFrom('sessions')
    .select('session_uid')
    .where('username', '=', username)
    .orderBy('last_seen_at', 'desc')
    .orderBy('created_at', 'desc')
    .limit(1000)
    .offset(maxOfUser)
    .execute()
  const uids = beyond.map(({ session_uid }) => session_uid)
  if (uids.length > 0) await trx.deleteFrom('sessions').where('session_uid', 'in', uids).execute()
}

function printable(row: SessionsTable, limits: SessionLimits): Session {
  return {
    sessionUid: row.session_uid,
    username: row.username,
    method: row.method as SignInMethod,
    idTokenSealed: row.id_token_sealed,
    address: row.address,
    userAgent: row.user_agent,
    createdAt: row.created_at,
    lastSeenAt: row.last_seen_at,
    expiresAt: Math.min(row.expires_at, row.last_seen_at + limits.idleMs),
  }
}
