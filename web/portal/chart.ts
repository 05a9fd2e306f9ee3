/** The chart builder's state, in the address as `chart.*`, and the query of the search API that answers it. */
import type { Api } from '../kit/api.ts'
import { type DataRecord, datasetPath, type Field, isDate, isFacet, isNumber, isText } from './dataset.ts'
import { type ApiFilters, nameOf } from './filters.ts'
import { type Bucket, bucketOf, buckets, timeGroups } from './time-buckets.ts'

export const chartTypes = ['bar', 'line', 'area', 'pie', 'scatter', 'histogram', 'box'] as const
export type ChartType = (typeof chartTypes)[number]
export const aggregates = ['count', 'sum', 'avg', 'min', 'max', 'median'] as const
export type Aggregate = (typeof aggregates)[number]

export interface ChartState {
  readonly type: ChartType
  readonly x: string
  /** A number; of no meaning for counts and histograms. */
  readonly y: string
  readonly fn: Aggregate
  /** Series; empty: one. */
  readonly by: string
  /** Of dates; empty: as the time between the first and the last wants it. */
  readonly bucket: Bucket | ''
  /** Groups at most. */
  readonly limit: number
}

const limits = { min: 2, max: 500, usual: 20 }

/** What is asked for, completed by what suits the fields; null: nothing can be drawn. */
export function readChart(params: URLSearchParams, fields: readonly Field[]): ChartState | null {
  const numbers = fields.filter(isNumber)
  const get = (name: string) => params.get(`chart.${name}`) ?? ''
  const pick = <T extends string>(text: string, from: readonly T[], usual: T): T =>
    from.includes(text as T) ? (text as T) : usual
  const date = fields.find(isDate)
  const category = fields.find((field) => isText(field) && isFacet(field)) ?? fields.find(isText)
  const usualX = date ?? category ?? numbers[0]
  if (!usualX) return null
  const type = pick(
    get('type'),
    chartTypes,
    usualX === date ? 'line' : usualX === category ? 'bar' : 'histogram',
  )
  const needsNumber = type === 'histogram' || type === 'scatter'
  const wanted =
    fields.find(({ name }) => name === get('x')) ?? (type === 'box' ? (category ?? usualX) : usualX)
  const x = needsNumber && !isNumber(wanted) ? numbers[0] : wanted
  if (!x) return null
  const names = numbers.map(({ name }) => name)
  const needsY = type === 'box' || type === 'scatter'
  const usualY = names.find((name) => name !== x.name) ?? names[0] ?? ''
  const y = pick(get('y'), names, needsY ? usualY : '')
  const limit = Math.round(Number(get('limit') || limits.usual))
  return {
    type,
    x: x.name,
    y,
    fn: y === '' ? 'count' : pick(get('fn'), aggregates, 'avg'),
    by: fields.some(({ name }) => name === get('by') && name !== x.name) ? get('by') : '',
    bucket: pick<Bucket | ''>(get('bucket'), buckets, ''),
    limit: Math.min(limits.max, Math.max(limits.min, Number.isFinite(limit) ? limit : limits.usual)),
  }
}

export function writeChart(state: ChartState): URLSearchParams {
  const entries = Object.entries(state).filter(([, value]) => value !== '')
  return new URLSearchParams(
    entries.map(([name, value]) => [`chart.${name}`, String(value)] as [string, string]),
  )
}

/** What a chart is drawn from, and its table. Keys are printed; numbers stay numbers. */
export interface ChartData {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly (string | number | null)[])[]
  /** There are more groups than were asked for. */
  readonly isCut: boolean
  /** The step of time that was taken. */
  readonly bucket?: Bucket
}

const histogramBins = 24
const scatterPoints = 3000

