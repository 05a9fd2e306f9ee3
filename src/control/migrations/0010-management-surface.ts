import { type Kysely, sql } from 'kysely'

/**
 * What datasets are offered and described with beside their records: attached files, metadata templates; and what the
 * domain itself shows: pages and images.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await attachedFiles(db)
  await db.schema
    .createTable('metadata_templates')
    .addColumn('name', 'text', (c) => c.primaryKey())
    .addColumn('type', 'text', (c) => c.notNull())
    .addColumn('title', 'text', (c) => c.notNull())
    .addColumn('is_active', 'bigint', (c) => c.notNull())
    .addColumn('fields_json', 'text')
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('created_by', 'text', (c) => c.notNull())
    .addColumn('updated_at', 'bigint', (c) => c.notNull())
    .addColumn('updated_by', 'text', (c) => c.notNull())
    .execute()
  await pagesAndImages(db)
}

async function attachedFiles(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('attached_files')
    .addColumn('attached_uid', 'text', (c) => c.primaryKey())
    .addColumn('dataset_uid', 'text', (c) =>
      c.notNull().references('datasets.dataset_uid').onDelete('cascade'),
    )
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('position', 'bigint', (c) => c.notNull())
    .addColumn('title', 'text', (c) => c.notNull())
    .addColumn('description', 'text', (c) => c.notNull())
    .addColumn('url', 'text', (c) => c.notNull())
    .addColumn('filename', 'text')
    .addColumn('mimetype', 'text')
    .addColumn('bytes', 'bigint')
    .addColumn('sha256', 'text')
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('updated_at', 'bigint', (c) => c.notNull())
    .execute()
  await db.schema
    .createIndex('attached_files_by_dataset')
    .on('attached_files')
    .column('dataset_uid')
    .execute()
  await db.schema
    .createTable('attached_blobs')
    .addColumn('dataset_uid', 'text', (c) =>
      c.notNull().references('datasets.dataset_uid').onDelete('cascade'),
    )
    .addColumn('sha256', 'text', (c) => c.notNull())
    .addColumn('bytes', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('attached_blobs_key', ['dataset_uid', 'sha256'])
    .execute()
  await db.schema
    .alterTable('publications')
    .addColumn('attached_json', 'text', (c) => c.notNull().defaultTo(sql.lit('[]')))
    .execute()
}

async function pagesAndImages(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('pages')
    .addColumn('slug', 'text', (c) => c.primaryKey())
    .addColumn('title_json', 'text', (c) => c.notNull())
    .addColumn('description', 'text', (c) => c.notNull())
    .addColumn('template', 'text', (c) => c.notNull())
    .addColumn('content_json', 'text', (c) => c.notNull())
    .addColumn('tags_json', 'text', (c) => c.notNull())
    .addColumn('is_restricted', 'bigint', (c) => c.notNull())
    .addColumn('is_archived', 'bigint', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('author', 'text', (c) => c.notNull())
    .addColumn('last_modified_at', 'bigint', (c) => c.notNull())
    .addColumn('last_modified_by', 'text', (c) => c.notNull())
    .execute()
  await db.schema
    .createTable('page_rights')
    .addColumn('slug', 'text', (c) =>
      c.notNull().references('pages.slug').onDelete('cascade').onUpdate('cascade'),
    )
    .addColumn('subject_kind', 'text', (c) => c.notNull())
    .addColumn('subject', 'text', (c) => c.notNull())
    .addColumn('permissions_json', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('updated_at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('page_rights_key', ['slug', 'subject_kind', 'subject'])
    .execute()
  await db.schema
    .createTable('images')
    .addColumn('image_uid', 'text', (c) => c.primaryKey())
    .addColumn('filename', 'text', (c) => c.notNull())
    .addColumn('mimetype', 'text', (c) => c.notNull())
    .addColumn('bytes', 'bigint', (c) => c.notNull())
    .addColumn('sha256', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('username', 'text', (c) => c.notNull())
    .execute()
}
