/** E-mail subscriptions to the publications of a dataset, and the loop that tells of them and of jobs that fail. */
import { type Access, anonymous, canSeePublication, type Principal } from '../access/index.ts'
import { createWindowLimit, findPerson } from '../accounts/index.ts'
import { findPublication, publicationRevision } from '../catalog/index.ts'
import type { Control, PublicationsTable } from '../control/index.ts'
import { factsChannel } from '../jobs/index.ts'
import { AppError, type Clock, createWakeableLoop, type Ids } from '../kernel/index.ts'
import { isAddress, type Mailer } from '../mail/index.ts'
import { createAlerts } from './alerts.ts'
import { createLinks, type LinkPurpose } from './links.ts'
import { confirmMail, newsMail } from './mails.ts'
import {
  confirmSubscription,
  datasetsBehind,
  deleteSubscription,
  findByDataset,
  findSubscription,
  forgetPending,
  insertSubscription,
  type LoggedPublication,
  listDue,
  listOfUser,
  listPublicationsOf,
  moveOn,
  newestNumber,
  nextDueAt,
  publishedSince,
  type SubscriptionRow,
} from './store.ts'

export interface Subscriptions {
  /**
   * Asks whoever reads what comes to the address to confirm; one's own confirmed address needs no more. What is answered
   * does not say whether it is subscribed already. Errors: subscriptions.mail_off, access.invalid_address,
   * access.too_many_requests.
   */
  subscribe(order: {
    readonly publication: Pick<PublicationsTable, 'dataset_uid' | 'visibility' | 'metas_json' | 'dataset_id'>
    readonly email: string
    readonly principal: Principal
    readonly network: string
  }): Promise<void>
  /** What a signed link asks for; a subscription that is gone is as good as ended. Errors: subscriptions.bad_link. */
  follow(purpose: LinkPurpose, subscriptionUid: string, signature: string): Promise<void>
  /** Errors: subscriptions.bad_link. */
  check(purpose: LinkPurpose, subscriptionUid: string, signature: string): void
  list(username: string): Promise<SubscriptionRow[]>
  /** Errors: subscriptions.unknown_subscription, also for one of somebody else. */
  end(username: string, subscriptionUid: string): Promise<void>
  /** Newest first, those since the dataset was last unpublished. */
  publications(datasetUid: string, limit: number): Promise<LoggedPublication[]>
  stop(): Promise<void>
}

export interface SubscriptionOptions {
  readonly control: Control
  readonly clock: Clock
  readonly ids: Ids
  readonly access: Pick<Access, 'findSignedIn'>
  readonly mailer: Mailer
  readonly publicUrl: () => string
  /** What links are signed with. */
  readonly linkKey: Buffer
  /** Between two mails of one subscription. */
  readonly everyMs: number
  readonly onError: (cause: unknown) => void
}

const dayMs = 86_400_000
const idleMs = 10_000
const batchSize = 100
const pendingMs = 7 * dayMs
const sweepEveryMs = 3_600_000
/** On PostgreSQL a lower number may be committed after a higher one: so many are looked at again. */
const overlap = 100
const retryMs = 60_000

