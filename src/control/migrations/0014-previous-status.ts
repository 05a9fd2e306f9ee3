import type { Kysely } from 'kysely'

/** Where a dataset's status came from: the Automation API tells it beside the status (its section 4). */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('datasets').addColumn('previous_status', 'text').execute()
}
