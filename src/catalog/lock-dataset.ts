import type { ControlDb, DatasetRecord } from '../control/index.ts'

/**
 * Takes the dataset's row for the rest of the transaction; whoever goes on to lock a job or to write an event does this
 * first, so that all lock in one order. Null when there is no such dataset.
 */
export async function lockDataset(trx: ControlDb, datasetUid: string): Promise<DatasetRecord | null> {
  const row = await trx
    .updateTable('datasets')
    .set((eb) => ({ dataset_uid: eb.ref('dataset_uid') }))
    .where('dataset_uid', '=', datasetUid)
    .returningAll()
    .executeTakeFirst()
  return row ?? null
}
