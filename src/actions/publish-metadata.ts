import { readConfiguration } from '../catalog/index.ts'
import type { ControlDb, PublicationsTable } from '../control/index.ts'
import { finishJob, type JobContext, type JobHandler } from '../jobs/index.ts'
import { AppError, type Field } from '../kernel/index.ts'
import { finishAbortOrders } from './abort-orders.ts'
import type { ActionDeps } from './deps.ts'
import { exposeGeneration, findPublication } from './expose.ts'
import { readManifest } from './generations.ts'
import { failAction, startAction } from './handler-steps.ts'
import { moveStatus } from './move-status.ts'

/**
 * publish_metadata: readers get metadata and attached files as they are configured now, and the records and fields that
 * they have.
 * Automation API section 3.
 */
export function publishMetadataHandler(deps: ActionDeps): JobHandler {
  return {
    run: (context) => publishMetadata(deps, context),
    fail: (context, error) => failAction(deps, context, error),
  }
}

async function publishMetadata(deps: ActionDeps, context: JobContext): Promise<void> {
  const { jobUid, subject: datasetUid, params } = context.job
  if (!(await startAction(deps, context, 'start_processing'))) return
  const now = deps.clock.now()
  await deps.control.db.transaction().execute(async (trx) => {
    const { generation_uid, fields_json, records_count } = await requirePublication(trx, datasetUid)
    // The records stay what they are, and so does that there are no more of them.
    const event = params.rests_as === 'limit_reached' ? 'reach_limit' : 'succeed'
    const dataset = await moveStatus(trx, datasetUid, { event, now, jobUid: null })
    const { metas, attached = [] } = await readConfiguration(trx, datasetUid)
    const manifest = await readManifest(trx, generation_uid)
    const fields = JSON.parse(fields_json) as Field[]
    const shown = { dataset, generation: { generation_uid }, manifest, fields, metas, attached }
    await exposeGeneration(trx, { ...shown, change: 'metadata', jobUid, now })
    const result = { dataset_uid: datasetUid, published: true, generation_uid, records_count }
    await finishJob(trx, { jobUid, owner: context.owner, now, outcome: { result } })
    await finishAbortOrders(trx, { datasetUid, abortedJobUid: jobUid, now })
  })
  deps.onEvent({ kind: 'publication_switched', datasetUid, change: 'metadata', jobUid })
}

/** Errors: actions.not_published. */
export async function requirePublication(db: ControlDb, datasetUid: string): Promise<PublicationsTable> {
  const publication = await findPublication(db, datasetUid)
  if (!publication) throw new AppError('actions.not_published', { dataset_uid: datasetUid })
  return publication
}
