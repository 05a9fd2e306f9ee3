/** Ways into an account and back into it: invitations, new passwords, addresses. */
import type { Access } from '../access/index.ts'
import type { Audit } from '../audit/index.ts'
import type { ControlDb } from '../control/index.ts'
import { AppError, type Clock, type Ids } from '../kernel/index.ts'
import { isAddress, type Mail, type Mailer } from '../mail/index.ts'
import {
  addressMail,
  changedMail,
  invitationLink,
  invitationMail,
  type MailSite,
  resetMail,
} from './account-mails.ts'
import { checkNewPassword } from './password-policy.ts'
import { findByEmail, findPerson, type Person, setEmail, setNames, setVerifiedEmail } from './people.ts'
import { credentialDigest } from './sessions.ts'
import { type FoundToken, findToken, makeToken, tokenLifetimeMs, useUp } from './tokens.ts'
import { createWindowLimit } from './window-limit.ts'

export interface Recovery {
  /**
   * Sends an invitation to choose a password, which makes earlier ones worthless. Answers the link where no mails are
   * sent: then whoever invites passes it on. Errors: access.unknown_user, access.no_address, access.account_in_use.
   */
  invite(username: string): Promise<{ readonly link: string | null }>
  /**
   * Sends a new password's link to whoever this is, by user name or address; says nothing of whether there is such a user.
   * Errors: access.too_many_requests.
   */
  requestReset(login: string, network: string): void
  /** Sets the password that an invitation or a reset is for. Errors: access.token_worthless, access.password_refused. */
  choosePassword(choice: {
    readonly token: string
    readonly password: string
    readonly names?: { readonly firstName: string; readonly lastName: string }
  }): Promise<{ readonly username: string }>
  /** The present password has been checked. Errors: access.password_refused. */
  changePassword(username: string, password: string): Promise<void>
  /**
   * Another address: at once where no mails are sent, else when it is confirmed by a link that is sent to it. Errors:
   * access.invalid_address.
   */
  changeEmail(username: string, email: string): Promise<{ readonly isPending: boolean }>
  /** Errors: access.token_worthless. */
  confirmEmail(token: string): Promise<void>
}

export interface RecoveryDeps {
  readonly db: ControlDb
  readonly clock: Clock
  readonly ids: Ids
  readonly access: Pick<Access, 'setPassword'>
  readonly audit: Audit
  readonly mailer: Mailer
  readonly site: () => MailSite
  readonly minPasswordLength: number
  readonly onError: (cause: unknown) => void
}

const hourMs = 3_600_000
const noticeUsefulMs = 86_400_000

export function createRecovery(deps: RecoveryDeps): Recovery {
  const { db, clock, access, audit, mailer, site, minPasswordLength } = deps
  const limitNetwork = createWindowLimit(clock, { max: 20, windowMs: hourMs })
  const limitUser = createWindowLimit(clock, { max: 3, windowMs: hourMs })

  async function sendReset(login: string): Promise<void> {
    if (!mailer.isConfigured) return
    const byName = await findPerson(db, login).catch(() => null)
    const people = byName ? [byName] : await findByEmail(db, login)
    for (const person of people) {
      const { username, email, isActive, accountType, passwordHash } = person
      if (!isActive || email === null || accountType !== 'local') continue
      try {
        limitUser(username)
      } catch {
        continue
      }
      await db.transaction().execute(async (trx) => {
        const token = await makeToken(trx, deps, { purpose: 'reset', username, email, passwordHash })
        const mail = resetMail(site(), email, username, token)
        await mailer.send({ mail, kind: 'reset', usefulMs: tokenLifetimeMs('reset') }, trx)
      })
    }
  }

  /** To the address that the account had: whoever took it over must not be the only one who knows. */
  async function tell(person: Person, what: string): Promise<void> {
    if (person.email === null) return
    const mail: Mail = changedMail(site(), person.email, person.username, what)
    await mailer.send({ mail, kind: 'changed', usefulMs: noticeUsefulMs })
  }

  async function personOf(found: FoundToken): Promise<Person> {
    const person = await findPerson(db, found.username).catch(() => null)
    if (!person?.isActive || credentialDigest(person.passwordHash) !== found.credentialDigest)
      throw new AppError('access.token_worthless', {})
    return person
  }

  return {
    async invite(username) {
      const { email, passwordHash } = await findPerson(db, username)
      if (passwordHash !== null) throw new AppError('access.account_in_use', { username })
      if (email === null) throw new AppError('access.no_address', { username })
      const token = await db.transaction().execute(async (trx) => {
        const made = await makeToken(trx, deps, { purpose: 'invitation', username, email, passwordHash })
        const mail = invitationMail(site(), email, username, made)
        await mailer.send({ mail, kind: 'invitation', usefulMs: tokenLifetimeMs('invitation') }, trx)
        return made
      })
      return { link: mailer.isConfigured ? null : invitationLink(site(), token) }
    },

    requestReset(login, network) {
      limitNetwork(network)
      // Not waited for: how long it takes would tell whether there is such a user.
      sendReset(login).catch(deps.onError)
    },

    async choosePassword({ token, password, names }) {
      const found = await findToken(db, clock.now(), token, ['invitation', 'reset'])
      const person = await personOf(found)
      const { username } = person
      checkNewPassword(password, person, minPasswordLength)
      await access.setPassword(username, password, async (trx) => {
        await useUp(trx, found)
        if (mailer.isConfigured && found.email === person.email)
          await setVerifiedEmail(trx, username, found.email)
        if (names) await setNames(trx, username, names)
        await audit.record(
          { action: 'choose_password', outcome: 'done', username, target: { type: 'user', id: username } },
          trx,
        )
      })
      if (person.passwordHash !== null) await tell(person, 'The password has been changed')
      return { username }
    },

    async changePassword(username, password) {
      const person = await findPerson(db, username)
      checkNewPassword(password, person, minPasswordLength)
      await access.setPassword(username, password)
      await tell(person, 'The password has been changed')
    },

    async changeEmail(username, email) {
      if (!isAddress(email)) throw new AppError('access.invalid_address', { email: email.slice(0, 100) })
      const { passwordHash } = await findPerson(db, username)
      if (!mailer.isConfigured) {
        await setEmail(db, username, email)
        return { isPending: false }
      }
      await db.transaction().execute(async (trx) => {
        const token = await makeToken(trx, deps, { purpose: 'email', username, email, passwordHash })
        const mail = addressMail(site(), email, username, token)
        await mailer.send({ mail, kind: 'email', usefulMs: tokenLifetimeMs('email') }, trx)
      })
      return { isPending: true }
    },

    async confirmEmail(token) {
      const found = await findToken(db, clock.now(), token, ['email'])
      const person = await personOf(found)
      await db.transaction().execute(async (trx) => {
        await useUp(trx, found)
        await setEmail(trx, person.username, found.email)
        await setVerifiedEmail(trx, person.username, found.email)
      })
      if (person.email !== found.email) await tell(person, 'The address has been changed')
    },
  }
}
