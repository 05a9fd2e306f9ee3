import { findManifest } from '../catalog/index.ts'
import type { ControlDb, PublicationsTable } from '../control/index.ts'
import { AppError, type Field } from '../kernel/index.ts'

/** A state of a dataset that can be compared: a generation, with all its fields as readers saw them. */
export interface NamedState {
  readonly generationUid: string
  readonly fields: readonly Field[]
  /** Of its records; milliseconds. */
  readonly dataProcessedAt: number
}

/**
 * The state that a reference names: `current`, the uid of a saved version (`ch_...`) or of a generation that is still
 * kept (`ge_...`). Of another dataset, or removed: it does not exist.
 * Errors: checks.nothing_published, checks.unknown_state.
 */
export async function findState(db: ControlDb, datasetUid: string, reference: string): Promise<NamedState> {
  if (reference === 'current') {
    const row = await db
      .selectFrom('publications')
      .select(['generation_uid', 'fields_json', 'data_processed_at'])
      .where('dataset_uid', '=', datasetUid)
      .executeTakeFirst()
    if (!row) throw new AppError('checks.nothing_published', { dataset_uid: datasetUid })
    return stateOf(row)
  }
  const unknown = () => new AppError('checks.unknown_state', { reference: reference.slice(0, 60) })
  if (reference.startsWith('ch_')) {
    const state = await findVersionState(db, datasetUid, reference)
    if (!state) throw unknown()
    return state
  }
  const manifest = await findManifest(db, datasetUid, reference)
  if (!manifest) throw unknown()
  return {
    generationUid: reference,
    fields: manifest.fields,
    dataProcessedAt: Date.parse(manifest.created_at),
  }
}

function stateOf(
  row: Pick<PublicationsTable, 'generation_uid' | 'fields_json' | 'data_processed_at'>,
): NamedState {
  return {
    generationUid: row.generation_uid,
    fields: JSON.parse(row.fields_json),
    dataProcessedAt: row.data_processed_at,
  }
}

async function findVersionState(
  db: ControlDb,
  datasetUid: string,
  versionUid: string,
): Promise<NamedState | null> {
  const row = await db
    .selectFrom('versions')
    .select('publication_json')
    .where('version_uid', '=', versionUid)
    .where('dataset_uid', '=', datasetUid)
    .executeTakeFirst()
  if (!row || row.publication_json === null) return null
  return stateOf(JSON.parse(row.publication_json) as PublicationsTable)
}
