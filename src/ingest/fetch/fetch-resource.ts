import { basename } from 'node:path'
import { Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { type Agent, request } from 'undici'
import { AppError, diskFault } from '../../kernel/index.ts'
import type { BlobStore } from '../blobs/blob-store.ts'
import { RefusedAddress } from './address-guard.ts'
import { type FetchPolicy, guardedAgent, refuseLiteral } from './guarded-agent.ts'

export interface FetchOrder {
  readonly url: string
  /** What the last fetch learned; null: fetch in any case. */
  readonly conditional: { readonly etag: string | null; readonly lastModified: string | null } | null
  readonly policy: FetchPolicy
  readonly blobs: BlobStore
  readonly signal: AbortSignal
  readonly onProgress?: (progress: { readonly bytes: number; readonly totalBytes: number | null }) => void
}

export type Fetched =
  | {
      readonly kind: 'fetched'
      readonly sha256: string
      readonly bytes: number
      readonly filename: string
      readonly contentType: string | null
      readonly etag: string | null
      readonly lastModified: string | null
    }
  | { readonly kind: 'not_modified' }

/**
 * Fetches a remote resource into the blob store. Every hop of a redirect is judged like the first address.
 * Errors: ingest.fetch_invalid_url, fetch_refused, fetch_status, fetch_timed_out, fetch_too_many_redirects,
 * fetch_failed, fetch_aborted, source_too_large, jobs.disk_full.
 */
export async function fetchResource(order: FetchOrder): Promise<Fetched> {
  const { policy } = order
  const dispatcher = guardedAgent(policy)
  const timeout = AbortSignal.timeout(policy.timeoutMs)
  const signal = AbortSignal.any([order.signal, timeout])
  try {
    return await follow(order, dispatcher, signal)
  } catch (error) {
    throw explain(error, order, timeout)
  } finally {
    await dispatcher.destroy().catch(() => {})
  }
}

async function follow(order: FetchOrder, dispatcher: Agent, signal: AbortSignal): Promise<Fetched> {
  let url = parseUrl(order.url, order.url)
  for (let hop = 0; hop <= order.policy.maxRedirects; hop++) {
    refuseLiteral(url, order.policy)
    const answer = await request(url, { dispatcher, signal, headers: requestHeaders(order, url) })
    // A body that is let go of emits an error; with nobody to hear it, it would end the process.
    answer.body.on('error', ignore)
    const location = headerText(answer.headers.location)
    if (
      answer.statusCode >= 300 &&
      answer.statusCode < 400 &&
      answer.statusCode !== 304 &&
      location !== null
    ) {
      await answer.body.dump().catch(() => {})
      url = parseUrl(location, order.url, url)
      continue
    }
    if (answer.statusCode === 304 && order.conditional) {
      await answer.body.dump().catch(() => {})
      return { kind: 'not_modified' }
    }
    if (answer.statusCode !== 200) {
      answer.body.destroy()
      throw new AppError('ingest.fetch_status', { url: shown(order.url), status: answer.statusCode })
    }
    return store(order, url, answer, signal)
  }
  throw new AppError('ingest.fetch_too_many_redirects', {
    url: shown(order.url),
    max: order.policy.maxRedirects,
  })
}

function ignore(): void {}

type Answer = Awaited<ReturnType<typeof request>>

async function store(order: FetchOrder, url: URL, answer: Answer, signal: AbortSignal): Promise<Fetched> {
  const length = Number(headerText(answer.headers['content-length']))
  const totalBytes = Number.isSafeInteger(length) && length > 0 ? length : null
  const body = decoded(answer)
  const { sha256, bytes } = await order.blobs.put(body, {
    maxBytes: order.policy.maxBytes,
    signal,
    onBytes: (count) => order.onProgress?.({ bytes: count, totalBytes }),
  })
  return {
    kind: 'fetched',
    sha256,
    bytes,
    filename: filenameOf(headerText(answer.headers['content-disposition']), url),
    contentType: headerText(answer.headers['content-type']),
    etag: headerText(answer.headers.etag),
    lastModified: headerText(answer.headers['last-modified']),
  }
}

/** A compressed transfer is unpacked here, so that the size limit counts what is stored. */
function decoded(answer: Answer): Readable {
  const encoding = headerText(answer.headers['content-encoding'])?.toLowerCase() ?? ''
  const body = Readable.from(answer.body)
  const unpack =
    encoding === 'gzip' || encoding === 'x-gzip'
      ? createGunzip()
      : encoding === 'br'
        ? createBrotliDecompress()
        : encoding === 'deflate'
          ? createInflate()
          : null
  if (!unpack) return body
  body.on('error', (error) => unpack.destroy(error))
  // The reader of the stream sees the error too, but may not be there yet when it happens.
  unpack.on('error', ignore)
  return body.pipe(unpack)
}

function requestHeaders(order: FetchOrder, url: URL): Record<string, string> {
  const headers: Record<string, string> = {
    accept: '*/*',
    'accept-encoding': 'gzip, br',
    'user-agent': 'Broadsheet',
  }
  // Validators belong to the address they came from, not to where it redirects.
  if (order.conditional && url.href === parseUrl(order.url, order.url).href) {
    if (order.conditional.etag) headers['if-none-match'] = order.conditional.etag
    if (order.conditional.lastModified) headers['if-modified-since'] = order.conditional.lastModified
  }
  return headers
}

function parseUrl(text: string, original: string, base?: URL): URL {
  let url: URL
  try {
    url = new URL(text, base)
  } catch {
    throw new AppError('ingest.fetch_invalid_url', {
      url: shown(original),
      reason: 'it is not a complete address',
    })
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new AppError('ingest.fetch_invalid_url', {
      url: shown(original),
      reason: `${url.protocol} is not supported`,
    })
  }
  if (url.username || url.password) {
    throw new AppError('ingest.fetch_invalid_url', {
      url: shown(original),
      reason: 'a user name or password in an address is not supported',
    })
  }
  url.hash = ''
  return url
}

function explain(error: unknown, order: FetchOrder, timeout: AbortSignal): unknown {
  const url = shown(order.url)
  if (error instanceof AppError) return error
  const disk = diskFault(error)
  if (disk) return disk
  if (timeout.aborted)
    return new AppError('ingest.fetch_timed_out', { url, timeoutMs: order.policy.timeoutMs })
  if (order.signal.aborted) return new AppError('ingest.fetch_aborted', { url })
  const refused = findRefusal(error)
  if (refused) return new AppError('ingest.fetch_refused', { url, address: refused.address })
  return new AppError('ingest.fetch_failed', { url, reason: reasonOf(error) })
}

/** The refused address behind an error, if there is one. */
export function findRefusal(error: unknown): RefusedAddress | null {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if (at instanceof RefusedAddress) return at
    if (at instanceof AggregateError)
      for (const inner of at.errors) if (inner instanceof RefusedAddress) return inner
  }
  return null
}

