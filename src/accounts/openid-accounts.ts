/**
 * Whose account it is that somebody comes to from an OpenID provider. In this order:
 *
 * 1. The identity (issuer and subject, which never change hands) is known: its account.
 * 2. Somebody who was signed in here asked to link it: that account.
 * 3. The provider vouches for an address (`email_verified`) of an allowed domain, and of the accounts here that have it one
 *    has been proved to read it, or nobody has ever signed in to it: that account. Otherwise whoever made an account here
 *    with an address of somebody else would share it with its owner, or take it over; nor may they keep its owner out.
 * 4. The provider vouches for an address of an allowed domain and no account has it: a new one, without rights of its own.
 */
import { changeUser, findUser, inviteUser } from '../access/index.ts'
import type { ControlDb } from '../control/index.ts'
import { AppError, type Clock, foldAddress } from '../kernel/index.ts'
import type { Claims, OpenidSettings } from './openid-client.ts'
import { findByEmail, findPerson, markOpenid, type Person, setNames, setVerifiedEmail } from './people.ts'

interface Deps {
  readonly db: ControlDb
  readonly clock: Clock
  readonly settings: OpenidSettings
}

/**
 * The user name. `linkTo`: who asked for the link, from 2. Errors: access.openid_no_account, access.openid_account_exists,
 * access.openid_linked_elsewhere.
 */
export async function accountOf(deps: Deps, claims: Claims, linkTo: string | null): Promise<string> {
  const username = await ownerOf(deps, claims, linkTo)
  await syncGroups(deps, username, claims)
  return username
}

async function ownerOf(deps: Deps, claims: Claims, linkTo: string | null): Promise<string> {
  const { db, clock, settings } = deps
  const identity = await db
    .selectFrom('openid_identities')
    .selectAll()
    .where('issuer', '=', settings.issuer)
    .where('subject', '=', claims.subject)
    .executeTakeFirst()
  // Its account may be gone: the identity is then anybody's again.
  const known = identity && (await findPerson(db, identity.username).catch(() => null))
  if (known) {
    if (linkTo !== null && known.username !== linkTo) throw new AppError('access.openid_linked_elsewhere', {})
    await db
      .updateTable('openid_identities')
      .set({ last_used_at: clock.now(), email: claims.verifiedEmail })
      .where('issuer', '=', settings.issuer)
      .where('subject', '=', claims.subject)
      .execute()
    return known.username
  }
  const username = linkTo ?? (await byAddress(deps, claims))
  await link(deps, claims, username)
  return username
}

/** Rules 3 and 4. */
async function byAddress(deps: Deps, claims: Claims): Promise<string> {
  const { db, clock, settings } = deps
  const email = claims.verifiedEmail
  if (email === null || !isAllowed(email, settings.domains))
    throw new AppError('access.openid_no_account', {})
  const people = await findByEmail(db, email)
  if (people.length > 0) {
    const [owner, ...others] = people.filter((person) => person.isEmailVerified || isUntouched(person))
    if (owner === undefined || others.length > 0) throw new AppError('access.openid_account_exists', {})
    return owner.username
  }
  const made = await inviteUser({ db, clock }, email)
  if (typeof made !== 'object') throw new AppError('access.openid_no_account', {})
  const { username } = made.user
  await markOpenid(db, username)
  await setNames(db, username, claims)
  return username
}

/** Made by an administrator, and nobody has come yet. */
function isUntouched({ passwordHash, lastSeenAt }: Person): boolean {
  return passwordHash === null && lastSeenAt === null
}

function isAllowed(email: string, domains: readonly string[]): boolean {
  const domain = foldAddress(email.slice(email.lastIndexOf('@') + 1))
  return domains.includes('*') || domains.includes(domain)
}

async function link({ db, clock, settings }: Deps, claims: Claims, username: string): Promise<void> {
  const now = clock.now()
  const row = { username, email: claims.verifiedEmail, last_used_at: now }
  await db
    .insertInto('openid_identities')
    .values({ ...row, issuer: settings.issuer, subject: claims.subject, created_at: now })
    .onConflict((conflict) => conflict.columns(['issuer', 'subject']).doUpdateSet(row))
    .execute()
  const person = await findPerson(db, username)
  const { verifiedEmail } = claims
  if (
    verifiedEmail !== null &&
    person.email !== null &&
    foldAddress(person.email) === foldAddress(verifiedEmail)
  )
    await setVerifiedEmail(db, username, person.email)
}

/** Of the groups that the provider decides, the user is in those that it names; the others stay as they are. */
async function syncGroups(
  { db, clock, settings }: Deps,
  username: string,
  { groups }: Claims,
): Promise<void> {
  if (groups === null || settings.groups.size === 0) return
  const decided = new Set(settings.groups.values())
  const named = groups.flatMap((name) => settings.groups.get(name) ?? [])
  const { groups: before } = await findUser(db, username)
  const after = new Set([...before.filter((group) => !decided.has(group)), ...named])
  if (after.size === before.length && before.every((group) => after.has(group))) return
  await changeUser({ db, clock }, username, { groups: [...after] })
}
