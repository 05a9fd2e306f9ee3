/** Versions: the generation that readers see, pinned, with a copy of the configuration. No byte of data is copied. */
import type { Selectable } from 'kysely'
import {
  type Configuration,
  diffValue,
  lockDataset,
  readConfiguration,
  recordChange,
} from '../catalog/index.ts'
import type { ControlDb, VersionsTable } from '../control/index.ts'
import { crashPoint } from '../faults/index.ts'
import { finishJob, type JobContext, type JobHandler } from '../jobs/index.ts'
import { AppError, type Clock, type Ids, type JsonObject } from '../kernel/index.ts'
import { finishAbortOrders } from './abort-orders.ts'
import type { ActionDeps } from './deps.ts'
import { findPublication } from './expose.ts'
import { readManifest } from './generations.ts'
import { failAction, startAction } from './handler-steps.ts'
import { moveStatus } from './move-status.ts'

export type VersionRow = Selectable<VersionsTable>

/** save_version. */
export function saveVersionHandler(deps: ActionDeps): JobHandler {
  return {
    run: (context) => saveVersion(deps, context),
    fail: (context, error) => failAction(deps, context, error),
  }
}

async function saveVersion(deps: ActionDeps, context: JobContext): Promise<void> {
  const { jobUid, subject: datasetUid, params, username } = context.job
  if (!(await startAction(deps, context, 'start_saving'))) return
  const now = deps.clock.now()
  await deps.control.db.transaction().execute(async (trx) => {
    // Before its change entries, as every edit does: on PostgreSQL the other order would meet one half-way.
    await lockDataset(trx, datasetUid)
    const configuration = await readConfiguration(trx, datasetUid)
    const { label, note } = params
    const version = await insertVersion(trx, deps.ids, {
      configuration,
      label: typeof label === 'string' ? label : null,
      note: typeof note === 'string' ? note : null,
      isAutomatic: false,
      now,
      username,
      jobUid,
    })
    await moveStatus(trx, datasetUid, { event: 'succeed', now, jobUid: null })
    const { version_uid, records_count } = version
    const result: JsonObject = { dataset_uid: datasetUid, version_uid, records_count }
    await finishJob(trx, { jobUid, owner: context.owner, now, outcome: { result } })
    await finishAbortOrders(trx, { datasetUid, abortedJobUid: jobUid, now })
    crashPoint('save_version.before')
  })
  crashPoint('save_version.after')
}

export interface NewVersion {
  readonly configuration: Configuration
  readonly label: string | null
  readonly note: string | null
  /** Taken by the server before a restore. */
  readonly isAutomatic: boolean
  readonly now: number
  readonly username: string
  readonly jobUid: string
}

/** Pins what readers see now. Part of the caller's transaction. */
export async function insertVersion(trx: ControlDb, ids: Ids, version: NewVersion): Promise<VersionRow> {
  const { configuration, label, note, now, username, jobUid } = version
  const datasetUid = configuration.dataset.dataset_uid
  const publication = await findPublication(trx, datasetUid)
  const manifest = publication ? await readManifest(trx, publication.generation_uid) : null
  const row: VersionRow = {
    version_uid: ids.uid('ch'),
    dataset_uid: datasetUid,
    generation_uid: publication?.generation_uid ?? null,
    publication_json: publication ? JSON.stringify(publication) : null,
    configuration_json: JSON.stringify(configuration),
    label,
    note,
    records_count: publication?.records_count ?? 0,
    bytes: manifest?.bytes ?? 0,
    content_hash: manifest?.content_hash ?? null,
    is_partial: publication?.is_partial ?? 0,
    is_automatic: version.isAutomatic ? 1 : 0,
    created_at: now,
    username,
  }
  await trx.insertInto('versions').values(row).execute()
  await recordChange(trx, {
    datasetUid,
    username,
    now,
    kind: 'save_version',
    jobUid,
    diff: { versions: diffValue([row.version_uid], null, factsOf(row)) },
  })
  return row
}

/** What change entries say of a version. */
function factsOf({ label, note, records_count, is_automatic }: VersionRow): JsonObject {
  return { label, note, records_count, automatic: is_automatic === 1 }
}

/** Errors: actions.unknown_version, also for a version of another dataset. */
export async function findVersion(
  db: ControlDb,
  datasetUid: string,
  versionUid: string,
): Promise<VersionRow> {
  const version = await db
    .selectFrom('versions')
    .selectAll()
    .where('version_uid', '=', versionUid)
    .where('dataset_uid', '=', datasetUid)
    .executeTakeFirst()
  if (!version) throw new AppError('actions.unknown_version', { version_uid: versionUid.slice(0, 60) })
  return version
}

/** Newest first. */
export async function listVersions(
  db: ControlDb,
  datasetUid: string,
  page: { readonly rows: number; readonly page: number },
): Promise<VersionRow[]> {
  return db
    .selectFrom('versions')
    .selectAll()
    .where('dataset_uid', '=', datasetUid)
    .orderBy('created_at', 'desc')
    .orderBy('version_uid')
    .limit(page.rows)
    .offset((page.page - 1) * page.rows)
    .execute()
}

/** Who edits versions, and when. */
export interface VersionEditor {
  readonly db: ControlDb
  readonly clock: Clock
  readonly username: string
}

/** Changes what is said of a version; what is left out stays. Errors: actions.unknown_version. */
export async function changeVersion(
  { db, clock, username }: VersionEditor,
  datasetUid: string,
  versionUid: string,
  change: { readonly label?: string | null; readonly note?: string | null },
): Promise<VersionRow> {
  return db.transaction().execute(async (trx) => {
    await lockDataset(trx, datasetUid)
    const before = await findVersion(trx, datasetUid, versionUid)
    const after = {
      ...before,
      label: change.label === undefined ? before.label : change.label,
      note: change.note === undefined ? before.note : change.note,
    }
    await trx
      .updateTable('versions')
      .set({ label: after.label, note: after.note })
      .where('version_uid', '=', versionUid)
      .execute()
    const versions = (['label', 'note'] as const).flatMap((name) =>
      diffValue([versionUid, name], before[name], after[name]),
    )
    await recordChange(trx, { datasetUid, username, now: clock.now(), kind: 'edit', diff: { versions } })
    return after
  })
}

/** Forgets a version; its generation stays for the retention window. Errors: actions.unknown_version. */
export async function deleteVersion(
  { db, clock, username }: VersionEditor,
  datasetUid: string,
  versionUid: string,
): Promise<void> {
  const now = clock.now()
  await db.transaction().execute(async (trx) => {
    await lockDataset(trx, datasetUid)
    const version = await findVersion(trx, datasetUid, versionUid)
    await trx.deleteFrom('versions').where('version_uid', '=', versionUid).execute()
    // Not the current one: that is not retired. Others count their window from now.
    await trx
      .updateTable('generations')
      .set({ retired_at: now })
      .where('generation_uid', '=', version.generation_uid ?? '')
      .where('retired_at', 'is not', null)
      .execute()
    const versions = diffValue([versionUid], factsOf(version), null)
    await recordChange(trx, { datasetUid, username, now, kind: 'delete_version', diff: { versions } })
    crashPoint('delete_version.before')
  })
  crashPoint('delete_version.after')
}
