/** Geometry literals: WKT, hex WKB (ISO and EWKB, either byte order) or a GeoJSON geometry. A third coordinate is dropped. */
import type { Span } from '../ast.ts'
import { fault } from '../fault.ts'
import { boxOf, type Geometry, joinGeometries, type Line, type Position, positionsOf } from './geometry.ts'

/** Not a geometry; the entry makes it a fault. */
class Unreadable extends Error {}
const unreadable = () => new Unreadable()

const none: Geometry = { points: [], lines: [], areas: [] }
const maxDepth = 10

/** Faults: odsql.invalid_literal. */
export function readGeometry(text: string, span: Span): Geometry {
  const trimmed = text.trim()
  const invalid = (reason: string) => fault('odsql.invalid_literal', span, { reason })
  let geometry: Geometry
  try {
    geometry = trimmed.startsWith('{')
      ? fromGeoJson(JSON.parse(trimmed), 0)
      : /^[0-9a-f]+$/i.test(trimmed)
        ? fromWkb(trimmed)
        : fromWkt(trimmed)
    for (const [lon, lat] of positionsOf(geometry))
      if (!(Math.abs(lon) <= 360 && Math.abs(lat) <= 90)) throw unreadable()
  } catch (error) {
    if (error instanceof Unreadable || error instanceof SyntaxError || error instanceof RangeError)
      throw invalid(`'${text.slice(0, 60)}' is not a geometry`)
    throw error
  }
  if (positionsOf(geometry).length === 0) throw invalid('the geometry is empty')
  if (!geometry.areas.flat().every(isClosed))
    throw invalid('a ring of the polygon does not end where it begins')
  const { west, east } = boxOf(geometry)
  if (east - west > 360) throw invalid('the geometry is wider than the world')
  return geometry
}

function isClosed(ring: Line): boolean {
  const [first, last] = [ring[0]!, ring.at(-1)!]
  return first[0] === last[0] && first[1] === last[1]
}

/** A point and nothing else, as distances are measured from; null for other geometries. */
export function asPoint(geometry: Geometry): Position | null {
  const isPoint = geometry.points.length === 1 && geometry.lines.length + geometry.areas.length === 0
  return isPoint ? geometry.points[0]! : null
}

const line = (positions: readonly Position[]): Line => {
  if (positions.length < 2) throw unreadable()
  return positions
}
const area = (rings: readonly Line[]): readonly Line[] => {
  if (rings.length === 0 || rings.some((ring) => ring.length < 4)) throw unreadable()
  return rings
}

function fromGeoJson(value: unknown, depth: number): Geometry {
  if (depth > maxDepth || typeof value !== 'object' || value === null) throw unreadable()
  const { type, coordinates, geometries, geometry } = value as Record<string, unknown>
  const list = <T>(of: unknown, item: (value: unknown) => T): T[] => {
    if (!Array.isArray(of)) throw unreadable()
    return of.map(item)
  }
  const position = (of: unknown): Position => {
    if (!Array.isArray(of) || of.length < 2 || !of.slice(0, 2).every((n) => Number.isFinite(n)))
      throw unreadable()
    return [of[0], of[1]]
  }
  const positions = (of: unknown) => list(of, position)
  const polygon = (of: unknown) => area(list(of, positions))
  switch (type) {
    case 'Point':
      return { ...none, points: [position(coordinates)] }
    case 'MultiPoint':
      return { ...none, points: positions(coordinates) }
    case 'LineString':
      return { ...none, lines: [line(positions(coordinates))] }
    case 'MultiLineString':
      return { ...none, lines: list(coordinates, (of) => line(positions(of))) }
    case 'Polygon':
      return { ...none, areas: [polygon(coordinates)] }
    case 'MultiPolygon':
      return { ...none, areas: list(coordinates, polygon) }
    case 'GeometryCollection':
      return joinGeometries(list(geometries, (member) => fromGeoJson(member, depth + 1)))
    case 'Feature':
      return fromGeoJson(geometry, depth + 1)
    default:
      throw unreadable()
  }
}

