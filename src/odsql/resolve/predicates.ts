/** Conditions: comparisons with their types checked, full text, spatial filters. */
import { exactWords, prefixWords, searchedWords } from '../../../shared/words.ts'
import type { Expr, Span } from '../ast.ts'
import { fault } from '../fault.ts'
import { predicateFunctions } from '../functions.ts'
import { unwrapped } from '../geo/geometry.ts'
import { asPoint, readGeometry } from '../geo/read-geometry.ts'
import type { Column } from '../schema.ts'
import { findColumn, isText, type ResolveContext, wrong } from './context.ts'
import { adapt, areComparable, containsAggregate, positional, resolveExpr } from './expressions.ts'
import { readDistance } from './literals.ts'
import type { GeoField, Predicate, Relation, Typed } from './typed.ts'

export function resolvePredicate(context: ResolveContext, expr: Expr): Predicate {
  switch (expr.kind) {
    case 'logic':
      return {
        kind: 'logic',
        operator: expr.operator,
        operands: expr.operands.map((part) => resolvePredicate(context, part)),
      }
    case 'not':
      return { kind: 'not', operand: resolvePredicate(context, expr.operand) }
    case 'string':
      return { kind: 'words', columns: textColumns(context), words: exactWords(expr.value) }
    case 'compare':
      return resolveCompare(context, expr)
    case 'in_list': {
      const operand = value(context, expr.operand)
      const items = expr.items.map((item) => adapt(value(context, item), operand.type))
      for (const item of items) requireComparable(operand, item)
      return { kind: 'in_list', operand, items }
    }
    case 'in_range': {
      const operand = value(context, expr.operand)
      const low = adapt(value(context, expr.low), operand.type)
      const high = adapt(value(context, expr.high), operand.type)
      requireComparable(operand, low)
      requireComparable(operand, high)
      return { kind: 'in_range', operand, low, high, isLowOpen: expr.isLowOpen, isHighOpen: expr.isHighOpen }
    }
    case 'member': {
      const operand = value(context, expr.field)
      const item = adapt(value(context, expr.value), operand.type)
      requireComparable(operand, item)
      return { kind: 'in_list', operand, items: [item] }
    }
    case 'is_null':
      return { kind: 'is_null', operand: value(context, expr.operand), isNegated: expr.isNegated }
    case 'is_boolean': {
      const operand = value(context, expr.operand)
      requireBoolean(operand)
      return { kind: 'truth', operand, value: expr.value, isNegated: expr.isNegated }
    }
    case 'call':
      if (
        Object.hasOwn(predicateFunctions, expr.name) ||
        expr.name === 'geometry' ||
        expr.name === 'polygon' ||
        (expr.name === 'distance' && expr.args.length === 3)
      ) {
        return resolveFilterCall(context, expr)
      }
      return truth(context, expr)
    case 'name':
    case 'boolean':
    case 'number':
    case 'null':
    case 'date':
    case 'geometry':
    case 'quantity':
    case 'star':
    case 'negate':
    case 'arithmetic':
      return truth(context, expr)
    default:
      return expr satisfies never
  }
}

/** A value inside a condition: aggregates have no meaning there. */
function value(context: ResolveContext, expr: Expr): Typed {
  const resolved = resolveExpr(context, expr)
  if (containsAggregate(resolved))
    throw fault('odsql.type_mismatch', expr.span, { reason: 'an aggregate cannot stand in where' })
  return resolved
}

function truth(context: ResolveContext, expr: Expr): Predicate {
  const operand = value(context, expr)
  requireBoolean(operand)
  return { kind: 'truth', operand, value: true, isNegated: false }
}

function requireBoolean(operand: Typed): void {
  if (operand.type !== 'boolean') {
    throw fault('odsql.type_mismatch', operand.span, {
      reason: `a condition is needed, and this is a ${operand.type}`,
    })
  }
}

function resolveCompare(context: ResolveContext, expr: Extract<Expr, { kind: 'compare' }>): Predicate {
  const first = value(context, expr.left)
  const second = value(context, expr.right)
  if (expr.operator === 'like') {
    if (first.kind !== 'column' || !isText(first.type))
      throw mismatch(expr.span, "'like' needs a text field on its left")
    if (second.kind !== 'literal' || typeof second.value !== 'string')
      throw mismatch(expr.span, "'like' needs a text on its right")
    return { kind: 'words', columns: [first.column], words: exactWords(second.value) }
  }
  const left = adapt(first, second.type)
  const right = adapt(second, first.type)
  requireComparable(left, right)
  return { kind: 'compare', operator: expr.operator, left, right }
}

function requireComparable(a: Typed, b: Typed): void {
  if (!areComparable(a.type, b.type)) throw mismatch(b.span, `${a.type} and ${b.type} cannot be compared`)
}

function mismatch(span: Span, reason: string): Error {
  return fault('odsql.type_mismatch', span, { reason })
}

function textColumns(context: ResolveContext): Column[] {
  return context.schema.columns.filter((column) => !column.isHidden && isText(column.type))
}

