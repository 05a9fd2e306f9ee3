/**
 * The loop that delivers: makes deliveries of new events, sends those that are due, several webhooks at once but one
 * delivery of each, and sleeps until something happens or the next one is due.
 */
import type { Control } from '../control/index.ts'
import { type FetchPolicy, guardedAgent } from '../ingest/index.ts'
import { factsChannel } from '../jobs/index.ts'
import { createWakeableLoop } from '../kernel/index.ts'
import {
  type Claimed,
  claimDelivery,
  expireDeliveryLeases,
  forgetDeliveries,
  nextDueAt,
  recordAttempt,
  releaseDelivery,
} from './deliveries.ts'
import { type FanOutDeps, fanOut } from './fan-out.ts'
import { send } from './send.ts'

export interface DeliverOptions extends Omit<FanOutDeps, 'db'> {
  readonly control: Control
  readonly policy: FetchPolicy
  /** Unique to this process. */
  readonly owner: string
  /** True when no other process can hold a lease. */
  readonly isAlone: boolean
  readonly maxAttempts: number
  /** Before the second attempt; four times as long before each further one. */
  readonly firstRetryMs: number
  readonly onError: (cause: unknown) => void
}

export interface Deliveries {
  wake(): void
  stop(): Promise<void>
}

const timeoutMs = 10_000
const leaseMs = 3 * timeoutMs
const slots = 8
const slowestRetryMs = 6 * 3_600_000
const idleMs = 5_000
/** Due, but not to be had just now: not to be asked for in a tight loop. */
const shortestPauseMs = 20
const keptMs = 30 * 24 * 3_600_000
const sweepEveryMs = 3_600_000

export async function startDeliveries(options: DeliverOptions): Promise<Deliveries> {
  const { control, clock, owner } = options
  const { db } = control
  if (options.isAlone) await expireDeliveryLeases(db)
  const agent = guardedAgent(options.policy)
  const active = new Set<Promise<void>>()
  let sweptAt = 0

  const loop = createWakeableLoop({
    async round(stopping) {
      while (await fanOut({ ...options, db })) stopping.throwIfAborted()
      await startDue(stopping)
      const dueAt = active.size < slots ? await nextDueAt(db, clock.now()) : null
      await sweep()
      return dueAt === null ? idleMs : Math.min(idleMs, Math.max(shortestPauseMs, dueAt - clock.now()))
    },
    onError: options.onError,
    errorRestMs: idleMs,
  })

  async function startDue(stopping: AbortSignal): Promise<void> {
    while (active.size < slots && !stopping.aborted) {
      const claimed = await claimDelivery(db, { owner, now: clock.now(), leaseMs })
      if (!claimed) return
      const work: Promise<void> = deliver(claimed, stopping)
        .catch(options.onError)
        .finally(() => {
          active.delete(work)
          loop.wake()
        })
      active.add(work)
    }
  }

  async function deliver(claimed: Claimed, stopping: AbortSignal): Promise<void> {
    try {
      const sending = { clock, agent, policy: options.policy, timeoutMs }
      const attempt = await send(sending, claimed, stopping)
      const now = clock.now()
      const state =
        attempt.error === null ? 'delivered' : claimed.attempt >= options.maxAttempts ? 'dead' : 'pending'
      const nextAttemptAt = now + Math.min(slowestRetryMs, options.firstRetryMs * 4 ** (claimed.attempt - 1))
      await recordAttempt(db, { owner, claimed, attempt, state, nextAttemptAt, now })
    } catch (cause) {
      if (!stopping.aborted) throw cause
      await releaseDelivery(db, owner, claimed.delivery.deliveryUid)
    }
  }

  async function sweep(): Promise<void> {
    const now = clock.now()
    if (now - sweptAt < sweepEveryMs) return
    sweptAt = now
    await forgetDeliveries(db, now - keptMs)
  }

  await control.listen(factsChannel, loop.wake)
  loop.start()
  return {
    wake: loop.wake,
    async stop() {
      await loop.stop()
      await Promise.all(active)
      await agent.destroy().catch(() => {})
    },
  }
}
