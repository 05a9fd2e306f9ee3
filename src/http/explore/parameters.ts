import { type Static, Type } from 'typebox'
import { AppError } from '../../kernel/index.ts'
import type { QueryText } from '../../odsql/index.ts'
import { checkTimezone, type Typing } from '../../records/index.ts'

/** Query parameters of the search API. Explore API, section 1.2. Checked here, so that errors name value and bounds. */
const text = (description: string) => Type.Optional(Type.String({ description }))
const repeated = (description: string) => Type.Optional(Type.Array(Type.String(), { description }))

export const commonQuery = Type.Object({
  select: text('Fields, expressions and aggregates; * by default'),
  where: repeated('Filter; several are joined by and'),
  refine: repeated('facet:value, keeps one facet value'),
  exclude: repeated('facet:value, drops a facet value'),
  lang: text('Language of formatted text'),
  timezone: text('Zone of date functions and of printed dates; UTC by default'),
})

/** Of routes that answer the same whatever is asked of the records. */
export const versionQuery = Type.Object({ version: text('Answers from a saved version') })

export const datasetQuery = Type.Object({
  select: commonQuery.properties.select,
  lang: text('Language of formatted text'),
  timezone: text('Zone of printed dates; UTC by default'),
  include_links: text('Adds _links'),
  version: text('Answers from a saved version'),
})

/** Of the catalog, which has no versions. */
export const catalogQuery = Type.Object({
  ...commonQuery.properties,
  group_by: text('Groups'),
  order_by: text('Order'),
  limit: text('Records returned: up to 100, with group_by up to 20000; 10 by default, -1 for the most'),
  offset: text('Records left out at the start; offset + limit is at most 10000, with group_by 20000'),
  include_links: text('Adds _links'),
  include_app_metas: text('Adds application metadata'),
})

export const listQuery = Type.Object({
  ...catalogQuery.properties,
  version: text('Answers from a saved version'),
})

export const recordsQuery = Type.Object({
  ...listQuery.properties,
  cursor: text(
    'Paging without end: empty to begin (with offset: anywhere), then next_cursor of the answer before. Without group_by',
  ),
})

export const recordQuery = Type.Object({
  ...datasetQuery.properties,
  include_app_metas: text('Adds application metadata'),
})

export const facetQuery = Type.Object({
  ...commonQuery.properties,
  facet: repeated('Facets to list: a name, or facet(name="x", sort="-count", limit=20, ...)'),
  version: text('Answers from a saved version'),
})

const { select: _, ...conditions } = commonQuery.properties
export const suggestQuery = Type.Object({
  ...conditions,
  q: text('What was typed: beginnings of words, in any case, with accents or without. Up to 100 characters'),
  limit: text('Values returned: 1 to 100; 10 by default'),
  version: text('Answers from a saved version'),
})

export const exportQuery = Type.Object({
  ...commonQuery.properties,
  group_by: text('Groups'),
  order_by: text('Order'),
  limit: text('Records; -1, the default, is all'),
  version: text('Exports a saved version'),
  use_labels: text('Labels as headings instead of names'),
  compressed: text('gzip'),
  delimiter: text('CSV: one of ; , tab |'),
  list_separator: text('CSV: between the values of a multivalued field'),
  quote_all: text('CSV: quotes around every value'),
  with_bom: text('CSV: byte order mark first; true by default'),
  safe_cells: text(
    'CSV: an apostrophe before text that a spreadsheet would take for a formula; false by default',
  ),
  parquet_compression: text('Parquet: snappy or zstd'),
  epsg: text('Shapefile: EPSG code of the coordinates; 4326 by default'),
  name_field: text('KML, GPX, OV2, iCalendar: field that names a feature; the first text field by default'),
  description_field_list: text('GPX, iCalendar: fields of the description, separated by commas'),
  use_extension: text('GPX: fields as extensions; true by default'),
  start_field: text('iCalendar: field with the start of an event; the first date by default'),
  end_field: text('iCalendar: field with the end of an event'),
})

