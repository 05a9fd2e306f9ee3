/** Value expressions: names to columns, functions to their rows in the table, literals to values. */
import type { Argument, Expr, Span } from '../ast.ts'
import { fault, suggest } from '../fault.ts'
import {
  type AggregateFunction,
  type ArgumentClass,
  aggregateFunctions,
  allFunctionNames,
  predicateFunctions,
  scalarFunctions,
  specialFunctions,
} from '../functions.ts'
import { asPoint, readGeometry } from '../geo/read-geometry.ts'
import { printTitle } from '../print.ts'
import type { Type } from '../schema.ts'
import { findColumn, isDate, isGeo, isNumber, isText, type ResolveContext, wrong } from './context.ts'
import { formatTokens } from './date-format.ts'
import { readMoment } from './literals.ts'
import { resolveNow } from './now.ts'
import type { GroupKey, Typed } from './typed.ts'

export function resolveExpr(context: ResolveContext, expr: Expr): Typed {
  const { span } = expr
  const group = context.groups === undefined ? null : groupOf(context.groups, expr)
  if (group !== null) return { kind: 'key', type: group.type, index: group.index, span }
  switch (expr.kind) {
    case 'string':
      return { kind: 'literal', type: 'text', value: expr.value, span }
    case 'number':
      return numberLiteral(expr.text, span)
    case 'boolean':
      return { kind: 'literal', type: 'boolean', value: expr.value, span }
    case 'null':
      return { kind: 'literal', type: 'null', value: null, span }
    case 'date':
      return { kind: 'moment', type: 'datetime', ...readMoment(expr.text, span), span }
    case 'name': {
      const column = findColumn(context, expr.name, span)
      return { kind: 'column', type: column.type, column, span }
    }
    case 'negate': {
      const operand = resolveExpr(context, expr.operand)
      requireNumber(operand, '-')
      if (operand.type === 'null') return operand
      if (operand.kind === 'literal') return { ...operand, value: negated(operand.value) }
      return { kind: 'negate', type: operand.type, operand, span }
    }
    case 'arithmetic': {
      const left = resolveExpr(context, expr.left)
      const right = resolveExpr(context, expr.right)
      requireNumber(left, expr.operator)
      requireNumber(right, expr.operator)
      const isInt = expr.operator !== '/' && left.type !== 'double' && right.type !== 'double'
      return {
        kind: 'arithmetic',
        type: isInt ? 'int' : 'double',
        operator: expr.operator,
        left,
        right,
        span,
      }
    }
    case 'call':
      return resolveCall(context, expr)
    case 'geometry':
      throw fault('odsql.type_mismatch', span, { reason: 'a geometry is not a value here' })
    case 'quantity':
      throw fault('odsql.type_mismatch', span, { reason: `${expr.text}${expr.unit} is not a value here` })
    case 'star':
      throw fault('odsql.syntax', span, { reason: "'*' is not a value here" })
    case 'compare':
    case 'in_list':
    case 'in_range':
    case 'member':
    case 'is_null':
    case 'is_boolean':
    case 'not':
    case 'logic':
      throw fault('odsql.syntax', span, { reason: 'a condition is not a value' })
    default:
      return expr satisfies never
  }
}

/** The group that an expression is, by its text or its alias. */
function groupOf(
  groups: readonly GroupKey[],
  expr: Expr,
): { readonly index: number; readonly type: Type } | null {
  if (expr.kind !== 'call' && expr.kind !== 'name' && expr.kind !== 'arithmetic') return null
  const text = printTitle(expr)
  const index = groups.findIndex(
    (group) => group.text === text || (expr.kind === 'name' && group.name === expr.name),
  )
  return index < 0 ? null : { index, type: keyType(groups[index]!) }
}

/** The type of a group's key as answers show it. */
export function keyType(group: GroupKey): Type {
  if (group.kind === 'cluster') return 'json'
  if (group.kind !== 'value' || group.expr.type === 'multitext') return 'text'
  return group.expr.type
}

function negated(value: unknown): number | bigint {
  return typeof value === 'bigint' ? -value : -(value as number)
}

const maxInt = 2n ** 63n - 1n

/** Whole numbers that fit in 64 bits are ints; all others are doubles. */
function numberLiteral(text: string, span: Span): Typed {
  if (/^\d{1,40}$/.test(text) && BigInt(text) <= maxInt)
    return { kind: 'literal', type: 'int', value: BigInt(text), span }
  const value = Number(text)
  if (!Number.isFinite(value))
    throw fault('odsql.invalid_literal', span, { reason: `${text.slice(0, 40)} is too large` })
  return { kind: 'literal', type: 'double', value, span }
}

