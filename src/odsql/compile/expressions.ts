import { aggregateFunctions, scalarFunctions } from '../functions.ts'
import { formatTokens } from '../resolve/date-format.ts'
import type { Typed } from '../resolve/typed.ts'
import type { Type } from '../schema.ts'
import type { Binder } from './target.ts'

export interface ExpressionContext {
  readonly binder: Binder
  readonly timezone: string
  readonly lang: string
}

/** SQL of a value. */
export function compileExpr(context: ExpressionContext, expr: Typed): string {
  const { binder } = context
  switch (expr.kind) {
    case 'literal':
      return literal(binder, expr.type, expr.value)
    case 'moment':
      return compileInstant(context, expr)
    case 'column':
      return expr.column.sql
    case 'negate':
      return `(-${compileExpr(context, expr.operand)})`
    case 'arithmetic': {
      const left = compileExpr(context, expr.left)
      const right = compileExpr(context, expr.right)
      if (expr.operator === '/') return `(${left}::double / nullif(${right}::double, 0))`
      // Whole numbers that outgrow 64 bits become doubles instead of an error.
      if (expr.type === 'int')
        return `coalesce(try_cast(${left}::hugeint ${expr.operator} ${right}::hugeint as bigint), null)`
      return `(${left}::double ${expr.operator} ${right}::double)`
    }
    case 'call':
      return compileCall(context, expr)
    case 'aggregate':
      return compileAggregate(context, expr)
    case 'alias':
      return expr.name
    default:
      return expr satisfies never
  }
}

function literal(binder: Binder, type: Type, value: string | number | bigint | boolean | null): string {
  const bound = binder.bind(value)
  switch (type) {
    case 'int':
      return `${bound}::bigint`
    case 'double':
      return `${bound}::double`
    case 'boolean':
      return `${bound}::boolean`
    case 'text':
      return `${bound}::varchar`
    default:
      return bound
  }
}

type Moment = Extract<Typed, { kind: 'moment' }>

/** A date literal as an instant: local ones are read in the zone of the request. */
function compileInstant({ binder, timezone }: ExpressionContext, moment: Moment): string {
  const local = `${binder.bind(moment.local)}::timestamp`
  return `timezone(${binder.bind(moment.isInstant ? 'UTC' : timezone)}, ${local})`
}

/** A date literal beside a date field: days have no zone, so neither has the literal, unless it named one. */
export function compileDay(context: ExpressionContext, moment: Moment): string {
  const { binder, timezone } = context
  if (!moment.isInstant) return `${binder.bind(moment.local)}::timestamp`
  return `timezone(${binder.bind(timezone)}, ${compileInstant(context, moment)})`
}

/** A date or an instant as a local timestamp of the request's zone. */
function compileLocal(context: ExpressionContext, expr: Typed): string {
  const sql = compileExpr(context, expr)
  if (expr.type === 'date') return `${sql}::timestamp`
  return `timezone(${context.binder.bind(context.timezone)}, ${sql})`
}

function compileCall(context: ExpressionContext, call: Extract<Typed, { kind: 'call' }>): string {
  const { name, args } = call
  if (name === 'ifnull')
    return `coalesce(${args.map((arg) => compileAs(context, arg, call.type)).join(', ')})`
  if (name === 'date_format')
    return compileDateFormat(context, args[0]!, String((args[1] as { value: unknown }).value))
  if (name === 'distance') {
    const [point, lon, lat] = args
    return haversine(
      compileExpr(context, point!),
      Number((lon as { value: unknown }).value),
      Number((lat as { value: unknown }).value),
      context.binder,
    )
  }
  if (name === 'json_format') {
    const text = compileExpr(context, args[0]!)
    const fallback = args[1] ? compileExpr(context, args[1]) : text
    return `case when json_valid(${text}) then ${text}::json else to_json(${fallback}) end`
  }
  const definition = scalarFunctions[name]!
  const compiled = args.map((arg, index) =>
    definition.args[index] === 'date' ? compileLocal(context, arg) : compileExpr(context, arg),
  )
  return definition.sql(compiled)
}

