import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type ExpressionBuilder, sql } from 'kysely'
import { releaseAttachedBlobs, settleMedia } from '../catalog/index.ts'
import { type ControlSchema, isBackupRunning, outsideBackups } from '../control/index.ts'
import { crashPoint } from '../faults/index.ts'
import { unfinishedLiterals } from '../jobs/index.ts'
import { discardGeneration, removeGenerationFiles } from './build-generation.ts'
import type { ActionDeps } from './deps.ts'

/**
 * Frees generations that nothing points at any more: not current, not pinned by a version, not built or used by a job
 * that has not ended, and past the retention window, within which an unpublish can be undone. Nothing goes while a backup runs. The
 * row goes to `collected` first; readers that still hold it are waited for.
 */
export async function collectGenerations(deps: ActionDeps, stopping?: AbortSignal): Promise<void> {
  const { db } = deps.control
  await discardAbandoned(deps)
  if (await isBackupRunning(db, deps.clock.now())) return
  await finishCollecting(deps)
  const retired = await db
    .selectFrom('generations')
    .select(['generation_uid', 'bytes'])
    .where(isUnused(deps))
    .execute()
  for (const generation of retired) {
    if (stopping?.aborted) return
    await collect(deps, generation.generation_uid, generation.bytes)
  }
}

/** A reader that took the pointer before a switch holds its generation within this time. Not for deleted datasets. */
const heldWithinMs = 10_000

function isUnused(deps: ActionDeps) {
  const retiredBefore = Math.max(0, deps.clock.now() - Math.max(deps.retentionMs, heldWithinMs))
  return (eb: ExpressionBuilder<ControlSchema, 'generations'>) =>
    eb.and([
      // As the index of retired ones has it.
      eb('generations.state', '=', sql.lit('sealed')),
      eb('generations.retired_at', '<=', retiredBefore),
      eb.not(
        eb.exists(
          eb
            .selectFrom('versions')
            .select('version_uid')
            .whereRef('versions.generation_uid', '=', 'generations.generation_uid'),
        ),
      ),
      eb.not(
        eb.exists(
          eb
            .selectFrom('publications')
            .select('dataset_uid')
            .whereRef('publications.generation_uid', '=', 'generations.generation_uid'),
        ),
      ),
      isOfNoRunningJob(eb),
    ])
}

function isOfNoRunningJob(eb: ExpressionBuilder<ControlSchema, 'generations'>) {
  return eb.not(
    eb.exists(
      eb
        .selectFrom('jobs')
        .select('job_uid')
        .where('jobs.state', 'in', unfinishedLiterals)
        // The job that built it or is going to use it, or one that derives its serving file.
        .where((job) =>
          job.or([
            job('jobs.job_uid', '=', job.ref('generations.job_uid')),
            job('jobs.subject', '=', job.ref('generations.generation_uid')),
          ]),
        ),
    ),
  )
}

/**
 * Keeps a sealed generation for a job that is going to use it: the collector leaves generations of running jobs alone.
 * False when it has been collected meanwhile.
 */
export async function holdForJob(deps: ActionDeps, generationUid: string, jobUid: string): Promise<boolean> {
  const held = await deps.control.db
    .updateTable('generations')
    .set({ job_uid: jobUid })
    .where('generation_uid', '=', generationUid)
    .where('state', '=', 'sealed')
    .returning('generation_uid')
    .executeTakeFirst()
  return held !== undefined
}

/**
 * What is left of builds whose job has ended: the disk was full when they should have been removed, or the last attempt
 * at the job ended before it came to building. `jobUid`: of this job alone, right after its end.
 */
async function discardAbandoned(deps: ActionDeps, jobUid?: string): Promise<void> {
  const abandoned = await deps.control.db
    .selectFrom('generations')
    .select('generation_uid')
    .where('state', '=', 'building')
    .$if(jobUid !== undefined, (query) => query.where('job_uid', '=', jobUid!))
    .where((eb) => isOfNoRunningJob(eb))
    .execute()
  for (const { generation_uid } of abandoned) await discardGeneration(deps, generation_uid)
}

/** Removes what the attempts at a job left unsealed, if it has ended. What fails is for the next sweep. */
export async function discardUnfinished(deps: ActionDeps, jobUid: string): Promise<void> {
  await discardAbandoned(deps, jobUid).catch((cause) => deps.onEvent({ kind: 'cleanup_failed', cause }))
}

/** Removes what a sweep before has claimed but could not remove. */
async function finishCollecting(deps: ActionDeps): Promise<void> {
  const claimed = await deps.control.db
    .selectFrom('generations')
    .select('generation_uid')
    .where('state', '=', 'collected')
    .execute()
  for (const { generation_uid } of claimed) removeCollected(deps, generation_uid, null)
}

/** The claim asks everything again: a version may have been saved of it since it was chosen. */
async function collect(deps: ActionDeps, generationUid: string, bytes: number): Promise<void> {
  crashPoint('collect.before')
  const isClaimed = await outsideBackups(deps.control.db, deps.clock.now(), async (trx) => {
    const claimed = await trx
      .updateTable('generations')
      .set({ state: 'collected' })
      .where('generation_uid', '=', generationUid)
      .where(isUnused(deps))
      .returning('generation_uid')
      .executeTakeFirst()
    // What is gone cannot be put back by undoing an unpublish.
    if (claimed) {
      await trx.deleteFrom('withdrawn_publications').where('generation_uid', '=', generationUid).execute()
    }
    return claimed !== undefined
  })
  if (!isClaimed) return
  crashPoint('collect.after')
  removeCollected(deps, generationUid, bytes)
}

