import type { ControlDb } from '../control/index.ts'
import { finishUnclaimedJob, unfinishedStates } from '../jobs/index.ts'

/** Ends the abort orders of a dataset, in the transaction that ends the job they were for. */
export async function finishAbortOrders(
  trx: ControlDb,
  end: { datasetUid: string; abortedJobUid: string; now: number },
): Promise<void> {
  const orders = await trx
    .selectFrom('jobs')
    .select('job_uid')
    .where('subject', '=', end.datasetUid)
    .where('function', '=', 'abort_processing')
    .where('state', 'in', unfinishedStates)
    .execute()
  for (const order of orders) {
    await finishUnclaimedJob(trx, {
      jobUid: order.job_uid,
      now: end.now,
      outcome: { result: { dataset_uid: end.datasetUid, aborted_job_id: end.abortedJobUid } },
    })
  }
}
