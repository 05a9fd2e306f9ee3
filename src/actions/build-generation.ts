import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { noteGenerationMedia } from '../catalog/index.ts'
import { crashPoint } from '../faults/index.ts'
import type { JobContext } from '../jobs/index.ts'
import {
  AppError,
  type BuilderEvent,
  type BuildPlan,
  type BuildSource,
  type ConfiguredStep,
  fromErrorValue,
  type JoinedDataset,
  type Manifest,
  servingPath,
} from '../kernel/index.ts'
import type { ActionDeps } from './deps.ts'
import type { ProgressBoard } from './progress.ts'
import { followIndexing } from './serving-file.ts'

export interface BuildOrder {
  readonly datasetUid: string
  readonly recipe: string
  readonly sources: readonly BuildSource[]
  readonly processors: readonly ConfiguredStep[]
  readonly fieldSpecifications: readonly ConfiguredStep[]
  readonly datasets: Readonly<Record<string, JoinedDataset>>
  readonly maxRecords: number | null
}

/** What came of a build. `discarded`: somebody asked for that, nothing is left. */
export type BuildOutcome =
  | {
      readonly kind: 'sealed'
      readonly generationUid: string
      readonly manifest: Manifest
      /** Of a small generation, which is shown before it has a serving file: its making. It never rejects. */
      readonly indexing?: Promise<void>
      /** Parts of an earlier attempt at this job that did not have to be made again. */
      readonly resumedParts: number
    }
  | { readonly kind: 'discarded' }

/**
 * Builds a generation in a child process and registers it as sealed. An abort that keeps records seals what is there;
 * one that discards kills the child. Nothing is left on disk or in the table unless it ends sealed, or is let go of
 * (the process stops, the lease is lost): then the next attempt at the job continues from the parts that are there.
 * Errors: those the builder reports (ingest.*), actions.builder_died.
 */
export async function buildGeneration(
  deps: ActionDeps,
  context: JobContext,
  order: BuildOrder,
  board: ProgressBoard,
): Promise<BuildOutcome> {
  const generationUid = deps.ids.uid('ge', 16)
  const directory = join(deps.layout.generations, generationUid)
  const servingFile = servingPath(deps.layout.serving, generationUid)
  const tmpDirectory = join(deps.layout.tmp, generationUid)
  crashPoint('build.before')
  await deps.control.db
    .insertInto('generations')
    .values({
      generation_uid: generationUid,
      dataset_uid: order.datasetUid,
      job_uid: context.job.jobUid,
      state: 'building',
      recipe: order.recipe,
      manifest_json: null,
      records_count: 0,
      bytes: 0,
      is_partial: 0,
      created_at: deps.clock.now(),
      retired_at: null,
    })
    .execute()
  let progress: 'building' | 'sealing' | 'sealed' = 'building'
  let indexing: Promise<void> | undefined
  const earlier = await findUnfinished(deps, context.job.jobUid, generationUid)
  try {
    crashPoint('build.after')
    await mkdir(directory)
    await mkdir(tmpDirectory, { recursive: true })
    deps.onEvent({ kind: 'builder_started', jobUid: context.job.jobUid, generationUid })
    const built = await runBuilder(deps, context, board, {
      datasetUid: order.datasetUid,
      generationUid,
      recipe: order.recipe,
      directory,
      servingFile,
      tmpDirectory,
      createdAt: new Date(deps.clock.now()).toISOString(),
      sources: order.sources,
      processors: order.processors,
      fieldSpecifications: order.fieldSpecifications,
      datasets: order.datasets,
      limits: { ...deps.builder, maxRecords: order.maxRecords },
      resumeFrom: earlier
        .filter((row) => row.recipe === order.recipe)
        .map((row) => join(deps.layout.generations, row.generation_uid)),
    })
    if (built === null) return { kind: 'discarded' }
    if (built.indexing) {
      deps.indexing.add(generationUid)
      indexing = built.indexing.then((failure) => followIndexing(deps, generationUid, failure))
    }
    progress = 'sealing'
    await registerSealed(deps, generationUid, built)
    progress = 'sealed'
    const { manifest, resumedParts } = built
    return {
      kind: 'sealed',
      generationUid,
      manifest,
      resumedParts,
      ...(indexing ? { indexing } : {}),
    }
  } finally {
    if (indexing && progress === 'sealed') void indexing.then(finish)
    else {
      await indexing
      await finish()
    }
  }

  async function finish(): Promise<void> {
    deps.onEvent({ kind: 'builder_ended', jobUid: context.job.jobUid, generationUid })
    // Why the build failed matters more than what is left of it, which the collector finds.
    await cleanUp().catch((cause) => deps.onEvent({ kind: 'cleanup_failed', cause }))
  }

  async function cleanUp(): Promise<void> {
    await rm(tmpDirectory, { recursive: true, force: true })
    // Let go of: the next attempt goes on from what is there.
    if (context.signal.aborted && progress !== 'sealed') return
    for (const row of earlier) await discardGeneration(deps, row.generation_uid)
    if (progress === 'sealed') return
    // Where the disk is full the database cannot be written before there is space again.
    if (progress === 'building') await removeGenerationFiles(deps, generationUid)
    await discardGeneration(deps, generationUid)
  }
}

