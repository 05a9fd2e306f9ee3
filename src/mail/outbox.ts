/**
 * Mails that wait to be sent. One is `pending` until it is `sent` or given up: `dead`. What it says may hold a secret, so
 * it is sealed while it waits and forgotten afterwards.
 */
import type { Selectable } from 'kysely'
import type { ControlDb, MailsTable } from '../control/index.ts'
import { AppError, type Clock, type Ids, type SecretBox } from '../kernel/index.ts'

export interface Mail {
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly headers?: Readonly<Record<string, string>>
}

export interface OutboxDeps {
  readonly db: ControlDb
  readonly clock: Clock
  readonly ids: Ids
  readonly secrets: SecretBox
}

export interface Claimed {
  readonly mailUid: string
  /** Null: it cannot be read, the key of the server is another than when it was written. */
  readonly mail: Mail | null
  /** Which attempt this is, from 1. */
  readonly attempt: number
  readonly expiresAt: number
}

const sealedFor = (mailUid: string) => `mail ${mailUid}`

export async function insertMail(
  { clock, ids, secrets }: OutboxDeps,
  trx: ControlDb,
  { mail, kind, usefulMs }: { mail: Mail; kind: string; usefulMs: number },
): Promise<void> {
  const now = clock.now()
  const mailUid = ids.uid('ma', 16)
  const { to, ...content } = mail
  await trx
    .insertInto('mails')
    .values({
      mail_uid: mailUid,
      kind,
      recipient: to,
      content_sealed: secrets.seal(JSON.stringify(content), sealedFor(mailUid)),
      state: 'pending',
      attempts: 0,
      last_error: null,
      next_attempt_at: now,
      expires_at: now + usefulMs,
      lease_owner: null,
      lease_expires_at: null,
      created_at: now,
      settled_at: null,
    })
    .execute()
}

function pending(db: ControlDb, now: number) {
  return db
    .selectFrom('mails')
    .where('state', '=', 'pending')
    .where((eb) => eb.or([eb('lease_owner', 'is', null), eb('lease_expires_at', '<=', now)]))
}

/** When the next mail is due, milliseconds since the epoch; null when none waits. */
export async function nextMailAt(db: ControlDb, now: number): Promise<number | null> {
  const row = await pending(db, now)
    .select((eb) => eb.fn.min('next_attempt_at').as('at'))
    .executeTakeFirst()
  return row?.at === null || row?.at === undefined ? null : Number(row.at)
}

/** Takes a due mail for `leaseMs`; one whose owner has died is due again when that has passed. */
export async function claimMail(
  { db, clock, secrets }: OutboxDeps,
  claim: { owner: string; leaseMs: number },
): Promise<Claimed | null> {
  const now = clock.now()
  const due = await pending(db, now)
    .selectAll()
    .where('next_attempt_at', '<=', now)
    .orderBy('next_attempt_at')
    .orderBy('mail_uid')
    .limit(1)
    .executeTakeFirst()
  if (!due) return null
  const row = await db
    .updateTable('mails')
    .set({ attempts: due.attempts + 1, lease_owner: claim.owner, lease_expires_at: now + claim.leaseMs })
    .where('mail_uid', '=', due.mail_uid)
    // Another process may have been quicker between the two statements.
    .where('attempts', '=', due.attempts)
    .where('state', '=', 'pending')
    .returningAll()
    .executeTakeFirst()
  return row ? toClaimed(row, secrets) : null
}

function toClaimed(row: Selectable<MailsTable>, secrets: SecretBox): Claimed {
  return {
    mailUid: row.mail_uid,
    mail: openMail(row, secrets),
    attempt: row.attempts,
    expiresAt: row.expires_at,
  }
}

function openMail({ mail_uid, content_sealed, recipient }: Selectable<MailsTable>, secrets: SecretBox) {
  try {
    return { ...JSON.parse(secrets.open(content_sealed!, sealedFor(mail_uid))), to: recipient } as Mail
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return null
  }
}

/** Gives a mail back as if it had not been taken: this process stops. */
export async function releaseMail(db: ControlDb, owner: string, mailUid: string): Promise<void> {
  await db
    .updateTable('mails')
    .set((eb) => ({ attempts: eb('attempts', '-', 1), lease_owner: null, lease_expires_at: null }))
    .where('mail_uid', '=', mailUid)
    .where('lease_owner', '=', owner)
    .execute()
}

/** Writes how an attempt went. Nothing happens when the lease has passed to another. */
export async function settleMail(
  db: ControlDb,
  outcome: {
    owner: string
    mailUid: string
    state: 'pending' | 'sent' | 'dead'
    error: string | null
    nextAttemptAt: number
    now: number
  },
): Promise<void> {
  const isSettled = outcome.state !== 'pending'
  await db
    .updateTable('mails')
    .set({
      state: outcome.state,
      last_error: outcome.error?.slice(0, 500) ?? null,
      next_attempt_at: outcome.nextAttemptAt,
      lease_owner: null,
      lease_expires_at: null,
      ...(isSettled ? { settled_at: outcome.now, content_sealed: null } : {}),
    })
    .where('mail_uid', '=', outcome.mailUid)
    .where('lease_owner', '=', outcome.owner)
    .execute()
}

/** Makes every mail claimable now. Only for the process that knows that no other lives. */
export async function expireMailLeases(db: ControlDb): Promise<void> {
  await db
    .updateTable('mails')
    .set({ lease_owner: null, lease_expires_at: null })
    .where('lease_owner', 'is not', null)
    .execute()
}

/** Those that were settled before `before`, and those that were worth nothing any more by then: nobody was there to settle them. */
export async function forgetMails(db: ControlDb, before: number): Promise<void> {
  await db
    .deleteFrom('mails')
    .where((eb) => eb.or([eb('settled_at', '<', before), eb('expires_at', '<', before)]))
    .execute()
}
