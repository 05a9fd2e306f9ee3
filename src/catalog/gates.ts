import { type Gates, readGates } from '../checks/index.ts'
import type { ControlDb } from '../control/index.ts'
import type { JsonObject, JsonValue } from '../kernel/index.ts'
import { diffValue } from './configuration-diff.ts'
import type { EditorDeps } from './edit-dataset.ts'
import { lockDataset } from './lock-dataset.ts'
import { recordChange } from './record-change.ts'

/** The gates of a dataset; null: none were ever set. */
export async function findGates(db: ControlDb, datasetUid: string): Promise<Gates | null> {
  const row = await db
    .selectFrom('gates')
    .select('gates_json')
    .where('dataset_uid', '=', datasetUid)
    .executeTakeFirst()
  // Read like a request's body: gates that a later release adds get their defaults.
  return row ? readGates(JSON.parse(row.gates_json) as JsonObject) : null
}

/** Sets the gates, or takes them away (null), and says so among the changes: an edit of what a publish must pass. */
export async function setGates(
  { db, clock, username }: EditorDeps,
  datasetUid: string,
  gates: Gates | null,
): Promise<void> {
  const now = clock.now()
  await db.transaction().execute(async (trx) => {
    await lockDataset(trx, datasetUid)
    const before = await findGates(trx, datasetUid)
    if (gates === null) await trx.deleteFrom('gates').where('dataset_uid', '=', datasetUid).execute()
    else {
      const row = { dataset_uid: datasetUid, gates_json: JSON.stringify(gates), username, changed_at: now }
      await trx
        .insertInto('gates')
        .values(row)
        .onConflict((conflict) => conflict.column('dataset_uid').doUpdateSet(row))
        .execute()
    }
    const diff = { gates: diffValue(['gates'], before as JsonValue, gates as JsonValue) }
    await recordChange(trx, { datasetUid, username, now, kind: 'edit', diff })
  })
}