const wktToken = /[A-Za-z]+|[(),]|[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|\s+/y

function wktTokens(text: string): string[] {
  const tokens: string[] = []
  wktToken.lastIndex = 0
  while (wktToken.lastIndex < text.length) {
    const match = wktToken.exec(text)
    if (match === null) throw unreadable()
    if (match[0].trim() !== '') tokens.push(match[0].toUpperCase())
  }
  return tokens
}

function fromWkt(text: string): Geometry {
  const tokens = wktTokens(text.replace(/^SRID=4326;/i, ''))
  let index = 0
  const take = () => tokens[index++] ?? ''
  const expect = (token: string) => {
    if (take() !== token) throw unreadable()
  }
  function list<T>(item: () => T): T[] {
    expect('(')
    const items = [item()]
    while (tokens[index] === ',') {
      index++
      items.push(item())
    }
    expect(')')
    return items
  }
  function position(): Position {
    const numbers: number[] = []
    while (/^[-+.\d]/.test(tokens[index] ?? '')) numbers.push(Number(take()))
    if (numbers.length < 2 || numbers.length > 4 || !numbers.every(Number.isFinite)) throw unreadable()
    return [numbers[0]!, numbers[1]!]
  }
  const positions = () => list(position)
  /** MULTIPOINT is written with and without brackets around its points. */
  const bracketed = () => (tokens[index] === '(' ? list(position)[0]! : position())
  function geometry(depth: number): Geometry {
    if (depth > maxDepth) throw unreadable()
    const kind = take()
    if (['Z', 'M', 'ZM'].includes(tokens[index] ?? '')) index++
    if (tokens[index] === 'EMPTY') {
      index++
      return none
    }
    switch (kind) {
      case 'POINT': {
        const points = positions()
        if (points.length !== 1) throw unreadable()
        return { ...none, points }
      }
      case 'MULTIPOINT':
        return { ...none, points: list(bracketed) }
      case 'LINESTRING':
        return { ...none, lines: [line(positions())] }
      case 'MULTILINESTRING':
        return { ...none, lines: list(() => line(positions())) }
      case 'POLYGON':
        return { ...none, areas: [area(list(positions))] }
      case 'MULTIPOLYGON':
        return { ...none, areas: list(() => area(list(positions))) }
      case 'GEOMETRYCOLLECTION':
        return joinGeometries(list(() => geometry(depth + 1)))
      default:
        throw unreadable()
    }
  }
  const read = geometry(0)
  if (index !== tokens.length) throw unreadable()
  return read
}

/** ISO 13249-3 and PostGIS' EWKB: dimensions as thousands of the type, or as its high bits. */
function fromWkb(hex: string): Geometry {
  const bytes = Buffer.from(hex, 'hex')
  if (bytes.length * 2 !== hex.length) throw unreadable()
  let at = 0
  function geometry(depth: number): Geometry {
    if (depth > maxDepth) throw unreadable()
    const isLittle = bytes.readUInt8(at++) === 1
    const uint = () => {
      const value = isLittle ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at)
      at += 4
      return value
    }
    const double = () => {
      const value = isLittle ? bytes.readDoubleLE(at) : bytes.readDoubleBE(at)
      at += 8
      if (!Number.isFinite(value)) throw unreadable()
      return value
    }
    const code = uint()
    const thousands = Math.floor((code & 0xffff) / 1000)
    const hasZ = (code & 0x80000000) !== 0 || thousands === 1 || thousands === 3
    const hasM = (code & 0x40000000) !== 0 || thousands >= 2
    if ((code & 0x20000000) !== 0 && uint() !== 4326) throw unreadable()
    const position = (): Position => {
      const read: Position = [double(), double()]
      at += 8 * (Number(hasZ) + Number(hasM))
      return read
    }
    function list<T>(item: () => T): T[] {
      const count = uint()
      // Every item has at least four bytes: a count beyond that is a lie.
      if (count > bytes.length / 4) throw unreadable()
      return Array.from({ length: count }, item)
    }
    const member = () => geometry(depth + 1)
    switch ((code & 0xffff) % 1000) {
      case 1:
        return { ...none, points: [position()] }
      case 2:
        return { ...none, lines: [line(list(position))] }
      case 3:
        return { ...none, areas: [area(list(() => list(position)))] }
      case 4:
      case 5:
      case 6:
      case 7:
        return joinGeometries(list(member))
      default:
        throw unreadable()
    }
  }
  const read = geometry(0)
  if (at !== bytes.length) throw unreadable()
  return read
}
