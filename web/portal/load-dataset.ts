/** What the pages of a dataset load: the dataset, the filters, what they leave, and what the view shows. */
import { ApiError, type Query } from '../kit/api.ts'
import { NotFound, type PageContext, Redirect } from '../kit/page.ts'
import { type CalendarMonth, loadCalendar } from './calendar.ts'
import { type ChartData, type ChartState, loadChart, readChart } from './chart.ts'
import {
  type DataRecord,
  type Dataset,
  datasetPath,
  type Facet,
  imageFieldOf,
  isDate,
  isNumber,
  isView,
  pagePath,
  type RecordPage,
  recordsCountOf,
  type View,
  viewsOf,
} from './dataset.ts'
import { type ExportFormat, loadExportFormats } from './export-formats.ts'
import { type ApiFilters, apiFilters, countFilters, type Filters, orderOf, readFilters } from './filters.ts'
import { type FieldProfile, loadProfile } from './profile.ts'
import { loadVersions, type VersionList } from './version-list.ts'

/** Records on a page of the table without JavaScript, and the first window of it with. */
export const tablePageSize = 100
const imagePageSize = 24

export type ViewData =
  | {
      readonly view: 'information'
      readonly profiles: readonly FieldProfile[] | null
      readonly versions: VersionList | null
      readonly sample: readonly DataRecord[]
    }
  | { readonly view: 'table'; readonly page: number; readonly records: readonly DataRecord[] }
  | { readonly view: 'map'; readonly location: string | null }
  | { readonly view: 'analyze'; readonly chart: ChartState | null; readonly data: ChartData | null }
  | { readonly view: 'calendar'; readonly month: CalendarMonth }
  | {
      readonly view: 'images'
      readonly page: number
      readonly pages: number
      readonly records: readonly DataRecord[]
    }
  | { readonly view: 'export'; readonly formats: readonly ExportFormat[] }
  | { readonly view: 'api'; readonly clauses: ApiClauses; readonly limit: string; readonly result: string }

export interface ApiClauses {
  readonly select: string
  readonly where: string
  readonly group_by: string
  readonly order_by: string
}

export interface DatasetData {
  readonly dataset: Dataset
  readonly view: View
  readonly views: readonly View[]
  readonly filters: Filters
  readonly query: ApiFilters
  readonly facets: readonly Facet[]
  /** Records that the filters leave, and all of them. */
  readonly count: number
  readonly total: number
  /** Parameters of the view itself. */
  readonly keep: URLSearchParams
  /** What the API says against the filters. */
  readonly problem: string | null
  readonly shown: ViewData | null
}

/** Errors: NotFound, Redirect, ApiError. */
export async function loadDataset(context: PageContext, embedded: boolean): Promise<DatasetData> {
  const { api, params, url } = context
  const { id = '', view = '' } = params
  if (!isView(view)) throw new NotFound()
  const version = url.searchParams.get('version') || null
  const dataset = await api.get<Dataset>(datasetPath(id), { version, lang: context.lang })
  if (dataset.dataset_id !== id) throw new Redirect(`${pagePath(dataset.dataset_id, view)}${url.search}`, 308)
  const views = viewsOf(dataset)
  if (!views.includes(view)) throw new NotFound()
  redirectColumnFilter(url, dataset)
  const filters = readFilters(columnsOf(url.searchParams), dataset.fields)
  const query = apiFilters(filters, dataset.fields)
  const total = recordsCountOf(dataset)
  const hasFilters = view !== 'information' && !embedded
  const base = { dataset, view, views, filters, query, total, keep: keptOf(url, view) }
  try {
    const [counted, found] = await Promise.all([
      countFilters(filters) === 0
        ? { total_count: total }
        : api.get<RecordPage>(`${datasetPath(id)}/records`, { ...query, limit: 0 }),
      hasFilters && dataset.has_records
        ? api.get<{ facets: Facet[] }>(`${datasetPath(id)}/facets`, { ...query, lang: context.lang })
        : { facets: [] },
    ])
    const shown = await loadView(context, { ...base, count: counted.total_count })
    return { ...base, facets: found.facets, count: counted.total_count, problem: null, shown }
  } catch (error) {
    // A filter that cannot be read is the reader's to mend: the page stays.
    if (!(error instanceof ApiError) || error.status !== 400) throw error
    return {
      ...base,
      facets: [],
      count: 0,
      problem: [error.message, error.hint].filter(Boolean).join(' '),
      // In the console it is mended where it stands.
      shown: view === 'api' ? { ...readConsole(url, query), view, result: '' } : null,
    }
  }
}

type Base = Omit<DatasetData, 'facets' | 'problem' | 'shown'>

