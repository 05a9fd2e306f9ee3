import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { unfinishedStates } from '../jobs/index.ts'
import type { ActionDeps } from './deps.ts'

/**
 * Frees generations that nothing points at any more: not current, not pinned by a version, not of a running job, and
 * past the retention window. The row goes to `collected` first; readers that still hold it are waited for.
 */
export async function collectGenerations(deps: ActionDeps): Promise<void> {
  const { db } = deps.control
  const retired = await db
    .selectFrom('generations')
    .select(['generation_uid', 'bytes'])
    .where('state', '=', 'sealed')
    .where('retired_at', '<=', deps.clock.now() - deps.retentionMs)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('versions')
            .select('version_uid')
            .whereRef('versions.generation_uid', '=', 'generations.generation_uid'),
        ),
      ),
    )
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('publications')
            .select('dataset_uid')
            .whereRef('publications.generation_uid', '=', 'generations.generation_uid'),
        ),
      ),
    )
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('jobs')
            .select('job_uid')
            .whereRef('jobs.job_uid', '=', 'generations.job_uid')
            .where('jobs.state', 'in', unfinishedStates),
        ),
      ),
    )
    .execute()
  for (const generation of retired) await collect(deps, generation.generation_uid, generation.bytes)
}

async function collect(deps: ActionDeps, generationUid: string, bytes: number): Promise<void> {
  const { db } = deps.control
  const claimed = await db
    .updateTable('generations')
    .set({ state: 'collected' })
    .where('generation_uid', '=', generationUid)
    .where('state', '=', 'sealed')
    .where('retired_at', 'is not', null)
    .returning('generation_uid')
    .executeTakeFirst()
  if (!claimed) return
  await deps.readers.retire(generationUid)
  await removeFiles(deps, generationUid)
  await db.deleteFrom('generations').where('generation_uid', '=', generationUid).execute()
  deps.onEvent({ kind: 'generation_collected', generationUid, bytes })
}

async function removeFiles(deps: ActionDeps, generationUid: string): Promise<void> {
  await rm(join(deps.layout.generations, generationUid), { recursive: true, force: true })
  await rm(join(deps.layout.serving, `${generationUid}.duckdb`), { force: true })
}

/**
 * At start, before anything runs: forgets builds that no process can finish any more and removes what they left.
 * Only for the process that holds the data directory's lock.
 */
export async function sweepLeftovers(deps: ActionDeps): Promise<void> {
  const { db } = deps.control
  await db.deleteFrom('generations').where('state', '=', 'building').execute()
  const known = new Set(
    (await db.selectFrom('generations').select('generation_uid').where('state', '=', 'sealed').execute()).map(
      (row) => row.generation_uid,
    ),
  )
  for (const name of await readdir(deps.layout.generations)) {
    if (!known.has(name)) await removeFiles(deps, name)
  }
  for (const name of await readdir(deps.layout.serving)) {
    if (!known.has(name.replace(/\.duckdb(\.wal)?$/, '')))
      await rm(join(deps.layout.serving, name), { force: true })
  }
  for (const name of await readdir(deps.layout.tmp)) {
    await rm(join(deps.layout.tmp, name), { recursive: true, force: true })
  }
}

/** Removes blobs that no file, resource or version names and that are older than the retention window. */
export async function collectBlobs(deps: ActionDeps): Promise<void> {
  const { db } = deps.control
  const named = new Set<string>()
  for (const row of await db.selectFrom('files').select('sha256').execute()) named.add(row.sha256)
  for (const row of await db.selectFrom('resources').select('fetched_json').execute()) {
    if (row.fetched_json !== null) named.add(JSON.parse(row.fetched_json).sha256)
  }
  const busy = await db
    .selectFrom('jobs')
    .select('job_uid')
    .where('state', 'in', unfinishedStates)
    .executeTakeFirst()
  // A running publish may have fetched what no row names yet.
  if (busy) return
  for await (const sha256 of deps.blobs.list()) {
    if (named.has(sha256)) continue
    const { mtimeMs } = await stat(deps.blobs.path(sha256))
    if (mtimeMs < deps.clock.now() - deps.retentionMs) await deps.blobs.remove(sha256)
  }
}
