import type { FastifyRequest } from 'fastify'
import { datasetPage } from '../../exports/index.ts'

/** A member of `_links`. Explore API section 6: generated clients refuse other words for `rel`. */
export interface Link {
  readonly href: string
  readonly rel: 'self' | 'first' | 'last' | 'next' | 'dataset' | 'catalog'
}

const root = '/api/explore/v2.1/catalog'

export function originOf(request: FastifyRequest): string {
  return `${request.protocol}://${request.host}`
}

export const catalogHref = (request: FastifyRequest) => `${originOf(request)}${root}`

/** The page on which people search the catalog; those of datasets are below it. */
export const portalHref = (request: FastifyRequest) => `${originOf(request)}/explore`
export const datasetPageHref = (request: FastifyRequest, datasetId: string) =>
  datasetPage(portalHref(request), datasetId)

export function datasetHref(request: FastifyRequest, datasetId: string): string {
  return `${originOf(request)}${root}/datasets/${encodeURIComponent(datasetId)}`
}

/** The address asked for, with other parameters; a key in it is left out: addresses are passed on. */
export function addressOf(request: FastifyRequest, changes: Readonly<Record<string, string>> = {}): string {
  // Not as a reference to be resolved: `//host` would be another one.
  const url = new URL(`${originOf(request)}${request.url}`)
  url.searchParams.delete('apikey')
  for (const [name, value] of Object.entries(changes)) url.searchParams.set(name, value)
  return url.href
}

/** Links of a list: itself, its first page, and the next and last ones where paging may go. `maxEnd`: offset + limit at most. */
export function listLinks(
  request: FastifyRequest,
  page: { readonly limit: number; readonly offset: number; readonly maxEnd: number },
  totalCount: number | null,
): Link[] {
  const { limit, offset, maxEnd } = page
  const at = (start: number) => addressOf(request, { limit: String(limit), offset: String(start) })
  const links: Link[] = [{ rel: 'self', href: addressOf(request) }]
  if (limit === 0 || totalCount === null) return links
  links.push({ rel: 'first', href: at(0) })
  const reachable = Math.min(totalCount, maxEnd)
  const last = Math.max(0, Math.floor((reachable - 1) / limit) * limit)
  if (offset + limit < totalCount && offset + 2 * limit <= maxEnd) {
    links.push({ rel: 'next', href: at(offset + limit) })
  }
  if (last + limit <= maxEnd) links.push({ rel: 'last', href: at(last) })
  return links
}

/** By cursor there is only a way forward. */
export function cursorLinks(request: FastifyRequest, nextCursor: string | null): Link[] {
  const links: Link[] = [{ rel: 'self', href: addressOf(request) }]
  if (nextCursor !== null) links.push({ rel: 'next', href: addressOf(request, { cursor: nextCursor }) })
  return links
}

export function datasetLinks(request: FastifyRequest): Link[] {
  return [
    { rel: 'self', href: addressOf(request) },
    { rel: 'catalog', href: `${originOf(request)}${root}/datasets` },
  ]
}

export function recordLinks(request: FastifyRequest, datasetId: string): Link[] {
  return [
    { rel: 'self', href: addressOf(request) },
    { rel: 'dataset', href: datasetHref(request, datasetId) },
  ]
}