function requireNumber(expr: Typed, operator: string): void {
  if (!isNumber(expr.type) && expr.type !== 'null') {
    throw fault('odsql.type_mismatch', expr.span, { reason: `'${operator}' needs numbers, not ${expr.type}` })
  }
}

type Call = Extract<Expr, { kind: 'call' }>

function resolveCall(context: ResolveContext, call: Call): Typed {
  const { name, span } = call
  if (Object.hasOwn(aggregateFunctions, name))
    return resolveAggregate(context, call, aggregateFunctions[name]!)
  if (call.isDistinct) throw wrong(call, 'distinct belongs to count')
  if (Object.hasOwn(scalarFunctions, name)) {
    const definition = scalarFunctions[name]!
    const args = positional(call, definition.args.length).map((arg, index) =>
      requireClass(call, resolveExpr(context, arg), definition.args[index]!),
    )
    return {
      kind: 'call',
      type: definition.result === 'same' ? args[0]!.type : definition.result,
      name,
      args,
      span,
    }
  }
  if (name === 'ifnull') {
    const [value, other] = positional(call, 2).map((arg) => resolveExpr(context, arg))
    const adapted = adapt(other!, value!.type)
    const type = commonType(value!, adapted)
    if (type === null) throw wrong(call, `${value!.type} and ${adapted.type} cannot stand for each other`)
    return { kind: 'call', type, name, args: [value!, adapted], span }
  }
  if (name === 'date_format') {
    const [value, pattern] = positional(call, 2)
    const date = requireClass(call, resolveExpr(context, value!), 'date')
    if (pattern!.kind !== 'string') throw wrong(call, 'the pattern must be a text')
    formatTokens(pattern!.value, pattern!.span)
    return { kind: 'call', type: 'text', name, args: [date, resolveExpr(context, pattern!)], span }
  }
  if (name === 'now')
    return {
      kind: 'moment',
      type: 'datetime',
      ...resolveNow(context, call),
      isInstant: true,
      isWholeDay: false,
      span,
    }
  if (name === 'distance') {
    const [field, geometry] = positional(call, 2)
    const point = requireClass(call, resolveExpr(context, field!), 'point')
    const centre =
      geometry!.kind === 'geometry' ? asPoint(readGeometry(geometry!.text, geometry!.span)) : null
    if (centre === null) throw wrong(call, 'the second argument must be a literal point')
    const literal = (value: number): Typed => ({ kind: 'literal', type: 'double', value, span })
    return {
      kind: 'call',
      type: 'double',
      name,
      args: [point, literal(centre[0]), literal(centre[1])],
      span,
    }
  }
  if (name === 'json_format') {
    if (call.args.length < 1 || call.args.length > 2) throw wrong(call, 'it takes one or two arguments')
    const args = positional(call, call.args.length).map((arg) =>
      requireClass(call, resolveExpr(context, arg), 'text'),
    )
    return { kind: 'call', type: 'json', name, args, span }
  }
  if (Object.hasOwn(specialFunctions, name) || Object.hasOwn(predicateFunctions, name)) {
    throw wrong(call, 'it cannot be used here')
  }
  throw fault('odsql.unknown_function', span, { name, suggestion: suggest(name, allFunctionNames) })
}

function resolveAggregate(context: ResolveContext, call: Call, definition: AggregateFunction): Typed {
  const { name, span, isDistinct } = call
  if (isDistinct && name !== 'count') throw wrong(call, 'distinct belongs to count')
  if (name === 'count' && call.args.length === 1 && call.args[0]!.value.kind === 'star') {
    return { kind: 'aggregate', type: 'int', name, isDistinct: false, args: [], span }
  }
  // What is aggregated are records, whose fields a group does not hide.
  const inner: ResolveContext = { ...context, groups: undefined }
  const args = positional(call, definition.args.length).map((given, index) => {
    const arg = requireClass(call, resolveExpr(inner, given), definition.args[index]!)
    if (containsAggregate(arg)) throw wrong(call, 'aggregates cannot be nested')
    return arg
  })
  const [first] = args
  if ((name === 'min' || name === 'max') && !isNumber(first!.type) && !isDate(first!.type)) {
    throw wrong(call, `it needs numbers or dates, not ${first!.type}`)
  }
  if (name === 'percentile') {
    const rank = args[1]!
    const value = rank.kind === 'literal' && rank.value !== null ? Number(rank.value) : Number.NaN
    if (!(value >= 0 && value <= 100)) throw wrong(call, 'the percentile must be a number from 0 to 100')
  }
  const type: Type =
    definition.result === 'same'
      ? first!.type
      : definition.result === 'sum'
        ? first!.type === 'int'
          ? 'int'
          : 'double'
        : definition.result
  return { kind: 'aggregate', type, name, isDistinct, args, span }
}

