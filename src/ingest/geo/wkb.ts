/** Well-known binary (OGC 06-103r4; PostGIS's flags for Z, M and SRID), as GeoJSON. */
import { GeoFault } from './answer.ts'
import { type Coordinates, maxDepth, type Position, type Shape } from './shape.ts'
import { inWgs84 } from './wkt.ts'

interface Reading {
  readonly view: DataView
  at: number
  srid: number
}

interface Header {
  readonly isLittle: boolean
  readonly kind: number
  readonly hasZ: boolean
  readonly hasM: boolean
}

const fault = () => new GeoFault('not WKT or WKB')

/** As hexadecimal digits. Errors: GeoFault. */
export function parseWkb(hex: string): Shape {
  if (hex.length % 2 !== 0 || !/^[0-9a-fA-F]+$/.test(hex)) throw fault()
  const bytes = Buffer.from(hex, 'hex')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const reading: Reading = { view, at: 0, srid: 0 }
  const shape = readGeometry(reading, 0)
  if (reading.at !== bytes.length) throw fault()
  if (!shape) throw new GeoFault('nothing is left of it')
  return inWgs84(shape, reading.srid)
}

function need({ view, at }: Reading, bytes: number): void {
  if (at + bytes > view.byteLength) throw fault()
}

function readInt(reading: Reading, isLittle: boolean): number {
  need(reading, 4)
  const value = reading.view.getUint32(reading.at, isLittle)
  reading.at += 4
  return value
}

function readHeader(reading: Reading): Header {
  need(reading, 5)
  const order = reading.view.getUint8(reading.at++)
  if (order > 1) throw fault()
  const isLittle = order === 1
  const type = readInt(reading, isLittle)
  const plain = type & 0x1fffffff
  if (type & 0x20000000) reading.srid = readInt(reading, isLittle)
  const dimension = Math.floor(plain / 1000)
  if (dimension > 3) throw fault()
  return {
    isLittle,
    kind: plain % 1000,
    hasZ: (type & 0x80000000) !== 0 || dimension === 1 || dimension === 3,
    hasM: (type & 0x40000000) !== 0 || dimension === 2 || dimension === 3,
  }
}

/** Null: it is empty. */
function readGeometry(reading: Reading, depth: number): Shape | null {
  if (depth > maxDepth) throw new GeoFault('geometry nested too deep')
  const header = readHeader(reading)
  switch (header.kind) {
    case 1: {
      const coordinates = readPosition(reading, header)
      return coordinates ? { type: 'Point', coordinates } : null
    }
    case 2:
      return orNothing('LineString', readLine(reading, header))
    case 3:
      return orNothing('Polygon', readRings(reading, header))
    case 4:
      return orNothing('MultiPoint', readParts(reading, header, depth, 'Point'))
    case 5:
      return orNothing('MultiLineString', readParts(reading, header, depth, 'LineString'))
    case 6:
      return orNothing('MultiPolygon', readParts(reading, header, depth, 'Polygon'))
    case 7: {
      const geometries = readShapes(reading, header, depth)
      return geometries.length > 0 ? { type: 'GeometryCollection', geometries } : null
    }
    default:
      throw fault()
  }
}

function orNothing(
  type: Exclude<Shape['type'], 'GeometryCollection'>,
  coordinates: Coordinates,
): Shape | null {
  return coordinates.length > 0 ? { type, coordinates } : null
}

/** A count that the bytes behind it can hold, at `least` bytes each: nothing is allocated on a stranger's word. */
function readCount(reading: Reading, isLittle: boolean, least: number): number {
  const count = readInt(reading, isLittle)
  need(reading, count * least)
  return count
}

/** Null: NaN, which is how an empty point is written. */
function readPosition(reading: Reading, { isLittle, hasZ, hasM }: Header): Position | null {
  const size = 2 + Number(hasZ) + Number(hasM)
  need(reading, size * 8)
  const position: Position = []
  for (let at = 0; at < size; at++) {
    const value = reading.view.getFloat64(reading.at, isLittle)
    reading.at += 8
    if (at < (hasZ ? 3 : 2)) position.push(value)
  }
  if (position.every((value) => Number.isNaN(value))) return null
  if (!position.every((value) => Number.isFinite(value))) throw fault()
  return position
}

function readLine(reading: Reading, header: Header): Position[] {
  const line: Position[] = []
  for (let left = readCount(reading, header.isLittle, 16); left > 0; left--) {
    const position = readPosition(reading, header)
    if (!position) throw fault()
    line.push(position)
  }
  return line
}

function readRings(reading: Reading, header: Header): Position[][] {
  const rings: Position[][] = []
  for (let left = readCount(reading, header.isLittle, 4); left > 0; left--)
    rings.push(readLine(reading, header))
  return rings
}

function readShapes(reading: Reading, { isLittle }: Header, depth: number): Shape[] {
  const shapes: Shape[] = []
  for (let left = readCount(reading, isLittle, 9); left > 0; left--) {
    const shape = readGeometry(reading, depth + 1)
    if (shape) shapes.push(shape)
  }
  return shapes
}

function readParts(reading: Reading, header: Header, depth: number, type: Shape['type']): Coordinates {
  return readShapes(reading, header, depth).map((shape) => {
    if (shape.type !== type || shape.type === 'GeometryCollection') throw fault()
    return shape.coordinates
  }) as Coordinates
}
