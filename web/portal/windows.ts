/** Records by position, fetched in windows as somebody scrolls, and kept while they may be seen again. */
import type { Api } from '../kit/api.ts'
import { type DataRecord, datasetPath, type RecordPage } from './dataset.ts'
import type { ApiFilters } from './filters.ts'

export const windowSize = 100
/** Offsets of the API end here; beyond, a cursor begins at any record. */
const offsetWall = 10_000
const keptWindows = 60

export interface RecordWindows {
  /** The record at a position; undefined: not there yet. */
  at(index: number): DataRecord | undefined
  /** Fetches what is missing between two positions; `onLoaded` when something came. */
  need(first: number, last: number): void
  stop(): void
}

export function createRecordWindows(
  api: Api,
  datasetId: string,
  query: ApiFilters & { readonly order_by: string | null; readonly select: string | null },
  start: readonly DataRecord[],
  onLoaded: () => void,
): RecordWindows {
  const windows = new Map<number, readonly DataRecord[]>()
  if (start.length === windowSize) windows.set(0, start)
  const running = new Map<number, AbortController>()

  async function load(number: number): Promise<void> {
    const stop = new AbortController()
    running.set(number, stop)
    const offset = number * windowSize
    const position = offset + windowSize <= offsetWall ? { offset } : { cursor: '', offset }
    try {
      const { results } = await api.get<RecordPage>(
        `${datasetPath(datasetId)}/records`,
        { ...query, ...position, limit: windowSize },
        { signal: stop.signal },
      )
      windows.set(number, results)
      const oldest = windows.keys().next().value
      if (windows.size > keptWindows && oldest !== undefined) windows.delete(oldest)
      onLoaded()
    } catch {
      // Scrolled past, or the network is gone: asked for again when it is seen again.
    } finally {
      if (running.get(number) === stop) running.delete(number)
    }
  }

  return {
    at: (index) => windows.get(Math.floor(index / windowSize))?.[index % windowSize],
    need(first, last) {
      const from = Math.floor(first / windowSize)
      const to = Math.floor(last / windowSize)
      // Who scrolls fast passes many windows: those out of sight are not waited for.
      for (const [number, stop] of running) {
        if (number < from - 1 || number > to + 1) stop.abort()
      }
      for (let number = from; number <= to; number++) {
        if (!windows.has(number) && !running.has(number)) void load(number)
      }
    },
    stop() {
      for (const stop of running.values()) stop.abort()
    },
  }
}
