/** Deletes harvesters: at once, and those that a process was deleting when it was killed. */
import type { ControlDb } from '../control/index.ts'
import { AppError, createWakeableLoop, type WakeableLoop } from '../kernel/index.ts'
import { findHarvester, listAttached, listDeleting, restingStatuses, setStatus } from './store.ts'

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
  const { status } = await findHarvester(deps.db, harvesterUid)
  if (![...restingStatuses, 'deleting'].includes(status))
    throw new AppError('harvest.invalid_status', { status, allowed: restingStatuses.join(', ') })
  await setStatus(deps.db, harvesterUid, { status: 'deleting', deletes_datasets: withDatasets ? 1 : 0 })
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

/** Goes on with what was being deleted at the start, until all of it is gone. */
export async function finishDeletions(
  deps: DeletionDeps,
  onError: (cause: unknown) => void,
): Promise<Pick<WakeableLoop, 'stop'>> {
  const left = await listDeleting(deps.db)
  const loop = createWakeableLoop({
    async round(stopping) {
      while (left.length > 0 && !stopping.aborted) {
        const { harvesterUid, withDatasets } = left[0]!
        await deleteToTheEnd(deps, harvesterUid, withDatasets)
        left.shift()
      }
      return longestPauseMs
    },
    onError,
    errorRestMs: againAfterMs,
  })
  if (left.length > 0) loop.start()
  return loop
}
