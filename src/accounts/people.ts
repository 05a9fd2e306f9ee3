/** Statements on what people are and decide for themselves. */
import type { ControlDb } from '../control/index.ts'
import { AppError, foldAddress } from '../kernel/index.ts'

export interface Person {
  readonly username: string
  readonly email: string | null
  /** Whether the user has been proved to read what comes to the address. */
  readonly isEmailVerified: boolean
  readonly firstName: string
  readonly lastName: string
  readonly isActive: boolean
  readonly accountType: string
  readonly passwordHash: string | null
  /** Null: never. */
  readonly lastSeenAt: number | null
  readonly alerts: Alerts
}

/** Mails about jobs that fail: those of one's own orders and datasets, or none. */
export const alertChoices = ['own', 'none'] as const
export type Alerts = (typeof alertChoices)[number]

function selectPeople(db: ControlDb) {
  return db
    .selectFrom('users')
    .leftJoin('account_profiles', 'account_profiles.username', 'users.username')
    .select([
      'users.username',
      'users.email',
      'users.first_name',
      'users.last_name',
      'users.is_active',
      'users.account_type',
      'users.password_hash',
      'users.last_seen_at',
      'account_profiles.verified_email',
      'account_profiles.alerts',
    ])
}

type PersonRow = Awaited<ReturnType<ReturnType<typeof selectPeople>['execute']>>[number]

function toPerson(row: PersonRow): Person {
  return {
    username: row.username,
    email: row.email,
    isEmailVerified:
      row.email !== null &&
      row.verified_email !== null &&
      foldAddress(row.verified_email) === foldAddress(row.email),
    firstName: row.first_name,
    lastName: row.last_name,
    isActive: row.is_active === 1,
    accountType: row.account_type,
    passwordHash: row.password_hash,
    lastSeenAt: row.last_seen_at,
    alerts: row.alerts === 'none' ? 'none' : 'own',
  }
}

/** Errors: access.unknown_user. */
export async function findPerson(db: ControlDb, username: string): Promise<Person> {
  const row = await selectPeople(db).where('users.username', '=', username).executeTakeFirst()
  if (!row) throw new AppError('access.unknown_user', { username: username.slice(0, 100) })
  return toPerson(row)
}

/** Whose address it is, whatever its case; more than one where administrators have given it to several. */
export async function findByEmail(db: ControlDb, email: string): Promise<Person[]> {
  const rows = await selectPeople(db)
    .where((eb) => eb(eb.fn<string>('lower', ['users.email']), '=', foldAddress(email)))
    .orderBy('users.username')
    .execute()
  return rows.map(toPerson)
}

export async function setVerifiedEmail(trx: ControlDb, username: string, email: string): Promise<void> {
  await trx
    .insertInto('account_profiles')
    .values({ username, verified_email: email, alerts: 'own' })
    .onConflict((conflict) => conflict.column('username').doUpdateSet({ verified_email: email }))
    .execute()
}

export async function setAlerts(trx: ControlDb, username: string, alerts: Alerts): Promise<void> {
  await trx
    .insertInto('account_profiles')
    .values({ username, verified_email: null, alerts })
    .onConflict((conflict) => conflict.column('username').doUpdateSet({ alerts }))
    .execute()
}

export async function setNames(
  trx: ControlDb,
  username: string,
  names: { readonly firstName: string; readonly lastName: string },
): Promise<void> {
  await trx
    .updateTable('users')
    .set({ first_name: names.firstName, last_name: names.lastName })
    .where('username', '=', username)
    .execute()
}

export async function setEmail(trx: ControlDb, username: string, email: string): Promise<void> {
  await trx.updateTable('users').set({ email }).where('username', '=', username).execute()
}

/** An account that an OpenID provider vouches for: it has no password to forget. */
export async function markOpenid(trx: ControlDb, username: string): Promise<void> {
  await trx.updateTable('users').set({ account_type: 'openid' }).where('username', '=', username).execute()
}
