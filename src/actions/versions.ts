import { type Configuration, readConfiguration, replaceConfiguration } from '../catalog/index.ts'
import type { ControlDb, PublicationsTable, VersionsTable } from '../control/index.ts'
import { crashPoint } from '../faults/index.ts'
import { finishJob, type JobContext, type JobHandler } from '../jobs/index.ts'
import { AppError, type JsonObject, type Manifest } from '../kernel/index.ts'
import { finishAbortOrders } from './abort-orders.ts'
import type { ActionDeps } from './deps.ts'
import { exposeGeneration, withdrawPublication } from './expose.ts'
import { failAction, startAction } from './handler-steps.ts'
import { moveStatus } from './move-status.ts'

/** save_version: pins the current generation with a copy of the configuration. No byte of data is copied. */
export function saveVersionHandler(deps: ActionDeps): JobHandler {
  return {
    run: (context) => saveVersion(deps, context),
    fail: (context, error) => failAction(deps, context, error),
  }
}

async function saveVersion(deps: ActionDeps, context: JobContext): Promise<void> {
  const { jobUid, subject: datasetUid, params, username } = context.job
  if (!(await startAction(deps, context, 'start_saving'))) return
  const versionUid = deps.ids.uid('ch')
  const now = deps.clock.now()
  await deps.control.db.transaction().execute(async (trx) => {
    const configuration = await readConfiguration(trx, datasetUid)
    const publication = await findPublication(trx, datasetUid)
    await trx
      .insertInto('versions')
      .values({
        version_uid: versionUid,
        dataset_uid: datasetUid,
        generation_uid: publication?.generation_uid ?? null,
        publication_json: publication ? JSON.stringify(publication) : null,
        configuration_json: JSON.stringify(configuration),
        label: typeof params.label === 'string' ? params.label : null,
        records_count: publication?.records_count ?? 0,
        created_at: now,
        username,
      })
      .execute()
    await moveStatus(trx, datasetUid, { event: 'succeed', now, jobUid: null })
    const result: JsonObject = {
      dataset_uid: datasetUid,
      version_uid: versionUid,
      records_count: publication?.records_count ?? 0,
    }
    await finishJob(trx, { jobUid, owner: context.owner, now, outcome: { result } })
    await finishAbortOrders(trx, { datasetUid, abortedJobUid: jobUid, now })
    crashPoint('save_version.before')
  })
  crashPoint('save_version.after')
}

/**
 * restore_version: the pointer goes back to the version's generation and the configuration to the saved one. Who may see
 * the dataset is not restored: a restore never opens what has been restricted since.
 */
export function restoreVersionHandler(deps: ActionDeps): JobHandler {
  return {
    run: (context) => restoreVersion(deps, context),
    fail: (context, error) => failAction(deps, context, error),
  }
}

async function restoreVersion(deps: ActionDeps, context: JobContext): Promise<void> {
  const { jobUid, subject: datasetUid } = context.job
  if (!(await startAction(deps, context, 'start_processing'))) return
  const now = deps.clock.now()
  await deps.control.db.transaction().execute(async (trx) => {
    const version = await findVersion(trx, datasetUid, String(context.job.params.version_uid))
    const configuration = JSON.parse(version.configuration_json) as Configuration
    await replaceConfiguration(trx, datasetUid, configuration, now)
    const dataset = await moveStatus(trx, datasetUid, { event: 'succeed', now, jobUid: null })
    if (version.publication_json === null || version.generation_uid === null) {
      await withdrawPublication(trx, { datasetUid, change: 'restore', jobUid, now })
    } else {
      const saved = JSON.parse(version.publication_json) as PublicationsTable
      const manifest = await readManifest(trx, version.generation_uid)
      const metas = JSON.parse(saved.metas_json) as JsonObject
      const generation = { generation_uid: version.generation_uid }
      await exposeGeneration(trx, { dataset, generation, manifest, metas, change: 'restore', jobUid, now })
      await trx
        .updateTable('datasets')
        .set({ record_errors_count: manifest.record_errors.count })
        .where('dataset_uid', '=', datasetUid)
        .execute()
    }
    const result: JsonObject = {
      dataset_uid: datasetUid,
      version_uid: version.version_uid,
      published: version.generation_uid !== null,
      records_count: version.records_count,
    }
    await finishJob(trx, { jobUid, owner: context.owner, now, outcome: { result } })
    await finishAbortOrders(trx, { datasetUid, abortedJobUid: jobUid, now })
    crashPoint('restore.before')
  })
  crashPoint('restore.after')
  deps.onEvent({ kind: 'publication_switched', datasetUid, change: 'restore', jobUid })
}

/** Errors: actions.unknown_version, also for a version of another dataset. */
export async function findVersion(
  db: ControlDb,
  datasetUid: string,
  versionUid: string,
): Promise<VersionsTable> {
  const version = await db
    .selectFrom('versions')
    .selectAll()
    .where('version_uid', '=', versionUid)
    .where('dataset_uid', '=', datasetUid)
    .executeTakeFirst()
  if (!version) throw new AppError('actions.unknown_version', { version_uid: versionUid })
  return version
}

/** Newest first. */
export async function listVersions(db: ControlDb, datasetUid: string): Promise<VersionsTable[]> {
  return db
    .selectFrom('versions')
    .selectAll()
    .where('dataset_uid', '=', datasetUid)
    .orderBy('created_at', 'desc')
    .orderBy('version_uid')
    .execute()
}

async function findPublication(db: ControlDb, datasetUid: string) {
  return db.selectFrom('publications').selectAll().where('dataset_uid', '=', datasetUid).executeTakeFirst()
}

async function readManifest(db: ControlDb, generationUid: string): Promise<Manifest> {
  const row = await db
    .selectFrom('generations')
    .select('manifest_json')
    .where('generation_uid', '=', generationUid)
    .where('state', '=', 'sealed')
    .executeTakeFirst()
  if (!row || row.manifest_json === null) {
    throw new AppError('actions.generation_lost', { generation_uid: generationUid })
  }
  return JSON.parse(row.manifest_json)
}
