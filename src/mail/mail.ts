/** Sends what is in the outbox, one mail at a time, and tries again what did not get through. */
import nodemailer from 'nodemailer'
import { type Control, type ControlDb, notify } from '../control/index.ts'
import {
  claimMail,
  expireMailLeases,
  forgetMails,
  insertMail,
  type Mail,
  nextMailAt,
  type OutboxDeps,
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
const timeoutMs = 30_000
const leaseMs = 4 * timeoutMs
const slowestRetryMs = 3_600_000
const idleMs = 10_000
const keptMs = 30 * 86_400_000
const sweepEveryMs = 3_600_000
const shortestPauseMs = 20

export async function startMail(options: MailOptions): Promise<Mailer> {
  const { control, clock, owner, smtpUrl, from } = options
  const { db } = control
  const outbox: OutboxDeps = { ...options, db }
  if (smtpUrl === null) {
    return { isConfigured: false, send: async () => {}, stop: async () => {} }
  }
  if (options.isAlone) await expireMailLeases(db)
  const transport = nodemailer.createTransport(
    {
      url: smtpUrl,
      connectionTimeout: timeoutMs,
      greetingTimeout: timeoutMs,
      socketTimeout: timeoutMs,
      // A mail says what it says: nothing is fetched for it.
      disableFileAccess: true,
      disableUrlAccess: true,
    },
    { from, headers: { 'Auto-Submitted': 'auto-generated' } },
  )
  let isStopping = false
  let isWoken = false
  let wakeUp: () => void = () => {}
  let sweptAt = Number.NEGATIVE_INFINITY

  async function loop(): Promise<void> {
    while (!isStopping) {
      isWoken = false
      let pauseMs = idleMs
      try {
        while (!isStopping && (await sendNext()));
        const dueAt = await nextMailAt(db, clock.now())
        if (dueAt !== null) pauseMs = Math.min(idleMs, Math.max(shortestPauseMs, dueAt - clock.now()))
        await sweep()
      } catch (cause) {
        if (!isStopping) options.onError(cause)
      }
      if (!isWoken && !isStopping) await pause(pauseMs)
    }
  }

  async function sendNext(): Promise<boolean> {
    const claimed = await claimMail(outbox, { owner, leaseMs })
    if (!claimed) return false
    const { mail, mailUid, attempt, expiresAt } = claimed
    const fault = expiresAt <= clock.now() ? expired : await deliver(mail)
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
    try {
      // As a list of one: no address can be taken for two.
      await transport.sendMail({ ...content, to: [{ name: '', address: to }] })
      return null
    } catch (cause) {
      const { responseCode, message } = cause as { responseCode?: number; message: string }
      return { reason: message, isFinal: responseCode !== undefined && responseCode >= 500 }
    }
  }

  async function sweep(): Promise<void> {
    const now = clock.now()
    if (now - sweptAt < sweepEveryMs) return
    sweptAt = now
    await forgetMails(db, now - keptMs)
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      wakeUp = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  function wake(): void {
    isWoken = true
    wakeUp()
  }

  await control.listen(channel, wake)
  const done = loop()
  return {
    isConfigured: true,
    async send(order, trx = db) {
      if (!isAddress(order.mail.to)) return
      await insertMail(outbox, trx, order)
      // Heard when the transaction is through.
      await notify(trx, channel)
    },
    async stop() {
      isStopping = true
      wake()
      transport.close()
      await done
    },
  }
}

interface Fault {
  readonly reason: string
  readonly isFinal: boolean
}
const expired: Fault = { reason: 'it was not worth sending any more', isFinal: true }

const addressPattern =
  /^[^\s@"<>()[\]\\,;:]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9-]+)+$/

/** One plain address; nothing that a mail server could read as more. */
export function isAddress(text: string): boolean {
  return text.length <= 254 && addressPattern.test(text)
}
