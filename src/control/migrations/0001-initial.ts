import { type Kysely, sql } from 'kysely'

/** Never edited once released: a change is a new file. */
export async function up(db: Kysely<unknown>, dialect: 'sqlite' | 'postgres'): Promise<void> {
  const serial = dialect === 'sqlite' ? sql`integer` : sql`bigserial`

  await db.schema
    .createTable('datasets')
    .addColumn('dataset_uid', 'text', (c) => c.primaryKey())
    .addColumn('dataset_id', 'text', (c) => c.notNull().unique())
    .addColumn('metas_json', 'text', (c) => c.notNull())
    .addColumn('visibility', 'text', (c) => c.notNull())
    .addColumn('owner', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('last_modified_at', 'bigint', (c) => c.notNull())
    .addColumn('configuration_revision', 'bigint', (c) => c.notNull())
    .addColumn('status', 'text', (c) => c.notNull())
    .addColumn('status_since_at', 'bigint', (c) => c.notNull())
    .addColumn('status_user', 'text')
    .addColumn('status_error_json', 'text')
    .addColumn('active_job_uid', 'text')
    .addColumn('record_errors_count', 'bigint', (c) => c.notNull().defaultTo(0))
    .execute()

  await db.schema
    .createTable('resources')
    .addColumn('resource_uid', 'text', (c) => c.primaryKey())
    .addColumn('dataset_uid', 'text', (c) =>
      c.notNull().references('datasets.dataset_uid').onDelete('cascade'),
    )
    .addColumn('position', 'bigint', (c) => c.notNull())
    .addColumn('url', 'text', (c) => c.notNull())
    .addColumn('title', 'text', (c) => c.notNull())
    .addColumn('type', 'text', (c) => c.notNull())
    .addColumn('params_json', 'text', (c) => c.notNull())
    .addColumn('fetched_json', 'text')
    .execute()
  await db.schema
    .createIndex('resources_by_dataset')
    .on('resources')
    .columns(['dataset_uid', 'position'])
    .execute()

  await db.schema
    .createTable('steps')
    .addColumn('processor_uid', 'text', (c) => c.primaryKey())
    .addColumn('dataset_uid', 'text', (c) =>
      c.notNull().references('datasets.dataset_uid').onDelete('cascade'),
    )
    .addColumn('stack', 'text', (c) => c.notNull())
    .addColumn('position', 'bigint', (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('args_json', 'text', (c) => c.notNull())
    .addColumn('label', 'text')
    .execute()
  await db.schema
    .createIndex('steps_by_dataset')
    .on('steps')
    .columns(['dataset_uid', 'stack', 'position'])
    .execute()

  await db.schema
    .createTable('files')
    .addColumn('file_id', 'text', (c) => c.primaryKey())
    .addColumn('filename', 'text', (c) => c.notNull())
    .addColumn('mimetype', 'text', (c) => c.notNull())
    .addColumn('bytes', 'bigint', (c) => c.notNull())
    .addColumn('sha256', 'text', (c) => c.notNull())
    .addColumn('owner', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .execute()

  await db.schema
    .createTable('users')
    .addColumn('username', 'text', (c) => c.primaryKey())
    .addColumn('password_hash', 'text', (c) => c.notNull())
    .addColumn('email', 'text')
    .addColumn('permissions_json', 'text', (c) => c.notNull())
    .addColumn('is_active', 'integer', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .execute()

  await db.schema
    .createTable('api_keys')
    .addColumn('key_uid', 'text', (c) => c.primaryKey())
    .addColumn('key_hash', 'text', (c) => c.notNull().unique())
    .addColumn('owner', 'text', (c) => c.notNull().references('users.username').onDelete('cascade'))
    .addColumn('label', 'text')
    .addColumn('permissions_json', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .execute()

  await db.schema
    .createTable('jobs')
    .addColumn('seq', serial, (c) => (dialect === 'sqlite' ? c.primaryKey().autoIncrement() : c.primaryKey()))
    .addColumn('job_uid', 'text', (c) => c.notNull().unique())
    .addColumn('function', 'text', (c) => c.notNull())
    .addColumn('subject', 'text', (c) => c.notNull())
    .addColumn('params_json', 'text', (c) => c.notNull())
    .addColumn('username', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('priority', 'integer', (c) => c.notNull())
    .addColumn('attempt', 'integer', (c) => c.notNull())
    .addColumn('max_attempts', 'integer', (c) => c.notNull())
    .addColumn('run_after_at', 'bigint', (c) => c.notNull())
    .addColumn('lease_owner', 'text')
    .addColumn('lease_expires_at', 'bigint')
    .addColumn('cancel_requested', 'text')
    .addColumn('progress_json', 'text', (c) => c.notNull())
    .addColumn('result_json', 'text')
    .addColumn('error_json', 'text')
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('started_at', 'bigint')
    .addColumn('finished_at', 'bigint')
    .execute()
  // Claiming looks only at unfinished jobs, of which there are few among ever more finished ones.
  await sql`create index jobs_unfinished on jobs (priority, seq) where state in ('waiting', 'started', 'running')`.execute(
    db,
  )
  await db.schema.createIndex('jobs_by_subject').on('jobs').columns(['subject', 'seq']).execute()
  await db.schema.createIndex('jobs_by_username').on('jobs').columns(['username', 'seq']).execute()

  await db.schema
    .createTable('generations')
    .addColumn('generation_uid', 'text', (c) => c.primaryKey())
    .addColumn('dataset_uid', 'text', (c) => c.notNull())
    .addColumn('job_uid', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('recipe', 'text', (c) => c.notNull())
    .addColumn('manifest_json', 'text')
    .addColumn('records_count', 'bigint', (c) => c.notNull())
    .addColumn('bytes', 'bigint', (c) => c.notNull())
    .addColumn('is_partial', 'integer', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('retired_at', 'bigint')
    .execute()
  await db.schema
    .createIndex('generations_by_dataset')
    .on('generations')
    .columns(['dataset_uid', 'recipe'])
    .execute()
  await sql`create index generations_retired on generations (retired_at) where state = 'sealed' and retired_at is not null`.execute(
    db,
  )

  await db.schema
    .createTable('publications')
    .addColumn('dataset_uid', 'text', (c) => c.primaryKey())
    .addColumn('dataset_id', 'text', (c) => c.notNull().unique())
    .addColumn('generation_uid', 'text', (c) => c.notNull().references('generations.generation_uid'))
    .addColumn('metas_json', 'text', (c) => c.notNull())
    .addColumn('fields_json', 'text', (c) => c.notNull())
    .addColumn('visibility', 'text', (c) => c.notNull())
    .addColumn('records_count', 'bigint', (c) => c.notNull())
    .addColumn('is_partial', 'integer', (c) => c.notNull())
    .addColumn('published_at', 'bigint', (c) => c.notNull())
    .addColumn('data_processed_at', 'bigint', (c) => c.notNull())
    .addColumn('metadata_processed_at', 'bigint', (c) => c.notNull())
    .execute()

  await db.schema
    .createTable('publication_log')
    .addColumn('seq', serial, (c) => (dialect === 'sqlite' ? c.primaryKey().autoIncrement() : c.primaryKey()))
    .addColumn('dataset_uid', 'text', (c) => c.notNull())
    .addColumn('job_uid', 'text', (c) => c.notNull())
    .addColumn('change', 'text', (c) => c.notNull())
    .addColumn('generation_uid', 'text')
    .addColumn('at', 'bigint', (c) => c.notNull())
    .execute()

  await db.schema
    .createTable('versions')
    .addColumn('version_uid', 'text', (c) => c.primaryKey())
    .addColumn('dataset_uid', 'text', (c) =>
      c.notNull().references('datasets.dataset_uid').onDelete('cascade'),
    )
    .addColumn('generation_uid', 'text')
    .addColumn('publication_json', 'text')
    .addColumn('configuration_json', 'text', (c) => c.notNull())
    .addColumn('label', 'text')
    .addColumn('records_count', 'bigint', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('username', 'text', (c) => c.notNull())
    .execute()
  await db.schema
    .createIndex('versions_by_dataset')
    .on('versions')
    .columns(['dataset_uid', 'created_at'])
    .execute()
  await db.schema.createIndex('versions_by_generation').on('versions').column('generation_uid').execute()

  await db.schema
    .createTable('settings')
    .addColumn('key', 'text', (c) => c.primaryKey())
    .addColumn('value', 'text', (c) => c.notNull())
    .execute()
}
