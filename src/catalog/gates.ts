import { type Gates, readGates } from '../checks/index.ts'
import type { ControlDb } from '../control/index.ts'
import type { JsonObject } from '../kernel/index.ts'

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

export async function setGates(
  db: ControlDb,
  change: {
    readonly datasetUid: string
    readonly gates: Gates
    readonly username: string
    readonly now: number
  },
): Promise<void> {
  const row = {
    dataset_uid: change.datasetUid,
    gates_json: JSON.stringify(change.gates),
    username: change.username,
    changed_at: change.now,
  }
  await db
    .insertInto('gates')
    .values(row)
    .onConflict((conflict) => conflict.column('dataset_uid').doUpdateSet(row))
    .execute()
}

export async function deleteGates(db: ControlDb, datasetUid: string): Promise<void> {
  await db.deleteFrom('gates').where('dataset_uid', '=', datasetUid).execute()
}
