import { lockDataset } from '../catalog/index.ts'
import { crashPoint } from '../faults/index.ts'
import { appendEvent, finishUnclaimedJob, requestCancel, type Worker } from '../jobs/index.ts'
import { AppError, toErrorValue } from '../kernel/index.ts'
import { finishAbortOrders } from './abort-orders.ts'
import type { ActionDeps } from './deps.ts'
import { withdrawPublication } from './expose.ts'

/**
 * Deletes a dataset with everything attached to it, at once and for good; a job that runs on it is stopped and ends in
 * error. Its generations are freed by the collector. Errors: catalog.unknown_dataset.
 */
export async function deleteDataset(deps: ActionDeps, worker: Worker, datasetUid: string): Promise<void> {
  const now = deps.clock.now()
  const activeJobUid = await deps.control.db.transaction().execute(async (trx) => {
    const dataset = await lockDataset(trx, datasetUid)
    if (!dataset) throw new AppError('catalog.unknown_dataset', { dataset_uid: datasetUid })
    const jobUid = dataset.active_job_uid
    if (jobUid !== null) {
      const error = toErrorValue(new AppError('actions.dataset_deleted', { dataset_uid: datasetUid }))
      await requestCancel(trx, jobUid, 'discard', now)
      await finishUnclaimedJob(trx, { jobUid, now, outcome: { error } })
      await finishAbortOrders(trx, { datasetUid, abortedJobUid: jobUid, now })
    }
    const { retentionMs } = deps
    await withdrawPublication(trx, { datasetUid, change: 'delete', jobUid: jobUid ?? '', now, retentionMs })
    await trx
      .updateTable('generations')
      .set({ retired_at: 0 })
      .where('dataset_uid', '=', datasetUid)
      .where('state', '=', 'sealed')
      .execute()
    await appendEvent(trx, { subject: datasetUid, jobUid: '', kind: 'dataset.deleted', now, data: {} })
    await trx.deleteFrom('datasets').where('dataset_uid', '=', datasetUid).execute()
    crashPoint('delete.before')
    return jobUid
  })
  crashPoint('delete.after')
  if (activeJobUid !== null) worker.cancel(activeJobUid, 'discard')
  deps.onEvent({ kind: 'publication_switched', datasetUid, change: 'delete', jobUid: activeJobUid ?? '' })
}
