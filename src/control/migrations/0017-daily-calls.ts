import type { Kysely } from 'kysely'

/** Calls of a day, of the domain, of a user or of a key: what the history of use is told from. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('daily_calls')
    .addColumn('subject', 'text', (c) => c.notNull())
    .addColumn('day', 'text', (c) => c.notNull())
    .addColumn('calls', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('daily_calls_key', ['subject', 'day'])
    .execute()
  await db.schema.createIndex('daily_calls_day').on('daily_calls').column('day').execute()
}
