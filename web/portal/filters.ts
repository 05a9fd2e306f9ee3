/**
 * The one filter state that all views of a dataset share, in the address:
 *
 *   q=words  refine.FIELD=value  exclude.FIELD=value  text.FIELD=part  from.FIELD=low  to.FIELD=high
 *   geo=south,west,north,east  where=ODSQL  sort=FIELD or -FIELD  cols=a,b  version=uid
 *
 * `refine.`, `exclude.`, `q` and `sort` are as on the hosted platform. Names that are no fields of the dataset are dropped.
 */
import { exactWords, searchedWords, type Word } from '../../shared/words.ts'
import { type Field, geoFieldOf, isDate, isNumber } from './dataset.ts'

export interface FieldValue {
  readonly field: string
  readonly value: string
}

export interface Filters {
  readonly q: string
  readonly refine: readonly FieldValue[]
  readonly exclude: readonly FieldValue[]
  readonly text: readonly FieldValue[]
  readonly from: readonly FieldValue[]
  readonly to: readonly FieldValue[]
  /** South, west, north, east. */
  readonly geo: readonly [number, number, number, number] | null
  readonly where: string
  readonly sort: { readonly field: string; readonly isDescending: boolean } | null
  /** Columns of the table; null: all. */
  readonly columns: readonly string[] | null
  readonly version: string
}

const lists = ['refine', 'exclude', 'text', 'from', 'to'] as const
type ListName = (typeof lists)[number]

export function readFilters(params: URLSearchParams, fields: readonly Field[]): Filters {
  const names = new Set(fields.map(({ name }) => name))
  const byName = new Map(fields.map((field) => [field.name, field]))
  const list = (prefix: ListName): FieldValue[] =>
    [...params]
      .filter(([name, value]) => value !== '' && name.startsWith(`${prefix}.`))
      .map(([name, value]) => ({ field: name.slice(prefix.length + 1), value }))
      .filter(({ field }) => names.has(field))
  const bounds = (prefix: 'from' | 'to') =>
    list(prefix).filter(({ field, value }) => isBound(byName.get(field)!, value))
  const sort = params.get('sort') ?? ''
  const sortField = sort.replace(/^-/, '')
  const chosen = (params.get('cols') ?? '').split(',').filter((name) => names.has(name))
  const columns = [...new Set(chosen)]
  return {
    q: (params.get('q') ?? '').trim(),
    refine: list('refine'),
    exclude: list('exclude'),
    text: list('text'),
    from: bounds('from'),
    to: bounds('to'),
    geo: readBox(params.get('geo')),
    where: (params.get('where') ?? '').trim(),
    sort: names.has(sortField) ? { field: sortField, isDescending: sort.startsWith('-') } : null,
    columns: columns.length > 0 ? columns : null,
    version: params.get('version') ?? '',
  }
}

function readBox(text: string | null): Filters['geo'] {
  const numbers = (text ?? '').split(',').map(Number)
  const [south, west, north, east] = numbers
  if (numbers.length !== 4 || numbers.some((number) => !Number.isFinite(number))) return null
  return [south!, west!, north!, east!]
}

/** The other way round. Views add their own parameters to it. */
export function writeFilters(filters: Filters): URLSearchParams {
  const params = new URLSearchParams()
  if (filters.q) params.set('q', filters.q)
  for (const name of lists) {
    for (const { field, value } of filters[name]) params.append(`${name}.${field}`, value)
  }
  if (filters.geo) params.set('geo', filters.geo.join(','))
  if (filters.where) params.set('where', filters.where)
  if (filters.sort) params.set('sort', `${filters.sort.isDescending ? '-' : ''}${filters.sort.field}`)
  if (filters.columns) params.set('cols', filters.columns.join(','))
  if (filters.version) params.set('version', filters.version)
  return params
}

/** What narrows the records; order and columns do not. */
export function countFilters({ q, geo, where, ...rest }: Filters): number {
  return (
    (q ? 1 : 0) + (geo ? 1 : 0) + (where ? 1 : 0) + lists.reduce((sum, name) => sum + rest[name].length, 0)
  )
}

/** As a literal of ODSQL (docs/odsql.md). */
export const quote = (text: string) => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`

/** The words that these filters look for in a field. */
export function searchedIn(field: Field, { q, text }: Filters): Word[] {
  if (field.type !== 'text') return []
  const own = text.filter((one) => one.field === field.name)
  return [...exactWords(q), ...own.flatMap(({ value }) => searchedWords(value))]
}

/** A field's name in ODSQL, which may be a reserved word. */
export const nameOf = (field: string) => `\`${field}\``

const literalOf = (field: Field, value: string) =>
  isDate(field) ? `date'${value.replaceAll("'", '')}'` : value

/** Parameters of the search API; the same for records, facets, exports and tiles. */
export interface ApiFilters {
  readonly where: readonly string[]
  readonly refine: readonly string[]
  readonly exclude: readonly string[]
  readonly version: string | null
}

export function apiFilters(filters: Filters, fields: readonly Field[]): ApiFilters {
  const byName = new Map(fields.map((field) => [field.name, field]))
  const where: string[] = []
  if (filters.q) where.push(quote(filters.q))
  for (const { field, value } of filters.text) where.push(`search(${nameOf(field)}, ${quote(value)})`)
  for (const [list, operator] of [
    [filters.from, '>='],
    [filters.to, '<='],
  ] as const) {
    for (const { field, value } of list) {
      const known = byName.get(field)!
      where.push(`${nameOf(field)} ${operator} ${literalOf(known, endOfDay(known, value, operator))}`)
    }
  }
  const geoField = geoFieldOf(fields)
  if (filters.geo && geoField) where.push(`in_bbox(${nameOf(geoField.name)}, ${filters.geo.join(', ')})`)
  if (filters.where) where.push(filters.where)
  return {
    where,
    refine: filters.refine.map(({ field, value }) => `${field}:${value}`),
    exclude: filters.exclude.map(({ field, value }) => `${field}:${value}`),
    version: filters.version || null,
  }
}

/** Ends of ranges that the API could not read are no filters. */
function isBound(field: Field, value: string): boolean {
  if (isNumber(field)) return /^-?\d+(\.\d+)?$/.test(value)
  return isDate(field) && /^\d{4}-\d\d-\d\d(T[\d:.+Z-]+)?$/.test(value)
}

/** `to` a day means to its end. */
function endOfDay(field: Field, value: string, operator: string): string {
  return field.type === 'datetime' && operator === '<=' && /^\d{4}-\d\d-\d\d$/.test(value)
    ? `${value}T23:59:59.999Z`
    : value
}

export const orderOf = ({ sort }: Filters) =>
  sort === null ? null : `${nameOf(sort.field)}${sort.isDescending ? ' desc' : ''}`

/** Adds or removes one value of a list. */
export function toggled(filters: Filters, list: ListName, field: string, value: string): Filters {
  const has = filters[list].some((one) => one.field === field && one.value === value)
  const rest = filters[list].filter((one) => one.field !== field || one.value !== value)
  return { ...filters, [list]: has ? rest : [...rest, { field, value }] }
}

export const without = (filters: Filters): Filters => ({
  ...filters,
  q: '',
  refine: [],
  exclude: [],
  text: [],
  from: [],
  to: [],
  geo: null,
  where: '',
})
