import {
  type AttachedFile,
  lockDataset,
  type NewChange,
  publishedMetas,
  recordChange,
} from '../catalog/index.ts'
import type { ControlDb, DatasetRecord, GenerationsTable, PublicationsTable } from '../control/index.ts'
import { appendEvent, lockJob } from '../jobs/index.ts'
import { AppError, type Field, type JsonObject, type Manifest } from '../kernel/index.ts'
import type { PublicationChange } from './deps.ts'
import { releaseHeld } from './held.ts'
import { noteJoined } from './joined-datasets.ts'
import { diffPublications } from './publication-diff.ts'

/** Why a publication changes, and what else belongs into the same change entry. */
interface Occasion {
  readonly change: PublicationChange
  readonly jobUid: string
  readonly now: number
  /** Since when the publication that is replaced counts as unused; default: now. */
  readonly retiredAt?: number
  readonly configuration?: NewChange['configuration']
  /** What differs in the fields from the last publication; null or absent: nothing. */
  readonly schemaChanges?: JsonObject | null
}

export interface Exposure extends Occasion {
  readonly dataset: DatasetRecord
  readonly generation: Pick<GenerationsTable, 'generation_uid'>
  readonly manifest: Manifest
  /** The manifest's, with the labels and descriptions that readers get. */
  readonly fields: readonly Field[]
  /** The dataset's; readers get what is for them. */
  readonly metas: JsonObject
  /** Attachments and alternative exports that readers get. */
  readonly attached: readonly AttachedFile[]
}

/**
 * Makes a sealed generation the one that readers see: the switch. Part of the transaction that ends the job, so that
 * data, status and outcome change together or not at all. Errors: actions.generation_lost.
 */
export async function exposeGeneration(trx: ControlDb, exposure: Exposure): Promise<void> {
  const { dataset, generation, manifest, now } = exposure
  await lockDataset(trx, dataset.dataset_uid)
  const previous = await findPublication(trx, dataset.dataset_uid)
  const metas = await publishedMetas(trx, exposure.metas)
  const shown = {
    dataset_uid: dataset.dataset_uid,
    dataset_id: dataset.dataset_id,
    generation_uid: generation.generation_uid,
    metas_json: JSON.stringify(metas),
    fields_json: JSON.stringify(exposure.fields),
    visibility: dataset.visibility,
    records_count: manifest.records_count,
    is_partial: manifest.partial ? 1 : 0,
    attached_json: JSON.stringify(exposure.attached),
  }
  await switchTo(trx, previous, exposure, { ...shown, ...timesOf(previous, shown, now) })
}

type Times = 'published_at' | 'data_processed_at' | 'metadata_processed_at'

/** A time moves only with what it speaks of: caches and harvesters go by it. */
function timesOf(
  previous: PublicationsTable | null,
  shown: Omit<PublicationsTable, Times>,
  now: number,
): Pick<PublicationsTable, Times> {
  if (!previous) return { published_at: now, data_processed_at: now, metadata_processed_at: now }
  const isSameData = previous.generation_uid === shown.generation_uid
  const isSame = Object.entries(shown).every(
    ([name, value]) => previous[name as keyof PublicationsTable] === value,
  )
  return {
    published_at: previous.published_at,
    data_processed_at: isSameData ? previous.data_processed_at : now,
    metadata_processed_at: isSame ? previous.metadata_processed_at : now,
  }
}

/**
 * Puts back a publication that was withdrawn, with its own times: to readers and their caches nothing has happened.
 * Errors: actions.generation_lost.
 */
export async function exposeAgain(
  trx: ControlDb,
  row: PublicationsTable,
  occasion: Omit<Occasion, 'configuration'>,
): Promise<void> {
  await lockDataset(trx, row.dataset_uid)
  await switchTo(trx, await findPublication(trx, row.dataset_uid), occasion, row)
}