/** The arguments of a call that takes exactly `count`, none named. */
export function positional(call: Call, count: number): Expr[] {
  if (call.args.length !== count) {
    throw wrong(call, `it takes ${count} argument${count === 1 ? '' : 's'}, not ${call.args.length}`)
  }
  return call.args.map((arg: Argument) => {
    if (arg.name !== null) throw wrong(call, `there is no argument ${arg.name}`)
    return arg.value
  })
}

const nullTypes: Readonly<Record<ArgumentClass, Type | null>> = {
  text: 'text',
  texts: 'text',
  any: 'text',
  number: 'double',
  date: 'datetime',
  point: null,
  geo: null,
}

const classWords: Partial<Record<ArgumentClass, string>> = {
  any: 'a plain value',
  texts: 'a text',
  point: 'a geo point',
  geo: 'a geo point or a geo shape',
}

/** The argument, of the class that is wanted; a bare null takes its type, for the engine chooses functions by type. */
function requireClass(call: Call, arg: Typed, wanted: ArgumentClass): Typed {
  const { type } = arg
  const nullType = nullTypes[wanted]
  if (arg.kind === 'literal' && type === 'null' && nullType !== null) return { ...arg, type: nullType }
  const fits =
    (wanted === 'any' && !isGeo(type)) ||
    (wanted === 'any' && call.name === 'count') ||
    (wanted === 'text' && type === 'text') ||
    (wanted === 'texts' && isText(type)) ||
    (wanted === 'number' && isNumber(type)) ||
    (wanted === 'date' && isDate(type)) ||
    (wanted === 'point' && type === 'geo_point_2d') ||
    (wanted === 'geo' && isGeo(type))
  const isShape = type === 'geo_shape' && (arg.kind !== 'column' || arg.column.boxSql === undefined)
  if (!fits || (wanted === 'geo' && isShape))
    throw wrong(call, `it needs ${classWords[wanted] ?? `a ${wanted}`}, not ${type}`)
  return arg
}

/** The type of `ifnull(value, other)`; null when one cannot stand for the other. */
function commonType(value: Typed, other: Typed): Type | null {
  if (value.type === 'null') return other.type === 'null' ? 'text' : other.type
  if (other.type === 'null' || value.type === other.type) return value.type
  if (isNumber(value.type) && isNumber(other.type)) return 'double'
  // A text where a list is wanted is a list of one.
  if (value.type === 'multitext' && other.type === 'text') return 'multitext'
  if (!isDate(value.type) || !isDate(other.type)) return null
  const isDay = (expr: Typed) =>
    expr.type === 'date' || (expr.kind === 'moment' && expr.isWholeDay && !expr.isInstant)
  return isDay(value) && isDay(other) ? 'date' : 'datetime'
}

export function containsAggregate(expr: Typed): boolean {
  switch (expr.kind) {
    case 'aggregate':
      return true
    case 'call':
      return expr.args.some(containsAggregate)
    case 'arithmetic':
      return containsAggregate(expr.left) || containsAggregate(expr.right)
    case 'negate':
      return containsAggregate(expr.operand)
    case 'literal':
    case 'moment':
    case 'column':
    case 'key':
      return false
    default:
      return expr satisfies never
  }
}

export function areComparable(a: Type, b: Type): boolean {
  if (a === 'null' || b === 'null') return true
  if (isNumber(a) && isNumber(b)) return true
  if (isDate(a) && isDate(b)) return true
  if (isText(a) && isText(b)) return true
  return a === b && a === 'boolean'
}

/** A quoted number or date beside a number or a date is read as one. */
export function adapt(expr: Typed, beside: Type): Typed {
  if (expr.kind !== 'literal' || expr.type !== 'text' || typeof expr.value !== 'string') return expr
  const text = expr.value.trim()
  if (isNumber(beside) && /^-?\d+(\.\d+)?([eE][-+]?\d+)?$/.test(text)) {
    const negative = text.startsWith('-')
    const literal = numberLiteral(negative ? text.slice(1) : text, expr.span)
    return negative && literal.kind === 'literal' ? { ...literal, value: negated(literal.value) } : literal
  }
  if (isDate(beside))
    return { kind: 'moment', type: 'datetime', ...readMoment(text, expr.span), span: expr.span }
  if (beside === 'boolean' && /^(true|false)$/i.test(text))
    return { ...expr, type: 'boolean', value: text.toLowerCase() === 'true' }
  return expr
}
