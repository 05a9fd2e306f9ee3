import type { Kysely } from 'kysely'

/**
 * Calls of a day, of the domain, of a user or of a key: what the history of use is told from. And what readers write to the
 * publisher of a dataset.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('daily_calls')
    .addColumn('subject', 'text', (c) => c.notNull())
    .addColumn('day', 'text', (c) => c.notNull())
    .addColumn('calls', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('daily_calls_key', ['subject', 'day'])
    .execute()
  await db.schema.createIndex('daily_calls_day').on('daily_calls').column('day').execute()
  await db.schema
    .createTable('dataset_feedbacks')
    .addColumn('feedback_uid', 'text', (c) => c.primaryKey())
    .addColumn('dataset_uid', 'text', (c) =>
      c.notNull().references('datasets.dataset_uid').onDelete('cascade'),
    )
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('record_id', 'text')
    .addColumn('comment', 'text', (c) => c.notNull())
    .addColumn('username', 'text', (c) => c.references('users.username').onDelete('set null'))
    .addColumn('email', 'text')
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('closed_at', 'bigint')
    .addColumn('closed_by', 'text')
    .execute()
  await db.schema
    .createIndex('dataset_feedbacks_of_dataset')
    .on('dataset_feedbacks')
    .columns(['dataset_uid', 'created_at'])
    .execute()
}