async function loadView(context: PageContext, base: Base): Promise<ViewData> {
  const { api, url } = context
  const { dataset, view, filters, query, count } = base
  const { dataset_id: id, fields } = dataset
  const records = async (more: Query) =>
    (await api.get<RecordPage>(`${datasetPath(id)}/records`, { ...query, ...more })).results
  switch (view) {
    case 'information': {
      const wantsProfiles = url.searchParams.get('figures') === '1'
      const [profiles, versions, sample] = await Promise.all([
        wantsProfiles ? loadProfile(api, id, fields, query) : null,
        loadVersions(context, dataset),
        dataset.has_records && dataset.data_visible ? records({ limit: 5 }) : [],
      ])
      return { view, profiles, versions, sample }
    }
    case 'table': {
      const page = pageOf(url, Math.ceil(count / tablePageSize))
      const offset = (page - 1) * tablePageSize
      const position = offset + tablePageSize <= 10_000 ? { offset } : { cursor: '', offset }
      return {
        view,
        page,
        records: await records({ ...position, limit: tablePageSize, ...tableQuery(filters) }),
      }
    }
    case 'map':
      return { view, location: url.searchParams.get('loc') }
    case 'analyze': {
      const chart = readChart(url.searchParams, fields)
      return { view, chart, data: chart === null ? null : await loadChart(api, id, fields, chart, query) }
    }
    case 'calendar':
      return { view, month: await loadCalendar(api, dataset, query, url.searchParams.get('month')) }
    case 'images': {
      const pages = Math.min(400, Math.ceil(count / imagePageSize))
      const page = pageOf(url, pages)
      const field = imageFieldOf(fields)!
      const found = await records({
        limit: imagePageSize,
        offset: (page - 1) * imagePageSize,
        order_by: orderOf(filters),
      })
      return { view, page, pages, records: found.filter((record) => record[field.name] !== null) }
    }
    case 'export':
      return { view, formats: await loadExportFormats(api, dataset, query, count) }
    case 'api': {
      const { clauses, limit } = readConsole(url, query)
      const filled = Object.fromEntries(
        Object.entries({ ...clauses, limit }).filter(([, value]) => value.trim() !== ''),
      )
      const { where: _where, ...rest } = query
      const answer = await api.call('GET', `${datasetPath(id)}/records`, { query: { ...rest, ...filled } })
      return { view, clauses, limit, result: pretty(answer.text) }
    }
  }
}

export const tableQuery = (filters: Filters) => ({
  order_by: orderOf(filters),
  select: filters.columns === null ? null : filters.columns.map((name) => `\`${name}\``).join(', '),
})

function readClauses(params: URLSearchParams, { where }: ApiFilters): ApiClauses {
  const get = (name: string, usual = '') => params.get(`api.${name}`) ?? usual
  const conditions = where.length > 1 ? where.map((one) => `(${one})`).join(' and ') : (where[0] ?? '')
  return {
    select: get('select'),
    where: get('where', conditions),
    group_by: get('group_by'),
    order_by: get('order_by'),
  }
}

const readConsole = (url: URL, query: ApiFilters) => ({
  clauses: readClauses(url.searchParams, query),
  limit: url.searchParams.get('api.limit') ?? '10',
})

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}

/** The page that the address names, from 1, among those that there are. */
export function pageOf(url: URL, pages: number): number {
  const page = Math.floor(Number(url.searchParams.get('page') ?? 1))
  return Math.max(1, Math.min(Math.max(1, pages), Number.isFinite(page) ? page : 1))
}

/** Without JavaScript the choice of columns comes as one `col` for each. */
function columnsOf(params: URLSearchParams): URLSearchParams {
  const chosen = params.getAll('col')
  if (chosen.length === 0) return params
  const next = new URLSearchParams(params)
  next.delete('col')
  next.set('cols', chosen.join(','))
  return next
}

function keptOf(url: URL, view: View): URLSearchParams {
  const prefixes: Readonly<Partial<Record<View, readonly string[]>>> = {
    analyze: ['chart.'],
    calendar: ['month'],
    map: ['loc'],
    api: ['api.'],
  }
  const kept = [...url.searchParams].filter(([name]) =>
    prefixes[view]?.some((prefix) => name.startsWith(prefix)),
  )
  return new URLSearchParams(kept)
}

/** `add.field`, `add.operator`, `add.value` of the form for any column become a filter of the address. */
function redirectColumnFilter(url: URL, { fields }: Dataset): void {
  const name = url.searchParams.get('add.field')
  if (name === null) return
  const field = fields.find((one) => one.name === name)
  const value = (url.searchParams.get('add.value') ?? '').trim()
  const wanted = url.searchParams.get('add.operator') ?? 'text'
  const next = new URL(url)
  for (const key of ['add.field', 'add.operator', 'add.value']) next.searchParams.delete(key)
  if (field && value !== '') {
    const canCompare = isNumber(field) || isDate(field)
    const operator = wanted === 'from' || wanted === 'to' ? wanted : 'text'
    if (canCompare && operator === 'text') {
      // "Contains" of a number or a date is that very number or day.
      next.searchParams.set(`from.${name}`, value)
      next.searchParams.set(`to.${name}`, value)
    } else next.searchParams.set(`${canCompare ? operator : 'text'}.${name}`, value)
  }
  throw new Redirect(`${next.pathname}${next.search}`)
}

/** What the component of a view gets: the dataset with its filters, and its own data. */
export interface ViewProps<V extends ViewData['view']> {
  readonly data: DatasetData
  readonly shown: Extract<ViewData, { view: V }>
  readonly isEmbedded: boolean
}
