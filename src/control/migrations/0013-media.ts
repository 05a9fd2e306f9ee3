import { type Kysely, sql } from 'kysely'

/** Files that records refer to: what was fetched or pushed, which generations have it, and what is kept of pushes with them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('media')
    .addColumn('source_key', 'text', (c) => c.primaryKey())
    .addColumn('resource_uid', 'text')
    .addColumn('sha256', 'text', (c) => c.notNull())
    .addColumn('bytes', 'bigint', (c) => c.notNull())
    .addColumn('filename', 'text', (c) => c.notNull())
    .addColumn('mimetype', 'text', (c) => c.notNull())
    .addColumn('etag', 'text')
    .addColumn('last_modified', 'text')
    .addColumn('fetched_at', 'bigint', (c) => c.notNull())
    .addColumn('asked_at', 'bigint', (c) => c.notNull())
    .execute()
  for (const column of ['sha256', 'resource_uid'])
    await db.schema.createIndex(`media_by_${column}`).on('media').column(column).execute()

  await db.schema
    .createTable('generation_media')
    .addColumn('generation_uid', 'text', (c) =>
      c.notNull().references('generations.generation_uid').onDelete('cascade'),
    )
    .addColumn('sha256', 'text', (c) => c.notNull())
    .addColumn('bytes', 'bigint', (c) => c.notNull())
    .addColumn('filename', 'text', (c) => c.notNull())
    .addColumn('mimetype', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('generation_media_key', ['generation_uid', 'sha256'])
    .execute()
  await db.schema.createIndex('generation_media_by_sha256').on('generation_media').column('sha256').execute()

  await db.schema
    .alterTable('realtime_resources')
    .addColumn('kept_bytes', 'bigint', (c) => c.notNull().defaultTo(0))
    .execute()
  await sql`update realtime_resources set kept_bytes = (
    select coalesce(sum(bytes), 0) from realtime_pushes
    where realtime_pushes.resource_uid = realtime_resources.resource_uid
  )`.execute(db)
  // With all that is ever summed up: bodies are large, and lie before it in the rows.
  await db.schema
    .createIndex('realtime_pushes_weight')
    .on('realtime_pushes')
    .columns(['resource_uid', 'kind', 'seq', 'records_count', 'bytes'])
    .execute()
}
