/**
 * Features of geographic formats as GeoJSON, one a line: geometries brought to longitudes and latitudes of WGS 84, rings
 * closed and turned as RFC 7946 has them.
 *
 * A geometry that cannot be used is written as one that no converter takes, with the reason in the place of its
 * coordinates: the record is kept without a shape, and a record error shows the reason.
 */
import type { Position, Projection } from '../projections/projections.ts'

export type Positions = number[][]

export type Geometry =
  | { type: 'Point'; coordinates: number[] }
  | { type: 'MultiPoint' | 'LineString'; coordinates: Positions }
  | { type: 'MultiLineString' | 'Polygon'; coordinates: Positions[] }
  | { type: 'MultiPolygon'; coordinates: Positions[][] }
  | { type: 'GeometryCollection'; geometries: Geometry[] }

/** What stands for a geometry that cannot be used. */
export interface Unusable {
  readonly type: string
  readonly problem: string
}

/** A value of a property as JSON text, by its name: any name is only a name. */
export type Property = readonly [name: string, json: string]

/** In: a geometry as it was read. Out: the line, with its line feed. */
export function featureLine(
  properties: readonly Property[],
  geometry: Geometry | Unusable | null,
  projection: Projection,
): string {
  const members = properties.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(',')
  return `{"type":"Feature","geometry":${geometryText(geometry, projection)},"properties":{${members}}}\n`
}

function geometryText(geometry: Geometry | Unusable | null, projection: Projection): string {
  if (geometry === null) return 'null'
  if ('problem' in geometry) return unusable(geometry.type, geometry.problem)
  const problem = settle(geometry, projection)
  return problem === null ? JSON.stringify(geometry) : unusable(geometry.type, problem)
}

function unusable(type: string, problem: string): string {
  return JSON.stringify({ type, coordinates: problem })
}

/** Brings a geometry to its final form in place. Returns what is wrong with it, or null. */
function settle(geometry: Geometry, projection: Projection): string | null {
  switch (geometry.type) {
    case 'Point':
      return place(geometry.coordinates, projection)
    case 'MultiPoint':
      return placeAll(geometry.coordinates, projection, 1)
    case 'LineString':
      return placeAll(geometry.coordinates, projection, 2)
    case 'MultiLineString':
      return first(geometry.coordinates, (line) => placeAll(line, projection, 2))
    case 'Polygon':
      return settleRings(geometry.coordinates, projection)
    case 'MultiPolygon':
      return first(geometry.coordinates, (rings) => settleRings(rings, projection))
    case 'GeometryCollection':
      return first(geometry.geometries, (member) => settle(member, projection))
    default:
      return geometry satisfies never
  }
}

function first<T>(items: readonly T[], check: (item: T) => string | null): string | null {
  if (items.length === 0) return 'it has no positions'
  for (const item of items) {
    const problem = check(item)
    if (problem !== null) return problem
  }
  return null
}

function placeAll(positions: Positions, projection: Projection, least: number): string | null {
  if (positions.length < least) return `it has ${positions.length} positions where ${least} are needed`
  return first(positions, (position) => place(position, projection))
}

function settleRings(rings: Positions[], projection: Projection): string | null {
  if (rings.length === 0) return 'it has no positions'
  for (const [index, ring] of rings.entries()) {
    const [start, end] = [ring[0], ring.at(-1)]
    if (start && end && (start[0] !== end[0] || start[1] !== end[1])) ring.push([...start])
    if (ring.length < 4) return 'a ring of it has fewer than three corners'
    const problem = placeAll(ring, projection, 4)
    if (problem !== null) return problem
    if (areaOf(ring) > 0 !== (index === 0)) ring.reverse()
  }
  return null
}

/** Twice the signed area: positive counter-clockwise. */
export function areaOf(ring: Positions): number {
  const [x0, y0] = ring[0] as [number, number]
  let area = 0
  for (let at = 1; at < ring.length; at++) {
    const [x1, y1] = ring[at - 1] as [number, number]
    const [x2, y2] = ring[at] as [number, number]
    area += (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
  }
  return area
}

/** A hundred-millionth of a degree is a millimetre: what is behind it comes from the arithmetic. */
const decimals = 1e8
/** A shape over the antimeridian goes on beyond 180. */
const maxLongitude = 540

/** A position may have a height; anything behind that is left out. */
function place(position: number[], projection: Projection): string | null {
  const given: Position = [position[0] ?? Number.NaN, position[1] ?? Number.NaN]
  if (!Number.isFinite(given[0]) || !Number.isFinite(given[1])) return 'a coordinate of it is no number'
  const [lon, lat] = projection.toWgs84(given) ?? [Number.NaN, Number.NaN]
  if (!(Math.abs(lon) <= maxLongitude && Math.abs(lat) <= 90))
    return `${given[0]}, ${given[1]} is no place on the Earth${projection.isWgs84 ? '' : ' in its projection'}`
  position[0] = projection.isWgs84 ? lon : Math.round(lon * decimals) / decimals
  position[1] = projection.isWgs84 ? lat : Math.round(lat * decimals) / decimals
  if (position.length > 2) position.length = Number.isFinite(position[2]) ? 3 : 2
  return null
}

/** What is written in one go: slices are cut between two of these. */
const chunkLength = 1 << 18

/** Lines as bytes, in chunks that end with a line. `lines`: some lines at a time. */
export async function* chunksOfLines(
  lines: AsyncIterable<string> | Iterable<string>,
): AsyncGenerator<Buffer> {
  let pieces: string[] = []
  let length = 0
  for await (const line of lines) {
    pieces.push(line)
    length += line.length
    if (length < chunkLength) continue
    yield Buffer.from(pieces.join(''))
    pieces = []
    length = 0
  }
  if (length > 0) yield Buffer.from(pieces.join(''))
}
