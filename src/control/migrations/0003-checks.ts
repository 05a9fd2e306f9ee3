import { type Kysely, sql } from 'kysely'

/** Gates of datasets, publishes that are held, what was judged, and who overrode a judgement. */
export async function up(db: Kysely<unknown>, dialect: 'sqlite' | 'postgres'): Promise<void> {
  const serial = dialect === 'sqlite' ? sql`integer` : sql`bigserial`

  await db.schema
    .createTable('gates')
    .addColumn('dataset_uid', 'text', (c) =>
      c.primaryKey().references('datasets.dataset_uid').onDelete('cascade'),
    )
    .addColumn('gates_json', 'text', (c) => c.notNull())
    .addColumn('username', 'text', (c) => c.notNull())
    .addColumn('changed_at', 'bigint', (c) => c.notNull())
    .execute()

  await db.schema
    .createTable('held_publishes')
    .addColumn('dataset_uid', 'text', (c) =>
      c.primaryKey().references('datasets.dataset_uid').onDelete('cascade'),
    )
    .addColumn('generation_uid', 'text', (c) => c.notNull())
    .addColumn('job_uid', 'text', (c) => c.notNull())
    .addColumn('failures_json', 'text', (c) => c.notNull())
    .addColumn('held_at', 'bigint', (c) => c.notNull())
    .addColumn('kept_until_at', 'bigint', (c) => c.notNull())
    .execute()

  await db.schema
    .createTable('gate_judgements')
    .addColumn('generation_uid', 'text', (c) =>
      c.primaryKey().references('generations.generation_uid').onDelete('cascade'),
    )
    .addColumn('previous_uid', 'text')
    .addColumn('gates_json', 'text', (c) => c.notNull())
    .addColumn('failures_json', 'text', (c) => c.notNull())
    .execute()

  await db.schema
    .createTable('publish_overrides')
    .addColumn('seq', serial, (c) => (dialect === 'sqlite' ? c.primaryKey().autoIncrement() : c.primaryKey()))
    .addColumn('dataset_uid', 'text', (c) => c.notNull())
    .addColumn('generation_uid', 'text', (c) => c.notNull())
    .addColumn('job_uid', 'text', (c) => c.notNull())
    .addColumn('username', 'text', (c) => c.notNull())
    .addColumn('overrides_json', 'text', (c) => c.notNull())
    .addColumn('failures_json', 'text', (c) => c.notNull())
    .addColumn('at', 'bigint', (c) => c.notNull())
    .execute()
  await db.schema
    .createIndex('publish_overrides_by_dataset')
    .on('publish_overrides')
    .columns(['dataset_uid', 'seq'])
    .execute()

  await db.schema.alterTable('generations').addColumn('configuration_digest', 'text').execute()
}
