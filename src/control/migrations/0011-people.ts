import { type ColumnDefinitionBuilder, type Kysely, sql } from 'kysely'

/** Who is signed in, how people are reached and identified, what was done by whom, and who is told of it. */
export async function up(db: Kysely<unknown>, dialect: 'sqlite' | 'postgres'): Promise<void> {
  await createAccountTables(db)
  await createMailTables(db)
  await indexWhatGrows(db)
  await createAuditLog(db, dialect)
}

/** Goes with the account: its name may be somebody else's one day. */
const ofAccount = (column: ColumnDefinitionBuilder) =>
  column.notNull().references('users.username').onDelete('cascade')

async function createAccountTables(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('sessions')
    .addColumn('session_uid', 'text', (c) => c.primaryKey())
    .addColumn('token_hash', 'text', (c) => c.notNull().unique())
    .addColumn('username', 'text', ofAccount)
    .addColumn('credential_digest', 'text', (c) => c.notNull())
    .addColumn('method', 'text', (c) => c.notNull())
    .addColumn('address', 'text', (c) => c.notNull())
    .addColumn('user_agent', 'text')
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('last_seen_at', 'bigint', (c) => c.notNull())
    .addColumn('expires_at', 'bigint', (c) => c.notNull())
    .execute()
  await db.schema.createIndex('sessions_by_username').on('sessions').column('username').execute()

  await db.schema
    .createTable('account_tokens')
    .addColumn('token_hash', 'text', (c) => c.primaryKey())
    .addColumn('purpose', 'text', (c) => c.notNull())
    .addColumn('username', 'text', ofAccount)
    .addColumn('email', 'text')
    .addColumn('credential_digest', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('expires_at', 'bigint', (c) => c.notNull())
    .execute()
  await db.schema.createIndex('account_tokens_by_username').on('account_tokens').column('username').execute()

  await db.schema
    .createTable('account_profiles')
    .addColumn('username', 'text', (c) => c.primaryKey().references('users.username').onDelete('cascade'))
    .addColumn('verified_email', 'text')
    .addColumn('alerts', 'text', (c) => c.notNull())
    .execute()

  await db.schema
    .createTable('openid_identities')
    .addColumn('issuer', 'text', (c) => c.notNull())
    .addColumn('subject', 'text', (c) => c.notNull())
    .addColumn('username', 'text', ofAccount)
    .addColumn('email', 'text')
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('last_used_at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('openid_identities_key', ['issuer', 'subject'])
    .execute()
}

async function createMailTables(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('mails')
    .addColumn('mail_uid', 'text', (c) => c.primaryKey())
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('recipient', 'text', (c) => c.notNull())
    .addColumn('content_sealed', 'text')
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('attempts', 'bigint', (c) => c.notNull())
    .addColumn('last_error', 'text')
    .addColumn('next_attempt_at', 'bigint', (c) => c.notNull())
    .addColumn('expires_at', 'bigint', (c) => c.notNull())
    .addColumn('lease_owner', 'text')
    .addColumn('lease_expires_at', 'bigint')
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('settled_at', 'bigint')
    .execute()
  await db.schema.createIndex('mails_by_state').on('mails').columns(['state', 'next_attempt_at']).execute()

  await db.schema
    .createTable('subscriptions')
    .addColumn('subscription_uid', 'text', (c) => c.primaryKey())
    .addColumn('dataset_uid', 'text', (c) =>
      c.notNull().references('datasets.dataset_uid').onDelete('cascade'),
    )
    .addColumn('email', 'text', (c) => c.notNull())
    .addColumn('username', 'text', (c) => c.references('users.username').onDelete('cascade'))
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('last_number', 'bigint', (c) => c.notNull())
    .addColumn('next_mail_at', 'bigint', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('confirmed_at', 'bigint')
    .addUniqueConstraint('subscriptions_key', ['dataset_uid', 'email'])
    .execute()
  await db.schema
    .createIndex('subscriptions_due')
    .on('subscriptions')
    .columns(['dataset_uid', 'state', 'next_mail_at'])
    .execute()
  await db.schema.createIndex('subscriptions_by_username').on('subscriptions').column('username').execute()
  // Read by dataset from here on: by subscriptions and feeds.
  await db.schema
    .createIndex('publication_log_by_dataset')
    .on('publication_log')
    .columns(['dataset_uid', 'seq'])
    .execute()

  await db.schema
    .alterTable('jobs')
    .addColumn('is_untold', 'integer', (c) => c.notNull().defaultTo(0))
    .execute()
  await sql`create index jobs_untold on jobs (finished_at) where is_untold = 1`.execute(db)
}

/** For what is asked every few seconds of tables that grow for a month, or for ever. */
async function indexWhatGrows(db: Kysely<unknown>): Promise<void> {
  await db.schema.createIndex('jobs_by_end').on('jobs').columns(['state', 'finished_at']).execute()
  await sql`create index webhook_deliveries_heads on webhook_deliveries (webhook_uid, number) where state = 'pending'`.execute(
    db,
  )
  await db.schema
    .createIndex('publications_by_generation')
    .on('publications')
    .column('generation_uid')
    .execute()
  await db.schema
    .createIndex('generations_by_state')
    .on('generations')
    .columns(['state', 'job_uid'])
    .execute()
  await db.schema
    .createIndex('versions_by_kind')
    .on('versions')
    .columns(['dataset_uid', 'is_automatic'])
    .execute()
}

async function createAuditLog(db: Kysely<unknown>, dialect: 'sqlite' | 'postgres'): Promise<void> {
  const isSqlite = dialect === 'sqlite'
  await db.schema
    .createTable('audit_log')
    // A number that was given once is never given again, also after the newest entries are gone.
    .addColumn('seq', isSqlite ? 'integer' : 'bigserial', (c) =>
      isSqlite ? c.primaryKey().autoIncrement() : c.primaryKey(),
    )
    .addColumn('at', 'bigint', (c) => c.notNull())
    .addColumn('username', 'text')
    .addColumn('via', 'text')
    .addColumn('key_uid', 'text')
    .addColumn('address', 'text')
    .addColumn('action', 'text', (c) => c.notNull())
    .addColumn('target_type', 'text')
    .addColumn('target', 'text')
    .addColumn('outcome', 'text', (c) => c.notNull())
    .addColumn('details_json', 'text', (c) => c.notNull())
    .execute()
  for (const column of ['at', 'username', 'target', 'action', 'outcome', 'address']) {
    await db.schema.createIndex(`audit_log_by_${column}`).on('audit_log').columns([column, 'seq']).execute()
  }
  // Entries are written and, when they are old enough, forgotten: never changed.
  if (isSqlite) {
    await sql`create trigger audit_log_is_append_only before update on audit_log
      begin select raise(abort, 'the audit log is append-only'); end`.execute(db)
    return
  }
  await sql`create or replace function audit_log_is_append_only() returns trigger language plpgsql as $$
    begin raise exception 'the audit log is append-only'; end $$`.execute(db)
  await sql`create trigger audit_log_is_append_only before update on audit_log
    for each row execute function audit_log_is_append_only()`.execute(db)
}