/** Forgets unpublishes that cannot be undone any more. */
export async function forgetWithdrawn(deps: ActionDeps): Promise<void> {
  const now = deps.clock.now()
  await deps.control.db.deleteFrom('withdrawn_publications').where('expires_at', '<=', now).execute()
}

/** What this process is removing: a generation that waits for a slow reader is not taken up again by every sweep. */
const leaving = new Set<string>()

/**
 * Removes a generation once its last reader has let go. Not waited for: one slow reader must not keep the rest of the
 * disk full. What a stop cuts off, the next start ends.
 */
function removeCollected(deps: ActionDeps, generationUid: string, bytes: number | null): void {
  if (leaving.has(generationUid)) return
  leaving.add(generationUid)
  remove()
    .catch((cause) => deps.onEvent({ kind: 'cleanup_failed', cause }))
    .finally(() => leaving.delete(generationUid))

  async function remove(): Promise<void> {
    await deps.readers.retire(generationUid)
    crashPoint('collect_files.before')
    await removeGenerationFiles(deps, generationUid)
    crashPoint('collect_files.after')
    await deps.control.db.deleteFrom('generations').where('generation_uid', '=', generationUid).execute()
    if (bytes !== null) deps.onEvent({ kind: 'generation_collected', generationUid, bytes })
  }
}

/**
 * At start, before anything runs: forgets builds that no job will finish any more and removes what they left. What an
 * unfinished job left stays: its next attempt continues from there.
 * Only for the process that holds the data directory's lock.
 */
export async function sweepLeftovers(deps: ActionDeps): Promise<void> {
  const { db } = deps.control
  await db.deleteFrom('generations').where('state', '=', 'collected').execute()
  await db
    .deleteFrom('generations')
    .where('state', '=', 'building')
    .where('job_uid', 'not in', (eb) =>
      eb.selectFrom('jobs').select('job_uid').where('state', 'in', unfinishedLiterals),
    )
    .execute()
  const kept = await db
    .selectFrom('generations')
    .select(['generation_uid', 'state'])
    .where('state', 'in', ['sealed', 'building'])
    .execute()
  const known = new Set(kept.map((row) => row.generation_uid))
  const sealed = new Set(kept.filter((row) => row.state === 'sealed').map((row) => row.generation_uid))
  for (const name of await readdir(deps.layout.generations)) {
    if (!known.has(name)) await removeGenerationFiles(deps, name)
  }
  for (const name of await readdir(deps.layout.serving)) {
    if (!sealed.has(name.replace(/\.duckdb(\.wal)?$/, '')))
      await rm(join(deps.layout.serving, name), { force: true })
  }
  for (const name of await readdir(deps.layout.tmp)) {
    await rm(join(deps.layout.tmp, name), { recursive: true, force: true })
  }
}

/** An upload or a fetch names its blob within this time of writing it. */
const namedWithinMs = 10 * 60_000

/**
 * Removes blobs that no file, no resource, no attached file and no image names and that are older than the retention window; a running publish may
 * have fetched what no row names yet, so nothing that is younger than the oldest job goes.
 */
export async function collectBlobs(deps: ActionDeps, stopping?: AbortSignal): Promise<void> {
  const { db } = deps.control
  if (await isBackupRunning(db, deps.clock.now())) return
  // Looked at before the names: a job that ends in between has written its names by then.
  const oldest = await db
    .selectFrom('jobs')
    .select((eb) => eb.fn.min('created_at').as('created_at'))
    .where('state', 'in', unfinishedLiterals)
    .executeTakeFirst()
  const settledBefore = Math.min(
    deps.clock.now() - Math.max(deps.retentionMs, namedWithinMs),
    Number(oldest?.created_at ?? Number.POSITIVE_INFINITY),
  )
  await releaseAttachedBlobs(db)
  // Files first: whatever is attached or shown was a file before.
  const named = new Set<string>()
  for (const row of await db.selectFrom('files').select('sha256').execute()) named.add(row.sha256)
  for (const row of await db.selectFrom('resources').select('fetched_json').execute()) {
    if (row.fetched_json !== null) named.add(JSON.parse(row.fetched_json).sha256)
  }
  for (const row of await db.selectFrom('attached_blobs').select('sha256').execute()) named.add(row.sha256)
  for (const row of await db.selectFrom('images').select('sha256').execute()) named.add(row.sha256)
  for (const sha256 of await settleMedia(db, settledBefore)) named.add(sha256)
  for await (const sha256 of deps.blobs.list()) {
    if (stopping?.aborted) return
    if (named.has(sha256)) continue
    const { mtimeMs } = await stat(deps.blobs.path(sha256))
    if (mtimeMs >= settledBefore) continue
    // A backup that has begun meanwhile may name what nothing names any more.
    if (await isBackupRunning(db, deps.clock.now())) return
    crashPoint('collect_blob.before')
    deps.blobs.removeOlder(sha256, settledBefore)
    crashPoint('collect_blob.after')
  }
}