type Call = Extract<Expr, { kind: 'call' }>

function resolveFilterCall(context: ResolveContext, call: Call): Predicate {
  if (call.isDistinct) throw wrong(call, 'distinct belongs to count')
  switch (call.name) {
    case 'search':
    case 'suggest':
    case 'startswith':
      return resolveTextCall(context, call)
    case 'within_distance':
    case 'distance':
      return resolveWithinDistance(context, call)
    case 'in_bbox': {
      const [field, ...corners] = positional(call, 5)
      const geo = geoField(context, call, field!)
      const numbers = corners.map((corner) => numberOf(context, call, corner))
      const [lat1, lon1, lat2, lon2] = numbers as [number, number, number, number]
      // From the south-west corner, lon1 > lon2 crosses the antimeridian; from the north there are just two corners.
      const isFromNorth = lat1 > lat2
      return {
        kind: 'in_bbox',
        field: geo,
        south: Math.min(lat1, lat2),
        north: Math.max(lat1, lat2),
        west: isFromNorth ? Math.min(lon1, lon2) : lon1,
        east: isFromNorth ? Math.max(lon1, lon2) : lon2,
      }
    }
    default:
      return resolveSpatial(context, call)
  }
}

function resolveTextCall(context: ResolveContext, call: Call): Predicate {
  const last = call.args.at(-1)?.value
  if (last?.kind !== 'string') throw wrong(call, 'its last argument must be a text')
  const targets = positional(call, call.args.length).slice(0, -1)
  const isEverywhere = targets.length === 0 || (targets.length === 1 && targets[0]!.kind === 'star')
  const columns = isEverywhere
    ? textColumns(context)
    : targets.map((target) => textTarget(context, call, target))
  if (call.name === 'startswith') return { kind: 'startswith', columns, text: last.value }
  if (call.name === 'suggest') return { kind: 'words', columns, words: prefixWords(last.value) }
  return { kind: 'words', columns, words: searchedWords(last.value) }
}

function textTarget(context: ResolveContext, call: Call, target: Expr): Column {
  if (target.kind !== 'name') throw wrong(call, 'it takes names of text fields')
  const column = findColumn(context, target.name, target.span)
  if (!isText(column.type)) throw wrong(call, `${target.name} is not a text field`)
  return column
}

function geoField(context: ResolveContext, call: Call, expr: Expr): GeoField {
  const resolved = value(context, expr)
  if (resolved.type === 'geo_point_2d') {
    const cells = resolved.kind === 'column' ? resolved.column.cellSql : undefined
    return { kind: 'point', expr: resolved, ...(cells ? { cells } : {}) }
  }
  const boxSql = resolved.kind === 'column' ? resolved.column.boxSql : undefined
  if (resolved.type === 'geo_shape' && boxSql !== undefined) return { kind: 'shape', expr: resolved, boxSql }
  throw wrong(call, `it needs a geo point or a geo shape, not ${resolved.type}`)
}

function numberOf(context: ResolveContext, call: Call, expr: Expr): number {
  const resolved = value(context, expr)
  if (resolved.kind !== 'literal' || (resolved.type !== 'int' && resolved.type !== 'double'))
    throw wrong(call, 'its corners must be numbers')
  return Number(resolved.value)
}

function resolveWithinDistance(context: ResolveContext, call: Call): Predicate {
  const [first, second, last] = positional(call, 3)
  const field = geoField(context, call, first!)
  const centre = second!.kind === 'geometry' ? asPoint(readGeometry(second!.text, second!.span)) : null
  if (centre === null) throw wrong(call, 'its second argument must be a literal point')
  const metres =
    last!.kind === 'quantity'
      ? readDistance(last!.text, last!.unit)
      : last!.kind === 'number'
        ? Number(last!.text)
        : null
  if (metres === null || !Number.isFinite(metres))
    throw wrong(call, 'its last argument must be a distance, e.g. 10km')
  return { kind: 'within_distance', field, lon: centre[0], lat: centre[1], metres }
}

const relations: readonly Relation[] = ['intersects', 'disjoint', 'within']

function resolveSpatial(context: ResolveContext, call: Call): Predicate {
  const isLegacy = call.name === 'geometry'
  const args = positional(call, isLegacy ? 3 : 2)
  const relation = isLegacy ? legacyMode(call, args[2]!) : call.name === 'polygon' ? 'within' : call.name
  const field = geoField(context, call, args[0]!)
  if (args[1]!.kind !== 'geometry') throw wrong(call, 'its second argument must be a literal geometry')
  const geometry = unwrapped(readGeometry(args[1]!.text, args[1]!.span))
  return { kind: 'relation', field, relation: relation as Relation, geometry }
}

function legacyMode(call: Call, expr: Expr): string {
  const mode = expr.kind === 'name' ? expr.name.toLowerCase() : ''
  if (!(relations as readonly string[]).includes(mode))
    throw wrong(call, 'its mode must be INTERSECTS, DISJOINT or WITHIN')
  return mode
}
