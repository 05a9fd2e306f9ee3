import type { CompiledQuery } from 'kysely'
import { among, type ControlDb, type PublicationsTable } from '../control/index.ts'

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
  return (datasetUids ? all.where(among('dataset_uid', datasetUids)) : all).execute()
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

/** Entries of a dataset that are kept however old they are: what feeds show. */
const keptOfDataset = 100
const keptMs = 86_400_000

/**
 * Forgets old entries beyond the newest of each dataset, but for the newest of each kind, which somebody may still have to be told
 * of; and those of datasets that are gone. The newest of all stays, whosever it is: the revision never falls.
 */
export async function forgetPublicationLog(db: ControlDb, now: number): Promise<void> {
  const long = await db
    .selectFrom('publication_log')
    .select('dataset_uid')
    .groupBy('dataset_uid')
    .having((eb) => eb(eb.fn.countAll(), '>', keptOfDataset))
    .execute()
  const old = () => db.deleteFrom('publication_log').where('at', '<', now - keptMs)
  for (const { dataset_uid } of long) {
    const beyond = await db
      .selectFrom('publication_log')
      .select('seq')
      .where('dataset_uid', '=', dataset_uid)
      .orderBy('seq', 'desc')
      .limit(1)
      .offset(keptOfDataset)
      .executeTakeFirst()
    if (!beyond) continue
    const newest = await db
      .selectFrom('publication_log')
      .select((eb) => eb.fn.max('seq').as('seq'))
      .where('dataset_uid', '=', dataset_uid)
      .groupBy('change')
      .execute()
    await old()
      .where('dataset_uid', '=', dataset_uid)
      .where('seq', '<=', beyond.seq)
      .where(
        'seq',
        'not in',
        newest.map(({ seq }) => Number(seq)),
      )
      .execute()
  }
  await old()
    .where('seq', '<', await publicationRevision(db))
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('datasets')
            .select('dataset_uid')
            .whereRef('datasets.dataset_uid', '=', 'publication_log.dataset_uid'),
        ),
      ),
    )
    .execute()
}
