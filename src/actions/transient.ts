/**
 * Which causes of a failed build pass by themselves, in one table. What is not listed will not: the same sources and the
 * same configuration give the same failure, and trying again only delays the news.
 *
 * Not listed on purpose: a full disk (a retry fills it again while others need it; somebody has to make room), the
 * engine's own lack of memory, and a builder that ended itself (a crash in a parser or the limit of its heap: both come
 * back with the same source).
 */
import { isLastingFetchReason } from '../ingest/index.ts'
import type { ErrorKey, ErrorParamValue, ErrorValue } from '../kernel/index.ts'

type Params = Readonly<Record<string, ErrorParamValue>>

const transient: Partial<Record<ErrorKey, (params: Params) => boolean>> = {
  // The connection was cut, refused, or went silent; not: a name that does not exist, a bad certificate.
  'ingest.fetch_failed': ({ reason }) => !isLastingFetchReason(String(reason)),
  'ingest.fetch_timed_out': () => true,
  // The source was being written to.
  'ingest.paging_changed': () => true,
  // Request timeout, too early, too many requests; the source's own troubles.
  'ingest.fetch_status': ({ status }) => [408, 425, 429].includes(Number(status)) || Number(status) >= 500,
  // Killed from outside: the system ran out of memory, or an operator.
  'actions.builder_died': ({ cause }) => ['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP'].includes(String(cause)),
  'jobs.interrupted': () => true,
}

export function isTransient({ key, params }: ErrorValue): boolean {
  return transient[key]?.(params) ?? false
}

const slowestRetryMs = 10 * 60_000

/** Doubling from `firstMs`: 2 s, 4 s, 8 s ..., or as the source asks; at most ten minutes. Null for what does not pass by itself. */
export function retryDelayMs(firstMs: number): (error: ErrorValue, attempt: number) => number | null {
  return (error, attempt) => {
    if (!isTransient(error)) return null
    const asked = Number(error.params.retry_after_s ?? 0) * 1000
    return Math.min(slowestRetryMs, Math.max(firstMs * 2 ** (attempt - 1), asked))
  }
}
