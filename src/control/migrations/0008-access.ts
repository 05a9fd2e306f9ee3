import { type Kysely, sql } from 'kysely'

/** Who may do what: groups, what a key is limited to, who sees what of a dataset, and calls that are counted. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await makePasswordOptional(db)
  for (const [name, type, initial] of [
    ['first_name', 'text', ''],
    ['last_name', 'text', ''],
    ['account_type', 'text', 'local'],
    ['quotas_json', 'text', '{}'],
    ['limits_json', 'text', '{}'],
  ] as const) {
    await db.schema
      .alterTable('users')
      .addColumn(name, type, (c) => c.notNull().defaultTo(initial))
      .execute()
  }
  for (const name of ['last_seen_at', 'expires_at'] as const) {
    await db.schema.alterTable('users').addColumn(name, 'bigint').execute()
  }

  await db.schema
    .createTable('groups')
    .addColumn('group_id', 'text', (c) => c.primaryKey())
    .addColumn('title', 'text', (c) => c.notNull())
    .addColumn('description', 'text', (c) => c.notNull())
    .addColumn('permissions_json', 'text', (c) => c.notNull())
    .addColumn('quotas_json', 'text', (c) => c.notNull())
    .addColumn('limits_json', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('created_by', 'text', (c) => c.notNull())
    .addColumn('updated_at', 'bigint', (c) => c.notNull())
    .addColumn('updated_by', 'text', (c) => c.notNull())
    .execute()
  await db.schema
    .createTable('group_members')
    .addColumn('group_id', 'text', (c) => c.notNull().references('groups.group_id').onDelete('cascade'))
    .addColumn('username', 'text', (c) => c.notNull().references('users.username').onDelete('cascade'))
    .addPrimaryKeyConstraint('group_members_key', ['group_id', 'username'])
    .execute()
  await db.schema.createIndex('group_members_by_username').on('group_members').column('username').execute()

  for (const [name, type] of [
    ['datasets_json', 'text'],
    ['expires_at', 'bigint'],
    ['revoked_at', 'bigint'],
    ['revocation_reason', 'text'],
  ] as const) {
    await db.schema.alterTable('api_keys').addColumn(name, type).execute()
  }
  await db.schema.createIndex('api_keys_by_owner').on('api_keys').column('owner').execute()

  await db.schema
    .createTable('dataset_rulesets')
    .addColumn('dataset_uid', 'text', (c) =>
      c.notNull().references('datasets.dataset_uid').onDelete('cascade'),
    )
    .addColumn('target', 'text', (c) => c.notNull())
    .addColumn('target_id', 'text', (c) => c.notNull())
    .addColumn('is_data_visible', 'integer', (c) => c.notNull())
    .addColumn('visible_fields_json', 'text')
    .addColumn('filter_query', 'text', (c) => c.notNull())
    .addColumn('permissions_json', 'text', (c) => c.notNull())
    .addColumn('api_calls_quota_json', 'text')
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('updated_at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('dataset_rulesets_key', ['dataset_uid', 'target', 'target_id'])
    .execute()
  await db.schema
    .createIndex('dataset_rulesets_by_target')
    .on('dataset_rulesets')
    .columns(['target', 'target_id'])
    .execute()

  await db.schema
    .createTable('counted_calls')
    .addColumn('subject', 'text', (c) => c.notNull())
    .addColumn('unit', 'text', (c) => c.notNull())
    .addColumn('began_at', 'bigint', (c) => c.notNull())
    .addColumn('calls', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('counted_calls_key', ['subject', 'unit'])
    .execute()
}

/** SQLite cannot lift a `not null`, and a table that others refer to is not made anew lightly. */
async function makePasswordOptional(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('users').addColumn('password_hash_or_null', 'text').execute()
  await sql`update users set password_hash_or_null = password_hash`.execute(db)
  await db.schema.alterTable('users').dropColumn('password_hash').execute()
  await db.schema.alterTable('users').renameColumn('password_hash_or_null', 'password_hash').execute()
}
