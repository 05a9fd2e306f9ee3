import type { BuildCounts, Clock, JsonObject } from '../kernel/index.ts'

/**
 * What `progresses` of a job holds: one entry per phase that has begun, in order.
 * `step`: fetch, extract, write, index, check, expose. Counts are exact running totals; bytes are of the sources as stored.
 */
export interface ProgressBoard {
  begin(step: string, resourceUid?: string): void
  update(facts: JsonObject): void
  counts(counts: BuildCounts): void
  /** Closes the open entry. */
  end(): void
  readonly entries: readonly JsonObject[]
}

export function createProgressBoard(clock: Clock, onChange: (entries: JsonObject[]) => void): ProgressBoard {
  const entries: JsonObject[] = []
  let openedAt = 0

  function last(): JsonObject | undefined {
    return entries.at(-1)
  }

  function end(): void {
    const entry = last()
    if (entry && entry.finished_at === null) {
      entry.finished_at = new Date(clock.now()).toISOString()
      entry.duration_ms = clock.now() - openedAt
      delete entry.seconds_left
    }
  }

  return {
    entries,
    begin(step, resourceUid) {
      end()
      openedAt = clock.now()
      const started = new Date(openedAt).toISOString()
      entries.push({ step, resource_uid: resourceUid ?? null, started_at: started, finished_at: null })
      onChange(entries)
    },
    update(facts) {
      const entry = last()
      if (!entry) return
      Object.assign(entry, facts)
      onChange(entries)
    },
    counts(counts) {
      const entry = last()
      if (!entry) return
      const elapsedMs = Math.max(1, clock.now() - openedAt)
      const share = counts.bytesTotal > 0 ? counts.bytesRead / counts.bytesTotal : 0
      Object.assign(entry, {
        records_processed: counts.rowsKept,
        records_errors: counts.recordErrors,
        rows_read: counts.rowsRead,
        rows_rejected: counts.rowsRejected,
        rows_filtered: counts.rowsFiltered,
        rows_replaced: counts.rowsReplaced,
        rows_added: counts.rowsAdded,
        bytes_read: counts.bytesRead,
        bytes_total: counts.bytesTotal,
        bytes_written: counts.bytesWritten,
        rows_per_second: Math.round((counts.rowsRead * 1000) / elapsedMs),
        seconds_left: share > 0.01 ? Math.round((elapsedMs * (1 - share)) / share / 1000) : null,
      })
      onChange(entries)
    },
    end,
  }
}