export async function startSubscriptions(options: SubscriptionOptions): Promise<Subscriptions> {
  const { control, clock, ids, access, mailer, publicUrl } = options
  const { db } = control
  const links = createLinks(options.linkKey, publicUrl)
  const limitNetwork = createWindowLimit(clock, { max: 20, windowMs: 3_600_000 })
  const limitAddress = createWindowLimit(clock, { max: 5, windowMs: dayMs })
  const tellOfJobs = createAlerts({ db, clock, mailer, publicUrl })
  /** Datasets whose subscriptions may be behind, and when to look at them; null: this process has looked at none yet. */
  let waiting: Map<string, number> | null = null
  let lastSeen = 0
  let recent: ReadonlySet<number> = new Set()
  let sweptAt = Number.NEGATIVE_INFINITY

  const loop = createWakeableLoop({
    async round(stopping) {
      waiting ??= await lookAtAll()
      await noticePublications(waiting)
      for (const [datasetUid, dueAt] of waiting) {
        if (stopping.aborted) break
        if (dueAt <= clock.now()) await tellOf(waiting, datasetUid, stopping)
      }
      while (!stopping.aborted && (await tellOfJobs()));
      await sweep()
      return idleMs
    },
    onError: options.onError,
    errorRestMs: idleMs,
  })

  async function lookAtAll(): Promise<Map<string, number>> {
    // Before the look: what is published meanwhile is seen twice.
    lastSeen = await publicationRevision(db)
    return new Map((await datasetsBehind(db)).map((uid) => [uid, 0]))
  }

  async function noticePublications(behind: Map<string, number>): Promise<void> {
    const published = await publishedSince(db, lastSeen - overlap)
    for (const { seq, dataset_uid } of published) {
      if (!recent.has(seq)) behind.set(dataset_uid, 0)
      lastSeen = Math.max(lastSeen, seq)
    }
    recent = new Set(published.map(({ seq }) => seq))
  }

  /** One dataset that cannot be told of keeps the others from nothing. */
  async function tellOf(behind: Map<string, number>, uid: string, stopping: AbortSignal): Promise<void> {
    try {
      const next = await tellAll(uid, stopping)
      if (next === null) behind.delete(uid)
      else behind.set(uid, next)
    } catch (cause) {
      behind.set(uid, clock.now() + retryMs)
      options.onError(cause)
    }
  }

  /** Answers when to look again; null: all have been told. */
  async function tellAll(datasetUid: string, stopping: AbortSignal): Promise<number | null> {
    const newest = await newestNumber(db, datasetUid)
    while (!stopping.aborted) {
      const due = await listDue(db, datasetUid, newest, { now: clock.now(), limit: batchSize })
      for (const subscription of due) await tell(subscription, newest)
      if (due.length < batchSize) break
    }
    return nextDueAt(db, datasetUid, newest)
  }

  async function tell(subscription: SubscriptionRow, number: number): Promise<void> {
    const { subscription_uid: uid } = subscription
    const publication = await visiblePublication(subscription)
    await db.transaction().execute(async (trx) => {
      const isMine = await moveOn(trx, subscription, { number, nextMailAt: clock.now() + options.everyMs })
      // Who may not see it any more is told nothing.
      if (!isMine || publication === null) return
      const mail = newsMail(subscription.email, titleOf(publication), {
        dataset: datasetLink(publication),
        unsubscribe: links.make('unsubscribe', uid),
      })
      await mailer.send({ mail, kind: 'news', usefulMs: dayMs }, trx)
    })
  }

  async function visiblePublication(subscription: SubscriptionRow): Promise<PublicationsTable | null> {
    const publication = await findPublication(db, subscription.dataset_uid)
    if (publication === null) return null
    const { username } = subscription
    const reader = username === null ? anonymous : (await access.findSignedIn(username))?.principal
    if (!reader) return null
    return (await canSeePublication(db, reader, publication)) ? publication : null
  }

  const datasetLink = ({ dataset_id }: { readonly dataset_id: string }) =>
    `${publicUrl()}/explore/dataset/${encodeURIComponent(dataset_id)}`

  async function sweep(): Promise<void> {
    const now = clock.now()
    if (now - sweptAt < sweepEveryMs) return
    sweptAt = now
    await forgetPending(db, now - pendingMs)
  }

  function check(purpose: LinkPurpose, uid: string, signature: string): void {
    if (!links.isValid(purpose, uid, signature)) throw new AppError('subscriptions.bad_link', {})
  }

  async function isOwnAddress(principal: Principal, email: string): Promise<boolean> {
    if (principal.kind !== 'user') return false
    const person = await findPerson(db, principal.username).catch(() => null)
    return person?.isEmailVerified === true && person.email?.toLowerCase() === email
  }

  if (mailer.isConfigured) {
    await control.listen(factsChannel, loop.wake)
    loop.start()
  }

  return {
    async subscribe({ publication, email: given, principal, network }) {
      if (!mailer.isConfigured) throw new AppError('subscriptions.mail_off', {})
      const email = given.trim().toLowerCase()
      if (!isAddress(email)) throw new AppError('access.invalid_address', { email: given.slice(0, 254) })
      limitNetwork(network)
      const datasetUid = publication.dataset_uid
      const isOwn = await isOwnAddress(principal, email)
      const now = clock.now()
      await insertSubscription(db, {
        subscription_uid: ids.uid('su', 16),
        dataset_uid: datasetUid,
        email,
        username: principal.kind === 'user' ? principal.username : null,
        state: isOwn ? 'active' : 'pending',
        last_number: await newestNumber(db, datasetUid),
        next_mail_at: now,
        created_at: now,
        confirmed_at: isOwn ? now : null,
      })
      const subscription = await findByDataset(db, datasetUid, email)
      if (subscription?.state !== 'pending') return
      try {
        limitAddress(email)
      } catch {
        // Who did not want the first mails is sent no more of them.
        return
      }
      const confirm = links.make('confirm', subscription.subscription_uid)
      const mail = confirmMail(email, titleOf(publication), { site: datasetLink(publication), confirm })
      await mailer.send({ mail, kind: 'confirm', usefulMs: dayMs })
    },
    check,
    async follow(purpose, uid, signature) {
      check(purpose, uid, signature)
      if (purpose === 'unsubscribe') return deleteSubscription(db, uid)
      const found = await findSubscription(db, uid)
      if (found !== null) await confirmSubscription(db, found, clock.now())
    },
    list: (username) => listOfUser(db, username),
    async end(username, uid) {
      const found = await findSubscription(db, uid)
      if (found === null || found.username !== username)
        throw new AppError('subscriptions.unknown_subscription', { subscription_uid: uid.slice(0, 60) })
      await deleteSubscription(db, uid)
    },
    publications: (datasetUid, limit) => listPublicationsOf(db, datasetUid, limit),
    stop: loop.stop,
  }
}

function titleOf({ metas_json, dataset_id }: Pick<PublicationsTable, 'metas_json' | 'dataset_id'>): string {
  const title = (JSON.parse(metas_json) as { default?: { title?: unknown } }).default?.title
  return typeof title === 'string' && title.trim() !== '' ? title : dataset_id
}
