/** What protocols of files have in common: an address with a path, a file with a size and a time. */
import { basename } from 'node:path'
import { AppError, shown } from '../../kernel/index.ts'
import type { FetchConnection, SourceOrder } from './fetch-order.ts'
import { invalidUrl } from './http-asker.ts'

export interface RemotePlace {
  readonly url: URL
  /** Decoded, from the root. */
  readonly path: string
}

export interface RemoteFile extends RemotePlace {
  readonly filename: string
}

/** A file or a directory. Errors: ingest.fetch_invalid_url. */
export function remotePlace(order: SourceOrder): RemotePlace {
  const url = URL.canParse(order.url) ? new URL(order.url) : null
  if (url === null || url.hostname === '') throw invalidUrl(order.url, 'it is not a complete address')
  if (url.username || url.password)
    throw invalidUrl(order.url, 'a user name or password in an address is not supported')
  if (url.search || url.hash)
    throw invalidUrl(order.url, `${url.protocol} addresses have no query and no fragment`)
  let path: string
  try {
    path = decodeURIComponent(url.pathname)
  } catch {
    throw invalidUrl(order.url, 'its path is not encoded as UTF-8')
  }
  // A line break would begin another command.
  if (/[\p{Cc}]/u.test(path)) throw invalidUrl(order.url, 'its path has control characters')
  if (path.split(/[/\\]/).some((name) => name === '..' || name === '.'))
    throw invalidUrl(order.url, 'its path goes up or stays where it is')
  return { url, path }
}

/** Errors: ingest.fetch_invalid_url. */
export function remoteFile(order: SourceOrder): RemoteFile {
  const { url, path } = remotePlace(order)
  if (path === '' || path.endsWith('/')) throw invalidUrl(order.url, 'it names a directory, not a file')
  return { url, path, filename: basename(path).slice(0, 200) }
}

/** The order's connection of one of these kinds. Errors: ingest.fetch_needs_connection. */
export function connectionOf(order: SourceOrder, kind: string): FetchConnection {
  const { connection } = order
  if (connection && connection.kind === kind) return connection
  throw new AppError('ingest.fetch_needs_connection', { url: shown(order.url), kind })
}

/** Made of size and time of modification, for protocols without validators. Null: one of them is unknown. */
export function validatorOf(bytes: number | null, modifiedMs: number | null): string | null {
  return bytes === null || modifiedMs === null ? null : `${bytes}-${modifiedMs}`
}

export function denied(order: SourceOrder, reason: string): AppError {
  return new AppError('ingest.fetch_denied', { url: shown(order.url), reason })
}

export function notFound(order: SourceOrder): AppError {
  return new AppError('ingest.fetch_not_found', { url: shown(order.url) })
}
