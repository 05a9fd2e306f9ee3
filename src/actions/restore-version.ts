import {
  attachedKinds,
  type Configuration,
  publishedAttached,
  readConfiguration,
  recordChange,
  replaceConfiguration,
} from '../catalog/index.ts'
import type { ControlDb, PublicationsTable } from '../control/index.ts'
import { crashPoint } from '../faults/index.ts'
import { finishJob, type JobContext, type JobHandler } from '../jobs/index.ts'
import { AppError, type Field, type JsonObject } from '../kernel/index.ts'
import { finishAbortOrders } from './abort-orders.ts'
import type { ActionDeps } from './deps.ts'
import { type Exposure, exposeGeneration, findPublication, withdrawPublication } from './expose.ts'
import { readManifest } from './generations.ts'
import { failAction, startAction } from './handler-steps.ts'
import { moveStatus } from './move-status.ts'
import { findVersion, insertVersion, type VersionRow } from './versions.ts'

/** What of a version comes back. */
export const restoreChoices = ['all', 'data', 'configuration'] as const
export type RestoreChoice = (typeof restoreChoices)[number]

/**
 * restore_version: the pointer goes back to the version's generation, the configuration to the saved one, or one of
 * both. Who may see the dataset is not restored: a restore never opens what has been restricted since. What is replaced
 * is saved as an automatic version first, so that a restore can be undone by another.
 */
export function restoreVersionHandler(deps: ActionDeps): JobHandler {
  return {
    run: (context) => restoreVersion(deps, context),
    fail: (context, error) => failAction(deps, context, error),
  }
}

async function restoreVersion(deps: ActionDeps, context: JobContext): Promise<void> {
  const { jobUid, subject: datasetUid, params, username } = context.job
  if (!(await startAction(deps, context, 'start_processing'))) return
  const choice = (params.restore ?? 'all') as RestoreChoice
  const now = deps.clock.now()
  await deps.control.db.transaction().execute(async (trx) => {
    const version = await findRestorable(trx, datasetUid, String(params.version_uid), choice)
    const dataset = await moveStatus(trx, datasetUid, { event: 'succeed', now, jobUid: null })
    const before = await readConfiguration(trx, datasetUid)
    const automatic = await insertVersion(trx, deps.ids, {
      configuration: before,
      label: null,
      note: `Before version ${version.version_uid} was restored`,
      isAutomatic: true,
      now,
      username,
      jobUid,
    })
    if (choice !== 'data') {
      const saved = JSON.parse(version.configuration_json) as Configuration
      await replaceConfiguration(trx, datasetUid, saved, now)
    }
    const configuration = { before, after: await readConfiguration(trx, datasetUid) }
    const occasion = { change: 'restore', jobUid, now, configuration } as const
    if (choice === 'configuration') {
      await recordChange(trx, { datasetUid, username, now, kind: 'restore', jobUid, configuration })
    } else if (version.publication_json === null || version.generation_uid === null) {
      await withdrawPublication(trx, { ...occasion, datasetUid, retentionMs: deps.retentionMs })
      await setRecordErrorsCount(trx, datasetUid, 0)
    } else {
      const manifest = await readManifest(trx, version.generation_uid)
      const described = await descriptionFor(trx, version.publication_json, choice, datasetUid)
      const { fields_json } = JSON.parse(version.publication_json) as PublicationsTable
      const fields = JSON.parse(fields_json) as Field[]
      const generation = { generation_uid: version.generation_uid }
      await exposeGeneration(trx, { ...occasion, dataset, generation, manifest, fields, ...described })
      await setRecordErrorsCount(trx, datasetUid, manifest.record_errors.count)
    }
    const publication = await findPublication(trx, datasetUid)
    const result: JsonObject = {
      dataset_uid: datasetUid,
      version_uid: version.version_uid,
      restored: choice,
      automatic_version_uid: automatic.version_uid,
      published: publication !== null,
      records_count: publication?.records_count ?? 0,
    }
    await finishJob(trx, { jobUid, owner: context.owner, now, outcome: { result } })
    // An abort that came while this was on its way finds it done.
    await finishAbortOrders(trx, { datasetUid, abortedJobUid: jobUid, now })
    crashPoint('restore.before')
  })
  crashPoint('restore.after')
  if (choice !== 'configuration') {
    deps.onEvent({ kind: 'publication_switched', datasetUid, change: 'restore', jobUid })
  }
}

/** Errors: actions.unknown_version, actions.version_without_data. */
export async function findRestorable(
  db: ControlDb,
  datasetUid: string,
  versionUid: string,
  choice: RestoreChoice,
): Promise<VersionRow> {
  const version = await findVersion(db, datasetUid, versionUid)
  if (choice === 'data' && version.generation_uid === null) {
    throw new AppError('actions.version_without_data', { version_uid: versionUid })
  }
  return version
}

/** The version's metadata and attached files; with data alone, readers keep those that they see, if they see any. */
async function descriptionFor(
  trx: ControlDb,
  savedPublication: string,
  choice: RestoreChoice,
  datasetUid: string,
): Promise<Pick<Exposure, 'metas' | 'attached'>> {
  const current = choice === 'data' ? await findPublication(trx, datasetUid) : null
  const row = current ?? (JSON.parse(savedPublication) as PublicationsTable)
  return {
    metas: JSON.parse(row.metas_json),
    attached: attachedKinds.flatMap((kind) => publishedAttached(row, kind)),
  }
}

async function setRecordErrorsCount(trx: ControlDb, datasetUid: string, count: number): Promise<void> {
  await trx
    .updateTable('datasets')
    .set({ record_errors_count: count })
    .where('dataset_uid', '=', datasetUid)
    .execute()
}
