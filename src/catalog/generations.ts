import type { ControlDb } from '../control/index.ts'
import { AppError, type Manifest } from '../kernel/index.ts'

export interface GenerationEntry {
  readonly generation_uid: string
  readonly job_uid: string
  /** `current`: readers see it. `pinned`: a version names it. `retained`: nothing does, until the retention ends. */
  readonly state: 'current' | 'pinned' | 'retained'
  /** Versions that pin it, also when it is current. */
  readonly versions: readonly string[]
  readonly created_at: number
  /** Since when nothing names it; null while something does. */
  readonly retired_at: number | null
  readonly manifest: Manifest
}

/** Sealed generations of a dataset that are kept, newest first. */
export async function listGenerations(
  db: ControlDb,
  datasetUid: string,
  page: { readonly limit: number; readonly offset: number },
): Promise<GenerationEntry[]> {
  const rows = await db
    .selectFrom('generations')
    .leftJoin('publications', 'publications.generation_uid', 'generations.generation_uid')
    .select([
      'generations.generation_uid',
      'generations.job_uid',
      'generations.manifest_json',
      'generations.created_at',
      'generations.retired_at',
      'publications.dataset_uid as current_of',
    ])
    .where('generations.dataset_uid', '=', datasetUid)
    .where('generations.state', '=', 'sealed')
    .where('generations.manifest_json', 'is not', null)
    .orderBy('generations.created_at', 'desc')
    .orderBy('generations.generation_uid')
    .limit(page.limit)
    .offset(page.offset)
    .execute()
  const pins = await db
    .selectFrom('versions')
    .select(['version_uid', 'generation_uid'])
    .where('dataset_uid', '=', datasetUid)
    .orderBy('created_at')
    .execute()
  return rows.map((row) => {
    const { generation_uid, job_uid, created_at, current_of } = row
    const versions = pins.flatMap((pin) => (pin.generation_uid === generation_uid ? [pin.version_uid] : []))
    const state = current_of !== null ? 'current' : versions.length > 0 ? 'pinned' : 'retained'
    const retired_at = state === 'retained' ? row.retired_at : null
    const manifest = JSON.parse(row.manifest_json!) as Manifest
    return { generation_uid, job_uid, state, versions, created_at, retired_at, manifest }
  })
}

/** The manifest of a sealed generation of the dataset that is kept; null when it is gone, or another dataset's. */
export async function findManifest(
  db: ControlDb,
  datasetUid: string,
  generationUid: string,
): Promise<Manifest | null> {
  const row = await db
    .selectFrom('generations')
    .select('manifest_json')
    .where('generation_uid', '=', generationUid)
    .where('dataset_uid', '=', datasetUid)
    .where('state', '=', 'sealed')
    .executeTakeFirst()
  return row?.manifest_json ? JSON.parse(row.manifest_json) : null
}

/** As `findManifest`. Errors: catalog.unknown_generation. */
export async function readManifest(
  db: ControlDb,
  datasetUid: string,
  generationUid: string,
): Promise<Manifest> {
  const manifest = await findManifest(db, datasetUid, generationUid)
  if (manifest) return manifest
  throw new AppError('catalog.unknown_generation', { generation_uid: generationUid.slice(0, 64) })
}
