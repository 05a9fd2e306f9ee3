import type { ControlDb, HarvestedDatasetsTable, HarvestersTable } from '../control/index.ts'
import { AppError, type ErrorValue, type JsonObject, toErrorValue } from '../kernel/index.ts'

export const restingStatuses = ['new', 'idle'] as const

export interface Harvester {
  readonly harvesterUid: string
  readonly name: string
  readonly type: string
  readonly params: JsonObject
  readonly options: HarvesterOptions
  readonly status: string
  readonly activeJobUid: string | null
  readonly username: string
  readonly createdAt: number
  readonly lastModifiedAt: number
  readonly lastModifiedBy: string
  readonly lastStartedAt: number | null
  readonly lastSuccessAt: number | null
  readonly lastError: ErrorValue | null
  readonly lastReport: JsonObject | null
  readonly counters: {
    /** Datasets that the source has, or has had. */
    readonly remote: number
    readonly attached: number
    readonly published: number
    readonly failed: number
  }
}

export interface HarvesterOptions {
  /** Datasets that the source has no more are deleted here too. */
  readonly deleteMissing: boolean
  /** What was created or updated is published at the end of a run. */
  readonly publish: boolean
  /** New datasets are restricted. */
  readonly restricted: boolean
}

export async function insertHarvester(
  db: ControlDb,
  harvester: Pick<
    Harvester,
    'harvesterUid' | 'name' | 'type' | 'params' | 'options' | 'username' | 'createdAt'
  >,
): Promise<void> {
  await db
    .insertInto('harvesters')
    .values({
      harvester_uid: harvester.harvesterUid,
      name: harvester.name,
      type: harvester.type,
      params_json: JSON.stringify({ ...harvester.params, _options: harvester.options }),
      status: 'new',
      active_job_uid: null,
      username: harvester.username,
      created_at: harvester.createdAt,
      last_modified_at: harvester.createdAt,
      last_modified_by: harvester.username,
      last_started_at: null,
      last_success_at: null,
      last_error_json: null,
      last_report_json: null,
    })
    .execute()
}

export async function updateHarvester(
  db: ControlDb,
  harvester: Pick<Harvester, 'harvesterUid' | 'name' | 'type' | 'params' | 'options'>,
  change: { readonly username: string; readonly now: number },
): Promise<void> {
  await db
    .updateTable('harvesters')
    .set({
      name: harvester.name,
      type: harvester.type,
      params_json: JSON.stringify({ ...harvester.params, _options: harvester.options }),
      username: change.username,
      last_modified_at: change.now,
      last_modified_by: change.username,
    })
    .where('harvester_uid', '=', harvester.harvesterUid)
    .execute()
}

/** Oldest first. */
export async function listHarvesters(db: ControlDb): Promise<Harvester[]> {
  const rows = await db
    .selectFrom('harvesters')
    .selectAll()
    .orderBy('created_at')
    .orderBy('harvester_uid')
    .execute()
  return Promise.all(rows.map((row) => complete(db, row)))
}

/** Errors: harvest.unknown_harvester. */
export async function findHarvester(db: ControlDb, harvesterUid: string): Promise<Harvester> {
  const row = await db
    .selectFrom('harvesters')
    .selectAll()
    .where('harvester_uid', '=', harvesterUid)
    .executeTakeFirst()
  if (!row) throw new AppError('harvest.unknown_harvester', { harvester_id: harvesterUid.slice(0, 64) })
  return complete(db, row)
}

async function complete(db: ControlDb, row: HarvestersTable): Promise<Harvester> {
  const counts = await db
    .selectFrom('harvested_datasets as harvested')
    .leftJoin('publications', 'publications.dataset_uid', 'harvested.dataset_uid')
    .select((eb) => [
      eb.fn.count<number>('harvested.remote_id').as('remote'),
      eb.fn.count<number>('harvested.dataset_uid').as('attached'),
      eb.fn.count<number>('publications.dataset_uid').as('published'),
      eb.fn.count<number>('harvested.error_json').as('failed'),
    ])
    .where('harvester_uid', '=', row.harvester_uid)
    .executeTakeFirstOrThrow()
  const { _options: options, ...params } = JSON.parse(row.params_json)
  return {
    harvesterUid: row.harvester_uid,
    name: row.name,
    type: row.type,
    params,
    options,
    status: row.status,
    activeJobUid: row.active_job_uid,
    username: row.username,
    createdAt: row.created_at,
    lastModifiedAt: row.last_modified_at,
    lastModifiedBy: row.last_modified_by,
    lastStartedAt: row.last_started_at,
    lastSuccessAt: row.last_success_at,
    lastError: row.last_error_json === null ? null : JSON.parse(row.last_error_json),
    lastReport: row.last_report_json === null ? null : JSON.parse(row.last_report_json),
    counters: {
      remote: Number(counts.remote),
      attached: Number(counts.attached),
      published: Number(counts.published),
      failed: Number(counts.failed),
    },
  }
}

/** Takes the row for the rest of the transaction; false: it is gone. */
export async function lockHarvester(trx: ControlDb, harvesterUid: string): Promise<boolean> {
  const row = await trx
    .updateTable('harvesters')
    .set((eb) => ({ harvester_uid: eb.ref('harvester_uid') }))
    .where('harvester_uid', '=', harvesterUid)
    .returning('harvester_uid')
    .executeTakeFirst()
  return row !== undefined
}

/**
 * Takes a resting harvester for a job: of two who ask, one gets it. Errors: harvest.unknown_harvester, invalid_status.
 */
export async function takeHarvester(trx: ControlDb, harvesterUid: string, jobUid: string): Promise<void> {
  await take(trx, harvesterUid, restingStatuses, { status: 'queued', active_job_uid: jobUid })
}

