import type { Kysely } from 'kysely'

/** How often a dataset is read, and what its readers may see of the versions that its publisher has labelled. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('dataset_uses')
    .addColumn('dataset_uid', 'text', (c) =>
      c.primaryKey().references('datasets.dataset_uid').onDelete('cascade'),
    )
    .addColumn('calls', 'bigint', (c) => c.notNull())
    .addColumn('downloads', 'bigint', (c) => c.notNull())
    .addColumn('popularity_milli', 'bigint', (c) => c.notNull())
    .addColumn('counted_at', 'bigint', (c) => c.notNull())
    .execute()
  await db.schema
    .alterTable('datasets')
    .addColumn('has_public_versions', 'integer', (c) => c.notNull().defaultTo(0))
    .execute()
}
