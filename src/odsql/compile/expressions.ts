import { aggregateFunctions, scalarFunctions } from '../functions.ts'
import { formatTokens } from '../resolve/date-format.ts'
import type { Typed } from '../resolve/typed.ts'
import type { Type } from '../schema.ts'
import { greatCircle } from './geometry.ts'
import { localTime } from './local-time.ts'
import type { Binder } from './target.ts'

export interface ExpressionContext {
  readonly binder: Binder
  readonly timezone: string
  readonly lang: string
  /** SQL of a group's key as answers show it; where rows are groups. */
  readonly keySql?: (index: number) => string
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
      return expr.type === 'int'
        ? `try_cast(-(${wholeNumber(context, expr.operand)}) as bigint)`
        : `(-${compileExpr(context, expr.operand)})`
    case 'arithmetic': {
      // Whole numbers that outgrow 64 bits become null, as x / 0 does, instead of an error.
      if (expr.type === 'int')
        return `try_cast(${wholeNumber(context, expr.left)} ${expr.operator} ${wholeNumber(context, expr.right)} as bigint)`
      const left = compileExpr(context, expr.left)
      const right = compileExpr(context, expr.right)
      // The engine is set to give null for x / 0, and its `/` gives doubles for whole numbers too. Not nullif(): the
      // engine writes that out as a case with its operand twice, and twenty of them in each other never end.
      if (expr.operator === '/') return `(${left} / ${right})`
      return `(${left}::double ${expr.operator} ${right}::double)`
    }
    case 'call':
      return compileCall(context, expr)
    case 'aggregate':
      return compileAggregate(context, expr)
    case 'key':
      return context.keySql!(expr.index)
    default:
      return expr satisfies never
  }
}

/** An int, wide enough that no operator overflows. Sums can be wider than 64 bits themselves. */
function wholeNumber(context: ExpressionContext, expr: Typed): string {
  const sql = compileExpr(context, expr)
  return `${expr.kind === 'aggregate' ? `try_cast(${sql} as bigint)` : sql}::hugeint`
}

/** A computed double as answers show it: what is not finite has no place in JSON. */
export function finite(sql: string, expr: Typed): string {
  return expr.type === 'double' && expr.kind !== 'column' ? `case when isfinite(${sql}) then ${sql} end` : sql
}

function literal(binder: Binder, type: Type, value: string | number | bigint | boolean | null): string {
  if (type === 'null') return 'null'
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
    case 'datetime':
      return `${bound}::timestamptz`
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
  return localTime(sql, context.timezone, () => context.binder.bind(context.timezone))
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
  if (call.type === 'multitext')
    return `list_transform(${compileExpr(context, args[0]!)}, lambda _v: ${definition.sql(['_v'])})`
  const compiled = args.map((arg, index) =>
    definition.args[index] === 'date' ? compileLocal(context, arg) : compileExpr(context, arg),
  )
  return definition.sql(compiled)
}

function compileAs(context: ExpressionContext, expr: Typed, type: Type): string {
  if (type === 'date' && expr.kind === 'moment') return `${compileDay(context, expr)}::date`
  const sql = compileExpr(context, expr)
  if (type === 'multitext' && expr.type === 'text') return `[${sql}]`
  if (type === 'double' && expr.type === 'int') return `${sql}::double`
  return type === 'datetime' && expr.type === 'date' ? dayAsInstant(context, sql) : sql
}

/** A day beside an instant begins at midnight in the zone of the request, as a date literal does. */
export function dayAsInstant({ binder, timezone }: ExpressionContext, day: string): string {
  return `timezone(${binder.bind(timezone)}, ${day}::timestamp)`
}

function compileAggregate(context: ExpressionContext, call: Extract<Typed, { kind: 'aggregate' }>): string {
  if (call.args.length === 0) return 'count(*)'
  const definition = aggregateFunctions[call.name]!
  const [arg] = call.args
  const first = compileExpr(context, arg!)
  // The engine wants a constant here: the rank has been checked to be a number.
  if (call.name === 'percentile')
    return definition.sql([first, String(Number((call.args[1] as { value: unknown }).value) / 100)])
  if (call.name === 'bbox') {
    if (arg!.kind === 'column' && arg!.column.boxSql !== undefined)
      return definition.sql([arg!.column.boxSql])
    const [lon, lat] = [`(${first}).lon`, `(${first}).lat`]
    return definition.sql([`{'west': ${lon}, 'south': ${lat}, 'east': ${lon}, 'north': ${lat}}`])
  }
  // Each value of a list counts, as it makes a group.
  if (call.isDistinct && arg!.type === 'multitext')
    return `coalesce(len(list_distinct(flatten(list(${first})))), 0)`
  return definition.sql([call.isDistinct ? `distinct ${first}` : first])
}

/** Metres along the great circle between a point column and a literal point. */
export function haversine(point: string, lon: number, lat: number, binder: Binder): string {
  return greatCircle(
    `${binder.bind(lon)}::double`,
    `${binder.bind(lat)}::double`,
    `(${point}).lon`,
    `(${point}).lat`,
  )
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
