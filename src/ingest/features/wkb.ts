/** Well-known binary (OGC 06-103r4, and the extensions of PostGIS for heights), as GeoJSON geometries. */
import type { Geometry, Positions, Unusable } from './feature-lines.ts'

/** Collections inside each other. */
const maxDepth = 16

class Damaged extends Error {}

export const tooDeep = 'its collections are nested too deep'

/**
 * A geometry with where it ends and the reference system that it names (0: it names none). Null is an empty geometry. What
 * contradicts itself, or is a curve, is unusable.
 */
export function readWkb(bytes: Buffer): {
  readonly geometry: Geometry | Unusable | null
  readonly end: number
  readonly srid: number
} {
  const cursor = { at: 0, srid: 0 }
  try {
    const geometry = readGeometry(bytes, cursor, 0)
    return { geometry, end: cursor.at, srid: cursor.srid }
  } catch (error) {
    const problem =
      error instanceof Damaged ? error.message : error instanceof RangeError ? 'it ends too early' : null
    if (problem === null) throw error
    return { geometry: { type: 'Geometry', problem }, end: cursor.at, srid: cursor.srid }
  }
}

interface Cursor {
  at: number
  srid: number
}

function readGeometry(bytes: Buffer, cursor: Cursor, depth: number): Geometry | null {
  if (depth > maxDepth) throw new Damaged(tooDeep)
  const order = bytes.readUInt8(cursor.at)
  if (order > 1) throw new Damaged('it says of no order of bytes')
  const isLittle = order === 1
  const uint = (at: number) => (isLittle ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at))
  const double = (at: number) => (isLittle ? bytes.readDoubleLE(at) : bytes.readDoubleBE(at))
  const code = uint(cursor.at + 1)
  cursor.at += 5
  if (code & 0x20000000) {
    cursor.srid = uint(cursor.at)
    cursor.at += 4
  }
  const plain = code & 0x0fffffff
  const group = Math.floor(plain / 1000)
  if (group > 3) throw new Damaged(`geometries of type ${plain} are not read`)
  const hasHeight = (code & 0x80000000) !== 0 || group === 1 || group === 3
  const hasMeasure = (code & 0x40000000) !== 0 || group === 2 || group === 3
  const size = 8 * (2 + Number(hasHeight) + Number(hasMeasure))

  /** A count of things of at least so many bytes. */
  function count(least: number): number {
    const found = uint(cursor.at)
    cursor.at += 4
    if (found * least > bytes.length - cursor.at) throw new Damaged('it declares more than it holds')
    return found
  }

  function position(): number[] {
    const read = [double(cursor.at), double(cursor.at + 8)]
    if (hasHeight) read.push(double(cursor.at + 16))
    cursor.at += size
    // Measures are not read, but must be there.
    if (cursor.at > bytes.length) throw new Damaged('it ends too early')
    return read
  }

  function finite(): number[] {
    const read = position()
    if (!read.every(Number.isFinite)) throw new Damaged('a coordinate of it is no number')
    return read
  }

  const positions = (): Positions => Array.from({ length: count(size) }, finite)
  const rings = (): Positions[] => Array.from({ length: count(4) }, positions)
  const members = (): Geometry[] =>
    Array.from({ length: count(5) }, () => readGeometry(bytes, cursor, depth + 1)).filter(
      (member) => member !== null,
    )

  switch (plain % 1000) {
    case 1: {
      const coordinates = position()
      // NaN is how an empty point is written.
      if (coordinates.slice(0, 2).every(Number.isNaN)) return null
      if (!coordinates.every(Number.isFinite)) throw new Damaged('a coordinate of it is no number')
      return { type: 'Point', coordinates }
    }
    case 2: {
      const coordinates = positions()
      return coordinates.length === 0 ? null : { type: 'LineString', coordinates }
    }
    case 3: {
      const coordinates = rings()
      return coordinates.length === 0 ? null : { type: 'Polygon', coordinates }
    }
    case 4:
      return multi(members(), 'Point', (coordinates) => ({
        type: 'MultiPoint',
        coordinates: coordinates as Positions,
      }))
    case 5:
      return multi(members(), 'LineString', (coordinates) => ({
        type: 'MultiLineString',
        coordinates: coordinates as Positions[],
      }))
    case 6:
      return multi(members(), 'Polygon', (coordinates) => ({
        type: 'MultiPolygon',
        coordinates: coordinates as Positions[][],
      }))
    case 7: {
      const geometries = members()
      return geometries.length === 0 ? null : { type: 'GeometryCollection', geometries }
    }
    default:
      throw new Damaged(`geometries of type ${plain} are not read`)
  }
}

function multi(
  members: readonly Geometry[],
  type: 'Point' | 'LineString' | 'Polygon',
  make: (coordinates: unknown[]) => Geometry,
): Geometry | null {
  if (members.length === 0) return null
  return make(
    members.map((member) => {
      if (member.type !== type) throw new Damaged(`it holds a ${member.type} where a ${type} belongs`)
      return member.coordinates
    }),
  )
}

/** Bytes of the box in the header of a GeoPackage geometry, by its kind. */
const boxBytes = [0, 32, 48, 48, 64]

/** A geometry of a GeoPackage (OGC 12-128r18, 2.1.3): a header before the well-known binary. */
export function decodeGeoPackageGeometry(bytes: Buffer): Geometry | Unusable | null {
  const unusable = (problem: string) => ({ type: 'Geometry', problem })
  if (bytes.length < 8 || bytes.toString('latin1', 0, 2) !== 'GP')
    return unusable('it is no GeoPackage geometry')
  const flags = bytes[3]!
  const box = boxBytes[(flags >> 1) & 7]
  if (box === undefined) return unusable('its header is damaged')
  if (flags & 0x20) return unusable('it is of a kind of its own program')
  if (flags & 0x10) return null
  return readWkb(bytes.subarray(8 + box)).geometry
}
