/**
 * publish: gather the sources, build a generation beside the current one (or find that the recipe is already built),
 * judge it, switch in one transaction. Readers see the previous publication, whole, until the switch.
 *
 * Two variants end without a switch: a dry run, and a publish that a gate holds. What they built is kept for the
 * retention window, and `publish?generation=` exposes it as it is (docs/publishing.md).
 */
import { requireOwnerSees } from '../access/index.ts'
import { type Configuration, datasetPrefix, readConfiguration } from '../catalog/index.ts'
import type { ControlDb } from '../control/index.ts'
import { crashPoint } from '../faults/index.ts'
import { datasetsNamed, pipelineVersion, stepsAt } from '../ingest/index.ts'
import { finishJob, type Job, type JobContext, type JobHandler } from '../jobs/index.ts'
import { AppError, type BuildSource, type Field, type JsonObject, type Manifest } from '../kernel/index.ts'
import { markPublished } from '../realtime/index.ts'
import { finishAbortOrders } from './abort-orders.ts'
import { buildGeneration } from './build-generation.ts'
import { discardUnfinished, holdForJob } from './collector.ts'
import type { ActionDeps, PublicationChange } from './deps.ts'
import {
  describePublish,
  type FoundOutcome,
  type PublishEnd,
  type PublishOutcome,
} from './describe-publish.ts'
import { exposeGeneration } from './expose.ts'
import { type GatheredDatasets, gatherDatasets } from './gather-datasets.ts'
import { gatherSources, type Hold } from './gather-sources.ts'
import { failAction, startAction } from './handler-steps.ts'
import { holdPublish, recordOverride } from './held.ts'
import { isUsable } from './is-usable.ts'
import { judgeGeneration } from './judge-generation.ts'
import { maxRecordsOf } from './max-records.ts'
import { moveStatus } from './move-status.ts'
import { presentFields, withoutPresentation } from './presentation.ts'
import { createProgressBoard, type ProgressBoard } from './progress.ts'
import {
  claimGeneration,
  findExposable,
  type KeptGeneration,
  type PublishOrder,
  publishOrderOf,
} from './publish-order.ts'
import { computeRecipe, configurationDigest } from './recipe.ts'
import { findSchemaChanges } from './schema-changes.ts'
import { isServed, orderServingFile } from './serving-file.ts'
import type { Status } from './status.ts'

export function publishHandler(deps: ActionDeps): JobHandler {
  return {
    run: (context) => publish(deps, context),
    async fail(context, error) {
      const { isDryRun } = publishOrderOf(context.job.params)
      await failAction(deps, context, error, isDryRun ? 'return' : 'fail')
      await discardUnfinished(deps, context.job.jobUid)
    },
  }
}

async function publish(deps: ActionDeps, context: JobContext): Promise<void> {
  const datasetUid = context.job.subject
  const order = publishOrderOf(context.job.params)
  const board = createProgressBoard(deps.clock, context.report)
  if (!(await startAction(deps, context, order.isDryRun ? 'start_dry_run' : 'start_processing'))) return
  const configuration = await readConfiguration(deps.control.db, datasetUid)
  const steered = order.isDryRun ? discardingWhateverIsAsked(context) : context
  const outcome =
    order.generationUid === null
      ? await build(deps, steered, configuration, board)
      : await takeKept(deps, context, configuration, order)
  if (outcome.kind === 'discarded') {
    await finishPublish(deps, context, { configuration, order, outcome, verdict: null }, board)
    // An earlier attempt may have got further than this one.
    await discardUnfinished(deps, context.job.jobUid)
    return
  }
  try {
    const fields = fieldsOf(outcome.manifest, configuration, order)
    const verdict = await judgeGeneration(deps, steered, { ...outcome, fields }, order.isDryRun, board)
    const left: PublishOutcome =
      verdict.aborted === 'discard' ? { kind: 'discarded' } : { ...outcome, fields }
    await finishPublish(deps, context, { configuration, order, outcome: left, verdict }, board)
  } catch (error) {
    // Another attempt may follow: this one's builder is over by then.
    await outcome.indexing
    throw error
  }
  if (outcome.indexing) context.linger(outcome.indexing)
}

/** Nothing of a dry run is shown: whoever aborts one has nothing to keep. */
function discardingWhateverIsAsked(context: JobContext): JobContext {
  return { ...context, onCancel: (listener) => context.onCancel(() => listener('discard')) }
}

async function takeKept(
  deps: ActionDeps,
  { job }: JobContext,
  configuration: Configuration,
  order: PublishOrder,
): Promise<FoundOutcome> {
  const kept = await findExposable(deps, configuration, order)
  const { generationUid } = kept
  if (!(await holdForJob(deps, generationUid, job.jobUid)))
    throw new AppError('checks.unknown_generation', { generation_uid: generationUid })
  return { kind: 'sealed', isReused: true, resumedParts: 0, ...kept }
}

