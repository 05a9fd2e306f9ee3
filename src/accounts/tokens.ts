/** Secrets that are sent by mail: used once, for a short while, and stored hashed. */
import type { ControlDb } from '../control/index.ts'
import { AppError, type Clock, type Ids } from '../kernel/index.ts'
import { credentialDigest, hashToken } from './sessions.ts'

export type TokenPurpose = 'invitation' | 'reset' | 'email'

export interface TokenFor {
  readonly purpose: TokenPurpose
  readonly username: string
  /** The address that it is sent to: using it proves that the user reads what comes there. */
  readonly email: string
  /** Of the account now: another password makes the token worthless. */
  readonly passwordHash: string | null
}

/** How long each can be used. */
const lifetimeMs: Readonly<Record<TokenPurpose, number>> = {
  invitation: 7 * 86_400_000,
  reset: 3_600_000,
  email: 86_400_000,
}
export const tokenLifetimeMs = (purpose: TokenPurpose): number => lifetimeMs[purpose]

const tokenBytes = 32

/** Those of the same purpose that the user had before are worth nothing any more. */
export async function makeToken(
  trx: ControlDb,
  { clock, ids }: { clock: Clock; ids: Ids },
  { purpose, username, email, passwordHash }: TokenFor,
): Promise<string> {
  const token = ids.hex(tokenBytes)
  const now = clock.now()
  await trx.deleteFrom('account_tokens').where('expires_at', '<=', now).execute()
  await trx
    .deleteFrom('account_tokens')
    .where('username', '=', username)
    .where('purpose', '=', purpose)
    .execute()
  await trx
    .insertInto('account_tokens')
    .values({
      token_hash: hashToken(token),
      purpose,
      username,
      email,
      credential_digest: credentialDigest(passwordHash),
      created_at: now,
      expires_at: now + lifetimeMs[purpose],
    })
    .execute()
  return token
}

export interface FoundToken {
  readonly username: string
  readonly email: string
  readonly tokenHash: string
  readonly credentialDigest: string
}

/** Errors: access.token_worthless. */
export async function findToken(
  db: ControlDb,
  now: number,
  token: string,
  purposes: readonly TokenPurpose[],
): Promise<FoundToken> {
  const row = await db
    .selectFrom('account_tokens')
    .selectAll()
    .where('token_hash', '=', hashToken(token))
    .where('purpose', 'in', purposes)
    .where('expires_at', '>', now)
    .executeTakeFirst()
  if (!row) throw new AppError('access.token_worthless', {})
  return {
    username: row.username,
    email: row.email ?? '',
    tokenHash: row.token_hash,
    credentialDigest: row.credential_digest,
  }
}

/** Of two who use a token at once, one is first. Errors: access.token_worthless. */
export async function useUp(trx: ControlDb, { tokenHash, username }: FoundToken): Promise<void> {
  const { numDeletedRows } = await trx
    .deleteFrom('account_tokens')
    .where('token_hash', '=', tokenHash)
    .executeTakeFirst()
  if (Number(numDeletedRows) === 0) throw new AppError('access.token_worthless', {})
  await trx.deleteFrom('account_tokens').where('username', '=', username).execute()
}
