/** Deletes harvesters: at once, and those that a process was deleting when it was killed. */
import type { ControlDb } from '../control/index.ts'
import { AppError, createWakeableLoop, type WakeableLoop } from '../kernel/index.ts'
import { listAttached, listDeleting, setStatus, takeForDeletion } from './store.ts'

export interface DeletionDeps {
  readonly db: ControlDb
  /** Errors: catalog.unknown_dataset. */
  deleteDataset(datasetUid: string): Promise<void>
}

/** Errors: harvest.unknown_harvester, invalid_status while a job runs. */
export async function deleteHarvester(
  deps: DeletionDeps,
  harvesterUid: string,
  withDatasets: boolean,
): Promise<void> {
  await takeForDeletion(deps.db, harvesterUid, withDatasets)
  try {
    await deleteToTheEnd(deps, harvesterUid, withDatasets)
  } catch (error) {
    await setStatus(deps.db, harvesterUid, { status: 'idle', deletes_datasets: null })
    throw error
  }
}

async function deleteToTheEnd(
  { db, deleteDataset }: DeletionDeps,
  harvesterUid: string,
  withDatasets: boolean,
): Promise<void> {
  const attached = withDatasets ? await listAttached(db, harvesterUid) : []
  for (const datasetUid of attached)
    await deleteDataset(datasetUid).catch((error) => {
      if (!(error instanceof AppError) || error.key !== 'catalog.unknown_dataset') throw error
    })
  await db.deleteFrom('harvesters').where('harvester_uid', '=', harvesterUid).execute()
}

/** A dataset may be at work: its job goes on after the start. */
const againAfterMs = 10_000
const longestPauseMs = 86_400_000

/** Goes on with what was being deleted at the start, until all of it is gone or somebody has been told that it could not be. */
export async function finishDeletions(
  deps: DeletionDeps,
  onError: (cause: unknown) => void,
  errorRestMs = againAfterMs,
): Promise<Pick<WakeableLoop, 'stop'>> {
  const loop = createWakeableLoop({
    async round(stopping) {
      const failures: unknown[] = []
      // Read anew: since the last round it may have been asked for again, otherwise, and refused.
      for (const { harvesterUid, withDatasets } of await listDeleting(deps.db)) {
        if (stopping.aborted) break
        await deleteToTheEnd(deps, harvesterUid, withDatasets).catch((cause) => failures.push(cause))
      }
      if (failures.length > 0) throw failures[0]
      return longestPauseMs
    },
    onError,
    errorRestMs,
  })
  if ((await listDeleting(deps.db)).length > 0) loop.start()
  return loop
}