/** Errors: ApiError. */
export async function loadChart(
  api: Api,
  datasetId: string,
  fields: readonly Field[],
  state: ChartState,
  filters: ApiFilters,
  signal?: AbortSignal,
): Promise<ChartData> {
  const fieldOf = (name: string) => fields.find((field) => field.name === name)
  const label = (name: string) => fieldOf(name)?.label ?? name
  const x = fieldOf(state.x)!
  const ask = async (query: { select: string; group_by?: string; order_by?: string; limit?: number }) => {
    const path = `${datasetPath(datasetId)}/records`
    const { results } = await api.get<{ results: DataRecord[] }>(path, { ...filters, ...query }, { signal })
    return results
  }
  if (state.type === 'histogram') return histogram()
  if (state.type === 'scatter') return scatter()
  if (state.type === 'box') return box()
  return grouped()

  async function grouped(): Promise<ChartData> {
    const by = state.by === '' ? null : nameOf(state.by)
    // Series of a line are its points times as many.
    const limit = isDate(x) ? 5000 : by ? state.limit * 12 : state.limit
    const bucket = await bucketFor(x)
    const key = keyOf(x, bucket)
    const results = await ask({
      select: `${aggregateOf(state)} as v`,
      group_by: [key.groupBy, ...(by ? [`${by} as s`] : [])].join(', '),
      order_by: key.orderBy ?? 'v desc',
      limit: limit + 1,
    })
    return {
      columns: [label(state.x), ...(by ? [label(state.by)] : []), valueLabel()],
      rows: results
        .slice(0, limit)
        .map((row) => [key.of(row), ...(by ? [cellOf(row.s)] : []), numberOf(row.v)]),
      isCut: results.length > limit,
      ...(isDate(x) ? { bucket } : {}),
    }
  }

  async function bucketFor(field: Field): Promise<Bucket> {
    if (state.bucket !== '' || !isDate(field)) return state.bucket || 'month'
    const name = nameOf(field.name)
    const [ends] = await ask({ select: `min(${name}) as low, max(${name}) as high` })
    return bucketOf(String(ends?.low), String(ends?.high), field.type === 'datetime')
  }

  /** What is grouped by; `orderBy` is null where the largest group comes first. */
  function keyOf(field: Field, bucket: Bucket) {
    if (isDate(field)) {
      const { groupBy, orderBy, keyOf: of } = timeGroups(field.name, bucket)
      return { groupBy, orderBy, of }
    }
    const of = (row: DataRecord) => cellOf(row.k)
    return { groupBy: `${nameOf(field.name)} as k`, orderBy: isNumber(field) ? 'k' : null, of }
  }

  function valueLabel(): string {
    return state.y === '' ? 'count' : `${state.fn} ${label(state.y)}`
  }

  async function histogram(): Promise<ChartData> {
    const name = nameOf(state.x)
    const [ends] = await ask({ select: `min(${name}) as low, max(${name}) as high` })
    const low = numberOf(ends?.low)
    const high = numberOf(ends?.high)
    const columns = [label(state.x), 'count']
    if (low === null || high === null) return { columns, rows: [], isCut: false }
    const step = niceStep((high - low) / histogramBins)
    const results = await ask({
      select: 'count(*) as v',
      group_by: `range(${name}, ${step}) as k`,
      limit: 1000,
    })
    const bins = new Map(results.map((row) => [lowerEnd(row.k), numberOf(row.v) ?? 0]))
    const rows: [number, number][] = []
    const first = Math.floor(low / step)
    for (let index = first; index <= Math.floor(high / step) && rows.length < 200; index++) {
      const start = Number((index * step).toPrecision(12))
      rows.push([start, bins.get(start) ?? 0])
    }
    return { columns, rows, isCut: false }
  }

  async function scatter(): Promise<ChartData> {
    const names = [state.x, state.y, ...(state.by === '' ? [] : [state.by])]
    // Each pair once, however often it is there: the API groups up to 20,000.
    const results = await ask({
      select: 'count(*) as n',
      group_by: names.map((name, index) => `${nameOf(name)} as c${index}`).join(', '),
      limit: scatterPoints + 1,
    })
    const rows = results
      .slice(0, scatterPoints)
      .map((row) => names.map((_name, index) => cellOf(row[`c${index}`])))
      .filter(([a, b]) => typeof a === 'number' && typeof b === 'number')
    return { columns: names.map(label), rows, isCut: results.length > scatterPoints }
  }

  async function box(): Promise<ChartData> {
    const y = nameOf(state.y)
    const bucket = await bucketFor(x)
    const key = keyOf(x, bucket)
    const results = await ask({
      select: `min(${y}) as a, percentile(${y}, 25) as b, median(${y}) as c, percentile(${y}, 75) as d, max(${y}) as e, count(*) as n`,
      group_by: key.groupBy,
      order_by: key.orderBy ?? 'n desc',
      limit: state.limit + 1,
    })
    const rows = results
      .slice(0, state.limit)
      .map((row) => [key.of(row), ...['a', 'b', 'c', 'd', 'e'].map((name) => numberOf(row[name]))])
    return {
      columns: [label(state.x), 'min', '25 %', 'median', '75 %', 'max'],
      rows,
      isCut: results.length > state.limit,
      ...(isDate(x) ? { bucket } : {}),
    }
  }
}

const aggregateOf = ({ fn, y }: ChartState) =>
  y === '' || fn === 'count' ? 'count(*)' : `${fn}(${nameOf(y)})`

/** 1, 2 or 5 times a power of ten, at least `width`. */
export function niceStep(width: number): number {
  if (!(width > 0)) return 1
  const power = 10 ** Math.floor(Math.log10(width))
  const factor = [1, 2, 5, 10].find((one) => one * power >= width * 0.999)!
  return Number((factor * power).toPrecision(12))
}

/** `[-20, 0[`, as the API prints a range. */
const lowerEnd = (text: unknown) => Number(/\[\s*(-?[\d.eE+-]+)/.exec(String(text))?.[1])

function cellOf(value: unknown): string | number | null {
  if (value === null || value === undefined) return null
  if (typeof value === 'number') return value
  return Array.isArray(value) ? value.join(', ') : String(value)
}

const numberOf = (value: unknown) => (typeof value === 'number' ? value : null)