export type DatasetQuery = Static<typeof datasetQuery>
export type ListQuery = Static<typeof listQuery>
export type RecordsQuery = Static<typeof recordsQuery>
export type RecordQuery = Static<typeof recordQuery>
export type FacetQueryParameters = Static<typeof facetQuery>
export type SuggestQuery = Static<typeof suggestQuery>
export type ExportQuery = Static<typeof exportQuery>

const languages = new Set(['en', 'fr', 'nl', 'pt', 'it', 'ar', 'de', 'es', 'ca', 'eu', 'sv'])

export function invalid(parameter: string, value: string, expected: string): AppError {
  return new AppError('http.invalid_parameter', { parameter, value: value.slice(0, 100), expected })
}

/** Errors: http.invalid_parameter, records.unknown_timezone. */
export function readQueryText(query: Partial<ListQuery>, now: number): QueryText {
  const lang = query.lang ?? 'en'
  if (!languages.has(lang)) throw invalid('lang', lang, `it must be one of ${[...languages].join(' ')}`)
  return {
    select: query.select,
    where: listOf(query.where),
    groupBy: query.group_by,
    orderBy: query.order_by,
    refine: listOf(query.refine),
    exclude: listOf(query.exclude),
    timezone: query.timezone === undefined || query.timezone === '' ? 'UTC' : checkTimezone(query.timezone),
    lang,
    now,
  }
}

/** Where a route does not have the parameter, nothing has made a list of it: it changes nothing there. */
const listOf = (given: string[] | undefined) => (Array.isArray(given) ? given : [])

/** limit -1 (the most) or 0..100, offset + limit at most 10,000; grouped: 20,000 for both. Errors: http.invalid_parameter. */
export function readPage(query: {
  limit?: string | undefined
  offset?: string | undefined
  group_by?: string | undefined
}): { limit: number; offset: number; maxEnd: number } {
  const isGrouped = query.group_by !== undefined && query.group_by.trim() !== ''
  const maxLimit = isGrouped ? 20_000 : 100
  const maxEnd = isGrouped ? 20_000 : 10_000
  const limit = readInteger('limit', query.limit, 10, -1, maxLimit)
  const offset = readInteger('offset', query.offset, 0, 0, maxEnd)
  const effective = limit === -1 ? Math.min(maxLimit, maxEnd - offset) : limit
  if (offset + effective > maxEnd) {
    throw invalid(
      'offset',
      String(offset),
      `offset + limit must not exceed ${maxEnd}; use an export for more`,
    )
  }
  return { limit: effective, offset, maxEnd }
}

/** Errors: http.invalid_parameter. */
export function readExportLimit(text: string | undefined): number | null {
  const limit = readInteger('limit', text, -1, -1, Number.MAX_SAFE_INTEGER)
  return limit === -1 ? null : limit
}

/** A whole number within bounds. Errors: http.invalid_parameter. */
export function readInteger(
  name: string,
  text: string | undefined,
  fallback: number,
  min: number,
  max: number,
): number {
  if (text === undefined || text === '') return fallback
  const value = /^-?\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= min && value <= max))
    throw invalid(name, text, `it must be a whole number from ${min} to ${max}`)
  return value
}

/** Errors: http.invalid_parameter. */
export function readTyping(field: string, { q = '', limit }: SuggestQuery): Typing {
  // Each word is looked up apart: fifty at most, as in a query.
  if (q.length > 100) throw invalid('q', q, 'it must not be longer than 100 characters')
  return { field, typed: q, limit: readInteger('limit', limit, 10, 1, 100) }
}

/** true and false in any case, 1 and 0. Errors: http.invalid_parameter. */
export function readFlag(name: string, text: string | undefined, fallback: boolean): boolean {
  if (text === undefined || text === '') return fallback
  const value = text.toLowerCase()
  if (value === 'true' || value === '1') return true
  if (value === 'false' || value === '0') return false
  throw invalid(name, text, 'it must be true or false')
}

/** Errors: http.invalid_parameter. */
export function readChoice(
  name: string,
  text: string | undefined,
  choices: readonly string[],
  fallback: string,
): string {
  if (text === undefined || text === '') return fallback
  if (!choices.includes(text)) throw invalid(name, text, `it must be one of ${choices.join(' ')}`)
  return text
}
