import { type Kysely, sql } from 'kysely'

/** What jobs say of themselves: events, attempts, expectations; idempotency keys; webhooks and their deliveries. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const counter = (table: string, column: string, fallback: number) =>
    db.schema
      .alterTable(table)
      .addColumn(column, 'integer', (c) => c.notNull().defaultTo(fallback))
      .execute()
  await counter('jobs', 'is_large', 0)
  await counter('jobs', 'has_events', 1)
  await db.schema
    .alterTable('jobs')
    .addColumn('attempts_json', 'text', (c) => c.notNull().defaultTo('[]'))
    .execute()
  await db.schema.alterTable('jobs').addColumn('expectation_json', 'text').execute()

  await db.schema
    .createTable('event_counters')
    .addColumn('subject', 'text', (c) => c.primaryKey())
    .addColumn('last_number', 'bigint', (c) => c.notNull())
    .execute()
  await db.schema
    .createTable('job_events')
    .addColumn('subject', 'text', (c) => c.notNull())
    .addColumn('number', 'bigint', (c) => c.notNull())
    .addColumn('job_uid', 'text', (c) => c.notNull())
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('data_json', 'text', (c) => c.notNull())
    .addColumn('is_superseded', 'integer', (c) => c.notNull())
    .addColumn('at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('job_events_by_number', ['subject', 'number'])
    .execute()
  await db.schema.createIndex('job_events_by_job').on('job_events').columns(['job_uid', 'number']).execute()
  await db.schema.createIndex('job_events_by_age').on('job_events').column('at').execute()

  await db.schema
    .createTable('idempotency_keys')
    .addColumn('username', 'text', (c) => c.notNull())
    .addColumn('idempotency_key', 'text', (c) => c.notNull())
    .addColumn('dataset_uid', 'text', (c) => c.notNull())
    .addColumn('action', 'text', (c) => c.notNull())
    .addColumn('params_json', 'text', (c) => c.notNull())
    .addColumn('job_uid', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('idempotency_keys_by_user', ['username', 'idempotency_key'])
    .execute()
  await db.schema.createIndex('idempotency_keys_by_age').on('idempotency_keys').column('created_at').execute()

  // No reference to datasets: who is told of a deletion must outlive the dataset until it has been told.
  await db.schema
    .createTable('webhooks')
    .addColumn('webhook_uid', 'text', (c) => c.primaryKey())
    .addColumn('dataset_uid', 'text', (c) => c.notNull())
    .addColumn('url', 'text', (c) => c.notNull())
    .addColumn('events_json', 'text', (c) => c.notNull())
    .addColumn('label', 'text')
    .addColumn('secret', 'text', (c) => c.notNull())
    .addColumn('is_active', 'integer', (c) => c.notNull())
    .addColumn('last_number', 'bigint', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('username', 'text', (c) => c.notNull())
    .execute()
  await db.schema.createIndex('webhooks_by_dataset').on('webhooks').column('dataset_uid').execute()
  await db.schema
    .createTable('webhook_deliveries')
    .addColumn('delivery_uid', 'text', (c) => c.primaryKey())
    .addColumn('webhook_uid', 'text', (c) =>
      c.notNull().references('webhooks.webhook_uid').onDelete('cascade'),
    )
    .addColumn('number', 'bigint', (c) => c.notNull())
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('payload_json', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('attempts_json', 'text', (c) => c.notNull())
    .addColumn('attempts', 'integer', (c) => c.notNull())
    .addColumn('next_attempt_at', 'bigint', (c) => c.notNull())
    .addColumn('lease_owner', 'text')
    .addColumn('lease_expires_at', 'bigint')
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('settled_at', 'bigint')
    .addUniqueConstraint('webhook_deliveries_in_order', ['webhook_uid', 'number'])
    .execute()
  await sql`create index webhook_deliveries_pending on webhook_deliveries (next_attempt_at) where state = 'pending'`.execute(
    db,
  )
}
