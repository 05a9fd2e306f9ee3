/** The group_by clause: values, ranges with given bounds, ranges of equal width. */
import type { Expr, GroupItem } from '../ast.ts'
import { fault } from '../fault.ts'
import { printTitle } from '../print.ts'
import { isDate, isGeo, isNumber, type ResolveContext, wrong } from './context.ts'
import { adapt, containsAggregate, positional, resolveExpr } from './expressions.ts'
import type { GroupKey, Typed } from './typed.ts'

type Call = Extract<Expr, { kind: 'call' }>
type Named = Pick<GroupKey, 'name' | 'text'>

export function resolveGroup(context: ResolveContext, item: GroupItem): GroupKey {
  const { expr } = item
  const text = printTitle(expr)
  const name = item.alias ?? (expr.kind === 'name' ? expr.name : text)
  if (expr.kind === 'call' && expr.name === 'range') return resolveRange(context, expr, { name, text })
  if (expr.kind === 'call' && expr.name === 'geo_cluster')
    return resolveCluster(context, expr, { name, text })
  const resolved = resolveExpr(context, expr)
  if (containsAggregate(resolved))
    throw fault('odsql.type_mismatch', expr.span, { reason: 'an aggregate cannot be grouped by' })
  if (isGeo(resolved.type))
    throw fault('odsql.type_mismatch', expr.span, { reason: `a ${resolved.type} cannot be grouped by` })
  return { kind: 'value', expr: resolved, name, text }
}

/** `geo_cluster(point, zoom [, radius])`. */
function resolveCluster(context: ResolveContext, call: Call, named: Named): GroupKey {
  if (call.args.length < 2 || call.args.length > 3)
    throw wrong(call, 'it takes a geo point, a zoom and a radius')
  const [first, zoom, radius] = positional(call, call.args.length)
  const expr = resolveExpr(context, first!)
  if (expr.kind !== 'column' || expr.type !== 'geo_point_2d')
    throw wrong(call, 'its first argument must be a field of geo points')
  const whole = (given: Expr | undefined, what: string, min: number, max: number, absent: number) => {
    if (given === undefined) return absent
    const value = given.kind === 'number' && /^\d{1,6}$/.test(given.text) ? Number(given.text) : Number.NaN
    if (!(value >= min && value <= max)) throw wrong(call, `its ${what} must be from ${min} to ${max}`)
    return value
  }
  return {
    kind: 'cluster',
    expr,
    zoom: whole(zoom, 'zoom', 0, 25, 0),
    cellPixels: whole(radius, 'radius', 1, 4096, 40),
    ...named,
  }
}

const maxSteps = 1000
/** Keys are printed with the decimals of the width, and doubles have no more than fifteen. */
const minWidth = 1e-12
const wrongWidth = 'its width must fit the field, e.g. 5 or 1 day'

/** A unit as the engine calls it, and the widest interval in it: a century. */
const unitRows: readonly (readonly [names: string, unit: string, max: number])[] = [
  ['ms millisecond milliseconds', 'millisecond', 3_155_760_000_000],
  ['s second seconds', 'second', 3_155_760_000],
  ['m minute minutes', 'minute', 52_596_000],
  ['h hour hours', 'hour', 876_600],
  ['d day days', 'day', 36_525],
  // Weeks, months, quarters and years have no one length: only single ones.
  ['w week weeks', 'week', 1],
  ['M month months', 'month', 1],
  ['q quarter quarters', 'quarter', 1],
  ['y year years', 'year', 1],
]
const units = new Map(
  unitRows.flatMap(([names, unit, max]) => names.split(' ').map((name) => [name, { unit, max }] as const)),
)

function resolveRange(context: ResolveContext, call: Call, named: Named): GroupKey {
  const [first, ...steps] = positional(call, call.args.length)
  if (!first || steps.length === 0) throw wrong(call, 'it takes a field and its steps')
  if (steps.length > maxSteps) throw wrong(call, `it takes at most ${maxSteps} steps`)
  const expr = resolveExpr(context, first)
  // Every bound repeats the value: a field is short, an expression need not be.
  if (expr.kind !== 'column') throw wrong(call, 'its first argument must be a field')
  const isNumeric = isNumber(expr.type)
  if (!isNumeric && !isDate(expr.type)) throw wrong(call, `it needs a number or a date, not ${expr.type}`)
  const [step] = steps
  if (steps.length === 1 && step!.kind === 'quantity') {
    const count = Number(step!.text)
    const known = units.get(step!.unit)
    if (isNumeric || known === undefined || !Number.isInteger(count) || count < 1)
      throw wrong(call, wrongWidth)
    if (count > known.max) throw wrong(call, `its width is at most ${known.max} ${known.unit}`)
    return { kind: 'interval', expr, count, unit: known.unit, ...named }
  }
  if (steps.length === 1 && step!.kind === 'number') {
    const width = Number(step!.text)
    if (!isNumeric || !(width >= minWidth) || !Number.isFinite(width)) throw wrong(call, wrongWidth)
    return { kind: 'width', expr, width, ...named }
  }
  if (steps.length < 2) throw wrong(call, 'it takes at least two steps')
  return { kind: 'range', expr, ...resolveSteps(context, call, steps, expr), ...named }
}

function resolveSteps(context: ResolveContext, call: Call, steps: readonly Expr[], field: Typed) {
  const bounds: (Typed | null)[] = []
  const labels: string[] = []
  for (const [index, step] of steps.entries()) {
    if (step.kind === 'star') {
      if (index !== 0 && index !== steps.length - 1) throw wrong(call, "'*' belongs at the ends")
      bounds.push(null)
      labels.push('*')
      continue
    }
    const bound = adapt(resolveExpr(context, step), field.type)
    if (bound.kind === 'moment' && isDate(field.type)) labels.push(momentLabel(bound))
    else if (bound.kind === 'literal' && isNumber(bound.type) && isNumber(field.type))
      labels.push(printTitle(step))
    else throw wrong(call, `its steps must be ${isNumber(field.type) ? 'numbers' : 'dates'}`)
    bounds.push(bound)
  }
  return { bounds, labels }
}

/** `2020-01-31`, or with its time `2020-01-31T10:00:00`. */
function momentLabel(moment: Extract<Typed, { kind: 'moment' }>): string {
  if (moment.isWholeDay) return moment.local.slice(0, 10)
  return `${moment.local.slice(0, 19).replace(' ', 'T')}${moment.isInstant ? 'Z' : ''}`
}
