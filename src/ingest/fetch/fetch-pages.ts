/**
 * A paged JSON API as one resource: its pages are asked for one after the other and their records joined as JSON lines.
 * A page is in memory, never two.
 *
 * It ends where the source says so: an empty page, no next address or cursor, `more` being false, or as many records as
 * `total` announced. A short page is no end: sources give fewer records than were asked for. What never ends, or comes
 * round again, is an error, because what has been read until then cannot be told from a whole.
 */
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { AppError, type JsonObject, type JsonValue, shown } from '../../kernel/index.ts'
import type { FetchConnection, Fetched, FetchOrder } from './fetch-order.ts'
import {
  type Answer,
  type Asker,
  headerText,
  parseUrl,
  requireOk,
  retryAfterSeconds,
  withQuerySecret,
} from './http-asker.ts'
import { decoded, filenameOf, printBody } from './http-body.ts'
import { parsePage, plainText, printLines, valueAt } from './page-json.ts'
import type { Paging, SourceOptions } from './source-options.ts'

interface PagedSource extends Omit<SourceOptions, 'headers'> {
  readonly paging: Paging
  readonly url: URL
  readonly connection: FetchConnection | null
  headers(url: URL): Record<string, string>
}

const maxPageBytes = 32 << 20
const defaultMaxPages = 10_000
/** A source that asks for patience gets this much before the whole fetch is given up, to be tried again later. */
const attemptsPerPage = 5
const longestWaitSeconds = 60

/** Errors: those of fetchResource, ingest.page_unreadable, paging_endless, paging_repeats, paging_changed. */
export async function fetchPages(
  order: FetchOrder,
  asker: Asker,
  source: PagedSource,
  signal: AbortSignal,
): Promise<Fetched> {
  const lines = Readable.from(readPages(order, asker, source, signal), { objectMode: false })
  const { sha256, bytes } = await order.blobs.put(lines, {
    maxBytes: order.policy.maxBytes,
    signal,
    onBytes: (count) => order.onProgress?.({ bytes: count, totalBytes: null }),
  })
  const stem = filenameOf(null, source.url).replace(/\.(json|jsonl)$/i, '')
  return {
    kind: 'fetched',
    sha256,
    bytes,
    filename: `${stem}.jsonl`,
    contentType: 'application/x-ndjson',
    // Validators are of single pages: none tells whether all of them are as they were.
    etag: null,
    lastModified: null,
  }
}

async function* readPages(
  order: FetchOrder,
  asker: Asker,
  source: PagedSource,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const { paging } = source
  const url = shown(order.url)
  const maxPages = Math.min(
    paging.maxPages ?? Number.POSITIVE_INFINITY,
    order.policy.maxPages ?? defaultMaxPages,
  )
  const seen = new Set<string>()
  let place: Place | null = { url: source.url, value: firstValue(paging) }
  let records = 0
  let announced: number | null = null
  for (let page = 1; place !== null; page++) {
    if (page > (order.firstPages ?? Number.POSITIVE_INFINITY)) return
    if (page > maxPages) throw new AppError('ingest.paging_endless', { url, max: maxPages })
    const { at, answer, text } = await askPage(order, asker, source, place, page, signal)
    const body = parsePage(text, order.url, page)
    const items = valueAt(body, paging.items)
    if (items !== null && !Array.isArray(items)) {
      const where = paging.items.length === 0 ? 'at its top' : `at ${paging.items.join('.')}`
      throw unreadable(order, page, `there is no array ${where}`)
    }
    const lines = printLines(items ?? [], order.url, page)
    if (lines !== '' && isRepeated(seen, lines)) throw new AppError('ingest.paging_repeats', { url, page })
    records += items?.length ?? 0
    announced = checkTotal(order, paging, body, announced)
    if (lines !== '') yield Buffer.from(lines, 'utf8')
    place = nextPlace(order, source, {
      at,
      answer,
      body,
      place,
      count: items?.length ?? 0,
      records,
      announced,
    })
    // The same address or cursor again, though its records differ: it goes round.
    if (place !== null && paging.type !== 'page' && paging.type !== 'offset') {
      if (isRepeated(seen, `${place.url.href} ${place.value ?? ''}`))
        throw new AppError('ingest.paging_repeats', { url, page: page + 1 })
    }
  }
  if (announced !== null && announced !== records)
    throw new AppError('ingest.paging_changed', { url, was: announced, is: records })
}

/** Where a page is: an address, and what its parameter has to say; null: nothing. */
interface Place {
  readonly url: URL
  readonly value: string | null
}

function firstValue({ type, first }: Paging): string | null {
  return type === 'page' || type === 'offset' ? String(first) : null
}

