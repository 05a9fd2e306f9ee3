import { explain } from './explain.ts'
import { fetchHttp } from './fetch-http.ts'
import type { Fetched, FetchOrder } from './fetch-order.ts'
import { fetchS3 } from './fetch-s3.ts'

type Fetch = (order: FetchOrder, signal: AbortSignal) => Promise<Fetched>

const fetchFtp: Fetch = async (...given) => (await import('./fetch-ftp.ts')).fetchFtp(...given)
const fetchSftp: Fetch = async (...given) => (await import('./fetch-sftp.ts')).fetchSftp(...given)

/** By protocol; http also answers for what is no address at all. Libraries that few servers need are loaded when needed. */
const fetches: Readonly<Record<string, Fetch>> = {
  'ftp:': fetchFtp,
  'ftps:': fetchFtp,
  'sftp:': fetchSftp,
  's3:': fetchS3,
}

/**
 * Fetches a remote resource into the blob store.
 * Errors: ingest.fetch_invalid_url, fetch_refused, fetch_status, fetch_timed_out, fetch_too_many_redirects,
 * fetch_failed, fetch_aborted, fetch_denied, fetch_not_found, fetch_needs_connection, host_key_differs,
 * invalid_source_option, page_unreadable, paging_endless, paging_repeats, paging_changed, source_too_large,
 * jobs.disk_full.
 */
export async function fetchResource(order: FetchOrder): Promise<Fetched> {
  const timeout = AbortSignal.timeout(order.policy.timeoutMs)
  const signal = AbortSignal.any([order.signal, timeout])
  const protocol = /^[a-z0-9]+:/i.exec(order.url)?.[0].toLowerCase() ?? ''
  const fetch = Object.hasOwn(fetches, protocol) ? fetches[protocol]! : fetchHttp
  try {
    return await fetch(order, signal)
  } catch (error) {
    throw explain(error, order, timeout)
  }
}
