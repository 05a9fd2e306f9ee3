/** Sends what is in the outbox, one mail at a time, and tries again what did not get through. */
import nodemailer from 'nodemailer'
import { type Control, type ControlDb, notify } from '../control/index.ts'
import { createWakeableLoop } from '../kernel/index.ts'
import {
  claimMail,
  expireMailLeases,
  forgetMails,
  insertMail,
  type Mail,
  nextMailAt,
  type OutboxDeps,
  releaseMail,
  settleMail,
} from './outbox.ts'

export interface Mailer {
  /** Whether there is a server to send mails by; without one nothing is sent and nothing is kept. */
  readonly isConfigured: boolean
  /**
   * Puts a mail into the outbox, within the caller's transaction where one is given. `usefulMs`: how long it is worth
   * sending. A recipient that is no address is nobody.
   */
  send(order: { mail: Mail; kind: string; usefulMs: number }, trx?: ControlDb): Promise<void>
  /** A mail that is being sent is given a moment; then it is let go of, and sent by the next start. */
  stop(): Promise<void>
}

export interface MailOptions extends Omit<OutboxDeps, 'db'> {
  readonly control: Control
  /** `smtp://user:password@host:port` or `smtps://...`; null: mails are off. */
  readonly smtpUrl: string | null
  readonly from: string
  /** Unique to this process. */
  readonly owner: string
  /** True when no other process can hold a lease. */
  readonly isAlone: boolean
  /** Before the second attempt; four times as long before each further one. */
  readonly firstRetryMs: number
  readonly onError: (cause: unknown) => void
}

const channel = 'broadsheet_mail'
/** Longest silence of the server, and of one mail from the connection to its last word. */
const silenceMs = 30_000
const mailMs = 90_000
const leaseMs = 120_000
/** How long a stop waits for the mail that is being sent. */
const graceMs = 2_000
const slowestRetryMs = 3_600_000
const idleMs = 10_000
const keptMs = 30 * 86_400_000
const sweepEveryMs = 3_600_000
const shortestPauseMs = 20

export async function startMail(options: MailOptions): Promise<Mailer> {
  const { control, clock, owner, smtpUrl, from } = options
  const { db } = control
  const outbox: OutboxDeps = { ...options, db }
  // On a full disk, the next sweep does it.
  await forgetMails(db, clock.now() - keptMs).catch(options.onError)
  if (smtpUrl === null) {
    return { isConfigured: false, send: async () => {}, stop: async () => {} }
  }
  if (options.isAlone) await expireMailLeases(db)
  const transport = nodemailer.createTransport(
    {
      url: smtpUrl,
      connectionTimeout: silenceMs,
      greetingTimeout: silenceMs,
      dnsTimeout: silenceMs,
      socketTimeout: silenceMs,
      // A mail says what it says: nothing is fetched for it.
      disableFileAccess: true,
      disableUrlAccess: true,
    },
    { from, headers: { 'Auto-Submitted': 'auto-generated' } },
  )
  const lettingGo = new AbortController()
  let sweptAt = clock.now()

  const loop = createWakeableLoop({
    async round(stopping) {
      while (!stopping.aborted && (await sendNext()));
      await sweep()
      const dueAt = await nextMailAt(db, clock.now())
      return dueAt === null ? idleMs : Math.min(idleMs, Math.max(shortestPauseMs, dueAt - clock.now()))
    },
    onError: options.onError,
    errorRestMs: idleMs,
  })

  async function sendNext(): Promise<boolean> {
    const claimed = await claimMail(outbox, { owner, leaseMs })
    if (!claimed) return false
    const { mail, mailUid, attempt, expiresAt } = claimed
    const fault = expiresAt <= clock.now() ? expired : mail === null ? unreadable : await deliver(mail)
    if (fault === letGo) {
      await releaseMail(db, owner, mailUid)
      return false
    }
    const now = clock.now()
    const nextAttemptAt = now + Math.min(slowestRetryMs, options.firstRetryMs * 4 ** (attempt - 1))
    const isOver = fault?.isFinal || nextAttemptAt >= expiresAt
    const state = fault === null ? 'sent' : isOver ? 'dead' : 'pending'
    await settleMail(db, { owner, mailUid, state, error: fault?.reason ?? null, nextAttemptAt, now })
    if (state === 'dead') options.onError(new Error(`the mail ${mailUid} is given up: ${fault!.reason}`))
    return true
  }

  /** Null: the server has taken it. */
  async function deliver({ to, ...content }: Mail): Promise<Fault | null> {
    const timeout = AbortSignal.timeout(mailMs)
    try {
      // As a list of one: no address can be taken for two.
      await transport.sendMail({
        ...content,
        to: [{ name: '', address: to }],
        signal: AbortSignal.any([lettingGo.signal, timeout]),
      })
      return null
    } catch (cause) {
      if (lettingGo.signal.aborted) return letGo
      if (timeout.aborted) return { reason: `the server took longer than ${mailMs} ms`, isFinal: false }
      const fault = cause as SmtpError
      return { reason: fault.message, isFinal: isOfTheMail(fault) }
    }
  }

  async function sweep(): Promise<void> {
    const now = clock.now()
    if (now - sweptAt < sweepEveryMs) return
    sweptAt = now
    await forgetMails(db, now - keptMs)
  }

  await control.listen(channel, loop.wake)
  loop.start()
  return {
    isConfigured: true,
    async send(order, trx = db) {
      if (!isAddress(order.mail.to)) return
      await insertMail(outbox, trx, order)
      // Heard when the transaction is through.
      await notify(trx, channel)
    },
    async stop() {
      const grace = setTimeout(() => lettingGo.abort(), graceMs)
      await loop.stop()
      clearTimeout(grace)
      transport.close()
    },
  }
}

interface Fault {
  readonly reason: string
  readonly isFinal: boolean
}
const expired: Fault = { reason: 'it was not worth sending any more', isFinal: true }
/** The right key may come back: somebody has set the wrong one. */
const unreadable: Fault = { reason: 'it was sealed with another key than this server has', isFinal: false }
const letGo: Fault = { reason: 'the server stops', isFinal: false }

interface SmtpError {
  readonly message: string
  readonly code?: string
  readonly command?: string
  readonly response?: string
  readonly responseCode?: number
}

/**
 * Whether a server has refused this mail or its recipient for good. What it refuses of this server (who signs in, who sends, what
 * relays: RFC 3463 calls that 5.7) somebody will set right, and then the mails that wait go out.
 */
function isOfTheMail({ code, command, response = '', responseCode = 0 }: SmtpError): boolean {
  if (responseCode < 500 || /^5\d\d[ -]5\.7\./.test(response)) return false
  return code === 'EMESSAGE' || (code === 'EENVELOPE' && command === 'RCPT TO')
}

const addressPattern =
  /^[^\s@"<>()[\]\\,;:]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9-]+)+$/

/** One plain address; nothing that a mail server could read as more. */
export function isAddress(text: string): boolean {
  return text.length <= 254 && addressPattern.test(text)
}