async function switchTo(
  trx: ControlDb,
  previous: PublicationsTable | null,
  occasion: Occasion,
  row: PublicationsTable,
): Promise<void> {
  // The collector claims a generation by the same row: whoever comes second finds it taken.
  const held = await trx
    .updateTable('generations')
    .set({ retired_at: null })
    .where('generation_uid', '=', row.generation_uid)
    .where('state', '=', 'sealed')
    .returning('manifest_json')
    .executeTakeFirst()
  if (!held) throw new AppError('actions.generation_lost', { generation_uid: row.generation_uid })
  await trx
    .insertInto('publications')
    .values(row)
    .onConflict((conflict) => conflict.column('dataset_uid').doUpdateSet(row))
    .execute()
  await trx.deleteFrom('withdrawn_publications').where('dataset_uid', '=', row.dataset_uid).execute()
  await noteJoined(trx, row.dataset_uid, joinedIn(held.manifest_json), occasion.change !== 'publish')
  if (previous && previous.generation_uid !== row.generation_uid) {
    await retireGeneration(trx, previous.generation_uid, occasion.retiredAt ?? occasion.now)
  }
  await logSwitch(trx, row.dataset_uid, occasion, previous, row)
}

function joinedIn(manifestJson: string | null) {
  return manifestJson === null ? [] : ((JSON.parse(manifestJson) as Manifest).joined ?? [])
}

/** Takes a dataset from the readers; its generation stays for the retention window, and so long it can come back. */
export async function withdrawPublication(
  trx: ControlDb,
  withdrawal: Occasion & { readonly datasetUid: string; readonly retentionMs: number },
): Promise<void> {
  const { datasetUid, now } = withdrawal
  await lockDataset(trx, datasetUid)
  const removed = await trx
    .deleteFrom('publications')
    .where('dataset_uid', '=', datasetUid)
    .returningAll()
    .executeTakeFirst()
  if (removed) {
    await retireGeneration(trx, removed.generation_uid, now)
    if (withdrawal.change !== 'delete') {
      const row = {
        dataset_uid: datasetUid,
        generation_uid: removed.generation_uid,
        publication_json: JSON.stringify(removed),
        withdrawn_at: now,
        expires_at: now + withdrawal.retentionMs,
      }
      await trx
        .insertInto('withdrawn_publications')
        .values(row)
        .onConflict((conflict) => conflict.column('dataset_uid').doUpdateSet(row))
        .execute()
    }
  }
  if (removed || withdrawal.configuration) await logSwitch(trx, datasetUid, withdrawal, removed ?? null, null)
}

export async function findPublication(db: ControlDb, datasetUid: string): Promise<PublicationsTable | null> {
  const row = await db
    .selectFrom('publications')
    .selectAll()
    .where('dataset_uid', '=', datasetUid)
    .executeTakeFirst()
  return row ?? null
}

async function retireGeneration(trx: ControlDb, generationUid: string, now: number): Promise<void> {
  await trx
    .updateTable('generations')
    .set({ retired_at: now })
    .where('generation_uid', '=', generationUid)
    .execute()
}

async function logSwitch(
  trx: ControlDb,
  datasetUid: string,
  occasion: Occasion,
  before: PublicationsTable | null,
  after: PublicationsTable | null,
): Promise<void> {
  const { change, jobUid, now, configuration } = occasion
  // What was held was to be shown in place of what readers saw then.
  if (change !== 'metadata') await releaseHeld(trx, datasetUid)
  const generation_uid = after?.generation_uid ?? null
  await trx
    .insertInto('publication_log')
    .values({ dataset_uid: datasetUid, job_uid: jobUid, change, generation_uid, at: now })
    .execute()
  await lockJob(trx, jobUid)
  await appendEvent(trx, {
    subject: datasetUid,
    jobUid,
    kind: 'publication.switched',
    now,
    data: {
      change,
      published: after !== null,
      generation_uid,
      records_count: after?.records_count ?? 0,
      partial: after?.is_partial === 1,
      ...(occasion.schemaChanges ? { schema_changes: occasion.schemaChanges } : {}),
    },
  })
  // A dataset that goes takes its history along.
  if (change === 'delete') return
  const job = await trx.selectFrom('jobs').select('username').where('job_uid', '=', jobUid).executeTakeFirst()
  await recordChange(trx, {
    datasetUid,
    username: job?.username ?? 'system',
    now,
    kind: change,
    jobUid,
    diff: diffPublications(before, after),
    ...(configuration ? { configuration } : {}),
  })
}
