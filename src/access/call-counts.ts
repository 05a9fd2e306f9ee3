/**
 * Calls that are counted against quotas. Counted in memory, in periods that begin with the first call; written to the
 * database now and then and at the end, so that a restart forgets little.
 */
import type { ControlDb } from '../control/index.ts'
import type { Clock } from '../kernel/index.ts'

const unitMs: Readonly<Record<string, number>> = {
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  month: 30 * 86_400_000,
  year: 365 * 86_400_000,
}
export const quotaUnits = Object.keys(unitMs)

export interface CallCount {
  readonly used: number
  /** When the period ends and counting begins anew; milliseconds. */
  readonly resetsAt: number
}

export interface CallCounts {
  /** One more call. */
  count(subject: string, unit: string): Promise<CallCount>
  /** Without counting. */
  look(subject: string, unit: string): Promise<CallCount>
  /** Writes what has not been written. */
  stop(): Promise<void>
}

interface Entry {
  readonly subject: string
  readonly unit: string
  beganAt: number
  calls: number
}

/** Callers that are counted at once; for one more, those that have been written are forgotten and read again. */
const maxEntries = 50_000
const writeEveryMs = 10_000
const sweepEveryMs = 3_600_000

export function createCallCounts(deps: {
  readonly db: ControlDb
  readonly clock: Clock
  readonly onError: (cause: unknown) => void
}): CallCounts {
  const { db, clock } = deps
  const entries = new Map<string, Promise<Entry>>()
  const dirty = new Set<Entry>()
  let sweptAt = Number.NEGATIVE_INFINITY
  const timer = setInterval(() => void write(), writeEveryMs)
  timer.unref()

  async function read(subject: string, unit: string): Promise<Entry> {
    const row = await db
      .selectFrom('counted_calls')
      .selectAll()
      .where('subject', '=', subject)
      .where('unit', '=', unit)
      .executeTakeFirst()
    const { began_at: beganAt, calls } = row ?? { began_at: clock.now(), calls: 0 }
    return { subject, unit, beganAt, calls }
  }

  async function current(subject: string, unit: string): Promise<Entry> {
    const key = JSON.stringify([subject, unit])
    let entry = entries.get(key)
    if (!entry) {
      if (entries.size >= maxEntries) {
        await write()
        entries.clear()
        // So many that cannot be written are not kept either.
        dirty.clear()
      }
      entry = read(subject, unit)
      entries.set(key, entry)
      entry.catch(() => entries.delete(key))
    }
    const known = await entry
    const now = clock.now()
    if (now >= known.beganAt + unitMs[unit]!) {
      known.beganAt = now
      known.calls = 0
    }
    return known
  }

  const toCount = ({ calls, beganAt, unit }: Entry): CallCount => ({
    used: calls,
    resetsAt: beganAt + unitMs[unit]!,
  })

  /** Never rejects: on a full disk calls are counted in memory, and written when there is room again. */
  async function write(): Promise<void> {
    const written = [...dirty]
    dirty.clear()
    if (written.length === 0) return
    try {
      await writeAll(written)
    } catch (cause) {
      for (const entry of written) dirty.add(entry)
      deps.onError(cause)
    }
  }

  async function writeAll(written: readonly Entry[]): Promise<void> {
    const now = clock.now()
    const isSweep = now - sweptAt >= sweepEveryMs
    await db.transaction().execute(async (trx) => {
      for (const { subject, unit, beganAt, calls } of written) {
        const columns = { began_at: beganAt, calls }
        await trx
          .insertInto('counted_calls')
          .values({ subject, unit, ...columns })
          .onConflict((conflict) => conflict.columns(['subject', 'unit']).doUpdateSet(columns))
          .execute()
      }
      // What ended long ago counts for nothing any more.
      if (!isSweep) return
      for (const unit of quotaUnits)
        await trx
          .deleteFrom('counted_calls')
          .where('unit', '=', unit)
          .where('began_at', '<', now - unitMs[unit]!)
          .execute()
    })
    if (isSweep) sweptAt = now
  }

  return {
    async count(subject, unit) {
      const entry = await current(subject, unit)
      entry.calls += 1
      dirty.add(entry)
      return toCount(entry)
    },
    look: async (subject, unit) => toCount(await current(subject, unit)),
    async stop() {
      clearInterval(timer)
      await write()
    },
  }
}
