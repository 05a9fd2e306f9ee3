import type { Kysely } from 'kysely'

/** What keeps datasets up to date by itself: harvesters, schedules of datasets and harvesters, and records that are pushed. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('harvesters')
    .addColumn('harvester_uid', 'text', (c) => c.primaryKey())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('type', 'text', (c) => c.notNull())
    .addColumn('params_json', 'text', (c) => c.notNull())
    .addColumn('status', 'text', (c) => c.notNull())
    .addColumn('active_job_uid', 'text')
    .addColumn('username', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('last_modified_at', 'bigint', (c) => c.notNull())
    .addColumn('last_modified_by', 'text', (c) => c.notNull())
    .addColumn('last_started_at', 'bigint')
    .addColumn('last_success_at', 'bigint')
    .addColumn('last_error_json', 'text')
    .addColumn('last_report_json', 'text')
    .execute()

  await db.schema
    .createTable('harvested_datasets')
    .addColumn('harvester_uid', 'text', (c) =>
      c.notNull().references('harvesters.harvester_uid').onDelete('cascade'),
    )
    .addColumn('remote_id', 'text', (c) => c.notNull())
    .addColumn('dataset_uid', 'text', (c) => c.references('datasets.dataset_uid').onDelete('cascade'))
    .addColumn('title', 'text', (c) => c.notNull())
    .addColumn('applied_json', 'text')
    .addColumn('change', 'text', (c) => c.notNull())
    .addColumn('details_json', 'text', (c) => c.notNull())
    .addColumn('error_json', 'text')
    .addColumn('job_uid', 'text', (c) => c.notNull())
    .addColumn('seen_at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('harvested_datasets_key', ['harvester_uid', 'remote_id'])
    .execute()
  await db.schema
    .createIndex('harvested_datasets_by_dataset')
    .on('harvested_datasets')
    .column('dataset_uid')
    .execute()

  await db.schema
    .createTable('schedules')
    .addColumn('schedule_uid', 'text', (c) => c.primaryKey())
    .addColumn('dataset_uid', 'text', (c) => c.references('datasets.dataset_uid').onDelete('cascade'))
    .addColumn('harvester_uid', 'text', (c) => c.references('harvesters.harvester_uid').onDelete('cascade'))
    .addColumn('cron_schedule', 'text', (c) => c.notNull())
    .addColumn('timezone', 'text', (c) => c.notNull())
    .addColumn('username', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('due_at', 'bigint', (c) => c.notNull())
    .execute()
  for (const column of ['due_at', 'dataset_uid', 'harvester_uid']) {
    await db.schema.createIndex(`schedules_by_${column}`).on('schedules').column(column).execute()
  }

  await db.schema
    .createTable('schedule_runs')
    .addColumn('schedule_uid', 'text', (c) =>
      c.notNull().references('schedules.schedule_uid').onDelete('cascade'),
    )
    .addColumn('due_at', 'bigint', (c) => c.notNull())
    .addColumn('fired_at', 'bigint', (c) => c.notNull())
    .addColumn('outcome', 'text', (c) => c.notNull())
    .addColumn('job_uid', 'text')
    .addColumn('reason_json', 'text')
    .addColumn('missed_count', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('schedule_runs_key', ['schedule_uid', 'due_at'])
    .execute()

  await db.schema
    .createTable('realtime_resources')
    .addColumn('resource_uid', 'text', (c) => c.primaryKey())
    .addColumn('dataset_uid', 'text', (c) =>
      c.notNull().references('datasets.dataset_uid').onDelete('cascade'),
    )
    .addColumn('key_hash', 'text', (c) => c.notNull())
    .addColumn('is_enabled', 'bigint', (c) => c.notNull())
    .addColumn('username', 'text', (c) => c.notNull())
    .addColumn('last_seq', 'bigint', (c) => c.notNull())
    .addColumn('live_after_seq', 'bigint', (c) => c.notNull())
    .addColumn('dropped_after_seq', 'bigint')
    .addColumn('gathered_seq', 'bigint', (c) => c.notNull())
    .addColumn('published_seq', 'bigint', (c) => c.notNull())
    .addColumn('next_order_at', 'bigint', (c) => c.notNull())
    .addColumn('last_push_at', 'bigint')
    .execute()
  await db.schema
    .createIndex('realtime_resources_by_dataset')
    .on('realtime_resources')
    .column('dataset_uid')
    .execute()

  await db.schema
    .createTable('realtime_pushes')
    .addColumn('resource_uid', 'text', (c) =>
      c.notNull().references('realtime_resources.resource_uid').onDelete('cascade'),
    )
    .addColumn('seq', 'bigint', (c) => c.notNull())
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('body_json', 'text', (c) => c.notNull())
    .addColumn('records_count', 'bigint', (c) => c.notNull())
    .addColumn('bytes', 'bigint', (c) => c.notNull())
    .addColumn('pushed_at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('realtime_pushes_key', ['resource_uid', 'seq'])
    .execute()
}