/** Writes down that a generation is whole. When the answer is lost, what has been written is read back. */
async function registerSealed(
  deps: ActionDeps,
  generationUid: string,
  { manifest, media }: Built,
): Promise<void> {
  try {
    // Before, and in pieces: of a hundred thousand files nobody else should have to wait. They go with the row if it is
    // discarded.
    await noteGenerationMedia(deps.control.db, generationUid, [...media])
    crashPoint('sealed.before')
    await deps.control.db
      .updateTable('generations')
      .set({
        state: 'sealed',
        manifest_json: JSON.stringify(manifest),
        content_hash: manifest.content_hash,
        records_count: manifest.records_count,
        bytes: manifest.bytes,
        is_partial: manifest.partial ? 1 : 0,
        // Nothing points at it until the switch; should the switch never come, the collector takes it.
        retired_at: deps.clock.now(),
      })
      .where('generation_uid', '=', generationUid)
      .execute()
    crashPoint('sealed.after')
  } catch (error) {
    const row = await deps.control.db
      .selectFrom('generations')
      .select('state')
      .where('generation_uid', '=', generationUid)
      .executeTakeFirst()
    if (row?.state !== 'sealed') throw error
  }
}

/** What earlier attempts at a job left unsealed, the latest first. */
async function findUnfinished(deps: ActionDeps, jobUid: string, except: string) {
  return deps.control.db
    .selectFrom('generations')
    .select(['generation_uid', 'recipe'])
    .where('job_uid', '=', jobUid)
    .where('state', '=', 'building')
    .where('generation_uid', '!=', except)
    .orderBy('created_at', 'desc')
    .execute()
}

/** Removes a generation that was never sealed: its row first, so that nothing can refer to half a directory. */
export async function discardGeneration(deps: ActionDeps, generationUid: string): Promise<void> {
  crashPoint('discard.before')
  const discarded = await deps.control.db
    .deleteFrom('generations')
    .where('generation_uid', '=', generationUid)
    .where('state', '=', 'building')
    .returning('generation_uid')
    .executeTakeFirst()
  crashPoint('discard.after')
  // It may be sealed after all, by a commit whose answer was lost.
  if (discarded) await removeGenerationFiles(deps, generationUid)
}

/** Everything on disk of a generation that no row names as sealed. */
export async function removeGenerationFiles(
  deps: Pick<ActionDeps, 'layout'>,
  generationUid: string,
): Promise<void> {
  await rm(join(deps.layout.generations, generationUid), { recursive: true, force: true })
  const servingFile = servingPath(deps.layout.serving, generationUid)
  for (const path of [servingFile, `${servingFile}.wal`]) await rm(path, { force: true })
}

interface Built {
  readonly manifest: Manifest
  /** Ids of the files that its records have. */
  readonly media: ReadonlySet<string>
  /** Ends with what the serving file failed of; null: it is there, or was stopped. */
  readonly indexing: Promise<AppError | null> | null
  readonly resumedParts: number
}

/**
 * Runs the child to its end, or until a small generation is sealed: its readers need not wait for the serving file, which
 * the child goes on to make. Null: it was told to discard.
 */
async function runBuilder(
  deps: ActionDeps,
  context: JobContext,
  board: ProgressBoard,
  plan: BuildPlan,
): Promise<Built | null> {
  let manifest: Manifest | null = null
  const media = new Set<string>()
  let resumedParts = 0
  let isDone = false
  let isDiscarded = false
  let isHandedOver = false
  let failure: AppError | null = null
  const quick = Promise.withResolvers<void>()

  function onEvent(event: BuilderEvent): void {
    switch (event.kind) {
      case 'phase':
        if (!isHandedOver) board.begin(event.phase)
        break
      case 'progress':
        board.counts(event.counts)
        break
      case 'part':
      case 'ask':
        break
      case 'media':
        for (const id of event.ids) media.add(id)
        break
      case 'resumed':
        resumedParts = event.parts
        break
      case 'sealed':
        manifest = event.manifest
        if (!isDiscarded && !context.signal.aborted && isQuick(event.manifest, deps.indexLaterBytes)) {
          isHandedOver = true
          quick.resolve()
        }
        break
      case 'indexed':
        break
      case 'done':
        isDone = true
        break
      case 'failed':
        failure = fromErrorValue(event.error)
        break
      default:
        event satisfies never
    }
  }

  const builder = deps.builders.build(plan, { onEvent })
  context.onCancel((request) => {
    if (request === 'discard') {
      isDiscarded = true
      builder.kill()
    } else builder.seal()
  })
  const letGo = () => builder.kill()
  context.signal.addEventListener('abort', letGo, { once: true })
  if (context.signal.aborted) letGo()
  const ended = builder.exited.finally(() => context.signal.removeEventListener('abort', letGo))
  await Promise.race([quick.promise, ended])
  board.end()
  if (isDiscarded) {
    await ended
    return null
  }
  if (isHandedOver && manifest !== null) {
    return { manifest, media, indexing: ended.then(() => failure), resumedParts }
  }
  const { code, signal } = await ended

  if (failure !== null) throw failure
  if (context.signal.aborted || !isDone || manifest === null) {
    throw new AppError('actions.builder_died', { cause: signal ?? `exit code ${code}` })
  }
  return { manifest, media, indexing: null, resumedParts }
}

/** With more records than this a word search in the parts would be felt. */
const quickRecords = 50_000

/** Whether readers may have it before its serving file is made. A partial one gets its file from a job of its own. */
function isQuick(manifest: Manifest, maxBytes: number): boolean {
  return !manifest.partial && manifest.bytes <= maxBytes && manifest.records_count <= quickRecords
}
