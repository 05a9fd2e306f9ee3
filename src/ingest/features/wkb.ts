/** Well-known binary (OGC 06-103r4, and the extensions of PostGIS for heights), as GeoJSON geometries. */
import type { Geometry, Positions, Unusable } from './feature-lines.ts'

/** Collections inside each other. */
const maxDepth = 16

class Damaged extends Error {}

/** Null is an empty geometry. What contradicts itself, or is a curve, is unusable. */
export function decodeWkb(bytes: Buffer): Geometry | Unusable | null {
  const cursor = { at: 0 }
  try {
    return readGeometry(bytes, cursor, 0)
  } catch (error) {
    if (error instanceof Damaged) return { type: 'Geometry', problem: error.message }
    if (error instanceof RangeError) return { type: 'Geometry', problem: 'it ends too early' }
    throw error
  }
}

interface Cursor {
  at: number
}

function readGeometry(bytes: Buffer, cursor: Cursor, depth: number): Geometry | null {
  if (depth > maxDepth) throw new Damaged('its collections are nested too deep')
  const isLittle = bytes.readUInt8(cursor.at) === 1
  const uint = (at: number) => (isLittle ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at))
  const double = (at: number) => (isLittle ? bytes.readDoubleLE(at) : bytes.readDoubleBE(at))
  const code = uint(cursor.at + 1)
  cursor.at += 5
  if (code & 0x20000000) cursor.at += 4
  const plain = code & 0x0fffffff
  const group = Math.floor(plain / 1000)
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
    return read
  }

  const positions = (): Positions => Array.from({ length: count(size) }, position)
  const rings = (): Positions[] => Array.from({ length: count(4) }, positions)
  const members = (): Geometry[] =>
    Array.from({ length: count(5) }, () => readGeometry(bytes, cursor, depth + 1)).filter(
      (member) => member !== null,
    )

  switch (plain % 1000) {
    case 1: {
      const coordinates = position()
      return coordinates.slice(0, 2).every(Number.isNaN) ? null : { type: 'Point', coordinates }
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
  return decodeWkb(bytes.subarray(8 + box))
}
