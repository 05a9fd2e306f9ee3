import type { ControlDb } from '../control/index.ts'
import { crashPoint } from '../faults/index.ts'
import type { Clock, Ids, SecretBox } from '../kernel/index.ts'
import { type Configuration, readConfiguration } from './configuration.ts'
import { recordChange } from './record-change.ts'

export interface CatalogDeps {
  readonly db: ControlDb
  readonly clock: Clock
  readonly ids: Ids
}

/** For what holds secrets. */
export interface SecretDeps {
  readonly secrets: SecretBox
}

/** For edits: who makes them. */
export interface EditorDeps extends CatalogDeps {
  readonly username: string
}

/**
 * Every edit of a dataset's configuration passes here: `edit` and the change it made are one transaction. `edit` gets
 * the configuration as it was. `deps.db` may be a transaction, which it is part of then. Errors: catalog.unknown_dataset,
 * and those of `edit`.
 */
export async function editDataset<T>(
  deps: EditorDeps,
  datasetUid: string,
  kind: 'edit' | 'restore_change',
  edit: (trx: ControlDb, before: Configuration) => Promise<T>,
): Promise<T> {
  const now = deps.clock.now()
  const edited = await within(deps.db, async (trx) => {
    // Written first: on PostgreSQL, two edits of one dataset then see each other's work, not half of it.
    await touchDataset(trx, datasetUid, now)
    const before = await readConfiguration(trx, datasetUid)
    const result = await edit(trx, before)
    const after = await readConfiguration(trx, datasetUid)
    const { username } = deps
    await recordChange(trx, { datasetUid, username, now, kind, configuration: { before, after } })
    crashPoint('edit.before')
    return result
  })
  crashPoint('edit.after')
  return edited
}

/** In a transaction that the caller has begun, several edits are one. */
export function within<T>(db: ControlDb, work: (trx: ControlDb) => Promise<T>): Promise<T> {
  return db.isTransaction ? work(db) : db.transaction().execute(work)
}

async function touchDataset(db: ControlDb, datasetUid: string, now: number): Promise<void> {
  await db
    .updateTable('datasets')
    .set((eb) => ({ last_modified_at: now, configuration_revision: eb('configuration_revision', '+', 1) }))
    .where('dataset_uid', '=', datasetUid)
    .execute()
}
