import type { FastifyInstance } from 'fastify'
import { parsedRows } from '../../records/index.ts'
import { disconnectSignal } from '../disconnect.ts'
import type { HttpServices } from '../services.ts'
import { send } from './answers.ts'
import { dotted, invalid, many, one, type Parameters, quoteName, whole } from './parameters.ts'
import { legacyRoute, readQuestion } from './question.ts'

type Row = Record<string, unknown>

const precisions = ['year', 'month', 'day', 'hour', 'minute'] as const
const periods: Readonly<Record<string, string>> = {
  month: 'month',
  weekday: 'dayofweek',
  day: 'day',
  hour: 'hour',
}
const functions: Readonly<Record<string, (value: string) => string>> = {
  COUNT: (value) => `count(${value})`,
  AVG: (value) => `avg(${value})`,
  SUM: (value) => `sum(${value})`,
  MIN: (value) => `min(${value})`,
  MAX: (value) => `max(${value})`,
  STDDEV: (value) => `stddev(${value})`,
  SUMSQUARES: (value) => `sum(${value} * ${value})`,
}

/** Charts: series of aggregates along one or more axes. */
export function registerAnalysis(app: FastifyInstance, services: HttpServices): void {
  app.get(
    '/api/records/1.0/analyze',
    legacyRoute('analyzeRecordsV1', 'Series, as API 1.0'),
    async (request, reply) => {
      const { publication, parameters, text } = await readQuestion(services, request, reply)
      const isDate = (name: string) =>
        ['date', 'datetime'].includes(publication.fields.find((field) => field.name === name)?.type ?? '')
      const axes = many(parameters, 'x').map((name, index) => axisOf(parameters, name, index, isDate(name)))
      const series = seriesOf(parameters)
      if (axes.length === 0) throw invalid('x', '', 'it must name a field')
      if (series.length === 0) throw invalid('y', '', 'a series needs y.NAME.func and y.NAME.expr')
      const keys = axes.flatMap((axis) => axis.keys)
      const points = whole(parameters, 'maxpoints', 50, 20_000)
      const answer = await services.records.query(
        publication,
        {
          text: {
            ...text,
            select: [
              ...keys.map(({ alias }) => alias),
              ...series.map(({ sql, alias }) => `${sql} as ${alias}`),
            ].join(', '),
            groupBy: keys.map(({ sql, alias }) => `${sql} as ${alias}`).join(', '),
            orderBy: orderOf(parameters, keys, series),
          },
          limit: points === 0 ? 20_000 : points,
          offset: 0,
          includeAppMetas: false,
        },
        disconnectSignal(reply),
      )
      const totals = new Map<string, number>()
      const rows = (parsedRows(answer) as Row[]).map((values) => {
        const shown: Row = { x: pointOf(axes, values) }
        for (const { name, alias, isCumulative } of series) {
          const total = (totals.get(name) ?? 0) + Number(values[alias] ?? 0)
          totals.set(name, total)
          shown[name] = isCumulative ? total : values[alias]
        }
        return shown
      })
      return send(reply, parameters, rows)
    },
  )
}

interface Key {
  readonly sql: string
  readonly alias: string
  /** What it is called in a point; null: the value itself. */
  readonly part: string | null
}
interface Axis {
  readonly name: string
  readonly keys: readonly Key[]
}

function axisOf(parameters: Parameters, name: string, index: number, isDate: boolean): Axis {
  const field = quoteName(name)
  const period = one(parameters, 'periodic')
  const precision = one(parameters, 'precision') ?? 'year'
  if (!isDate) return { name, keys: [{ sql: field, alias: `x${index}`, part: null }] }
  if (period !== undefined) {
    const sql = periods[period]
    if (sql === undefined)
      throw invalid('periodic', period, `it must be one of ${Object.keys(periods).join(' ')}`)
    return { name, keys: [{ sql: `${sql}(${field})`, alias: `x${index}`, part: period }] }
  }
  const depth = (precisions as readonly string[]).indexOf(precision)
  if (depth < 0) throw invalid('precision', precision, `it must be one of ${precisions.join(' ')}`)
  const keys = precisions
    .slice(0, depth + 1)
    .map((part): Key => ({ sql: `${part}(${field})`, alias: `x${index}_${part}`, part }))
  return { name, keys }
}

interface Series {
  readonly name: string
  readonly alias: string
  readonly sql: string
  readonly isCumulative: boolean
}

function seriesOf(parameters: Parameters): Series[] {
  const names = new Set(dotted(parameters, 'y').map(([name]) => name.slice(0, name.lastIndexOf('.'))))
  return [...names]
    .filter((name) => name !== '')
    .map((name, index) => {
      const of = (part: string) => one(parameters, `y.${name}.${part}`)
      const callee = (of('func') ?? 'COUNT').toUpperCase()
      const expr = of('expr')
      // An expression is ODSQL: it is parsed with the rest of the clause, and can be no more than a value.
      const value = expr === undefined || expr === '' ? '*' : `(${expr})`
      if (value === '*' && callee !== 'COUNT') throw invalid(`y.${name}.expr`, '', 'only COUNT needs none')
      const quantile = Number(of('subset') ?? 50)
      const compile =
        callee === 'QUANTILES' ? (of: string) => `percentile(${of}, ${quantile})` : functions[callee]
      if (compile === undefined || !(quantile >= 0 && quantile <= 100))
        throw invalid(
          `y.${name}.func`,
          callee,
          `it must be one of ${Object.keys(functions).join(' ')} QUANTILES`,
        )
      return { name, alias: `y${index}`, sql: compile(value), isCumulative: of('cumulative') === 'true' }
    })
}

/** By the axes, unless `sort` names a series or `x.FIELD`; a minus turns it round. */
function orderOf(parameters: Parameters, keys: readonly Key[], series: readonly Series[]): string {
  const axes = keys.map(({ alias }) => alias)
  const sort = one(parameters, 'sort')
  if (sort === undefined || sort === '') return axes.join(', ')
  const isTurned = sort.startsWith('-')
  const named = sort.replace(/^-/, '').replace(/^y\./, '')
  const alias = series.find(({ name }) => name === named)?.alias
  if (alias !== undefined) return [`${alias}${isTurned ? '' : ' desc'}`, ...axes].join(', ')
  if (!named.startsWith('x.')) throw invalid('sort', sort, 'it must name a series, or x.FIELD')
  return axes.map((axis) => `${axis}${isTurned ? ' desc' : ''}`).join(', ')
}

function pointOf(axes: readonly Axis[], values: Row): unknown {
  const axisValue = ({ keys }: Axis): unknown =>
    keys[0]!.part === null
      ? values[keys[0]!.alias]
      : Object.fromEntries(keys.map(({ part, alias }) => [part, values[alias]]))
  if (axes.length === 1) return axisValue(axes[0]!)
  return Object.fromEntries(axes.map((axis) => [axis.name, axisValue(axis)]))
}
