import type { ControlDb } from '../control/index.ts'
import type { Field, Manifest } from '../kernel/index.ts'

/** A sealed generation of a dataset that is still kept; null when it is gone, or another dataset's. */
export async function findGeneration(
  db: ControlDb,
  datasetUid: string,
  generationUid: string,
): Promise<{ readonly fields: readonly Field[]; readonly recordsCount: number } | null> {
  const row = await db
    .selectFrom('generations')
    .select(['manifest_json', 'records_count'])
    .where('generation_uid', '=', generationUid)
    .where('dataset_uid', '=', datasetUid)
    .where('state', '=', 'sealed')
    .executeTakeFirst()
  if (!row?.manifest_json) return null
  const manifest = JSON.parse(row.manifest_json) as Manifest
  return { fields: manifest.fields, recordsCount: row.records_count }
}
