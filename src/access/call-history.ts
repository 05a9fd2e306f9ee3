/**
 * Calls by day, of the domain, of users and of keys. Counted in memory, where it costs a request nothing, and added to the
 * database every minute and at the end; processes that share it add to the same days.
 */
import { sql } from 'kysely'
import { among, type ControlDb } from '../control/index.ts'
import type { Clock } from '../kernel/index.ts'

export interface DayCalls {
  /** In UTC: `2031-05-09`. */
  readonly day: string
  readonly calls: number
}

export interface CallHistory {
  /** One more call of each. */
  count(...subjects: readonly string[]): void
  /** The last days, today among them, oldest first; days without calls too. */
  read(subject: string, days: number): Promise<DayCalls[]>
  /** The same of several; without those that have not called at all. */
  readAll(subjects: readonly string[], days: number): Promise<ReadonlyMap<string, readonly DayCalls[]>>
  /** Who called most in the last days, of the subjects that begin so. */
  top(
    prefix: string,
    days: number,
    most: number,
  ): Promise<{ readonly subject: string; readonly calls: number }[]>
  /** Writes what has not been written. Never rejects. */
  stop(): Promise<void>
}

/** Days that are kept: of the domain, and of each user and key. */
export const keptDays = 400
export const keptDaysOfEach = 100

const dayMs = 86_400_000
const writeEveryMs = 60_000
const sweepEveryMs = 3_600_000
/** More are only when the database cannot be written to for long: those who come on top are not told apart. */
const maxPending = 50_000
export const domainSubject = 'domain'

const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10)

export function createCallHistory(deps: {
  readonly db: ControlDb
  readonly clock: Clock
  readonly onError: (cause: unknown) => void
}): CallHistory {
  const { db, clock } = deps
  /** By day, then by subject. */
  let pending = new Map<string, Map<string, number>>()
  let sweptAt = Number.NEGATIVE_INFINITY
  let writing: Promise<void> = Promise.resolve()
  const timer = setInterval(() => void write(), writeEveryMs)
  timer.unref()

  function add(day: string, subject: string, calls: number): void {
    const counted = pending.get(day) ?? new Map<string, number>()
    if (counted.size >= maxPending && !counted.has(subject)) return
    pending.set(day, counted.set(subject, (counted.get(subject) ?? 0) + calls))
  }

  function write(): Promise<void> {
    writing = writing.then(async () => {
      const written = pending
      if (written.size === 0) return
      pending = new Map()
      try {
        await writeAll(written)
      } catch (cause) {
        for (const [day, counted] of written) for (const [subject, calls] of counted) add(day, subject, calls)
        deps.onError(cause)
      }
    })
    return writing
  }

  async function writeAll(written: ReadonlyMap<string, ReadonlyMap<string, number>>): Promise<void> {
    const now = clock.now()
    const isSweep = now - sweptAt >= sweepEveryMs
    await db.transaction().execute(async (trx) => {
      // All processes take the rows in the same order.
      for (const day of [...written.keys()].sort())
        for (const subject of [...written.get(day)!.keys()].sort())
          await trx
            .insertInto('daily_calls')
            .values({ subject, day, calls: written.get(day)!.get(subject)! })
            .onConflict((conflict) =>
              conflict
                .columns(['subject', 'day'])
                .doUpdateSet({ calls: sql`daily_calls.calls + excluded.calls` }),
            )
            .execute()
      if (isSweep) await forgetOldDays(trx, now)
    })
    if (isSweep) sweptAt = now
  }

  async function readAll(subjects: readonly string[], days: number): Promise<Map<string, DayCalls[]>> {
    await write()
    const now = clock.now()
    const rows = await db
      .selectFrom('daily_calls')
      .selectAll()
      .where(among('subject', subjects))
      .where('day', '>', dayOf(now - days * dayMs))
      .execute()
    const bySubject = Map.groupBy(rows, ({ subject }) => subject)
    return new Map(
      [...bySubject].map(([subject, found]) => {
        const callsOf = new Map(found.map(({ day, calls }) => [day, calls]))
        return [subject, filled(now, days, callsOf)]
      }),
    )
  }

  return {
    count(...subjects) {
      const day = dayOf(clock.now())
      for (const subject of subjects) add(day, subject, 1)
    },
    readAll,
    async read(subject, days) {
      return (await readAll([subject], days)).get(subject) ?? filled(clock.now(), days, new Map())
    },
    async top(prefix, days, most) {
      await write()
      const rows = await db
        .selectFrom('daily_calls')
        .select((eb) => ['subject', eb.fn.sum<number>('calls').as('calls')])
        .where('day', '>', dayOf(clock.now() - days * dayMs))
        .where(sql<boolean>`substr(subject, 1, ${sql.lit(prefix.length)}) = ${prefix}`)
        .groupBy('subject')
        .orderBy('calls', 'desc')
        .orderBy('subject')
        .limit(most)
        .execute()
      return rows.map(({ subject, calls }) => ({ subject, calls: Number(calls) }))
    },
    async stop() {
      clearInterval(timer)
      await write()
    },
  }
}

/** Every day up to now, those without calls too. */
function filled(now: number, days: number, callsOf: ReadonlyMap<string, number>): DayCalls[] {
  return Array.from({ length: days }, (_, index) => {
    const day = dayOf(now - (days - 1 - index) * dayMs)
    return { day, calls: callsOf.get(day) ?? 0 }
  })
}

async function forgetOldDays(trx: ControlDb, now: number): Promise<void> {
  await trx
    .deleteFrom('daily_calls')
    .where((eb) =>
      eb.or([
        eb('day', '<=', dayOf(now - keptDays * dayMs)),
        eb.and([eb('subject', '!=', domainSubject), eb('day', '<=', dayOf(now - keptDaysOfEach * dayMs))]),
      ]),
    )
    .execute()
}
