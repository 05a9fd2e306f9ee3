import type { Selectable } from 'kysely'
import type { ControlDb, SubscriptionsTable } from '../control/index.ts'

export type SubscriptionRow = Selectable<SubscriptionsTable>

/** What readers have something of. The others take data away, or change nothing that is told. */
export const toldChanges = ['publish', 'abort', 'restore', 'undo_unpublish'] as const

export async function findSubscription(db: ControlDb, uid: string): Promise<SubscriptionRow | null> {
  const row = await db
    .selectFrom('subscriptions')
    .selectAll()
    .where('subscription_uid', '=', uid)
    .executeTakeFirst()
  return row ?? null
}

export async function findByDataset(
  db: ControlDb,
  datasetUid: string,
  email: string,
): Promise<SubscriptionRow | null> {
  const row = await db
    .selectFrom('subscriptions')
    .selectAll()
    .where('dataset_uid', '=', datasetUid)
    .where('email', '=', email)
    .executeTakeFirst()
  return row ?? null
}

/** One of the same dataset and address stays as it is. */
export async function insertSubscription(db: ControlDb, row: SubscriptionRow): Promise<void> {
  await db
    .insertInto('subscriptions')
    .values(row)
    .onConflict((conflict) => conflict.columns(['dataset_uid', 'email']).doNothing())
    .execute()
}

/** What is told begins with what comes now. */
export async function confirmSubscription(
  db: ControlDb,
  { subscription_uid: uid, dataset_uid }: SubscriptionRow,
  now: number,
): Promise<void> {
  const number = await newestNumber(db, dataset_uid)
  await db
    .updateTable('subscriptions')
    .set({ state: 'active', confirmed_at: now, last_number: number })
    .where('subscription_uid', '=', uid)
    .where('state', '=', 'pending')
    .execute()
}

export async function deleteSubscription(db: ControlDb, uid: string): Promise<void> {
  await db.deleteFrom('subscriptions').where('subscription_uid', '=', uid).execute()
}

export async function listOfUser(db: ControlDb, username: string): Promise<SubscriptionRow[]> {
  return db
    .selectFrom('subscriptions')
    .selectAll()
    .where('username', '=', username)
    .orderBy('created_at')
    .orderBy('subscription_uid')
    .execute()
}

/** The newest publication of a dataset that is told; 0: none. */
export async function newestNumber(db: ControlDb, datasetUid: string): Promise<number> {
  const row = await db
    .selectFrom('publication_log')
    .select((eb) => eb.fn.max('seq').as('seq'))
    .where('dataset_uid', '=', datasetUid)
    .where('change', 'in', toldChanges)
    .executeTakeFirst()
  return Number(row?.seq ?? 0)
}

/** Datasets with subscriptions that are behind their newest publication. */
export async function datasetsBehind(db: ControlDb): Promise<string[]> {
  const rows = await db
    .selectFrom('subscriptions')
    .select('dataset_uid')
    .distinct()
    .where('state', '=', 'active')
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('publication_log')
          .select('seq')
          .whereRef('publication_log.dataset_uid', '=', 'subscriptions.dataset_uid')
          .whereRef('publication_log.seq', '>', 'subscriptions.last_number')
          .where('publication_log.change', 'in', toldChanges),
      ),
    )
    .execute()
  return rows.map(({ dataset_uid }) => dataset_uid)
}

/** Publications after that number. */
export async function publishedSince(
  db: ControlDb,
  after: number,
): Promise<{ readonly seq: number; readonly dataset_uid: string }[]> {
  return db
    .selectFrom('publication_log')
    .select(['seq', 'dataset_uid'])
    .where('seq', '>', after)
    .where('change', 'in', toldChanges)
    .execute()
}

function behind(db: ControlDb, datasetUid: string, newest: number) {
  return db
    .selectFrom('subscriptions')
    .where('dataset_uid', '=', datasetUid)
    .where('state', '=', 'active')
    .where('last_number', '<', newest)
}

/** Subscriptions of a dataset to tell its newest publication now. */
export async function listDue(
  db: ControlDb,
  datasetUid: string,
  newest: number,
  page: { readonly now: number; readonly limit: number },
): Promise<SubscriptionRow[]> {
  return behind(db, datasetUid, newest)
    .selectAll()
    .where('next_mail_at', '<=', page.now)
    .orderBy('next_mail_at')
    .limit(page.limit)
    .execute()
}

/** When the next of them is to be told; null: none is behind. */
export async function nextDueAt(db: ControlDb, datasetUid: string, newest: number): Promise<number | null> {
  const row = await behind(db, datasetUid, newest)
    .select('next_mail_at')
    .orderBy('next_mail_at')
    .limit(1)
    .executeTakeFirst()
  return row?.next_mail_at ?? null
}

/** True for the one who moves it: of two processes one tells. */
export async function moveOn(
  trx: ControlDb,
  subscription: SubscriptionRow,
  to: { readonly number: number; readonly nextMailAt: number },
): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('subscriptions')
    .set({ last_number: to.number, next_mail_at: to.nextMailAt })
    .where('subscription_uid', '=', subscription.subscription_uid)
    .where('last_number', '=', subscription.last_number)
    .executeTakeFirst()
  return Number(numUpdatedRows) > 0
}

/** Those that nobody has confirmed. */
export async function forgetPending(db: ControlDb, before: number): Promise<void> {
  await db
    .deleteFrom('subscriptions')
    .where('state', '=', 'pending')
    .where('created_at', '<', before)
    .execute()
}

export interface LoggedPublication {
  readonly seq: number
  readonly change: string
  readonly at: number
}

/** Newest first, those since the dataset was last taken away. */
export async function listPublicationsOf(
  db: ControlDb,
  datasetUid: string,
  limit: number,
): Promise<LoggedPublication[]> {
  const rows = await db
    .selectFrom('publication_log')
    .select(['seq', 'change', 'at'])
    .where('dataset_uid', '=', datasetUid)
    // Who sees what of it is no news.
    .where('change', '!=', 'security')
    .orderBy('seq', 'desc')
    .limit(limit)
    .execute()
  const taken = rows.findIndex(({ change }) => change === 'unpublish' || change === 'delete')
  return taken === -1 ? rows : rows.slice(0, taken)
}
