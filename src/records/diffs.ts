/**
 * Diffs of two generations as somebody sees them, for the server. The first question about a pair lists its differences in a table of the
 * engine (row numbers only, which may spill to disk); counts, pages and exports are then read from it. Generations never
 * change, so the table stays true for all who see the same of them; it is dropped when nobody has asked for some minutes,
 * or when others need the place. Numbers are kept longer: a page that lists versions asks for many pairs each time.
 */
import { createHash } from 'node:crypto'
import {
  type ChangeKind,
  changeKinds,
  countValues,
  type DiffCounts,
  type DiffSide,
  describeFields,
  differenceObjectSql,
  listDifferences,
  nullShares,
  rangeOfKind,
  valuesOf,
} from '../checks/index.ts'
import { deadline, type Pool } from '../engine/index.ts'
import { AppError, type Field, type JsonObject } from '../kernel/index.ts'
import type { Value } from '../odsql/index.ts'
import type { GenerationHandle, GenerationStore } from './generation-store.ts'
import { type SeenState, seenBy } from './publication.ts'
import { readingOf } from './views/reading.ts'
import type { Reader } from './views/rules.ts'

/** One generation, with its fields and records as far as whoever compares them sees them. */
export interface ComparedState extends SeenState {
  readonly generationUid: string
}

/** `state`: with all fields of the generation, and when its data were processed, in milliseconds. */
export function comparedState(
  reader: Reader,
  datasetId: string,
  state: {
    readonly generationUid: string
    readonly fields: readonly Field[]
    readonly dataProcessedAt: number
  },
): ComparedState {
  const { generationUid, fields, dataProcessedAt } = state
  const row = { dataset_id: datasetId, data_processed_at: dataProcessedAt }
  return { generationUid, row, ...seenBy(reader, fields) }
}

export interface ComparedStates {
  readonly from: ComparedState
  readonly to: ComparedState
}

export interface DiffSummary {
  readonly records: DiffCounts
  readonly recordsCounts: { readonly from: number; readonly to: number }
  /** Fields added, removed, retyped, relabelled; null shares. */
  readonly fields: JsonObject
}

export interface DiffPage {
  readonly totalCount: number
  /** JSON texts: `change`, `_id`, `key`, `old`, `new`. */
  readonly rows: readonly string[]
}

interface Sides extends Pick<OpenDiff, 'from' | 'to' | 'toAlone' | 'release'> {
  readonly handles: readonly GenerationHandle[]
}

/** A diff held open, with both generations, until `release`. */
export interface OpenDiff {
  /** The table of differences. */
  readonly table: string
  readonly from: DiffSide
  readonly to: DiffSide
  /** The newer side for a statement that does not read the older one. */
  readonly toAlone: DiffSide
  readonly counts: Readonly<Record<ChangeKind, number>>
  release(): void
}

export interface Diffs {
  /**
   * Errors: records.data_not_visible; records.generation_gone; engine.query_timed_out and the other errors of the engine.
   */
  summary(states: ComparedStates, signal?: AbortSignal): Promise<DiffSummary>
  page(
    states: ComparedStates,
    page: {
      readonly kind: ChangeKind | null
      readonly limit: number
      readonly offset: number
      readonly timezone: string
    },
    signal?: AbortSignal,
  ): Promise<DiffPage>
  /** For exports: has no deadline. */
  open(states: ComparedStates, signal: AbortSignal): Promise<OpenDiff>
}

/** Tables that are kept when nobody reads them. */
const maxTables = 4
const keptMs = 300_000
/** Pairs whose numbers are kept. */
const maxSummaries = 200

/** Names of tables are the engine's, which several stores may share. */
let tablesMade = 0

interface Entry {
  readonly table: string
  readonly counts: Promise<Readonly<Record<ChangeKind, number>>>
  /** Stops the listing; only when nobody waits for it any more. */
  readonly abort: AbortController
  readers: number
  timer: NodeJS.Timeout | null
}

