import type { Kysely } from 'kysely'

/** Never edited once released: a change is a new file. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('generations').addColumn('content_hash', 'text').execute()
  await describeEarlierGenerations(db as Kysely<EarlierGenerations>)

  await db.schema
    .createTable('joined_datasets')
    .addColumn('dataset_uid', 'text', (c) =>
      c.notNull().references('datasets.dataset_uid').onDelete('cascade'),
    )
    .addColumn('joined_uid', 'text', (c) => c.notNull())
    .addColumn('content_hash', 'text', (c) => c.notNull())
    .addColumn('ordered_hash', 'text')
    .addPrimaryKeyConstraint('joined_datasets_key', ['dataset_uid', 'joined_uid'])
    .execute()
  await db.schema
    .createIndex('joined_datasets_by_joined')
    .on('joined_datasets')
    .column('joined_uid')
    .execute()
}

interface EarlierGenerations {
  generations: { generation_uid: string; manifest_json: string | null; content_hash: string | null }
}

/** One manifest at a time: there may be thousands, of thousands of parts each. */
async function describeEarlierGenerations(db: Kysely<EarlierGenerations>): Promise<void> {
  const rows = await db
    .selectFrom('generations')
    .select('generation_uid')
    .where('manifest_json', 'is not', null)
    .execute()
  for (const { generation_uid } of rows) {
    const { manifest_json } = await db
      .selectFrom('generations')
      .select('manifest_json')
      .where('generation_uid', '=', generation_uid)
      .executeTakeFirstOrThrow()
    const { content_hash } = JSON.parse(manifest_json!)
    await db
      .updateTable('generations')
      .set({ content_hash })
      .where('generation_uid', '=', generation_uid)
      .execute()
  }
}
