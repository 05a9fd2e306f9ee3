/**
 * The jobs of a harvester. `harvest`: looks through the source, page by page, and brings its datasets here up to date; one
 * that is broken is noted and passed over. `publish_harvested`, `unpublish_harvested`: orders that for all its datasets.
 *
 * What a run made of each dataset is written with its job's id as it goes: an attempt that takes over goes through the
 * source again and finds done what is done.
 */
import { requireRoomForDataset } from '../access/index.ts'
import { readTemplates } from '../catalog/index.ts'
import type { Control, ControlDb } from '../control/index.ts'
import type { BlobStore, FetchPolicy } from '../ingest/index.ts'
import { finishJob, type JobContext, type JobHandler } from '../jobs/index.ts'
import {
  AppError,
  type Clock,
  type ErrorValue,
  type Ids,
  type JsonObject,
  type SecretBox,
} from '../kernel/index.ts'
import { type Applied, createHarvested, fit, updateHarvested } from './apply.ts'
import { connectionOf, withConnection } from './connection.ts'
import { createSourceHttp, type Found, type RemoteDataset } from './remote.ts'
import { findSource } from './sources/sources.ts'
import {
  countOutcomes,
  findHarvested,
  findHarvester,
  type Harvester,
  listAttached,
  listHarvested,
  listUnseen,
  type Outcome,
  setStatus,
  writeOutcome,
} from './store.ts'

export interface HarvestDeps {
  readonly control: Control
  readonly clock: Clock
  readonly ids: Ids
  readonly policy: FetchPolicy
  readonly blobs: BlobStore
  readonly secrets: SecretBox
  /** Errors: AppError when the dataset is at work or gone. */
  order(
    action: 'publish' | 'unpublish',
    datasetUid: string,
    username: string,
    params: JsonObject,
  ): Promise<unknown>
  /** Errors: catalog.unknown_dataset. */
  deleteDataset(datasetUid: string): Promise<void>
  /** Of the whole domain; null: no limit. */
  readonly mostDatasets: number | null
}

export const maxDatasets = 50_000
const maxIdLength = 500
/** Of a job's result; all of them are in the list of the harvester's datasets. */
const toldChanges = 100
/** Pages in a row that bring nothing new. */
const repeatedPages = 3
/** So many datasets may be gone from a source at once, however few it had. */
const believedMissing = 10

interface Run {
  readonly deps: HarvestDeps
  readonly context: JobContext
  readonly harvester: Harvester
  /** Somebody asked for the end of the job. */
  readonly abort: AbortController
  /** That, or the process stops or has lost the job. */
  readonly signal: AbortSignal
}

export function harvestHandlers(deps: HarvestDeps): Record<string, JobHandler> {
  const handler = (run: (run: Run) => Promise<JsonObject>): JobHandler => ({
    async run(context) {
      const harvester = await begin(deps, context)
      const abort = new AbortController()
      context.onCancel(() => abort.abort())
      const signal = AbortSignal.any([context.signal, abort.signal])
      const result = await run({ deps, context, harvester, abort, signal })
      await end(deps, context, { result })
    },
    fail: (context, error) => end(deps, context, { error }),
  })
  return {
    harvest: handler(harvest),
    publish_harvested: handler((run) => orderAll(run, 'publish')),
    unpublish_harvested: handler((run) => orderAll(run, 'unpublish')),
  }
}

async function begin(deps: HarvestDeps, { job }: JobContext): Promise<Harvester> {
  const { db } = deps.control
  const harvester = await findHarvester(db, job.subject)
  await setStatus(db, job.subject, {
    status: 'processing',
    ...(job.function === 'harvest' ? { last_started_at: job.startedAt ?? deps.clock.now() } : {}),
  })
  return harvester
}

async function end(
  deps: HarvestDeps,
  { job, owner, progresses }: JobContext,
  outcome: { result: JsonObject } | { error: ErrorValue },
): Promise<void> {
  const now = deps.clock.now()
  await deps.control.db.transaction().execute(async (trx) => {
    const isHarvest = job.function === 'harvest'
    await setStatus(trx, job.subject, {
      status: 'idle',
      active_job_uid: null,
      ...(isHarvest && 'error' in outcome ? { last_error_json: JSON.stringify(outcome.error) } : {}),
      ...(isHarvest && 'result' in outcome && outcome.result.aborted !== true
        ? { last_error_json: null, last_success_at: now, last_report_json: JSON.stringify(outcome.result) }
        : {}),
    })
    await finishJob(trx, { jobUid: job.jobUid, owner, now, outcome, progresses: [...progresses()] })
  })
}

