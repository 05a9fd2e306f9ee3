import type { CompiledQuery } from 'kysely'
import type { ControlDb, PublicationsTable } from '../control/index.ts'

/** By id, or by uid; null when it is not published. Who may see it is for `access` to say. */
export async function findPublication(db: ControlDb, reference: string): Promise<PublicationsTable | null> {
  return (await findBy(db, 'dataset_id', reference)) ?? (await findBy(db, 'dataset_uid', reference))
}

type Key = 'dataset_id' | 'dataset_uid'
/** By database: every read of the search API begins with this statement, and writing it costs more than running it. */
const compiled = new WeakMap<ControlDb, Record<Key, CompiledQuery<PublicationsTable>>>()

async function findBy(db: ControlDb, key: Key, reference: string): Promise<PublicationsTable | null> {
  let queries = compiled.get(db)
  if (!queries) {
    const by = (name: Key) => db.selectFrom('publications').selectAll().where(name, '=', '').compile()
    queries = { dataset_id: by('dataset_id'), dataset_uid: by('dataset_uid') }
    compiled.set(db, queries)
  }
  const { rows } = await db.executeQuery<PublicationsTable>({ ...queries[key], parameters: [reference] })
  return rows[0] ?? null
}

/** All, or those of some datasets. */
export async function listPublications(
  db: ControlDb,
  datasetUids?: readonly string[],
): Promise<PublicationsTable[]> {
  const all = db.selectFrom('publications').selectAll().orderBy('dataset_id')
  return (datasetUids ? all.where('dataset_uid', 'in', [...datasetUids]) : all).execute()
}

/** Tells those who keep the catalog that a dataset is shown otherwise than before, if it is published. */
export async function notePublicationShown(trx: ControlDb, datasetUid: string, now: number): Promise<void> {
  const published = await trx
    .selectFrom('publications')
    .select('generation_uid')
    .where('dataset_uid', '=', datasetUid)
    .executeTakeFirst()
  if (!published) return
  const { generation_uid } = published
  await trx
    .insertInto('publication_log')
    .values({ dataset_uid: datasetUid, job_uid: '', change: 'security', generation_uid, at: now })
    .execute()
}

/** Rises with every switch: what a cache of the catalog compares. */
export async function publicationRevision(db: ControlDb): Promise<number> {
  const row = await db
    .selectFrom('publication_log')
    .select((eb) => eb.fn.max('seq').as('seq'))
    .executeTakeFirst()
  return Number(row?.seq ?? 0)
}
