/**
 * The loop that delivers: makes deliveries of new events, sends those that are due, several webhooks at once but one
 * delivery of each, and sleeps until something happens or the next one is due.
 */
import type { Control } from '../control/index.ts'
import { type FetchPolicy, guardedAgent } from '../ingest/index.ts'
import { factsChannel } from '../jobs/index.ts'
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
  const stopping = new AbortController()
  const agent = guardedAgent(options.policy)
  const active = new Set<Promise<void>>()
  let isWoken = false
  let wakeUp: () => void = () => {}
  let sweptAt = 0

  async function loop(): Promise<void> {
    while (!stopping.signal.aborted) {
      isWoken = false
      let pauseMs = idleMs
      try {
        while (await fanOut({ ...options, db })) stopping.signal.throwIfAborted()
        await startDue()
        const dueAt = active.size < slots ? await nextDueAt(db, clock.now()) : null
        if (dueAt !== null) pauseMs = Math.min(idleMs, Math.max(shortestPauseMs, dueAt - clock.now()))
        await sweep()
      } catch (cause) {
        if (!stopping.signal.aborted) options.onError(cause)
      }
      if (!isWoken && !stopping.signal.aborted) await pause(pauseMs)
    }
    await Promise.all(active)
  }

  async function startDue(): Promise<void> {
    while (active.size < slots && !stopping.signal.aborted) {
      const claimed = await claimDelivery(db, { owner, now: clock.now(), leaseMs })
      if (!claimed) return
      const work: Promise<void> = deliver(claimed)
        .catch(options.onError)
        .finally(() => {
          active.delete(work)
          wake()
        })
      active.add(work)
    }
  }

  async function deliver(claimed: Claimed): Promise<void> {
    try {
      const sending = { clock, agent, policy: options.policy, timeoutMs }
      const attempt = await send(sending, claimed, stopping.signal)
      const now = clock.now()
      const state =
        attempt.error === null ? 'delivered' : claimed.attempt >= options.maxAttempts ? 'dead' : 'pending'
      const nextAttemptAt = now + Math.min(slowestRetryMs, options.firstRetryMs * 4 ** (claimed.attempt - 1))
      await recordAttempt(db, { owner, claimed, attempt, state, nextAttemptAt, now })
    } catch (cause) {
      if (!stopping.signal.aborted) throw cause
      await releaseDelivery(db, owner, claimed.delivery.deliveryUid)
    }
  }

  async function sweep(): Promise<void> {
    const now = clock.now()
    if (now - sweptAt < sweepEveryMs) return
    sweptAt = now
    await forgetDeliveries(db, now - keptMs)
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      wakeUp = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  function wake(): void {
    isWoken = true
    wakeUp()
  }

  await control.listen(factsChannel, wake)
  const done = loop()
  return {
    wake,
    async stop() {
      stopping.abort()
      wake()
      await done
      await agent.destroy().catch(() => {})
    },
  }
}
