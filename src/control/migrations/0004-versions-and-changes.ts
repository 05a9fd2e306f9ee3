import { type Kysely, sql } from 'kysely'

/** Never edited once released: a change is a new file. */
export async function up(db: Kysely<unknown>, dialect: 'sqlite' | 'postgres'): Promise<void> {
  const serial = dialect === 'sqlite' ? sql`integer` : sql`bigserial`

  await db.schema.alterTable('versions').addColumn('note', 'text').execute()
  await db.schema.alterTable('versions').addColumn('content_hash', 'text').execute()
  for (const name of ['is_automatic', 'is_partial', 'bytes']) {
    await db.schema
      .alterTable('versions')
      .addColumn(name, 'bigint', (c) => c.notNull().defaultTo(0))
      .execute()
  }
  await describeEarlierVersions(db as Kysely<EarlierVersions>)
  await db.schema.alterTable('datasets').addColumn('versions_retention_json', 'text').execute()

  await db.schema
    .createTable('withdrawn_publications')
    .addColumn('dataset_uid', 'text', (c) =>
      c.primaryKey().references('datasets.dataset_uid').onDelete('cascade'),
    )
    .addColumn('generation_uid', 'text', (c) => c.notNull())
    .addColumn('publication_json', 'text', (c) => c.notNull())
    .addColumn('withdrawn_at', 'bigint', (c) => c.notNull())
    .addColumn('expires_at', 'bigint', (c) => c.notNull())
    .execute()

  await db.schema
    .createTable('changes')
    .addColumn('change_uid', serial, (c) =>
      dialect === 'sqlite' ? c.primaryKey().autoIncrement() : c.primaryKey(),
    )
    .addColumn('dataset_uid', 'text', (c) =>
      c.notNull().references('datasets.dataset_uid').onDelete('cascade'),
    )
    .addColumn('username', 'text', (c) => c.notNull())
    .addColumn('at', 'bigint', (c) => c.notNull())
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('job_uid', 'text')
    .addColumn('sections_json', 'text', (c) => c.notNull())
    .addColumn('diff_json', 'text', (c) => c.notNull())
    .addColumn('omitted_count', 'bigint', (c) => c.notNull())
    .addColumn('before_digest', 'text')
    .execute()
  await db.schema
    .createIndex('changes_by_dataset')
    .on('changes')
    .columns(['dataset_uid', 'change_uid'])
    .execute()

  await db.schema
    .createTable('configuration_snapshots')
    .addColumn('dataset_uid', 'text', (c) =>
      c.notNull().references('datasets.dataset_uid').onDelete('cascade'),
    )
    .addColumn('digest', 'text', (c) => c.notNull())
    .addColumn('configuration_json', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('configuration_snapshots_key', ['dataset_uid', 'digest'])
    .execute()
}

interface EarlierVersions {
  versions: {
    version_uid: string
    generation_uid: string | null
    content_hash: string | null
    bytes: number
    is_partial: number
  }
  generations: {
    generation_uid: string
    manifest_json: string | null
    bytes: number
    is_partial: number
  }
}

/** A version is described by its own row, so that a list of them reads no manifest. */
async function describeEarlierVersions(db: Kysely<EarlierVersions>): Promise<void> {
  const rows = await db
    .selectFrom('versions')
    .innerJoin('generations', 'generations.generation_uid', 'versions.generation_uid')
    .select(['version_uid', 'manifest_json', 'generations.bytes', 'generations.is_partial'])
    .execute()
  for (const { version_uid, manifest_json, bytes, is_partial } of rows) {
    const content_hash = manifest_json === null ? null : JSON.parse(manifest_json).content_hash
    await db
      .updateTable('versions')
      .set({ content_hash, bytes, is_partial })
      .where('version_uid', '=', version_uid)
      .execute()
  }
}
