import { lockDataset } from '../catalog/index.ts'
import { crashPoint } from '../faults/index.ts'
import { finishJob, type JobContext } from '../jobs/index.ts'
import { AppError, type ErrorValue, toErrorValue } from '../kernel/index.ts'
import { finishAbortOrders } from './abort-orders.ts'
import type { ActionDeps } from './deps.ts'
import { moveStatus } from './move-status.ts'
import { returnToRest } from './orders.ts'
import type { Status, StatusEvent } from './status.ts'

/**
 * Begins an action: the dataset leaves `queued`. False when the order was cancelled in the moment between being taken
 * and being started: the job has ended and the dataset rests as before.
 */
export async function startAction(
  deps: ActionDeps,
  context: JobContext,
  event: StatusEvent,
): Promise<boolean> {
  const { job, owner } = context
  const now = deps.clock.now()
  const isStarted = await deps.control.db.transaction().execute(async (trx) => {
    await lockDataset(trx, job.subject)
    const row = await trx
      .selectFrom('jobs')
      .innerJoin('datasets', 'datasets.dataset_uid', 'jobs.subject')
      .select(['jobs.cancel_requested', 'datasets.status'])
      .where('jobs.job_uid', '=', job.jobUid)
      .executeTakeFirst()
    if (!row) throw new AppError('catalog.unknown_dataset', { dataset_uid: job.subject })
    if (row.cancel_requested !== null && row.status === 'queued') {
      const outcome = { result: { dataset_uid: job.subject, aborted: true } }
      await finishJob(trx, { jobUid: job.jobUid, owner, now, outcome })
      await returnToRest(trx, job.subject, job.jobUid, now)
      return false
    }
    await moveStatus(trx, job.subject, { event, now })
    crashPoint('start.before')
    return true
  })
  if (isStarted) crashPoint('start.after')
  return isStarted
}

/**
 * Ends a failed action: job and dataset say why, what readers see stays as it was. With `return` only the job says why:
 * the dataset goes back to the status that the order found (dry runs).
 */
export async function failAction(
  deps: ActionDeps,
  context: JobContext,
  error: ErrorValue,
  event: 'fail' | 'return' = 'fail',
): Promise<void> {
  const { job, owner } = context
  const now = deps.clock.now()
  await deps.control.db.transaction().execute(async (trx) => {
    const dataset = await lockDataset(trx, job.subject)
    const cause = dataset
      ? error
      : toErrorValue(new AppError('actions.dataset_deleted', { dataset_uid: job.subject }))
    await finishJob(trx, {
      jobUid: job.jobUid,
      owner,
      now,
      outcome: { error: cause },
      progresses: context.progresses(),
    })
    if (dataset) {
      const restsAs = job.params.rests_as as Status
      const told = event === 'fail' ? { error: cause } : {}
      await moveStatus(trx, job.subject, { event, now, jobUid: null, restsAs, ...told })
    }
    await finishAbortOrders(trx, { datasetUid: job.subject, abortedJobUid: job.jobUid, now })
    crashPoint('fail.before')
  })
  crashPoint('fail.after')
}
