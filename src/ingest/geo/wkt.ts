/** Well-known text (OGC 06-103r4), also with an SRID before it (EWKT), as GeoJSON. */
import { GeoFault } from './answer.ts'
import { projectionTo4326 } from './projection.ts'
import {
  type Coordinates,
  depths,
  mapPositions,
  maxDepth,
  type Position,
  type Shape,
  type ShapeType,
} from './shape.ts'

const token = /\s*(?:([A-Za-z]+)|([-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)|([(),]))/y
const names: Readonly<Record<string, ShapeType | 'GeometryCollection'>> = {
  POINT: 'Point',
  MULTIPOINT: 'MultiPoint',
  LINESTRING: 'LineString',
  MULTILINESTRING: 'MultiLineString',
  POLYGON: 'Polygon',
  MULTIPOLYGON: 'MultiPolygon',
  GEOMETRYCOLLECTION: 'GeometryCollection',
}

interface Reading {
  readonly text: string
  at: number
}

/** Errors: GeoFault. */
export function parseWkt(text: string): Shape {
  const srid = /^\s*SRID\s*=\s*([0-9]{1,6})\s*;/i.exec(text)
  const reading: Reading = { text, at: srid ? srid[0].length : 0 }
  const shape = readGeometry(reading, 0)
  if (text.slice(reading.at).trim() !== '') throw fault()
  if (!shape) throw new GeoFault('nothing is left of it')
  return srid ? inWgs84(shape, Number(srid[1])) : shape
}

export function inWgs84(shape: Shape, srid: number): Shape {
  if (srid === 0 || srid === 4326) return shape
  const project = projectionTo4326(srid)
  return mapPositions(shape, ([x, y]) => project(x!, y!))
}

const fault = () => new GeoFault('not WKT or WKB')

/** The next token, which stays where it is until it is taken. */
function peek({ text, at }: Reading): { readonly word: string; readonly end: number } {
  token.lastIndex = at
  const match = token.exec(text)
  if (!match) return { word: '', end: at }
  return { word: (match[1] ?? match[2] ?? match[3])!, end: token.lastIndex }
}

function take(reading: Reading): string {
  const { word, end } = peek(reading)
  if (word === '') throw fault()
  reading.at = end
  return word
}

function takeIf(reading: Reading, wanted: string): boolean {
  const { word, end } = peek(reading)
  if (word.toUpperCase() !== wanted) return false
  reading.at = end
  return true
}

function expect(reading: Reading, wanted: string): void {
  if (!takeIf(reading, wanted)) throw fault()
}

/** Null: it is empty. */
function readGeometry(reading: Reading, depth: number): Shape | null {
  if (depth > maxDepth) throw new GeoFault('geometry nested too deep')
  const word = take(reading).toUpperCase()
  const name = Object.hasOwn(names, word) ? word : word.replace(/(ZM|Z|M)$/, '')
  if (!Object.hasOwn(names, name)) throw fault()
  const type = names[name]!
  let ordinates = word.slice(name.length)
  for (const more of ['ZM', 'Z', 'M']) if (ordinates === '' && takeIf(reading, more)) ordinates = more
  if (takeIf(reading, 'EMPTY')) return null
  if (type === 'GeometryCollection') {
    const geometries = readList(reading, () => readGeometry(reading, depth + 1))
    return geometries.length > 0 ? { type, geometries } : null
  }
  const hasM = ordinates === 'M'
  if (type === 'Point') {
    expect(reading, '(')
    const coordinates = readPosition(reading, hasM)
    expect(reading, ')')
    return { type, coordinates }
  }
  const coordinates = readNested(reading, depths[type], hasM) as Coordinates
  return coordinates.length > 0 ? { type, coordinates } : null
}

function readList<T>(reading: Reading, readOne: () => T | null): T[] {
  const items: T[] = []
  expect(reading, '(')
  do {
    const item = readOne()
    if (item !== null) items.push(item)
  } while (takeIf(reading, ','))
  expect(reading, ')')
  return items
}

function readNested(reading: Reading, depth: number, hasM: boolean): Coordinates[] {
  return readList<Coordinates>(reading, () => {
    if (takeIf(reading, 'EMPTY')) return null
    if (depth > 1) return readNested(reading, depth - 1, hasM) as Coordinates
    // MULTIPOINT (1 2) and MULTIPOINT ((1 2)) are the same.
    const isWrapped = takeIf(reading, '(')
    const position = readPosition(reading, hasM)
    if (isWrapped) expect(reading, ')')
    return position
  })
}

/** Measures are left out: GeoJSON has no place for them. */
function readPosition(reading: Reading, hasM: boolean): Position {
  const position: Position = []
  for (;;) {
    const { word, end } = peek(reading)
    const number = Number(word)
    if (word === '' || !Number.isFinite(number)) break
    position.push(number)
    reading.at = end
    if (position.length > 4) throw fault()
  }
  if (position.length < 2) throw fault()
  return position.slice(0, hasM ? 2 : 3)
}
