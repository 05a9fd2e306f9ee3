/**
 * Parameters of a resource that say how its bytes are fetched, beside those of its extractor: `connection`, `method`,
 * `headers`, `body`, `authentication`, `paging`. docs/sources.md describes them.
 */
import { AppError, type JsonObject, type JsonValue } from '../../kernel/index.ts'

export interface SourceOptions {
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  /** A text, sent as it is, or a value, sent as JSON. */
  readonly body: JsonValue | null
  readonly authentication: Authentication | null
  readonly paging: Paging | null
}

export type Authentication =
  | { readonly type: 'basic'; readonly username: string; readonly password: string }
  | { readonly type: 'bearer'; readonly token: string }

const pagingTypes = ['page', 'offset', 'cursor', 'next', 'link'] as const

export interface Paging {
  /**
   * `page` and `offset` count in a parameter until a page is empty; `cursor` hands on a value of the answer; `next`
   * follows an address in the answer, `link` one in its Link header.
   */
  readonly type: (typeof pagingTypes)[number]
  /** Path of the array of records in a page; empty: the page is the array. */
  readonly items: readonly string[]
  readonly parameter: string
  readonly in: 'query' | 'body'
  readonly first: number
  readonly sizeParameter: string | null
  readonly size: number | null
  /** Path of the next address or cursor. */
  readonly next: readonly string[]
  /** Path of what is false on the last page. */
  readonly more: readonly string[] | null
  /** Path of the number of all records. */
  readonly total: readonly string[] | null
  readonly maxPages: number | null
}

export const sourceOptionNames = [
  'connection',
  'method',
  'headers',
  'body',
  'authentication',
  'paging',
] as const

/** What is left for the extractor: how bytes were fetched does not matter to what they hold. */
export function extractorParams(params: JsonObject): JsonObject {
  const names: readonly string[] = sourceOptionNames
  return Object.fromEntries(Object.entries(params).filter(([name]) => !names.includes(name)))
}

/** Errors: ingest.invalid_source_option. */
export function validateSourceOptions(url: string, extractor: string, params: JsonObject): void {
  const used = sourceOptionNames.filter((name) => params[name] !== undefined && params[name] !== null)
  const isHttp = /^https?:/i.test(url)
  for (const option of used) {
    if (option === 'connection') {
      if (typeof params.connection !== 'string') throw invalid(option, 'it must be the uid or name of one')
      if (!/^(https?|ftps?|sftp|s3):/i.test(url)) throw invalid(option, 'this address needs none')
    } else if (!isHttp) throw invalid(option, 'only http and https addresses have it')
  }
  const { method, body, paging } = readSourceOptions(params)
  if (body !== null && method !== 'POST') throw invalid('body', 'only method POST has one')
  if (paging?.in === 'body' && (typeof body !== 'object' || body === null || Array.isArray(body)))
    throw invalid('paging.in', 'the body must be an object to hold the parameter')
  if (paging !== null && extractor !== 'jsonl' && extractor !== 'geojson')
    throw invalid(
      'paging',
      'pages are joined as JSON lines: the type of the resource must be jsonl, or geojson where they are features',
    )
}

/** Errors: ingest.invalid_source_option. */
export function readSourceOptions(params: JsonObject): SourceOptions {
  const method = params.method ?? 'GET'
  if (method !== 'GET' && method !== 'POST') throw invalid('method', 'it must be GET or POST')
  return {
    method,
    headers: readHeaders(params.headers ?? {}),
    body: params.body ?? null,
    authentication: readAuthentication(params.authentication ?? null),
    paging: readPaging(params.paging ?? null),
  }
}

const headerName = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/
/** They frame the message, or are ours to set. */
const keptHeaders =
  /^(host|content-length|transfer-encoding|connection|keep-alive|upgrade|te|trailer|expect|accept-encoding|if-.*|proxy-.*)$/i
const maxHeaders = 50

