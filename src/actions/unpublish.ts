import { crashPoint } from '../faults/index.ts'
import { finishJob, type JobContext, type JobHandler } from '../jobs/index.ts'
import { dropPushed } from '../realtime/index.ts'
import { finishAbortOrders } from './abort-orders.ts'
import type { ActionDeps } from './deps.ts'
import { withdrawPublication } from './expose.ts'
import { failAction, startAction } from './handler-steps.ts'
import { moveStatus } from './move-status.ts'

/** unpublish: no byte is deleted here; the pointer goes, and with it the dataset from every route of the search API. */
export function unpublishHandler(deps: ActionDeps): JobHandler {
  return {
    run: (context) => unpublish(deps, context),
    fail: (context, error) => failAction(deps, context, error),
  }
}

async function unpublish(deps: ActionDeps, context: JobContext): Promise<void> {
  const { jobUid, subject: datasetUid } = context.job
  if (!(await startAction(deps, context, 'start_deleting'))) return
  const { retentionMs } = deps
  const now = deps.clock.now()
  await deps.control.db.transaction().execute(async (trx) => {
    await withdrawPublication(trx, { datasetUid, change: 'unpublish', jobUid, now, retentionMs })
    await dropPushed(trx, datasetUid)
    await moveStatus(trx, datasetUid, { event: 'succeed', now, jobUid: null, recordErrorsCount: 0 })
    const outcome = { result: { dataset_uid: datasetUid, published: false } }
    await finishJob(trx, { jobUid, owner: context.owner, now, outcome })
    await finishAbortOrders(trx, { datasetUid, abortedJobUid: jobUid, now })
    crashPoint('unpublish.before')
  })
  crashPoint('unpublish.after')
  deps.onEvent({ kind: 'publication_switched', datasetUid, change: 'unpublish', jobUid })
}
