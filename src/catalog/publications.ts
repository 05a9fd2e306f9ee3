import type { ControlDb, PublicationsTable } from '../control/index.ts'

/** By id, or by uid; null when it is not published. Who may see it is for `access` to say. */
export async function findPublication(db: ControlDb, reference: string): Promise<PublicationsTable | null> {
  const row =
    (await db
      .selectFrom('publications')
      .selectAll()
      .where('dataset_id', '=', reference)
      .executeTakeFirst()) ??
    (await db.selectFrom('publications').selectAll().where('dataset_uid', '=', reference).executeTakeFirst())
  return row ?? null
}

export async function listPublications(db: ControlDb): Promise<PublicationsTable[]> {
  return db.selectFrom('publications').selectAll().orderBy('dataset_id').execute()
}

/** Rises with every switch: what a cache of the catalog compares. */
export async function publicationRevision(db: ControlDb): Promise<number> {
  const row = await db
    .selectFrom('publication_log')
    .select((eb) => eb.fn.max('seq').as('seq'))
    .executeTakeFirst()
  return Number(row?.seq ?? 0)
}