export function createDiffs(deps: {
  readonly pool: Pool
  readonly store: GenerationStore
  readonly queryTimeoutMs: number
}): Diffs {
  const entries = new Map<string, Entry>()
  /** Least used first. */
  const summaries = new Map<string, DiffSummary>()

  async function drop(key: string, entry: Entry): Promise<void> {
    if (entry.timer) clearTimeout(entry.timer)
    if (entries.get(key) === entry) entries.delete(key)
    // In a turn that does not wait for long work, whose engine has the table.
    await deps.pool
      .useEach((connection) => connection.run(`drop table if exists ${entry.table}`))
      .catch(() => {})
  }

  /** The listing of a pair, begun by the first who asks and shared by all who do meanwhile. */
  function enter(key: string, states: ComparedStates): Entry {
    const known = entries.get(key)
    // One that is being stopped, because all who waited for it have left, answers nobody.
    if (known && !known.abort.signal.aborted) return known
    const abort = new AbortController()
    const table = `diff_${tablesMade++}`
    const counts = list(table, states, abort.signal)
    const entry: Entry = { table, counts, abort, readers: 0, timer: null }
    entries.set(key, entry)
    counts.catch(() => drop(key, entry))
    return entry
  }

  /** Holds the generations itself: who began it may leave before it is done. */
  async function list(table: string, states: ComparedStates, signal: AbortSignal) {
    const sides = await acquire(states)
    try {
      return await deps.pool.use(
        (connection) => listDifferences(connection, table, sides.from, sides.to, signal),
        signal,
      )
    } finally {
      sides.release()
    }
  }

  async function acquire(states: ComparedStates): Promise<Sides> {
    const handles: GenerationHandle[] = []
    const release = () => {
      for (const handle of handles) handle.release()
    }
    const enterSide = async ({ generationUid }: ComparedState) => {
      const handle = await deps.store.acquire(generationUid)
      handles.push(handle)
      return handle
    }
    try {
      const from = sideOf(states.from, await enterSide(states.from))
      const newer = await enterSide(states.to)
      const [to, toAlone] = [sideOf(states.to, newer, from.values), sideOf(states.to, newer)]
      return { from, to, toAlone, handles, release }
    } catch (error) {
      release()
      throw error
    }
  }

  function leave(key: string, entry: Entry, isOfOneMoment: boolean): void {
    entry.readers--
    if (entry.readers > 0) return
    if (entries.get(key) !== entry) return
    if (isOfOneMoment) return void drop(key, entry)
    entry.timer = setTimeout(() => void drop(key, entry), keptMs).unref()
    const idle = [...entries].filter(([, other]) => other.readers === 0)
    for (const [oldKey, old] of idle.slice(0, Math.max(0, idle.length - maxTables))) void drop(oldKey, old)
  }

  /**
   * Reads both sides to the end after the engine could not read one of them, so that the one that is damaged is known,
   * and only that: the next who acquires it gets its parts.
   */
  async function distrustDamaged(states: ComparedStates, signal: AbortSignal): Promise<void> {
    const sides = await acquire(states)
    try {
      for (const handle of sides.handles) {
        const sql = `select bit_xor(hash(r)) from ${handle.relation} r`
        await deps.pool
          .use((connection) => connection.all(sql, [], signal), signal)
          .catch((error) => {
            if (!isUnreadable(error)) throw error
            handle.distrust()
          })
      }
    } finally {
      sides.release()
    }
  }

  /** Does the work once more, from the parts, when a serving file turns out to be damaged. */
  async function trusting<T>(states: ComparedStates, signal: AbortSignal, work: () => Promise<T>) {
    try {
      return await work()
    } catch (error) {
      if (!isUnreadable(error)) throw error
      await distrustDamaged(states, signal)
      return work()
    }
  }

  async function hold(states: ComparedStates, signal: AbortSignal): Promise<OpenDiff> {
    const key = JSON.stringify([keyOf(states.from), keyOf(states.to)])
    const isOfOneMoment = dependOnTime(states)
    const sides = await acquire(states)
    const entry = enter(key, states)
    if (entry.timer) clearTimeout(entry.timer)
    entry.timer = null
    entry.readers++
    // The youngest is the last to be dropped.
    if (entries.delete(key)) entries.set(key, entry)
    let isReleased = false
    const release = () => {
      if (isReleased) return
      isReleased = true
      leave(key, entry, isOfOneMoment)
      sides.release()
    }
    try {
      const counts = await orStopped(entry.counts, signal)
      const { from, to, toAlone } = sides
      return { table: entry.table, from, to, toAlone, counts, release }
    } catch (error) {
      release()
      // Nobody waits for the listing any more.
      if (signal.aborted && entry.readers === 0) entry.abort.abort()
      throw error
    }
  }

  async function within<T>(
    states: ComparedStates,
    signal: AbortSignal | undefined,
    work: (diff: OpenDiff, until: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const limit = deadline(signal, deps.queryTimeoutMs)
    try {
      return await trusting(states, limit.signal, async () => {
        const diff = await hold(states, limit.signal)
        try {
          return await work(diff, limit.signal)
        } finally {
          diff.release()
        }
      })
    } finally {
      limit.clear()
    }
  }

  const summarize = (states: ComparedStates, signal: AbortSignal | undefined): Promise<DiffSummary> =>
    within(states, signal, async ({ from, to, toAlone, counts }, limit) => {
      const count = (side: DiffSide) =>
        deps.pool.use((connection) => countValues(connection, side, limit), limit)
      const tasks = [count(from), count(toAlone)] as const
      // Both are over before the generations are let go, whichever fails.
      await Promise.allSettled(tasks)
      const [before, after] = await Promise.all(tasks)
      const shares = nullShares({ fields: from.fields, counts: before }, { fields: to.fields, counts: after })
      return {
        records: { ...counts, unchanged: after.records - counts.added - counts.changed },
        recordsCounts: { from: before.records, to: after.records },
        fields: describeFields(from, to, shares),
      }
    })

  return {
    async summary(states, signal) {
      const key = summaryKeyOf(states)
      const known = summaries.get(key)
      const summary = known ?? (await summarize(states, signal))
      // What is gone cannot be compared any more, and whom the data are hidden from is told so.
      if (known) (await acquire(states)).release()
      if (dependOnTime(states)) return summary
      summaries.delete(key)
      summaries.set(key, summary)
      if (summaries.size > maxSummaries) summaries.delete(summaries.keys().next().value!)
      return summary
    },

    page: (states, page, signal) =>
      within(states, signal, async ({ table, from, to, counts }, limit) => {
        const whole = page.kind
          ? rangeOfKind(counts, page.kind)
          : { from: 0, to: changeKinds.reduce((total, kind) => total + counts[kind], 0) }
        const start = Math.min(whole.from + page.offset, whole.to)
        const range = { table, from: start, to: Math.min(start + page.limit, whole.to) }
        const totalCount = whole.to - whole.from
        if (range.from === range.to) return { totalCount, rows: [] }
        const objects = differenceObjectSql(from, to, range, { timezone: page.timezone, maxText: null })
        const sql = `select json_object('change', change, '_id', _id, 'key', key, 'old', old, 'new', new)::varchar as json from (${objects})`
        const rows = await deps.pool.use(
          (connection) => connection.all(sql, [...valuesOf(from, to)], limit),
          limit,
        )
        return { totalCount, rows: rows.map((row) => String(row.json)) }
      }),

    open: (states, signal) => trusting(states, signal, () => hold(states, signal)),
  }
}

/** Errors: records.data_not_visible. */
function sideOf(state: ComparedState, handle: GenerationHandle, after?: readonly Value[]): DiffSide {
  const { relation, values } = readingOf(state, handle, after).target
  return { relation, fields: state.fields, values, hasNoIds: Boolean(state.view?.idKey) }
}

/** What is the same for all who see the same of the same generation. */
function keyOf({ generationUid, row, view }: ComparedState): unknown {
  if (view === null) return generationUid
  const { key, positions, idKey, dependsOnTime, nowMs } = view
  const { dataset_id, data_processed_at } = row
  return [generationUid, key, positions, idKey, dataset_id, data_processed_at, dependsOnTime ? nowMs : null]
}

const dependOnTime = ({ from, to }: ComparedStates) => [from, to].some(({ view }) => view?.dependsOnTime)

/** A generation stays when its fields are called otherwise, which a summary tells. */
function summaryKeyOf({ from, to }: ComparedStates): string {
  const named = [from, to].map((state) => [keyOf(state), state.fields])
  return createHash('sha256').update(JSON.stringify(named)).digest('base64url')
}

function isUnreadable(error: unknown): boolean {
  return error instanceof AppError && error.key === 'engine.unreadable_file'
}

/** The value, unless the signal is aborted before it is there. */
async function orStopped<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const stopped = Promise.withResolvers<never>()
  const stop = () =>
    stopped.reject(
      signal.reason instanceof AppError ? signal.reason : new AppError('engine.query_cancelled', {}),
    )
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await Promise.race([promise, stopped.promise])
  } finally {
    signal.removeEventListener('abort', stop)
    stopped.promise.catch(() => {})
  }
}