async function harvest(run: Run): Promise<JsonObject> {
  const { deps, context, harvester, signal, abort } = run
  const http = createSourceHttp({ ...deps, signal, connectionFor: connectionOf(deps, harvester.params) })
  const seen = new Set<string>()
  let idle = 0
  try {
    for await (const page of findSource(harvester.type).list(harvester.params, http)) {
      const before = seen.size
      for (const found of page) {
        signal.throwIfAborted()
        await take(run, found, seen)
      }
      if (seen.size > maxDatasets) throw new AppError('harvest.too_many', { max: maxDatasets })
      idle = seen.size > before ? 0 : idle + 1
      if (idle >= repeatedPages) throw new AppError('harvest.endless', { count: seen.size })
      context.report([{ step: 'harvest', datasets_seen: seen.size }])
    }
    await settleUnseen(run, seen.size)
    if (harvester.options.publish) await publishChanged(run)
    return await report(run)
  } catch (error) {
    if (!abort.signal.aborted || context.signal.aborted) throw error
    return { ...(await report(run)), aborted: true }
  }
}

/** One dataset of the source. What is wrong with it is noted; what is wrong here ends the run. */
async function take(run: Run, found: Found, seen: Set<string>): Promise<void> {
  const { deps, context, harvester } = run
  // A broken one without an id is told by its place.
  const remoteId = found.remoteId.replaceAll('\0', '').toWellFormed() || `(number ${seen.size + 1})`
  if (seen.has(remoteId)) return
  seen.add(remoteId)
  const told = {
    harvesterUid: harvester.harvesterUid,
    remoteId: remoteId.slice(0, maxIdLength),
    title: found.title.replaceAll('\0', '').toWellFormed(),
    details: [],
    error: null,
    jobUid: context.job.jobUid,
    now: deps.clock.now(),
  } as const
  try {
    if ('broken' in found) throw new AppError('harvest.invalid_dataset', { reason: found.broken })
    if (remoteId.length > maxIdLength)
      throw new AppError('harvest.invalid_dataset', {
        reason: `its id has more than ${maxIdLength} characters`,
      })
    await bringUpToDate(run, found, told)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    await writeOutcome(deps.control.db, { ...told, change: 'failed', error })
  }
}

type Told = Omit<Outcome, 'change'>

async function bringUpToDate(
  { deps, context, harvester }: Run,
  found: RemoteDataset,
  told: Told,
): Promise<void> {
  const { db } = deps.control
  const fitting = fit(found, await readTemplates(db))
  const wanted = await withConnection(deps, harvester.params, fitting)
  const editor = { db, clock: deps.clock, ids: deps.ids, username: harvester.username }
  const known = await findHarvested(db, harvester.harvesterUid, told.remoteId)
  if (known?.dataset_uid && known.applied_json !== null) {
    const applied = JSON.parse(known.applied_json) as Applied
    if (known.applied_json === JSON.stringify(wanted)) {
      // An earlier attempt at this job may have done it.
      if (known.job_uid === context.job.jobUid) return
      return writeOutcome(db, { ...told, change: 'unchanged' })
    }
    const details = await updateHarvested(editor, known.dataset_uid, applied, wanted)
    return writeOutcome(db, { ...told, change: 'updated', details, applied: wanted })
  }
  await db.transaction().execute(async (trx) => {
    await requireRoomForDataset(trx, harvester.username, deps.mostDatasets)
    const datasetUid = await createHarvested(trx, editor, told.remoteId, wanted)
    if (harvester.options.restricted)
      await trx
        .updateTable('datasets')
        .set({ visibility: 'restricted' })
        .where('dataset_uid', '=', datasetUid)
        .execute()
    await writeOutcome(trx, { ...told, change: 'created', datasetUid, applied: wanted })
  })
}