function compileAs(context: ExpressionContext, expr: Typed, type: Type): string {
  const sql = compileExpr(context, expr)
  return type === 'double' && expr.type === 'int' ? `${sql}::double` : sql
}

function compileAggregate(context: ExpressionContext, call: Extract<Typed, { kind: 'aggregate' }>): string {
  if (call.args.length === 0) return 'count(*)'
  const definition = aggregateFunctions[call.name]!
  const [first, ...rest] = call.args.map((arg) => compileExpr(context, arg))
  if (call.name === 'percentile') {
    const rank = Number((call.args[1] as { value: unknown }).value) / 100
    return definition.sql([first!, String(rank)])
  }
  if (call.name === 'sum' && call.type === 'int') return `sum(${first})::hugeint`
  return definition.sql([call.isDistinct ? `distinct ${first}` : first!, ...rest])
}

const earthRadiusMetres = 6_371_008.8

/** Metres along the great circle between a point column and a literal point. */
export function haversine(point: string, lon: number, lat: number, binder: Binder): string {
  const lat1 = `radians(${binder.bind(lat)}::double)`
  const lat2 = `radians((${point}).lat)`
  const half = `pow(sin((${lat2} - ${lat1}) / 2), 2) + cos(${lat1}) * cos(${lat2}) * pow(sin(radians((${point}).lon - ${binder.bind(lon)}::double) / 2), 2)`
  return `(2 * ${earthRadiusMetres} * asin(least(1, sqrt(${half}))))`
}

const numeric: Readonly<Record<string, string>> = {
  yy: '%y',
  YY: '%y',
  yyyy: '%Y',
  YYYY: '%Y',
  xxxx: '%G',
  ww: '%V',
  e: '%u',
  MM: '%m',
  dd: '%d',
  HH: '%H',
  mm: '%M',
  ss: '%S',
  DDD: '%j',
}
const unpadded: Readonly<Record<string, string>> = {
  w: 'week',
  D: 'dayofyear',
  M: 'month',
  d: 'day',
  H: 'hour',
  m: 'minute',
}

function compileDateFormat(context: ExpressionContext, date: Typed, pattern: string): string {
  const { binder, lang } = context
  const local = compileLocal(context, date)
  const pieces = formatTokens(pattern, date.span).map((token) => {
    if (token.kind === 'text') return `${binder.bind(token.text)}::varchar`
    const { letters } = token
    if (Object.hasOwn(numeric, letters)) return `strftime(${local}, '${numeric[letters]}')`
    if (Object.hasOwn(unpadded, letters))
      return `date_part('${unpadded[letters]}', ${local})::bigint::varchar`
    if (letters === 's') return `floor(date_part('second', ${local}))::bigint::varchar`
    if (letters === 'xx') return `right(strftime(${local}, '%G'), 2)`
    const isMonth = letters.startsWith('M')
    const names = isMonth
      ? monthNames(lang, letters === 'MMM' ? 'short' : 'long')
      : dayNames(lang, letters === 'EEEE' ? 'long' : 'short')
    const at = isMonth ? `date_part('month', ${local})` : `date_part('isodow', ${local})`
    return `[${names.map((name) => `${binder.bind(name)}::varchar`).join(', ')}][${at}::int]`
  })
  // A null date has no text, whatever stands between its parts.
  return `case when ${local} is not null then concat(${pieces.join(', ') || "''"}) end`
}

function monthNames(lang: string, style: 'long' | 'short'): string[] {
  const format = new Intl.DateTimeFormat(lang, { month: style, timeZone: 'UTC' })
  return Array.from({ length: 12 }, (_, month) => format.format(new Date(Date.UTC(2024, month, 15))))
}

/** Monday first. */
function dayNames(lang: string, style: 'long' | 'short'): string[] {
  const format = new Intl.DateTimeFormat(lang, { weekday: style, timeZone: 'UTC' })
  return Array.from({ length: 7 }, (_, day) => format.format(new Date(Date.UTC(2024, 0, 1 + day))))
}
