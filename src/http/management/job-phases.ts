import type { JsonObject } from '../../kernel/index.ts'

/** In the order in which a publish goes through them. */
export const phaseNames = ['fetch', 'extract', 'write', 'index', 'check', 'expose'] as const

const sums = [
  'rows_read',
  'records_processed',
  'rows_rejected',
  'rows_filtered',
  'rows_replaced',
  'rows_added',
  'records_errors',
  'bytes_read',
  'bytes_total',
  'bytes_written',
  'duration_ms',
] as const

/**
 * The phases of a publish, each with its state (waiting, running, done, failed, skipped), times, rows and bytes. A phase
 * that never happens (nothing to fetch, a generation that is there already) is `skipped`. Entries of one phase, one per
 * fetched resource, are added up.
 */
export function phasesOf(steps: readonly JsonObject[], jobState: string): JsonObject[] {
  const lastBegun = Math.max(-1, ...steps.map(({ step }) => phaseNames.indexOf(step as never)))
  const isOver = jobState === 'done' || jobState === 'error'
  return phaseNames.map((name, position) => {
    const entries = steps.filter(({ step }) => step === name)
    const last = entries.at(-1)
    if (!last) return { name, state: isOver || position < lastBegun ? 'skipped' : 'waiting' }
    const isLast = last === steps.at(-1)
    const state =
      jobState === 'error' && isLast ? 'failed' : last.finished_at === null && !isOver ? 'running' : 'done'
    return {
      name,
      state,
      started_at: entries[0]!.started_at!,
      finished_at: last.finished_at ?? null,
      ...countsOf(entries),
    }
  })
}

function countsOf(entries: readonly JsonObject[]): JsonObject {
  const counts: JsonObject = {}
  for (const key of sums) {
    const values = entries.map((entry) => entry[key]).filter((value) => typeof value === 'number')
    if (values.length > 0) counts[key] = values.reduce((total, value) => total + value, 0)
  }
  const { records_processed, ...others } = counts
  const rate = entries.at(-1)?.rows_per_second
  return {
    ...others,
    ...(records_processed === undefined ? {} : { rows_kept: records_processed }),
    ...(rate === undefined ? {} : { rows_per_second: rate }),
    ...bytesPerSecond(counts),
  }
}

function bytesPerSecond({ bytes_read, duration_ms }: JsonObject): JsonObject {
  if (typeof bytes_read !== 'number' || typeof duration_ms !== 'number' || duration_ms === 0) return {}
  return { bytes_per_second: Math.round((bytes_read * 1000) / duration_ms) }
}
