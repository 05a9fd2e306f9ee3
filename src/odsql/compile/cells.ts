/**
 * Conditions on the cells of points (kernel/points.ts) that follow from those on the points themselves. They decide nothing:
 * they let the engine leave out the records that are far away without looking at their degrees.
 */
import { type CellColumns, cellsPerDegree } from '../../kernel/index.ts'
import { type Box, boxOf } from '../geo/geometry.ts'
import type { Predicate } from '../resolve/typed.ts'
import { reachOf } from './reach.ts'

/** Of what must hold for a record to be found. */
export function cellConditions(where: Predicate | null): string[] {
  if (where === null) return []
  if (where.kind === 'logic')
    return where.operator === 'and' ? where.operands.flatMap((operand) => cellConditions(operand)) : []
  if (where.kind !== 'relation' && where.kind !== 'in_bbox' && where.kind !== 'within_distance') return []
  const cells = where.field.kind === 'point' ? where.field.cells : undefined
  const box = boxOfPredicate(where)
  return cells && box ? cellsIn(cells, box) : []
}

/** The box that a point must be in; its longitudes may lie a turn away, or not matter. Null: anywhere. */
function boxOfPredicate(predicate: Extract<Predicate, { field: unknown }>): OpenBox | null {
  switch (predicate.kind) {
    case 'relation':
      return predicate.relation === 'disjoint' ? null : boxOf(predicate.geometry)
    case 'in_bbox': {
      const { south, west, north, east } = predicate
      // Over the antimeridian it asks for all that is east of the one or west of the other.
      return west > east ? { south, north, west: null, east: null } : { south, north, west, east }
    }
    case 'within_distance': {
      const { south, north, width } = reachOf(predicate)
      const { lon } = predicate
      return width === null
        ? { south, north, west: null, east: null }
        : { south, north, west: lon - width, east: lon + width }
    }
    default:
      return predicate satisfies never
  }
}

type OpenBox = Box | (Pick<Box, 'south' | 'north'> & { readonly west: null; readonly east: null })

const half = 180 * cellsPerDegree
const turn = 2 * half

/** SQL: conditions on the cells of a box of degrees. A cell more on each side makes up for what floor() rounds. */
export function cellsIn({ lon, lat }: CellColumns, { west, south, east, north }: OpenBox): string[] {
  const clamp = (degrees: number) => Math.max(-90, Math.min(90, degrees))
  const from = Math.floor(clamp(south) * cellsPerDegree) - 1
  const to = Math.floor(clamp(north) * cellsPerDegree) + 1
  const lats = `${lat} between ${from} and ${to}`
  if (west === null || !Number.isFinite(east - west) || east - west > 359) return [lats]
  const wrapped = west - 360 * Math.floor((west + 180) / 360)
  const left = Math.floor(wrapped * cellsPerDegree) - 1
  const right = Math.floor((wrapped + east - west) * cellsPerDegree) + 1
  if (left >= -half && right < half) return [lats, `${lon} between ${left} and ${right}`]
  const [inner, outer] = left < -half ? [left + turn, right] : [left, right - turn]
  return [lats, `(${lon} >= ${inner} or ${lon} <= ${outer})`]
}
