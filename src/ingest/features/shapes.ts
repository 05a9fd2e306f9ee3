/**
 * Shapes of a shapefile's main file (ESRI, https://www.esri.com/content/dam/esrisites/sitecore-archive/Files/Pdfs/library/whitepapers/pdfs/shapefile.pdf),
 * as GeoJSON geometries in the coordinates of the file.
 */
import { areaOf, type Geometry, type Positions, type Unusable } from './feature-lines.ts'

const names: Readonly<Record<number, string>> = {
  1: 'Point',
  3: 'MultiLineString',
  5: 'Polygon',
  8: 'MultiPoint',
}

/** Heights and measures below this are none. */
const noData = -1e38

/** In: the content of a record. A record that contradicts itself is unusable; null is a null shape. */
export function decodeShape(content: Buffer): Geometry | Unusable | null {
  if (content.length < 4) return { type: 'Geometry', problem: 'its record is too short' }
  const type = content.readInt32LE(0)
  if (type === 0) return null
  const name = names[type % 10]
  const hasHeight = type > 10 && type < 20
  if (name === undefined || type > 30) return { type: 'Geometry', problem: `shape type ${type} is not read` }
  return type % 10 === 1 ? pointOf(content, hasHeight) : partsOf(content, type % 10, name, hasHeight)
}

function pointOf(content: Buffer, hasHeight: boolean): Geometry | Unusable {
  if (content.length < (hasHeight ? 28 : 20)) return { type: 'Point', problem: 'its record is too short' }
  const coordinates = [content.readDoubleLE(4), content.readDoubleLE(12)]
  if (hasHeight) withHeight(coordinates, content.readDoubleLE(20))
  return { type: 'Point', coordinates }
}

function withHeight(position: number[], height: number): void {
  if (height > noData && Number.isFinite(height)) position.push(height)
}

function partsOf(
  content: Buffer,
  kind: number,
  type: string,
  hasHeight: boolean,
): Geometry | Unusable | null {
  const short = { type, problem: 'it declares more positions than its record holds' }
  const hasParts = kind !== 8
  if (content.length < (hasParts ? 44 : 40)) return short
  const partCount = hasParts ? content.readUInt32LE(36) : 1
  const pointCount = content.readUInt32LE(hasParts ? 40 : 36)
  const start = hasParts ? 44 + 4 * partCount : 40
  const heights = start + 16 * pointCount + 16
  if (start + 16 * pointCount > content.length) return short
  if (hasHeight && heights + 8 * pointCount > content.length) return short
  if (pointCount === 0) return null

  const positions: Positions = new Array(pointCount)
  for (let index = 0; index < pointCount; index++) {
    const at = start + 16 * index
    const position = [content.readDoubleLE(at), content.readDoubleLE(at + 8)]
    if (hasHeight) withHeight(position, content.readDoubleLE(heights + 8 * index))
    positions[index] = position
  }
  if (!hasParts) return { type: 'MultiPoint', coordinates: positions }

  const parts: Positions[] = []
  for (let index = 0; index < partCount; index++) {
    const from = content.readUInt32LE(44 + 4 * index)
    const to = index + 1 < partCount ? content.readUInt32LE(48 + 4 * index) : pointCount
    if (from > to || to > pointCount) return { type, problem: 'its parts are not in order' }
    if (to > from) parts.push(positions.slice(from, to))
  }
  if (parts.length === 0) return { type, problem: 'it has positions and no parts' }
  if (kind === 3)
    return parts.length === 1
      ? { type: 'LineString', coordinates: parts[0]! }
      : { type: 'MultiLineString', coordinates: parts }
  const polygons = polygonsOf(parts)
  return polygons.length === 1
    ? { type: 'Polygon', coordinates: polygons[0]! }
    : { type: 'MultiPolygon', coordinates: polygons }
}

/** Beyond this many pairs of rings a hole belongs to the outer ring before it, as programs write them. */
const maxComparisons = 100_000

/** Outer rings run clockwise, holes the other way; which outer ring a hole lies in is not said. */
function polygonsOf(rings: readonly Positions[]): Positions[][] {
  const areas = rings.map(areaOf)
  const outer = rings.filter((_ring, index) => areas[index]! <= 0)
  // Turned the wrong way by whoever wrote it: nothing tells holes from islands.
  if (outer.length === 0) return rings.map((ring) => [ring])
  if (outer.length === 1) return [[outer[0]!, ...rings.filter((ring) => ring !== outer[0])]]
  const polygons = new Map(outer.map((ring) => [ring, [ring]]))
  const boxes = new Map(outer.map((ring) => [ring, boxOf(ring)]))
  const isCompared = outer.length * (rings.length - outer.length) <= maxComparisons
  let last = outer[0]!
  for (const [index, ring] of rings.entries()) {
    if (areas[index]! <= 0) {
      last = ring
      continue
    }
    const around = isCompared
      ? outer.filter((candidate) => isInside(ring[0]!, candidate, boxes.get(candidate)!))
      : []
    const nearest = around.reduce<Positions | null>(
      (best, candidate) => (best && Math.abs(areaOf(best)) <= Math.abs(areaOf(candidate)) ? best : candidate),
      null,
    )
    polygons.get(nearest ?? last)!.push(ring)
  }
  return [...polygons.values()]
}

type Box = readonly [minX: number, minY: number, maxX: number, maxY: number]

function boxOf(ring: Positions): Box {
  let [minX, minY, maxX, maxY] = [Infinity, Infinity, -Infinity, -Infinity]
  for (const [x, y] of ring as [number, number][]) {
    minX = Math.min(minX, x)
    minY = Math.min(minY, y)
    maxX = Math.max(maxX, x)
    maxY = Math.max(maxY, y)
  }
  return [minX, minY, maxX, maxY]
}

function isInside(position: number[], ring: Positions, [minX, minY, maxX, maxY]: Box): boolean {
  const [x, y] = position as [number, number]
  if (x < minX || x > maxX || y < minY || y > maxY) return false
  let isIn = false
  for (let at = 0, before = ring.length - 1; at < ring.length; before = at++) {
    const [x1, y1] = ring[at] as [number, number]
    const [x2, y2] = ring[before] as [number, number]
    if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) isIn = !isIn
  }
  return isIn
}
