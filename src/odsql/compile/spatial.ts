/**
 * Spatial conditions. Each compares bounding boxes first, which decides nearly every record; `case` has the engine look
 * closer only where they overlap. Without a value all of them are null.
 */
import { type Box, boxOf, everyTurn, type Geometry } from '../geo/geometry.ts'
import type { GeoField, Predicate } from '../resolve/typed.ts'
import { compileExpr, type ExpressionContext, haversine } from './expressions.ts'
import { covers, distanceTo, edgeThickness, isWithin, meets, withLiteral, withShape } from './geometry.ts'
import { reachOf } from './reach.ts'
import type { Binder } from './target.ts'

type Spatial<K extends Predicate['kind']> = Extract<Predicate, { kind: K }>

export interface BoxSql {
  readonly west: string
  readonly south: string
  readonly east: string
  readonly north: string
}

/** The sides of a field's bounding box; a point is a box without extent. */
function boxSqlOf(field: GeoField, value: string): BoxSql {
  if (field.kind === 'point') {
    const [lon, lat] = [`(${value}).lon`, `(${value}).lat`]
    return { west: lon, south: lat, east: lon, north: lat }
  }
  return sidesOf(field.boxSql)
}

/** The sides of a bounding box (STRUCT(west, south, east, north)). */
export function sidesOf(boxSql: string): BoxSql {
  const side = (name: string) => `(${boxSql}).${name}`
  return { west: side('west'), south: side('south'), east: side('east'), north: side('north') }
}

/** A bound double. */
export const number = (binder: Binder, value: number) => `${binder.bind(value)}::double`

/** A shape whose longitudes go on beyond 180: what is on the other side of the map is in it too. */
const overAntimeridian = ({ west, east }: BoxSql) => `(${west} < -180 or ${east} > 180)`

export function overlaps(binder: Binder, box: BoxSql, literal: Box): string {
  const bound = (value: number) => number(binder, value)
  return `${box.south} <= ${bound(literal.north)} and ${box.north} >= ${bound(literal.south)} and ${box.west} <= ${bound(literal.east)} and ${box.east} >= ${bound(literal.west)}`
}

export function compileRelation(
  context: ExpressionContext,
  { field, relation, geometry }: Spatial<'relation'>,
): string {
  const { binder } = context
  const value = compileExpr(context, field.expr)
  const box = boxSqlOf(field, value)
  const { west, south, east, north } = boxOf(geometry)
  const t = edgeThickness
  const nearIn = (turn: number) =>
    overlaps(binder, box, {
      west: west + turn - t,
      south: south - t,
      east: east + turn + t,
      north: north + t,
    })
  const exactIn = (literals: Geometry) =>
    withLiteral(binder, literals, '_lit', (literal) => {
      if (field.kind === 'point') return covers(literal, `(${value}).lon`, `(${value}).lat`)
      return withShape(value, '_sh', (shape) =>
        relation === 'within' ? isWithin(shape, literal) : meets(shape, literal),
      )
    })
  const isOver = overAntimeridian(box)
  const near =
    field.kind === 'point'
      ? nearIn(0)
      : `(${nearIn(0)} or (${isOver} and (${nearIn(-360)} or ${nearIn(360)})))`
  const exact =
    field.kind === 'point'
      ? exactIn(geometry)
      : `case when ${isOver} then ${exactIn(everyTurn(geometry))} else ${exactIn(geometry)} end`
  const is = `case when ${box.west} is null then null when ${near} then ${exact} else false end`
  return relation === 'disjoint' ? `(not ${is})` : `(${is})`
}

export function compileInBox(context: ExpressionContext, predicate: Spatial<'in_bbox'>): string {
  const { field, south, west, north, east } = predicate
  const bound = (value: number) => number(context.binder, value)
  const box = boxSqlOf(field, compileExpr(context, field.expr))
  // Over the antimeridian a box is two, and what is in it is in one of them.
  const joined = west > east ? 'or' : 'and'
  return `(${box.south} >= ${bound(south)} and ${box.north} <= ${bound(north)} and (${box.west} >= ${bound(west)} ${joined} ${box.east} <= ${bound(east)}))`
}

export function compileWithinDistance(
  context: ExpressionContext,
  { field, lon, lat, metres }: Spatial<'within_distance'>,
): string {
  const { binder } = context
  const value = compileExpr(context, field.expr)
  const box = boxSqlOf(field, value)
  const reach = reachSql(binder, box, { lon, lat, metres })
  const limit = number(binder, metres)
  if (field.kind === 'point')
    return `(case when ${box.west} is null then null when ${reach} then ${haversine(value, lon, lat, binder)} <= ${limit} else false end)`
  const [x, y] = [number(binder, lon), number(binder, lat)]
  const metresTo = withShape(value, '_sh', (shape) => distanceTo(shape, x, y, overAntimeridian(box)))
  return `(case when ${box.west} is null then null when ${reach} then ${metresTo} <= ${limit} else false end)`
}

/** The box is not surely out of reach. */
function reachSql(
  binder: Binder,
  box: BoxSql,
  { lon, lat, metres }: { lon: number; lat: number; metres: number },
): string {
  const { south, north, width } = reachOf({ lat, metres })
  const lats = `${box.south} <= ${number(binder, north)} and ${box.north} >= ${number(binder, south)}`
  if (width === null) return lats
  const turns = [-720, -360, 0, 360, 720]
    .map((turn) => ({ west: lon + turn - width, east: lon + turn + width }))
    // Fields hold longitudes from -180 to 180, give or take a turn.
    .filter(({ west, east }) => east >= -360 && west <= 360)
  const lons = turns.map(
    ({ west, east }) => `(${box.west} <= ${number(binder, east)} and ${box.east} >= ${number(binder, west)})`,
  )
  return `${lats} and (${lons.join(' or ')})`
}