function fieldsOf(manifest: Manifest, configuration: Configuration, order: PublishOrder): Field[] {
  if (manifest.fields.length === 0) return []
  try {
    return presentFields(manifest.fields, configuration.fieldSpecifications)
  } catch (error) {
    // Of another recipe, on purpose: the configuration's labels need not fit it.
    if (order.overridesRecipe && error instanceof AppError) return [...manifest.fields]
    throw error
  }
}

type BuiltOutcome = FoundOutcome | { readonly kind: 'discarded' }
async function build(
  deps: ActionDeps,
  context: JobContext,
  configuration: Configuration,
  board: ProgressBoard,
): Promise<BuiltOutcome> {
  const abort = new AbortController()
  let isAborted = false
  context.onCancel(() => {
    isAborted = true
    abort.abort()
  })
  const signal = AbortSignal.any([context.signal, abort.signal])
  const held: Parameters<Hold>[0][] = []
  let gathered: GatheredDatasets | null = null
  try {
    const hold: Hold = (release) => held.push(release)
    await requireOwnerSees(deps.control.db, ownerOf(deps, configuration), datasetsOf(configuration))
    const sources = await gatherSources(
      deps,
      context.job.subject,
      configuration.resources,
      board,
      signal,
      hold,
    )
    const { processors: configured, fieldSpecifications } = stepsFor(configuration, sources)
    const processors = stepsAt(configured, new Date(context.job.createdAt).toISOString())
    const maxRecords = await maxRecordsOf(deps, configuration.dataset.owner)
    const steps = { processors, fieldSpecifications, maxRecords }
    gathered = await gatherDatasets(deps, context.job.subject, processors)
    const { datasets } = gathered
    const joined = hashesOf(datasets)
    const recipe = computeRecipe({ pipelineVersion, sources, joined, ...steps })
    const reusable = await findGeneration(deps, context.job, recipe)
    if (reusable) return { kind: 'sealed', isReused: true, resumedParts: 0, ...reusable }
    signal.throwIfAborted()
    const order = { datasetUid: configuration.dataset.dataset_uid, recipe, sources, datasets }
    const built = await buildGeneration(deps, context, { ...order, ...steps }, board)
    return built.kind === 'sealed' ? { ...built, isReused: false } : built
  } catch (error) {
    // Aborted before the first record: there is nothing to keep, readers stay on what they have.
    if (isAborted && !context.signal.aborted && abort.signal.aborted && isAbortError(error, abort.signal)) {
      return { kind: 'discarded' }
    }
    throw error
  } finally {
    // Its parts are written by now: what follows reads them alone.
    gathered?.release()
    for (const release of held) await release()
  }
}

const ownerOf = ({ clock }: ActionDeps, { dataset }: Configuration) => ({
  username: dataset.owner,
  now: clock.now(),
})

/** What a dataset is made of beside its own sources, as it names it. */
function datasetsOf({ resources, processors }: Configuration): string[] {
  const copied = resources.filter(({ url }) => url.startsWith(datasetPrefix))
  return [
    ...copied.map(({ url }) => url.slice(datasetPrefix.length)),
    ...datasetsNamed(processors).map(({ name }) => name),
  ]
}

const hashesOf = (datasets: GatheredDatasets['datasets']) =>
  Object.fromEntries(Object.entries(datasets).map(([name, { contentHash }]) => [name, contentHash]))

/** Before the first record is pushed there is no field that a step could name. */
function stepsFor(
  configuration: Configuration,
  sources: readonly BuildSource[],
): Pick<Configuration, 'processors' | 'fieldSpecifications'> {
  if (sources.length === 0 && configuration.resources.length > 0)
    return { processors: [], fieldSpecifications: [] }
  const { processors } = configuration
  return { processors, fieldSpecifications: withoutPresentation(configuration.fieldSpecifications) }
}

function isAbortError(error: unknown, signal: AbortSignal): boolean {
  return (
    error === signal.reason ||
    (error instanceof Error && error.name === 'AbortError') ||
    (error instanceof AppError && error.key === 'ingest.fetch_aborted')
  )
}

/** A whole generation of the same recipe that is still on disk: the current one, or one that has been replaced since. */
async function findGeneration(
  deps: ActionDeps,
  job: { readonly jobUid: string; readonly subject: string },
  recipe: string,
): Promise<KeptGeneration | null> {
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
  const manifest = JSON.parse(row.manifest_json) as Manifest
  if (!(await isUsable(deps, row.generation_uid, manifest))) return null
  if (!(await holdForJob(deps, row.generation_uid, job.jobUid))) return null
  return { generationUid: row.generation_uid, manifest }
}

