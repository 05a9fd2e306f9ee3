import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { ControlDb } from '../control/index.ts'
import { crashPoint } from '../faults/index.ts'
import { finishJob, insertJob, type JobContext, type JobHandler, unfinishedStates } from '../jobs/index.ts'
import { AppError, type ErrorValue, fromErrorValue, servingPath } from '../kernel/index.ts'
import type { ActionDeps } from './deps.ts'

/**
 * build_serving_file: derives the serving file of a sealed generation that has none (an aborted one, or one whose file
 * was deleted). Readers are served from the parts meanwhile; nothing depends on this job but speed.
 */
export function servingFileHandler(deps: ActionDeps): JobHandler {
  return {
    run: (context) => buildServingFile(deps, context),
    fail: (context, error) => end(deps, context, { error }),
  }
}

async function buildServingFile(deps: ActionDeps, context: JobContext): Promise<void> {
  const generationUid = context.job.subject
  const target = servingPath(deps.layout.serving, generationUid)
  const row = await deps.control.db
    .selectFrom('generations')
    .select(['state', 'manifest_json'])
    .where('generation_uid', '=', generationUid)
    .executeTakeFirst()
  const isWanted = context.job.params.replace === true || !existsSync(target)
  if (row?.state === 'sealed' && row.manifest_json !== null && isWanted) {
    await deriveInChild(deps, context, generationUid, target, row.manifest_json)
    await deps.readers.refresh(generationUid)
  }
  await end(deps, context, { result: { generation_uid: generationUid } })
}

/** Whether it has its serving file; without one it is served from its parts. */
export function isServed(deps: ActionDeps, generationUid: string): boolean {
  return existsSync(servingPath(deps.layout.serving, generationUid))
}

/**
 * Orders a serving file for a generation that has none, or a damaged one (`replace`): once, however many ask. Part of the
 * caller's transaction.
 */
export async function orderServingFile(
  trx: ControlDb,
  deps: Pick<ActionDeps, 'clock' | 'ids'>,
  generationUid: string,
  { replace = false } = {},
): Promise<void> {
  const ordered = await trx
    .selectFrom('jobs')
    .select('job_uid')
    .where('subject', '=', generationUid)
    .where('state', 'in', unfinishedStates)
    .executeTakeFirst()
  if (ordered) return
  await insertJob(trx, {
    jobUid: deps.ids.hex(20),
    function: 'build_serving_file',
    subject: generationUid,
    params: { generation_uid: generationUid, ...(replace ? { replace } : {}) },
    username: 'system',
    now: deps.clock.now(),
    priority: -1,
    hasEvents: false,
  })
}

/**
 * The builder of a small generation, which readers may have already, has ended its serving file or failed at it. Never
 * rejects: readers have the parts, and who finds the file missing orders it.
 */
export async function followIndexing(
  deps: ActionDeps,
  generationUid: string,
  failure: AppError | null,
): Promise<void> {
  deps.indexing.delete(generationUid)
  if (failure !== null) deps.onEvent({ kind: 'indexing_failed', generationUid, cause: failure })
  try {
    const row = await deps.control.db
      .selectFrom('generations')
      .select('state')
      .where('generation_uid', '=', generationUid)
      .executeTakeFirst()
    const isGone = row === undefined || row.state === 'collected'
    // Its dataset was deleted while the file was made.
    if (isGone) await rm(servingPath(deps.layout.serving, generationUid), { force: true })
    else if (isServed(deps, generationUid)) await deps.readers.refresh(generationUid)
    else await orderWherePublished(deps, generationUid)
  } catch (cause) {
    deps.onEvent({ kind: 'cleanup_failed', cause })
  }
}

async function orderWherePublished(deps: ActionDeps, generationUid: string): Promise<void> {
  await deps.control.db.transaction().execute(async (trx) => {
    const publication = await trx
      .selectFrom('publications')
      .select('dataset_uid')
      .where('generation_uid', '=', generationUid)
      .executeTakeFirst()
    if (publication) await orderServingFile(trx, deps, generationUid)
  })
}

async function deriveInChild(
  deps: ActionDeps,
  context: JobContext,
  generationUid: string,
  target: string,
  manifestJson: string,
): Promise<void> {
  const tmpDirectory = join(deps.layout.tmp, `${generationUid}-serving`)
  const unfinished = join(tmpDirectory, 'serving.duckdb')
  await mkdir(tmpDirectory, { recursive: true })
  try {
    let failure: ErrorValue | null = null
    const child = deps.builders.deriveServingFile(
      {
        manifest: JSON.parse(manifestJson),
        directory: join(deps.layout.generations, generationUid),
        servingFile: unfinished,
        tmpDirectory,
        limits: { memoryLimitMb: deps.builder.memoryLimitMb, threads: deps.builder.threads },
      },
      {
        onEvent: (event) => {
          if (event.kind === 'failed') failure = event.error
        },
      },
    )
    const letGo = () => child.kill()
    context.signal.addEventListener('abort', letGo, { once: true })
    const { code, signal } = await child.exited
    context.signal.removeEventListener('abort', letGo)
    if (failure !== null) throw fromErrorValue(failure)
    if (code !== 0) throw new AppError('actions.builder_died', { cause: signal ?? `exit code ${code}` })
    crashPoint('serving_file.before')
    await rename(unfinished, target)
    crashPoint('serving_file.after')
  } finally {
    await rm(tmpDirectory, { recursive: true, force: true })
  }
}

async function end(
  deps: ActionDeps,
  context: JobContext,
  outcome: Parameters<typeof finishJob>[1]['outcome'],
): Promise<void> {
  await finishJob(deps.control.db, {
    jobUid: context.job.jobUid,
    owner: context.owner,
    now: deps.clock.now(),
    outcome,
  })
}