/** What the source has no more. A source that has lost everything is not believed. */
async function settleUnseen({ deps, context, harvester, signal }: Run, seenCount: number): Promise<void> {
  const { db } = deps.control
  const unseen = await listUnseen(db, harvester.harvesterUid, context.job.jobUid)
  const attached = unseen.filter(({ dataset_uid }) => dataset_uid !== null)
  if (seenCount === 0 && attached.length > 0)
    throw new AppError('harvest.source_is_empty', { count: attached.length })
  // A source that has lost more than half of what it had is more likely to be unwell.
  const all = await listAttached(db, harvester.harvesterUid)
  const isBelieved = attached.length <= believedMissing || attached.length * 2 <= all.length
  for (const row of unseen) {
    signal.throwIfAborted()
    const told = {
      harvesterUid: harvester.harvesterUid,
      remoteId: row.remote_id,
      title: row.title,
      error: null,
      jobUid: context.job.jobUid,
      now: deps.clock.now(),
    }
    if (row.dataset_uid === null) {
      await forget(db, row)
      continue
    }
    if (!harvester.options.deleteMissing || !isBelieved) {
      const doubt = isBelieved ? [] : ['more than half are missing at once: none is deleted']
      await writeOutcome(db, { ...told, change: 'gone', details: ['the source has it no more', ...doubt] })
      continue
    }
    await deps.deleteDataset(row.dataset_uid).catch(ignoreUnknown)
    await writeOutcome(db, { ...told, change: 'removed', details: ['the source has it no more'] })
  }
}

/** A row without a dataset, of which the source has nothing any more either. */
async function forget(db: ControlDb, row: { harvester_uid: string; remote_id: string }): Promise<void> {
  await db
    .deleteFrom('harvested_datasets')
    .where('harvester_uid', '=', row.harvester_uid)
    .where('remote_id', '=', row.remote_id)
    .execute()
}

function ignoreUnknown(error: unknown): void {
  if (!(error instanceof AppError) || error.key !== 'catalog.unknown_dataset') throw error
}

async function publishChanged({ deps, context, harvester, signal }: Run): Promise<void> {
  const changes = ['created', 'updated']
  const { harvesterUid, username } = harvester
  for (let offset = 0; ; offset += 500) {
    const page = await listHarvested(deps.control.db, { harvesterUid, changes, limit: 500, offset })
    for (const row of page) {
      signal.throwIfAborted()
      if (row.job_uid !== context.job.jobUid || row.dataset_uid === null) continue
      // At work already: the next run, or somebody, publishes what has changed.
      await deps
        .order('publish', row.dataset_uid, username, { harvester_id: harvesterUid })
        .catch(ignoreExpected)
    }
    if (page.length < 500) return
  }
}

function ignoreExpected(error: unknown): void {
  if (!(error instanceof AppError)) throw error
}

async function orderAll(
  { deps, context, harvester, signal, abort }: Run,
  action: 'publish' | 'unpublish',
): Promise<JsonObject> {
  const counts = { ordered: 0, skipped: 0 }
  const { harvesterUid, username } = harvester
  for (const datasetUid of await listAttached(deps.control.db, harvesterUid)) {
    if (abort.signal.aborted && !context.signal.aborted)
      return { harvester_id: harvesterUid, ...counts, aborted: true }
    signal.throwIfAborted()
    try {
      await deps.order(action, datasetUid, context.job.username || username, { harvester_id: harvesterUid })
      counts.ordered++
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      counts.skipped++
    }
  }
  return { harvester_id: harvesterUid, ...counts }
}

async function report({ deps, context, harvester }: Run): Promise<JsonObject> {
  const { db } = deps.control
  const { harvesterUid } = harvester
  const counts = await countOutcomes(db, harvesterUid, context.job.jobUid)
  const told = ['created', 'updated', 'gone', 'removed', 'failed']
  const rows = await listHarvested(db, { harvesterUid, changes: told, limit: toldChanges, offset: 0 })
  return {
    harvester_id: harvesterUid,
    created: 0,
    updated: 0,
    unchanged: 0,
    gone: 0,
    removed: 0,
    failed: 0,
    ...counts,
    changes: rows
      .filter((row) => row.job_uid === context.job.jobUid)
      .map((row) => ({
        remote_id: row.remote_id,
        title: row.title,
        dataset_uid: row.dataset_uid,
        change: row.change,
        details: JSON.parse(row.details_json),
        reason: row.error_json === null ? null : reasonOf(JSON.parse(row.error_json)),
      })),
  }
}

function reasonOf(error: ErrorValue): string {
  return new AppError(error.key, error.params as never).message
}
