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
  return items.length === 0 ? 'it has no positions' : firstOf(items, check)
}

function firstOf<T>(items: readonly T[], check: (item: T) => string | null): string | null {
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

/**
 * The text of a feature with its geometry in WGS 84; all else is as it was, to the digit. What is no feature, or has a
 * geometry that is none, is left for others to judge. `line`: JSON, valid or not.
 */
export function projectedFeature(line: string, projection: Projection): string {
  const span = memberSpan(line, 'geometry')
  if (span === null) return line
  let geometry: unknown
  try {
    geometry = JSON.parse(line.slice(...span))
  } catch {
    return line
  }
  if (typeof geometry !== 'object' || geometry === null) return line
  const problem = placeNested(geometry as Nested, projection)
  const { type } = geometry as { type?: unknown }
  const text = problem === null ? JSON.stringify(geometry) : unusable(String(type), problem)
  return line.slice(0, span[0]) + text + line.slice(span[1])
}

interface Nested {
  coordinates?: unknown
  geometries?: unknown
}

function placeNested({ coordinates, geometries }: Nested, projection: Projection): string | null {
  if (Array.isArray(geometries)) {
    return firstOf(geometries, (member) =>
      typeof member === 'object' && member !== null ? placeNested(member as Nested, projection) : null,
    )
  }
  return Array.isArray(coordinates) ? placeDeep(coordinates, projection) : null
}

function placeDeep(coordinates: unknown[], projection: Projection): string | null {
  if (typeof coordinates[0] === 'number') return place(coordinates as number[], projection)
  return firstOf(coordinates, (inner) => (Array.isArray(inner) ? placeDeep(inner, projection) : null))
}

/** Where the value of a member of an object lies in its text. */
function memberSpan(text: string, name: string): [start: number, end: number] | null {
  const quoted = `"${name}"`
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === '"') {
      const end = endOfString(text, at)
      if (depth === 1 && text.startsWith(quoted, at) && end === at + quoted.length) {
        const colon = /^\s*:\s*/.exec(text.slice(end, end + 64))
        if (colon) return valueSpan(text, end + colon[0].length)
      }
      at = end - 1
    } else if (character === '{' || character === '[') depth++
    else if (character === '}' || character === ']') depth--
  }
  return null
}

function endOfString(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at + 1
}

/** Of an object; other values are no geometries. */
function valueSpan(text: string, start: number): [start: number, end: number] | null {
  if (text[start] !== '{') return null
  let depth = 0
  for (let at = start; at < text.length; at++) {
    const character = text[at]
    if (character === '"') at = endOfString(text, at) - 1
    else if (character === '{' || character === '[') depth++
    else if ((character === '}' || character === ']') && --depth === 0) return [start, at + 1]
  }
  return null
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
