import type { ControlDb, PublicationsTable } from '../control/index.ts'
import { crashPoint } from '../faults/index.ts'
import { finishJob, type JobContext, type JobHandler } from '../jobs/index.ts'
import { AppError, formatInstant, type JsonObject } from '../kernel/index.ts'
import { undoDrop } from '../realtime/index.ts'
import { finishAbortOrders } from './abort-orders.ts'
import type { ActionDeps } from './deps.ts'
import { exposeAgain } from './expose.ts'
import { readManifest } from './generations.ts'
import { failAction, startAction } from './handler-steps.ts'
import { moveStatus } from './move-status.ts'

/**
 * undo_unpublish: the publication that the last unpublish (or a restore of an unpublished version) took away comes
 * back as it was: same generation, fields, metadata and times. Its name and who may see it are the dataset's own, as
 * they are now: what was restricted meanwhile stays restricted.
 */
export function undoUnpublishHandler(deps: ActionDeps): JobHandler {
  return {
    run: (context) => undoUnpublish(deps, context),
    fail: (context, error) => failAction(deps, context, error),
  }
}

async function undoUnpublish(deps: ActionDeps, context: JobContext): Promise<void> {
  const { jobUid, subject: datasetUid } = context.job
  if (!(await startAction(deps, context, 'start_processing'))) return
  const now = deps.clock.now()
  await deps.control.db.transaction().execute(async (trx) => {
    const withdrawn = await findWithdrawn(trx, datasetUid, now)
    const manifest = await readManifest(trx, withdrawn.generation_uid)
    const recordErrorsCount = manifest.record_errors.count
    const dataset = await moveStatus(trx, datasetUid, {
      event: 'succeed',
      now,
      jobUid: null,
      recordErrorsCount,
    })
    const { dataset_id, visibility } = dataset
    await exposeAgain(
      trx,
      { ...withdrawn, dataset_id, visibility },
      { change: 'undo_unpublish', jobUid, now },
    )
    await undoDrop(trx, datasetUid)
    const result: JsonObject = {
      dataset_uid: datasetUid,
      published: true,
      generation_uid: withdrawn.generation_uid,
      records_count: withdrawn.records_count,
      partial: withdrawn.is_partial === 1,
    }
    await finishJob(trx, { jobUid, owner: context.owner, now, outcome: { result } })
    await finishAbortOrders(trx, { datasetUid, abortedJobUid: jobUid, now })
    crashPoint('undo_unpublish.before')
  })
  crashPoint('undo_unpublish.after')
  deps.onEvent({ kind: 'publication_switched', datasetUid, change: 'undo_unpublish', jobUid })
}

/** Errors: actions.nothing_to_undo, actions.undo_expired. */
export async function findWithdrawn(
  db: ControlDb,
  datasetUid: string,
  now: number,
): Promise<PublicationsTable> {
  const row = await db
    .selectFrom('withdrawn_publications')
    .selectAll()
    .where('dataset_uid', '=', datasetUid)
    .executeTakeFirst()
  if (!row) throw new AppError('actions.nothing_to_undo', { dataset_uid: datasetUid })
  // To the millisecond the window of the collector: what may be undone is never half collected.
  if (row.expires_at <= now) {
    const expired_at = formatInstant(row.expires_at)
    throw new AppError('actions.undo_expired', { dataset_uid: datasetUid, expired_at })
  }
  // One that an earlier release withdrew has no attached files.
  return { attached_json: '[]', ...JSON.parse(row.publication_json) }
}