function readHeaders(value: JsonValue): Record<string, string> {
  const members = Object.entries(asObject('headers', value))
  if (members.length > maxHeaders) throw invalid('headers', `there can be ${maxHeaders} of them`)
  for (const [name, text] of members) {
    if (!headerName.test(name) || keptHeaders.test(name))
      throw invalid('headers', `a header cannot be called ${JSON.stringify(name.slice(0, 60))}`)
    if (typeof text !== 'string' || text.length > 8000 || /[^\t\x20-\x7e\x80-\xff]/.test(text))
      throw invalid(`headers.${name}`, 'it must be text of one line')
  }
  return Object.fromEntries(members) as Record<string, string>
}

function readAuthentication(value: JsonValue): Authentication | null {
  if (value === null) return null
  const given = asObject('authentication', value)
  const members: Record<string, readonly string[]> = { basic: ['username', 'password'], bearer: ['token'] }
  const type = String(given.type)
  const names = Object.hasOwn(members, type) ? members[type]! : null
  if (names === null) throw invalid('authentication.type', 'it must be basic or bearer')
  for (const name of Object.keys(given))
    if (name !== 'type' && !names.includes(name))
      throw invalid(`authentication.${name}`, `type ${type} knows ${names.join(' and ')}`)
  for (const name of names) {
    const text = given[name]
    if (typeof text !== 'string' || /[\p{Cc}]/u.test(text))
      throw invalid(`authentication.${name}`, 'it must be text')
  }
  return given as unknown as Authentication
}

const pagingMembers = {
  type: 'text',
  items: 'text',
  parameter: 'text',
  in: 'text',
  first: 'number',
  size_parameter: 'text',
  size: 'number',
  next: 'text',
  more: 'text',
  total: 'text',
  max_pages: 'number',
} as const

function readPaging(value: JsonValue): Paging | null {
  if (value === null) return null
  const given = asObject('paging', value)
  for (const [name, member] of Object.entries(given)) {
    const kind = Object.hasOwn(pagingMembers, name) ? pagingMembers[name as keyof typeof pagingMembers] : null
    if (kind === null)
      throw invalid(`paging.${name}`, `paging knows ${Object.keys(pagingMembers).join(', ')}`)
    const isNumber = Number.isInteger(member) && (member as number) >= 0 && (member as number) <= 1e9
    const fits = kind === 'number' ? isNumber : typeof member === 'string' && member.length <= 500
    if (!fits)
      throw invalid(`paging.${name}`, kind === 'number' ? 'it must be a whole number' : 'it must be text')
  }
  const type = pagingTypes.find((known) => known === given.type)
  if (type === undefined) throw invalid('paging.type', `it must be one of ${pagingTypes.join(', ')}`)
  const place = given.in ?? 'query'
  if (place !== 'query' && place !== 'body') throw invalid('paging.in', 'it must be query or body')
  const text = (name: string) =>
    given[name] === undefined || given[name] === '' ? null : String(given[name])
  const number = (name: string) => (given[name] === undefined ? null : Number(given[name]))
  const parameter =
    text('parameter') ?? { page: 'page', offset: 'offset', cursor: 'cursor', next: '', link: '' }[type]
  const next = text('next')
  if (next === null && (type === 'next' || type === 'cursor'))
    throw invalid(
      'paging.next',
      `type ${type} needs the path of the next ${type === 'next' ? 'address' : 'cursor'}`,
    )
  if ((text('size_parameter') === null) !== (number('size') === null))
    throw invalid('paging.size', 'it goes with size_parameter')
  if (number('max_pages') === 0) throw invalid('paging.max_pages', 'it must be at least 1')
  return {
    type,
    items: pathOf(text('items')) ?? [],
    parameter,
    in: place,
    first: number('first') ?? (type === 'page' ? 1 : 0),
    sizeParameter: text('size_parameter'),
    size: number('size'),
    next: pathOf(next) ?? [],
    more: pathOf(text('more')),
    total: pathOf(text('total')),
    maxPages: number('max_pages'),
  }
}

/** Member names joined by dots, as the parameter root of jsonfile. */
function pathOf(text: string | null): string[] | null {
  return text === null ? null : text.split('.').filter((name) => name !== '' && name !== '$')
}

function asObject(option: string, value: JsonValue): JsonObject {
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw invalid(option, 'it must be an object')
  return value
}

function invalid(option: string, expected: string): AppError {
  return new AppError('ingest.invalid_source_option', { option, expected })
}
