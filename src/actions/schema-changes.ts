/** How the fields of a publish differ from those that readers had last. */
import { compareFields, type FieldChanges } from '../checks/index.ts'
import type { ControlDb, PublicationsTable } from '../control/index.ts'
import type { Field, JsonObject } from '../kernel/index.ts'
import { findPublication } from './expose.ts'

/**
 * What has been added, removed, retyped and relabelled since the last publication, also one that has been withdrawn and is
 * kept. Null: there is none, or nothing differs. Call it before the switch.
 */
export async function findSchemaChanges(
  db: ControlDb,
  datasetUid: string,
  fields: readonly Field[],
): Promise<JsonObject | null> {
  const last = await findLastPublication(db, datasetUid)
  if (!last) return null
  const changes: FieldChanges = compareFields(JSON.parse(last.fields_json) as Field[], fields)
  const isSame = Object.values(changes).every((of) => of.length === 0)
  return isSame ? null : ({ from: last.generation_uid, ...changes } as unknown as JsonObject)
}

async function findLastPublication(
  db: ControlDb,
  datasetUid: string,
): Promise<Pick<PublicationsTable, 'generation_uid' | 'fields_json'> | null> {
  const current = await findPublication(db, datasetUid)
  if (current) return current
  const withdrawn = await db
    .selectFrom('withdrawn_publications')
    .select('publication_json')
    .where('dataset_uid', '=', datasetUid)
    .executeTakeFirst()
  return withdrawn ? (JSON.parse(withdrawn.publication_json) as PublicationsTable) : null
}
