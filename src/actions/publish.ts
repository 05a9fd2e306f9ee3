/**
 * publish: gather the sources, build a generation beside the current one (or find that the recipe is already built),
 * switch in one transaction. Readers see the previous publication, whole, until the switch.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Configuration, readConfiguration } from '../catalog/index.ts'
import type { ControlDb } from '../control/index.ts'
import { crashPoint } from '../faults/index.ts'
import { pipelineVersion } from '../ingest/index.ts'
import { finishJob, insertJob, type JobContext, type JobHandler } from '../jobs/index.ts'
import { AppError, type JsonObject, type Manifest } from '../kernel/index.ts'
import { finishAbortOrders } from './abort-orders.ts'
import { type BuildOutcome, buildGeneration } from './build-generation.ts'
import { holdForJob } from './collector.ts'
import type { ActionDeps } from './deps.ts'
import { exposeGeneration } from './expose.ts'
import { gatherSources } from './gather-sources.ts'
import { failAction, startAction } from './handler-steps.ts'
import { moveStatus } from './move-status.ts'
import { createProgressBoard, type ProgressBoard } from './progress.ts'
import { computeRecipe } from './recipe.ts'

export function publishHandler(deps: ActionDeps): JobHandler {
  return {
    run: (context) => publish(deps, context),
    fail: (context, error) => failAction(deps, context, error),
  }
}

async function publish(deps: ActionDeps, context: JobContext): Promise<void> {
  const datasetUid = context.job.subject
  const board = createProgressBoard(deps.clock, context.report)
  if (!(await startAction(deps, context, 'start_processing'))) return
  const configuration = await readConfiguration(deps.control.db, datasetUid)
  const outcome = await build(deps, context, configuration, board)
  board.begin('expose')
  await finishPublish(deps, context, configuration, outcome, board)
}

type PublishOutcome =
  | (Extract<BuildOutcome, { kind: 'sealed' }> & { readonly isReused: boolean })
  | { readonly kind: 'discarded' }

async function build(
  deps: ActionDeps,
  context: JobContext,
  configuration: Configuration,
  board: ProgressBoard,
): Promise<PublishOutcome> {
  const abort = new AbortController()
  let isAborted = false
  context.onCancel(() => {
    isAborted = true
    abort.abort()
  })
  const signal = AbortSignal.any([context.signal, abort.signal])
  try {
    const sources = await gatherSources(deps, configuration.resources, board, signal)
    const recipe = computeRecipe({ pipelineVersion, sources, maxRecords: null, ...stepsOf(configuration) })
    const reusable = await findGeneration(deps, context.job, recipe)
    if (reusable) return { kind: 'sealed', isReused: true, ...reusable }
    signal.throwIfAborted()
    const order = { datasetUid: configuration.dataset.dataset_uid, recipe, sources, maxRecords: null }
    const built = await buildGeneration(deps, context, { ...order, ...stepsOf(configuration) }, board)
    return built.kind === 'sealed' ? { ...built, isReused: false } : built
  } catch (error) {
    // Aborted before the first record: there is nothing to keep, readers stay on what they have.
    if (isAborted && !context.signal.aborted && abort.signal.aborted && isAbortError(error, abort.signal)) {
      return { kind: 'discarded' }
    }
    throw error
  }
}

function isAbortError(error: unknown, signal: AbortSignal): boolean {
  return (
    error === signal.reason ||
    (error instanceof Error && error.name === 'AbortError') ||
    (error instanceof AppError && error.key === 'ingest.fetch_aborted')
  )
}

function stepsOf(configuration: Configuration) {
  return { processors: configuration.processors, fieldSpecifications: configuration.fieldSpecifications }
}

/** A whole generation of the same recipe that is still on disk: the current one, or one that has been replaced since. */
async function findGeneration(
  deps: ActionDeps,
  job: { readonly jobUid: string; readonly subject: string },
  recipe: string,
): Promise<{ generationUid: string; manifest: Manifest; isIndexed: boolean } | null> {
  const row = await deps.control.db
    .selectFrom('generations')
    .select(['generation_uid', 'manifest_json'])
    .where('dataset_uid', '=', job.subject)
    .where('recipe', '=', recipe)
    .where('state', '=', 'sealed')
    .where('is_partial', '=', 0)
    .orderBy('created_at', 'desc')
    .executeTakeFirst()
  if (!row || row.manifest_json === null) return null
  if (!existsSync(join(deps.layout.generations, row.generation_uid, 'manifest.json'))) return null
  if (!(await holdForJob(deps, row.generation_uid, job.jobUid))) return null
  const isIndexed = existsSync(join(deps.layout.serving, `${row.generation_uid}.duckdb`))
  return { generationUid: row.generation_uid, manifest: JSON.parse(row.manifest_json), isIndexed }
}