const unknownHost = 'the host name is not known'
const badCertificate = 'its certificate is not valid'

/** Whether the `reason` of ingest.fetch_failed will be the same the next time. */
export function isLastingFetchReason(reason: string): boolean {
  return reason === unknownHost || reason === badCertificate
}

const reasons: Readonly<Record<string, string>> = {
  ENOTFOUND: unknownHost,
  EAI_AGAIN: 'the host name cannot be resolved now',
  ECONNREFUSED: 'the host refuses connections',
  ECONNRESET: 'the connection was cut',
  UND_ERR_SOCKET: 'the connection was cut',
  UND_ERR_BODY_TIMEOUT: 'the host stopped sending',
  UND_ERR_HEADERS_TIMEOUT: 'the host does not answer',
  UND_ERR_CONNECT_TIMEOUT: 'the host cannot be reached',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'less arrived than was announced',
}

/** Why a transfer failed, in words. */
export function reasonOf(error: unknown): string {
  const code = (error as { code?: string }).code ?? ''
  return (
    reasons[code] ??
    (code.startsWith('CERT_') || code.includes('SSL') ? badCertificate : 'the transfer broke off')
  )
}

/** An address as it may be shown: without what may be a secret in it. */
function shown(url: string): string {
  return url.replace(/([?&](?:apikey|api_key|key|token|access_token)=)[^&#]*/gi, '$1...').slice(0, 500)
}

function headerText(value: string | string[] | undefined): string | null {
  if (value === undefined) return null
  return Array.isArray(value) ? (value[0] ?? null) : value
}

/** From Content-Disposition, else the path; never more than a plain file name. */
export function filenameOf(disposition: string | null, url: URL): string {
  const extended = /filename\*\s*=\s*(?:utf-8|iso-8859-1)'[^']*'([^;]+)/i.exec(disposition ?? '')?.[1]
  const plain = /filename\s*=\s*(?:"([^"]*)"|([^;\s]+))/i.exec(disposition ?? '')
  const candidate =
    decode(extended) ?? plain?.[1] ?? plain?.[2] ?? decode(url.pathname.split('/').at(-1)) ?? ''
  const name = basename(candidate.replaceAll('\\', '/'))
    .replace(/[\p{Cc}]/gu, '')
    .slice(0, 200)
  return name === '' || name === '.' || name === '..' ? 'resource' : name
}

function decode(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
