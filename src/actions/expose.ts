import type { ControlDb, DatasetRecord, GenerationsTable } from '../control/index.ts'
import { appendEvent } from '../jobs/index.ts'
import { AppError, type JsonObject, type Manifest } from '../kernel/index.ts'
import type { PublicationChange } from './deps.ts'
import { lockDataset } from './move-status.ts'

export interface Exposure {
  readonly dataset: DatasetRecord
  readonly generation: Pick<GenerationsTable, 'generation_uid'>
  readonly manifest: Manifest
  readonly metas: JsonObject
  readonly change: PublicationChange
  readonly jobUid: string
  readonly now: number
}

/**
 * Makes a sealed generation the one that readers see: the switch. Part of the transaction that ends the job, so that
 * data, status and outcome change together or not at all. Errors: actions.generation_lost.
 */
export async function exposeGeneration(trx: ControlDb, exposure: Exposure): Promise<void> {
  const { dataset, generation, manifest, now } = exposure
  await lockDataset(trx, dataset.dataset_uid)
  const previous = await trx
    .selectFrom('publications')
    .select(['generation_uid', 'published_at', 'data_processed_at'])
    .where('dataset_uid', '=', dataset.dataset_uid)
    .executeTakeFirst()
  const isSameData = previous?.generation_uid === generation.generation_uid
  const row = {
    dataset_uid: dataset.dataset_uid,
    dataset_id: dataset.dataset_id,
    generation_uid: generation.generation_uid,
    metas_json: JSON.stringify(exposure.metas),
    fields_json: JSON.stringify(manifest.fields),
    visibility: dataset.visibility,
    records_count: manifest.records_count,
    is_partial: manifest.partial ? 1 : 0,
    published_at: previous?.published_at ?? now,
    data_processed_at: isSameData ? previous.data_processed_at : now,
    metadata_processed_at: now,
  }
  await trx
    .insertInto('publications')
    .values(row)
    .onConflict((conflict) => conflict.column('dataset_uid').doUpdateSet(row))
    .execute()
  const kept = await trx
    .updateTable('generations')
    .set({ retired_at: null })
    .where('generation_uid', '=', generation.generation_uid)
    .where('state', '=', 'sealed')
    .returning('generation_uid')
    .executeTakeFirst()
  // Never point readers at what the collector has taken.
  if (!kept) throw new AppError('actions.generation_lost', { generation_uid: generation.generation_uid })
  if (previous && !isSameData) await retireGeneration(trx, previous.generation_uid, now)
  await logChange(trx, {
    ...exposure,
    datasetUid: dataset.dataset_uid,
    generationUid: generation.generation_uid,
    recordsCount: manifest.records_count,
    isPartial: manifest.partial,
  })
}

/** Takes a dataset from the readers; its generation stays for the retention window. */
export async function withdrawPublication(
  trx: ControlDb,
  withdrawal: { datasetUid: string; change: PublicationChange; jobUid: string; now: number },
): Promise<void> {
  await lockDataset(trx, withdrawal.datasetUid)
  const removed = await trx
    .deleteFrom('publications')
    .where('dataset_uid', '=', withdrawal.datasetUid)
    .returning('generation_uid')
    .executeTakeFirst()
  if (!removed) return
  await retireGeneration(trx, removed.generation_uid, withdrawal.now)
  await logChange(trx, { ...withdrawal, generationUid: null, recordsCount: 0, isPartial: false })
}

async function retireGeneration(trx: ControlDb, generationUid: string, now: number): Promise<void> {
  await trx
    .updateTable('generations')
    .set({ retired_at: now })
    .where('generation_uid', '=', generationUid)
    .execute()
}

async function logChange(
  trx: ControlDb,
  change: {
    datasetUid: string
    change: PublicationChange
    jobUid: string
    generationUid: string | null
    recordsCount: number
    isPartial: boolean
    now: number
  },
): Promise<void> {
  await trx
    .insertInto('publication_log')
    .values({
      dataset_uid: change.datasetUid,
      job_uid: change.jobUid,
      change: change.change,
      generation_uid: change.generationUid,
      at: change.now,
    })
    .execute()
  await appendEvent(trx, {
    subject: change.datasetUid,
    jobUid: change.jobUid,
    kind: 'publication.switched',
    now: change.now,
    data: {
      change: change.change,
      published: change.generationUid !== null,
      generation_uid: change.generationUid,
      records_count: change.recordsCount,
      partial: change.isPartial,
    },
  })
}