async function finishPublish(
  deps: ActionDeps,
  context: JobContext,
  end: PublishEnd,
  board: ProgressBoard,
): Promise<void> {
  const { order, outcome, verdict } = end
  const datasetUid = context.job.subject
  const jobUid = context.job.jobUid
  const now = deps.clock.now()
  const failures = verdict?.failures ?? []
  const isHeld = !order.isDryRun && failures.length > 0 && !order.overridesGates
  const isExposed =
    outcome.kind === 'sealed' &&
    !order.isDryRun &&
    !isHeld &&
    !(outcome.manifest.partial && outcome.manifest.records_count === 0)
  const change: PublicationChange = isExposed && outcome.manifest.partial ? 'abort' : 'publish'
  board.begin('expose')
  await deps.control.db.transaction().execute(async (trx) => {
    const event =
      order.isDryRun || isHeld
        ? 'return'
        : outcome.kind === 'sealed' && outcome.manifest.limit_reached
          ? 'reach_limit'
          : 'succeed'
    const recordErrorsCount = isExposed ? outcome.manifest.record_errors.count : undefined
    const restsAs = restingStatus(context, order)
    const dataset = await moveStatus(trx, datasetUid, {
      event,
      now,
      jobUid: null,
      recordErrorsCount,
      restsAs,
    })
    if (outcome.kind === 'sealed') {
      // A generation that the order names may be of another configuration: only what was found for this one is noted.
      const digest =
        order.generationUid === null ? { configurationDigest: configurationDigest(end.configuration) } : {}
      const { generationUid } = outcome
      await claimGeneration(trx, { generationUid, retiredAt: isExposed ? null : now, ...digest })
      const held = { datasetUid, generationUid, jobUid, failures, now, keptUntil: now + deps.retentionMs }
      if (isHeld) await holdPublish(trx, held)
    }
    const schemaChanges =
      outcome.kind === 'sealed' ? await findSchemaChanges(trx, datasetUid, outcome.fields) : null
    if (isExposed) {
      const { generationUid, manifest, fields } = outcome
      const generation = { generation_uid: generationUid }
      const { metas, attached = [] } = end.configuration
      const occasion = {
        change,
        jobUid,
        now,
        schemaChanges,
        ...(await retirementOf(trx, deps, context.job, now)),
      }
      await exposeGeneration(trx, { dataset, generation, manifest, fields, metas, attached, ...occasion })
      if (order.generationUid === null) await markPublished(trx, datasetUid)
      const overrides = context.job.params.override as string[] | undefined
      const { username } = context.job
      if (overrides) {
        await recordOverride(trx, {
          datasetUid,
          generationUid,
          jobUid,
          username,
          overrides,
          failures,
          now,
        })
      }
      // An aborted generation is shown at once from its parts; what makes it fast follows in a job of its own.
      if (!isServed(deps, generationUid) && !deps.indexing.has(generationUid))
        await orderServingFile(trx, deps, generationUid)
    }
    board.end()
    const wasAborting = dataset.status === 'aborting_processing'
    const result = await describePublish(trx, end, {
      wasAborting,
      isHeld,
      keptUntil: now + deps.retentionMs,
      schemaChanges,
    })
    await finishJob(trx, {
      jobUid,
      owner: context.owner,
      now,
      outcome: { result, isTold: isIncomplete(result) },
      progresses: [...board.entries],
    })
    await finishAbortOrders(trx, { datasetUid, abortedJobUid: jobUid, now })
    crashPoint('expose.before')
  })
  crashPoint('expose.after')
  if (isExposed) deps.onEvent({ kind: 'publication_switched', datasetUid, change, jobUid })
}

/** Whoever ordered it hears of a publish that waits, or did not take everything. */
function isIncomplete({ held, partial, rows_rejected: rejected, dry_run, aborted }: JsonObject): boolean {
  if (dry_run === true || aborted === true) return false
  return held === true || partial === true || Number(rejected ?? 0) > 0
}

/** Readers who have begun and pages that follow each other by cursor still find what a push has replaced. */
const passingMs = 60_000

/**
 * Pushed records make a publication every few seconds. Of two in a row the first is kept for a minute and not for the
 * retention window, which would be thousands of copies of a dataset.
 */
async function retirementOf(
  trx: ControlDb,
  deps: ActionDeps,
  { subject, params }: Job,
  now: number,
): Promise<{ retiredAt?: number }> {
  if (params.cause !== 'realtime') return {}
  const previous = await trx
    .selectFrom('publications')
    .innerJoin('generations', 'generations.generation_uid', 'publications.generation_uid')
    .innerJoin('jobs', 'jobs.job_uid', 'generations.job_uid')
    .select('jobs.params_json')
    .where('publications.dataset_uid', '=', subject)
    .executeTakeFirst()
  if (!previous || JSON.parse(previous.params_json).cause !== 'realtime') return {}
  return { retiredAt: now - Math.max(0, deps.retentionMs - passingMs) }
}

/** Where the order found the dataset. A held publish is no error, and ends one that an earlier run left. */
function restingStatus(context: JobContext, order: PublishOrder): Status {
  const found = context.job.params.rests_as as Status
  return found === 'error' && !order.isDryRun ? 'idle' : found
}
