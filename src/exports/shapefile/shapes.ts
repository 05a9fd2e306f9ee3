/** Shapes of the ESRI white paper, from GeoJSON. */

export type ShapeKind = 'point' | 'multipoint' | 'line' | 'polygon'
type Position = readonly [number, number]
type Project = (position: Position) => Position

export interface Shape {
  readonly kind: ShapeKind
  readonly parts: readonly (readonly Position[])[]
}

interface Geometry {
  readonly type: string
  readonly coordinates?: unknown
  readonly geometries?: readonly Geometry[]
}

const typeNumbers: Readonly<Record<ShapeKind, number>> = { point: 1, line: 3, polygon: 5, multipoint: 8 }
export const typeNumber = (kind: ShapeKind) => typeNumbers[kind]

/** The shapes of a geometry: one, or one of each kind of a collection. Positions that cannot be projected leave none. */
export function shapesOf(geometry: Geometry, project: Project): Shape[] {
  const found = new Map<ShapeKind, (readonly Position[])[]>()
  for (const simple of geometry.type === 'GeometryCollection' ? (geometry.geometries ?? []) : [geometry]) {
    for (const { kind, parts } of simpleShapes(simple)) {
      const projected = parts.map((part) => part.map(project))
      const isSound = projected.every((part) =>
        part.every(([x, y]) => Number.isFinite(x) && Number.isFinite(y)),
      )
      if (isSound) found.set(kind, [...(found.get(kind) ?? []), ...projected])
    }
  }
  return [...found].flatMap(([kind, parts]) =>
    // Several points are a multipoint; those of a multipoint are one part.
    kind === 'point' && parts.length > 1
      ? [{ kind: 'multipoint' as const, parts: [parts.flat()] }]
      : [{ kind, parts: kind === 'multipoint' ? [parts.flat()] : parts }],
  )
}

function simpleShapes({ type, coordinates }: Geometry): Shape[] {
  switch (type) {
    case 'Point':
      return [{ kind: 'point', parts: [[coordinates as Position]] }]
    case 'MultiPoint':
      return [{ kind: 'multipoint', parts: [coordinates as Position[]] }]
    case 'LineString':
      return [{ kind: 'line', parts: [coordinates as Position[]] }]
    case 'MultiLineString':
      return [{ kind: 'line', parts: coordinates as Position[][] }]
    case 'Polygon':
      return [{ kind: 'polygon', parts: rings(coordinates as Position[][]) }]
    case 'MultiPolygon':
      return [{ kind: 'polygon', parts: (coordinates as Position[][][]).flatMap(rings) }]
    default:
      return []
  }
}

/** Outer rings run clockwise, holes the other way; rings are closed. */
function rings(polygon: readonly (readonly Position[])[]): Position[][] {
  return polygon.map((ring, index) => {
    const isClockwise = areaOf(ring) < 0
    const turned = isClockwise === (index === 0) ? [...ring] : [...ring].reverse()
    const [first, last] = [turned[0]!, turned.at(-1)!]
    return first[0] === last[0] && first[1] === last[1] ? turned : [...turned, first]
  })
}

/** Twice the signed area: positive counter-clockwise. */
function areaOf(ring: readonly Position[]): number {
  let area = 0
  for (let i = 0; i < ring.length; i++) {
    const [x1, y1] = ring[i]!
    const [x2, y2] = ring[(i + 1) % ring.length]!
    area += x1 * y2 - x2 * y1
  }
  return area
}

export type Box = readonly [minX: number, minY: number, maxX: number, maxY: number]

export function boxOf(positions: readonly Position[]): Box {
  let [minX, minY, maxX, maxY] = [Infinity, Infinity, -Infinity, -Infinity]
  for (const [x, y] of positions) {
    minX = Math.min(minX, x)
    minY = Math.min(minY, y)
    maxX = Math.max(maxX, x)
    maxY = Math.max(maxY, y)
  }
  return [minX, minY, maxX, maxY]
}

/** The content of a record of the main file, without its header; null is a null shape. */
export function encodeShape(shape: Shape | null): Buffer {
  if (shape === null) return Buffer.alloc(4)
  const positions = shape.parts.flat()
  if (shape.kind === 'point') {
    const record = Buffer.alloc(20)
    record.writeInt32LE(typeNumbers.point, 0)
    writePositions(record, 4, positions)
    return record
  }
  const hasParts = shape.kind !== 'multipoint'
  const head = hasParts ? 44 + 4 * shape.parts.length : 40
  const record = Buffer.alloc(head + 16 * positions.length)
  record.writeInt32LE(typeNumbers[shape.kind], 0)
  boxOf(positions).forEach((value, index) => void record.writeDoubleLE(value, 4 + 8 * index))
  if (hasParts) {
    record.writeInt32LE(shape.parts.length, 36)
    record.writeInt32LE(positions.length, 40)
    let start = 0
    shape.parts.forEach((part, index) => {
      record.writeInt32LE(start, 44 + 4 * index)
      start += part.length
    })
  } else record.writeInt32LE(positions.length, 36)
  writePositions(record, head, positions)
  return record
}

function writePositions(record: Buffer, at: number, positions: readonly Position[]): void {
  positions.forEach(([x, y], index) => {
    record.writeDoubleLE(x, at + 16 * index)
    record.writeDoubleLE(y, at + 16 * index + 8)
  })
}
