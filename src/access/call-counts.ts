/**
 * Calls that are counted against quotas. Counted in memory, in periods that begin with the first call. Every few seconds,
 * and at the end, what came since is added to what the database has, and what others have added is read back: a restart
 * forgets little, and processes that share a database count together.
 */
import { sql } from 'kysely'
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
  /** What the database had when it was read last: calls of all processes. */
  stored: number
  readAt: number
  /** Ours, that it does not have yet. */
  pending: number
}

/** Callers that are counted at once; for one more, those that have been written are forgotten and read again. */
const maxEntries = 50_000
const writeEveryMs = 5_000
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
  let writing: Promise<void> = Promise.resolve()
  const timer = setInterval(() => void write(), writeEveryMs)
  timer.unref()

  async function read(subject: string, unit: string): Promise<Entry> {
    const row = await db
      .selectFrom('counted_calls')
      .selectAll()
      .where('subject', '=', subject)
      .where('unit', '=', unit)
      .executeTakeFirst()
    const now = clock.now()
    const { began_at: beganAt, calls: stored } = row ?? { began_at: now, calls: 0 }
    return { subject, unit, beganAt, stored, readAt: now, pending: 0 }
  }

  async function current(subject: string, unit: string): Promise<Entry> {
    const key = keyOf({ subject, unit })
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
      known.stored = 0
      known.pending = 0
    }
    return known
  }

  /** Of whoever does not call here, others may have counted more. */
  async function refresh(entry: Entry): Promise<void> {
    if (entry.pending > 0 || clock.now() - entry.readAt < writeEveryMs) return
    const { beganAt, stored, readAt } = await read(entry.subject, entry.unit)
    if (clock.now() < beganAt + unitMs[entry.unit]!) Object.assign(entry, { beganAt, stored })
    entry.readAt = readAt
  }

  const toCount = ({ stored, pending, beganAt, unit }: Entry): CallCount => ({
    used: stored + pending,
    resetsAt: beganAt + unitMs[unit]!,
  })

  /** Never rejects: on a full disk calls are counted in memory, and written when there is room again. One at a time. */
  function write(): Promise<void> {
    writing = writing.then(async () => {
      const written = [...dirty]
      dirty.clear()
      if (written.length === 0) return
      try {
        await writeAll(written)
      } catch (cause) {
        for (const entry of written) dirty.add(entry)
        deps.onError(cause)
      }
    })
    return writing
  }

  async function writeAll(written: readonly Entry[]): Promise<void> {
    const now = clock.now()
    const isSweep = now - sweptAt >= sweepEveryMs
    // All processes take the rows in the same order.
    const sorted = written.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
    const done = await db.transaction().execute(async (trx) => {
      const added: {
        entry: Entry
        calls: number
        beganAt: number
        row: { calls: number; began_at: number }
      }[] = []
      for (const entry of sorted) {
        const { pending: calls, beganAt } = entry
        added.push({ entry, calls, beganAt, row: await add(trx, entry, calls) })
      }
      if (isSweep) await sweep(trx, now)
      return added
    })
    for (const { entry, calls, beganAt, row } of done) {
      // Otherwise a new period has begun meanwhile, and this was of the old one.
      if (entry.beganAt !== beganAt) continue
      entry.pending -= calls
      entry.stored = row.calls
      entry.beganAt = row.began_at
      entry.readAt = now
    }
    if (isSweep) sweptAt = now
  }

  async function sweep(trx: ControlDb, now: number): Promise<void> {
    // What ended long ago counts for nothing any more.
    for (const unit of quotaUnits)
      await trx
        .deleteFrom('counted_calls')
        .where('unit', '=', unit)
        .where('began_at', '<', now - unitMs[unit]!)
        .execute()
  }

  return {
    async count(subject, unit) {
      const entry = await current(subject, unit)
      entry.pending += 1
      dirty.add(entry)
      return toCount(entry)
    },
    async look(subject, unit) {
      const entry = await current(subject, unit)
      await refresh(entry)
      return toCount(entry)
    },
    async stop() {
      clearInterval(timer)
      await write()
    },
  }
}

const keyOf = ({ subject, unit }: Pick<Entry, 'subject' | 'unit'>) => JSON.stringify([subject, unit])

/** The period that somebody else has begun goes on; one that is over is replaced. Answers the row as it is then. */
async function add(
  trx: ControlDb,
  { subject, unit, beganAt }: Entry,
  calls: number,
): Promise<{ readonly calls: number; readonly began_at: number }> {
  const isOver = sql<boolean>`counted_calls.began_at + ${sql.lit(unitMs[unit]!)} <= excluded.began_at`
  return trx
    .insertInto('counted_calls')
    .values({ subject, unit, began_at: beganAt, calls })
    .onConflict((conflict) =>
      conflict.columns(['subject', 'unit']).doUpdateSet({
        calls: sql`case when ${isOver} then excluded.calls else counted_calls.calls + excluded.calls end`,
        began_at: sql`case when ${isOver} then excluded.began_at else counted_calls.began_at end`,
      }),
    )
    .returning(['calls', 'began_at'])
    .executeTakeFirstOrThrow()
}