/** From now on no job is ordered; one that is being deleted may be so otherwise. Errors: as `takeHarvester`. */
export async function takeForDeletion(
  trx: ControlDb,
  harvesterUid: string,
  withDatasets: boolean,
): Promise<void> {
  const statuses = [...restingStatuses, 'deleting']
  await take(trx, harvesterUid, statuses, { status: 'deleting', deletes_datasets: withDatasets ? 1 : 0 })
}

/** In one statement: of two who want a harvester at once one gets it. */
async function take(
  trx: ControlDb,
  harvesterUid: string,
  from: readonly string[],
  columns: Partial<HarvestersTable>,
): Promise<void> {
  const taken = await trx
    .updateTable('harvesters')
    .set(columns)
    .where('harvester_uid', '=', harvesterUid)
    .where('status', 'in', from)
    .returning('harvester_uid')
    .executeTakeFirst()
  if (taken) return
  const { status } = await findHarvester(trx, harvesterUid)
  throw new AppError('harvest.invalid_status', { status, allowed: restingStatuses.join(', ') })
}

export async function setStatus(
  trx: ControlDb,
  harvesterUid: string,
  status: Partial<Omit<HarvestersTable, 'harvester_uid'>>,
): Promise<void> {
  await trx.updateTable('harvesters').set(status).where('harvester_uid', '=', harvesterUid).execute()
}

export async function findHarvested(
  db: ControlDb,
  harvesterUid: string,
  remoteId: string,
): Promise<HarvestedDatasetsTable | null> {
  const row = await db
    .selectFrom('harvested_datasets')
    .selectAll()
    .where('harvester_uid', '=', harvesterUid)
    .where('remote_id', '=', remoteId)
    .executeTakeFirst()
  return row ?? null
}

export interface Outcome {
  readonly harvesterUid: string
  readonly remoteId: string
  readonly title: string
  readonly change: 'created' | 'updated' | 'unchanged' | 'gone' | 'removed' | 'failed'
  readonly details: readonly string[]
  readonly error: AppError | null
  readonly jobUid: string
  readonly now: number
  /** Absent: as it was. */
  readonly datasetUid?: string
  readonly applied?: unknown
}

/** What a run made of a remote dataset. */
export async function writeOutcome(db: ControlDb, outcome: Outcome): Promise<void> {
  const told = {
    title: outcome.title.slice(0, 500),
    change: outcome.change,
    details_json: JSON.stringify(outcome.details),
    error_json: outcome.error === null ? null : JSON.stringify(toErrorValue(outcome.error)),
    job_uid: outcome.jobUid,
    seen_at: outcome.now,
    ...(outcome.datasetUid === undefined ? {} : { dataset_uid: outcome.datasetUid }),
    ...(outcome.applied === undefined ? {} : { applied_json: JSON.stringify(outcome.applied) }),
  }
  await db
    .insertInto('harvested_datasets')
    .values({
      harvester_uid: outcome.harvesterUid,
      remote_id: outcome.remoteId,
      dataset_uid: null,
      applied_json: null,
      ...told,
    })
    .onConflict((conflict) => conflict.columns(['harvester_uid', 'remote_id']).doUpdateSet(told))
    .execute()
}

/** What the source had and has no more, by a run that has seen all it has. */
export async function listUnseen(
  db: ControlDb,
  harvesterUid: string,
  jobUid: string,
): Promise<HarvestedDatasetsTable[]> {
  return db
    .selectFrom('harvested_datasets')
    .selectAll()
    .where('harvester_uid', '=', harvesterUid)
    .where('job_uid', '!=', jobUid)
    .orderBy('remote_id')
    .execute()
}

export async function countOutcomes(
  db: ControlDb,
  harvesterUid: string,
  jobUid: string,
): Promise<Record<string, number>> {
  const rows = await db
    .selectFrom('harvested_datasets')
    .select((eb) => ['change', eb.fn.countAll<number>().as('count')])
    .where('harvester_uid', '=', harvesterUid)
    .where('job_uid', '=', jobUid)
    .groupBy('change')
    .execute()
  return Object.fromEntries(rows.map((row) => [row.change, Number(row.count)]))
}

export interface HarvestedQuery {
  readonly harvesterUid: string
  readonly changes?: readonly string[]
  readonly limit: number
  readonly offset: number
}

export async function listHarvested(
  db: ControlDb,
  { harvesterUid, changes, limit, offset }: HarvestedQuery,
): Promise<HarvestedDatasetsTable[]> {
  let query = db
    .selectFrom('harvested_datasets')
    .selectAll()
    .where('harvester_uid', '=', harvesterUid)
    .orderBy('remote_id')
    .limit(limit)
    .offset(offset)
  if (changes !== undefined) query = query.where('change', 'in', changes)
  return query.execute()
}

/** Those that are being deleted, and how. Of what an earlier release began nobody knows how: it stays until it is asked again. */
export async function listDeleting(
  db: ControlDb,
): Promise<{ readonly harvesterUid: string; readonly withDatasets: boolean }[]> {
  const rows = await db
    .selectFrom('harvesters')
    .select(['harvester_uid', 'deletes_datasets'])
    .where('status', '=', 'deleting')
    .where('deletes_datasets', 'is not', null)
    .execute()
  return rows.map((row) => ({
    harvesterUid: row.harvester_uid,
    withDatasets: row.deletes_datasets === 1,
  }))
}

export async function listAttached(db: ControlDb, harvesterUid: string): Promise<string[]> {
  const rows = await db
    .selectFrom('harvested_datasets')
    .select('dataset_uid')
    .where('harvester_uid', '=', harvesterUid)
    .where('dataset_uid', 'is not', null)
    .orderBy('remote_id')
    .execute()
  return rows.map((row) => row.dataset_uid!)
}
