/**
 * The loop that has pushed records published: soon, but not for every push. Which process orders is decided by the row of
 * the resource, in the transaction of the order.
 */
import type { Control, ControlDb } from '../control/index.ts'
import { factsChannel } from '../jobs/index.ts'
import { AppError, type Clock, createWakeableLoop } from '../kernel/index.ts'
import { pushesChannel, realtimeType } from './store.ts'

export interface PublishPushedOptions {
  readonly control: Control
  readonly clock: Clock
  /** Shortest time between two publishes of a dataset that follow pushes. */
  readonly everyMs: number
  /** Orders a publish in the transaction. Errors: AppError when it cannot be ordered now. */
  order(trx: ControlDb, datasetUid: string, username: string): Promise<unknown>
  /** Takes the dataset's row; false: it is gone. */
  lock(trx: ControlDb, datasetUid: string): Promise<boolean>
  readonly onError: (cause: unknown) => void
}

export interface PublishPushed {
  stop(): Promise<void>
}

/** After a publish that failed or is held. */
const retryMs = 10 * 60_000
const idleMs = 10_000
/** However many pushes come. */
const shortestPauseMs = 200
const pauseAfterErrorMs = 2_000

interface Behind {
  readonly dataset_uid: string
  readonly username: string
  readonly next_order_at: number
  readonly resource_uid: string
}

export async function startPublishPushed(options: PublishPushedOptions): Promise<PublishPushed> {
  const { control, clock } = options
  const { db } = control
  const loop = createWakeableLoop({
    async round() {
      for (const row of await findBehind(db)) if (row.next_order_at <= clock.now()) await publish(row)
      const next = Math.min(...(await findBehind(db)).map((row) => row.next_order_at))
      return Number.isFinite(next) ? Math.min(idleMs, next - clock.now()) : idleMs
    },
    onError: options.onError,
    errorRestMs: pauseAfterErrorMs,
    leastRestMs: shortestPauseMs,
  })

  async function publish({ resource_uid, dataset_uid, username, next_order_at }: Behind): Promise<void> {
    const now = clock.now()
    try {
      await db.transaction().execute(async (trx) => {
        if (!(await options.lock(trx, dataset_uid))) return
        const nextOrderAt = now + Math.max(options.everyMs, await costOf(trx, dataset_uid))
        const taken = await trx
          .updateTable('realtime_resources')
          .set({ next_order_at: nextOrderAt })
          .where('resource_uid', '=', resource_uid)
          .where('next_order_at', '=', next_order_at)
          .returning('resource_uid')
          .executeTakeFirst()
        if (taken) await options.order(trx, dataset_uid, username)
      })
    } catch (cause) {
      if (!(cause instanceof AppError)) throw cause
      // It is at work: whatever it does, what was pushed waits until it rests.
      await db
        .updateTable('realtime_resources')
        .set({ next_order_at: now + options.everyMs })
        .where('resource_uid', '=', resource_uid)
        .execute()
    }
  }

  await control.listen(pushesChannel, loop.wake)
  // A dataset rests again, perhaps with pushes that waited for it.
  await control.listen(factsChannel, loop.wake)
  loop.start()
  return { stop: loop.stop }
}

/** Published datasets at rest with pushes that readers do not see. Of the few resources that take pushes, not of all there are. */
function findBehind(db: ControlDb): Promise<Behind[]> {
  return db
    .selectFrom('realtime_resources as pushed')
    .select(['pushed.resource_uid', 'pushed.dataset_uid', 'pushed.username', 'pushed.next_order_at'])
    .whereRef('pushed.last_seq', '>', 'pushed.published_seq')
    .where(({ and, exists, selectFrom }) =>
      and([
        exists(
          selectFrom('publications')
            .select('dataset_uid')
            .whereRef('publications.dataset_uid', '=', 'pushed.dataset_uid'),
        ),
        exists(
          selectFrom('resources')
            .select('resource_uid')
            .whereRef('resources.resource_uid', '=', 'pushed.resource_uid')
            .where('resources.type', '=', realtimeType),
        ),
        exists(
          selectFrom('datasets')
            .select('dataset_uid')
            .whereRef('datasets.dataset_uid', '=', 'pushed.dataset_uid')
            .where('datasets.status', 'in', ['idle', 'error', 'limit_reached']),
        ),
      ]),
    )
    .orderBy('pushed.next_order_at')
    .orderBy('pushed.resource_uid')
    .limit(1000)
    .execute()
}

/** How long to leave the dataset alone: as long as its last publish took, so that it is not built all the time. */
async function costOf(trx: ControlDb, datasetUid: string): Promise<number> {
  const last = await trx
    .selectFrom('jobs')
    .leftJoin('held_publishes', 'held_publishes.dataset_uid', 'jobs.subject')
    .select(['jobs.started_at', 'jobs.finished_at', 'jobs.state', 'held_publishes.job_uid as held'])
    .where('jobs.subject', '=', datasetUid)
    .where('jobs.function', '=', 'publish')
    .where('jobs.finished_at', 'is not', null)
    .orderBy('jobs.seq', 'desc')
    .executeTakeFirst()
  if (!last || last.started_at === null || last.finished_at === null) return 0
  const ms = last.finished_at - last.started_at
  return last.state === 'error' || last.held !== null ? Math.max(retryMs, ms) : ms
}
