import type { Kysely } from 'kysely'

/**
 * What an OpenID provider said of who signed in, sealed: it is shown to the provider when the session is signed out. And
 * whether a harvester is deleted with its datasets, so that another process can do so to the end. And how many calls an API
 * key is good for.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('sessions').addColumn('id_token_sealed', 'text').execute()
  await db.schema.alterTable('harvesters').addColumn('deletes_datasets', 'integer').execute()
  await db.schema
    .alterTable('api_keys')
    .addColumn('quotas_json', 'text', (c) => c.notNull().defaultTo('{}'))
    .execute()
}