interface ReadPage {
  readonly at: URL
  readonly answer: Answer
  readonly body: JsonValue
  readonly place: Place
  readonly count: number
  readonly records: number
  readonly announced: number | null
}

/** Null: that was the last page. */
function nextPlace(order: FetchOrder, { paging }: PagedSource, page: ReadPage): Place | null {
  if (paging.more !== null && valueAt(page.body, paging.more) === false) return null
  switch (paging.type) {
    case 'page':
    case 'offset': {
      if (page.count === 0 || (page.announced !== null && page.records >= page.announced)) return null
      const value = Number(page.place.value) + (paging.type === 'page' ? 1 : page.count)
      return { url: page.place.url, value: String(value) }
    }
    case 'cursor': {
      const cursor = plainText(valueAt(page.body, paging.next))
      return cursor === '' ? null : { url: page.place.url, value: cursor }
    }
    case 'next': {
      const next = plainText(valueAt(page.body, paging.next))
      return next === '' ? null : { url: parseUrl(next, order.url, page.at), value: null }
    }
    case 'link': {
      const next = nextOfLink(headerText(page.answer.headers.link))
      return next === null ? null : { url: parseUrl(next, order.url, page.at), value: null }
    }
    default:
      return paging.type satisfies never
  }
}

/** RFC 8288: the address whose relation is `next`. */
function nextOfLink(header: string | null): string | null {
  for (const [, target, parameters] of (header ?? '')
    .slice(0, 16_384)
    .matchAll(/<([^<>]*)>((?:\s*;[^,<]*)*)/g)) {
    const relation = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))/i.exec(parameters ?? '')
    if ((relation?.[1] ?? relation?.[2] ?? '').toLowerCase().split(/\s+/).includes('next'))
      return target ?? null
  }
  return null
}

async function askPage(
  order: FetchOrder,
  asker: Asker,
  source: PagedSource,
  place: Place,
  page: number,
  signal: AbortSignal,
): Promise<{ at: URL; answer: Answer; text: string }> {
  const { url, body } = requestOf(source, place)
  const sent = printBody(body)
  const headers = (at: URL) => ({
    ...(sent.body === null ? {} : { 'content-type': sent.type }),
    ...source.headers(at),
  })
  for (let attempt = 1; ; attempt++) {
    const asked = { url, method: source.method, body: sent.body, headers }
    const { url: at, answer } = await asker.ask(asked)
    const seconds = retryAfterSeconds(answer) ?? 2 ** (attempt - 1)
    const isBusy = answer.statusCode === 429 || answer.statusCode === 503
    if (!isBusy || attempt === attemptsPerPage || seconds > longestWaitSeconds) {
      requireOk(order, answer)
      return { at, answer, text: await readText(order, answer, page) }
    }
    await answer.body.dump().catch(() => {})
    await delay(seconds * 1000, undefined, { signal })
  }
}

function requestOf(
  { paging, body, url: start, connection }: PagedSource,
  place: Place,
): { url: URL; body: JsonValue | null } {
  const parameters: [string, string | number][] = []
  if (paging.sizeParameter !== null) parameters.push([paging.sizeParameter, paging.size!])
  if (place.value !== null)
    parameters.push([paging.parameter, paging.type === 'cursor' ? place.value : Number(place.value)])
  if (paging.in === 'body')
    return { url: place.url, body: { ...(body as JsonObject), ...Object.fromEntries(parameters) } }
  const url = new URL(place.url.origin === start.origin ? withQuerySecret(place.url, connection) : place.url)
  // A next address is complete as the source gives it.
  if (place.value !== null || place.url === start)
    for (const [name, value] of parameters) url.searchParams.set(name, String(value))
  return { url, body }
}

async function readText(order: FetchOrder, answer: Answer, page: number): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of decoded(answer) as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxPageBytes) {
      answer.body.destroy()
      throw unreadable(order, page, `it is larger than ${maxPageBytes} bytes; ask for smaller pages`)
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function checkTotal(
  order: FetchOrder,
  paging: Paging,
  body: JsonValue,
  announced: number | null,
): number | null {
  if (paging.total === null) return null
  const text = plainText(valueAt(body, paging.total))
  const total = Number(text)
  if (text === '' || !Number.isSafeInteger(total) || total < 0) return announced
  if (announced !== null && announced !== total)
    throw new AppError('ingest.paging_changed', { url: shown(order.url), was: announced, is: total })
  return total
}

/** Remembers a digest of it. */
function isRepeated(seen: Set<string>, text: string): boolean {
  const digest = createHash('sha256').update(text).digest('base64').slice(0, 22)
  if (seen.has(digest)) return true
  seen.add(digest)
  return false
}

function unreadable(order: FetchOrder, page: number, reason: string): AppError {
  return new AppError('ingest.page_unreadable', { url: shown(order.url), page, reason })
}
