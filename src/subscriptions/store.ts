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

/** Subscriptions to tell something now. */
export async function listDue(db: ControlDb, now: number, limit: number): Promise<SubscriptionRow[]> {
  return db
    .selectFrom('subscriptions')
    .selectAll()
    .where('state', '=', 'active')
    .where('next_mail_at', '<=', now)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('publication_log')
          .select('seq')
          .whereRef('publication_log.dataset_uid', '=', 'subscriptions.dataset_uid')
          .whereRef('publication_log.seq', '>', 'subscriptions.last_number')
          .where('publication_log.change', 'in', toldChanges),
      ),
    )
    .orderBy('next_mail_at')
    .limit(limit)
    .execute()
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
