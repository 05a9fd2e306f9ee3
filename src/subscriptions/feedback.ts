/** What readers write to the publisher of a dataset: errors and questions, kept within bounds until they are closed. */
import { createWindowLimit, findPerson } from '../accounts/index.ts'
import type { ControlDb, DatasetFeedbacksTable } from '../control/index.ts'
import { AppError, type Clock, type Ids } from '../kernel/index.ts'
import { isAddress, type Mailer } from '../mail/index.ts'
import { feedbackMail } from './mails.ts'

export const feedbackKinds = ['error', 'question'] as const
export type FeedbackKind = (typeof feedbackKinds)[number]
export const feedbackStates = ['open', 'closed', 'all'] as const
export type FeedbackState = (typeof feedbackStates)[number]

export interface FeedbackOrder {
  readonly datasetUid: string
  readonly kind: FeedbackKind
  readonly comment: string
  readonly recordId: string | null
  /** Of whoever has signed in. */
  readonly username: string | null
  /** Where the answer is to go. */
  readonly email: string | null
  /** Who is limited. */
  readonly network: string
}

export interface Feedbacks {
  /**
   * Keeps it, and tells the owner of the dataset by mail. Errors: access.too_many_requests, access.invalid_address,
   * subscriptions.feedback_full.
   */
  write(order: FeedbackOrder): Promise<DatasetFeedbacksTable>
  /** Newest first. */
  list(
    datasetUid: string,
    asked: { readonly state: FeedbackState; readonly rows: number; readonly page: number },
  ): Promise<DatasetFeedbacksTable[]>
  /** Errors: catalog.unknown_feedback, also for one of another dataset. */
  find(datasetUid: string, feedbackUid: string): Promise<DatasetFeedbacksTable>
  /** `by`: null opens it again. Errors: catalog.unknown_feedback. */
  close(datasetUid: string, feedbackUid: string, by: string | null): Promise<DatasetFeedbacksTable>
  /** Errors: catalog.unknown_feedback. */
  remove(datasetUid: string, feedbackUid: string): Promise<void>
}

export const maxComment = 4000
/** Of a dataset: what nobody has closed, beyond which no more is taken, and all; then the oldest closed ones go. */
export const maxOpen = 200
const maxKept = 500
/** To one owner, of all datasets: what comes on top is in the back office alone, and other mails do not wait behind it. */
const mailsAnHour = 10
const hourMs = 3_600_000
const dayMs = 24 * hourMs

export function createFeedbacks(deps: {
  readonly db: ControlDb
  readonly clock: Clock
  readonly ids: Ids
  readonly mailer: Mailer
  readonly publicUrl: () => string
}): Feedbacks {
  const { db, clock, ids, mailer, publicUrl } = deps
  const limitNetwork = createWindowLimit(clock, { max: 5, windowMs: hourMs })
  const limitDataset = createWindowLimit(clock, { max: 30, windowMs: hourMs })
  const limitMails = createWindowLimit(clock, { max: mailsAnHour, windowMs: hourMs })

  async function find(datasetUid: string, feedbackUid: string): Promise<DatasetFeedbacksTable> {
    const row = await db
      .selectFrom('dataset_feedbacks')
      .selectAll()
      .where('dataset_uid', '=', datasetUid)
      .where('feedback_uid', '=', feedbackUid)
      .executeTakeFirst()
    if (!row) throw unknown(feedbackUid)
    return row
  }

  return {
    find,
    async write(order) {
      const { datasetUid, kind, comment, recordId, username, email, network } = order
      if (email !== null && !isAddress(email))
        throw new AppError('access.invalid_address', { email: email.slice(0, 100) })
      limitNetwork(network)
      limitDataset(datasetUid)
      const row: DatasetFeedbacksTable = {
        feedback_uid: ids.uid('df'),
        dataset_uid: datasetUid,
        kind,
        record_id: recordId,
        comment,
        username,
        email,
        created_at: clock.now(),
        closed_at: null,
        closed_by: null,
      }
      await db.transaction().execute(async (trx) => {
        await makeRoom(trx, datasetUid)
        await trx.insertInto('dataset_feedbacks').values(row).execute()
        await tellOwner(trx, row)
      })
      return row
    },
    async list(datasetUid, { state, rows, page }) {
      return db
        .selectFrom('dataset_feedbacks')
        .selectAll()
        .where('dataset_uid', '=', datasetUid)
        .$if(state === 'open', (query) => query.where('closed_at', 'is', null))
        .$if(state === 'closed', (query) => query.where('closed_at', 'is not', null))
        .orderBy('created_at', 'desc')
        .orderBy('feedback_uid')
        .limit(rows)
        .offset((page - 1) * rows)
        .execute()
    },
    async close(datasetUid, feedbackUid, by) {
      await find(datasetUid, feedbackUid)
      await db
        .updateTable('dataset_feedbacks')
        .set({ closed_at: by === null ? null : clock.now(), closed_by: by })
        .where('feedback_uid', '=', feedbackUid)
        .execute()
      return find(datasetUid, feedbackUid)
    },
    async remove(datasetUid, feedbackUid) {
      const removed = await db
        .deleteFrom('dataset_feedbacks')
        .where('dataset_uid', '=', datasetUid)
        .where('feedback_uid', '=', feedbackUid)
        .returning('feedback_uid')
        .executeTakeFirst()
      if (!removed) throw unknown(feedbackUid)
    },
  }

  /** Without an address, or when no mails are sent, the back office alone tells. */
  async function tellOwner(trx: ControlDb, row: DatasetFeedbacksTable): Promise<void> {
    const dataset = await trx
      .selectFrom('datasets')
      .select(['dataset_id', 'owner'])
      .where('dataset_uid', '=', row.dataset_uid)
      .executeTakeFirst()
    if (!dataset) return
    const owner = await findPerson(trx, dataset.owner).catch(() => null)
    if (!owner?.isActive || owner.email === null || owner.alerts === 'none') return
    if (!isWithin(() => limitMails(dataset.owner))) return
    const link = `${publicUrl()}/backoffice/datasets/${row.dataset_uid}/feedback`
    const mail = feedbackMail(owner.email, {
      title: dataset.dataset_id,
      isError: row.kind === 'error',
      comment: row.comment,
      from: row.email ?? row.username,
      link,
    })
    await mailer.send({ mail, kind: 'feedback', usefulMs: dayMs }, trx)
  }
}

/** Errors: any but access.too_many_requests. */
function isWithin(limit: () => void): boolean {
  try {
    limit()
    return true
  } catch (error) {
    if (error instanceof AppError && error.key === 'access.too_many_requests') return false
    throw error
  }
}

/** Errors: subscriptions.feedback_full. */
async function makeRoom(trx: ControlDb, datasetUid: string): Promise<void> {
  const rows = await trx
    .selectFrom('dataset_feedbacks')
    .select(['feedback_uid', 'closed_at'])
    .where('dataset_uid', '=', datasetUid)
    .orderBy('closed_at', 'desc')
    .execute()
  const closed = rows.filter(({ closed_at }) => closed_at !== null)
  const open = rows.length - closed.length
  if (open >= maxOpen) throw new AppError('subscriptions.feedback_full', { max: maxOpen })
  const gone = closed.slice(Math.max(0, maxKept - open - 1)).map(({ feedback_uid }) => feedback_uid)
  if (gone.length > 0) await trx.deleteFrom('dataset_feedbacks').where('feedback_uid', 'in', gone).execute()
}

const unknown = (feedbackUid: string) =>
  new AppError('catalog.unknown_feedback', { feedback_uid: feedbackUid.slice(0, 100) })