async function finishPublish(
  deps: ActionDeps,
  context: JobContext,
  configuration: Configuration,
  outcome: PublishOutcome,
  board: ProgressBoard,
): Promise<void> {
  const datasetUid = configuration.dataset.dataset_uid
  const jobUid = context.job.jobUid
  const now = deps.clock.now()
  const isExposed =
    outcome.kind === 'sealed' && !(outcome.manifest.partial && outcome.manifest.records_count === 0)
  const change = isExposed && outcome.manifest.partial ? 'abort' : 'publish'
  await deps.control.db.transaction().execute(async (trx) => {
    const event = outcome.kind === 'sealed' && outcome.manifest.limit_reached ? 'reach_limit' : 'succeed'
    const recordErrorsCount = isExposed ? outcome.manifest.record_errors.count : undefined
    const dataset = await moveStatus(trx, datasetUid, { event, now, jobUid: null, recordErrorsCount })
    if (isExposed) {
      const generation = { generation_uid: outcome.generationUid }
      const { manifest } = outcome
      await exposeGeneration(trx, {
        dataset,
        generation,
        manifest,
        metas: configuration.metas,
        change,
        jobUid,
        now,
      })
      if (!outcome.isIndexed) await orderServingFile(trx, deps, outcome.generationUid, now)
    }
    board.end()
    await finishJob(trx, {
      jobUid,
      owner: context.owner,
      now,
      outcome: { result: await describe(trx, datasetUid, outcome, dataset.status === 'aborting_processing') },
      progresses: [...board.entries],
    })
    await finishAbortOrders(trx, { datasetUid, abortedJobUid: jobUid, now })
    crashPoint('expose.before')
  })
  crashPoint('expose.after')
  if (isExposed) deps.onEvent({ kind: 'publication_switched', datasetUid, change, jobUid })
}

/** An aborted generation is shown at once from its parts; what makes it fast follows in a job of its own. */
async function orderServingFile(
  trx: ControlDb,
  deps: ActionDeps,
  generationUid: string,
  now: number,
): Promise<void> {
  await insertJob(trx, {
    jobUid: deps.ids.hex(20),
    function: 'build_serving_file',
    subject: generationUid,
    params: { generation_uid: generationUid },
    username: 'system',
    now,
    priority: -1,
    hasEvents: false,
  })
}

/** The result of a publish job. Management API section 2.1; keys beyond the first four are ours. */
async function describe(
  trx: ControlDb,
  datasetUid: string,
  outcome: PublishOutcome,
  wasAborting: boolean,
): Promise<JsonObject> {
  const publication = await trx
    .selectFrom('publications')
    .selectAll()
    .where('dataset_uid', '=', datasetUid)
    .executeTakeFirst()
  const dataset = await trx
    .selectFrom('datasets')
    .select(['status', 'record_errors_count'])
    .where('dataset_uid', '=', datasetUid)
    .executeTakeFirstOrThrow()
  const base: JsonObject = {
    dataset_uid: datasetUid,
    status: dataset.status,
    published: publication !== undefined,
    records_count: publication?.records_count ?? 0,
    records_errors: dataset.record_errors_count,
    aborted: wasAborting,
  }
  if (outcome.kind === 'discarded') return { ...base, partial: publication?.is_partial === 1 }
  return {
    ...base,
    partial: outcome.manifest.partial,
    generation_uid: outcome.generationUid,
    reused: outcome.isReused,
    rows_read: sum(outcome.manifest, 'rows_read'),
    rows_rejected: sum(outcome.manifest, 'rows_rejected'),
    rows_filtered: sum(outcome.manifest, 'rows_filtered'),
    rows_replaced: sum(outcome.manifest, 'rows_replaced'),
    content_hash: outcome.manifest.content_hash,
  }
}

function sum(
  manifest: Manifest,
  key: 'rows_read' | 'rows_rejected' | 'rows_filtered' | 'rows_replaced',
): number {
  return manifest.sources.reduce((total, source) => total + source[key], 0)
}
