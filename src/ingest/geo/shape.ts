/** GeoJSON geometries as values: what is read from text, walked and made. */
import { GeoFault, type GeoReason } from './answer.ts'

export type Position = number[]
export type Coordinates = Position | Position[] | Position[][] | Position[][][]

export type Shape =
  | { readonly type: ShapeType; readonly coordinates: Coordinates }
  | { readonly type: 'GeometryCollection'; readonly geometries: readonly Shape[] }

export type ShapeType = keyof typeof depths

/** How many lists deep the positions of a type lie. */
export const depths = {
  Point: 0,
  MultiPoint: 1,
  LineString: 1,
  MultiLineString: 2,
  Polygon: 2,
  MultiPolygon: 3,
} as const

/** Collections in collections further down than this are an attack. */
export const maxDepth = 16

/** Errors: GeoFault when the text is no geometry with finite coordinates. A Feature gives its geometry. */
export function parseShape(text: string, reason: GeoReason = 'not a GeoJSON geometry'): Shape {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new GeoFault(reason)
  }
  const found = value as { type?: unknown; geometry?: unknown } | null
  return checkShape(found?.type === 'Feature' ? found.geometry : value, reason, 0)
}

function checkShape(value: unknown, reason: GeoReason, depth: number): Shape {
  const shape = value as { type?: unknown; coordinates?: unknown; geometries?: unknown } | null
  if (depth > maxDepth) throw new GeoFault('geometry nested too deep')
  if (shape?.type === 'GeometryCollection' && Array.isArray(shape.geometries)) {
    const geometries = shape.geometries.map((one) => checkShape(one, reason, depth + 1))
    return { type: 'GeometryCollection', geometries }
  }
  const type = shape?.type as ShapeType
  if (typeof type !== 'string' || !Object.hasOwn(depths, type)) throw new GeoFault(reason)
  if (!isOfDepth(shape!.coordinates, depths[type])) throw new GeoFault(reason)
  return { type, coordinates: shape!.coordinates as Coordinates }
}

function isOfDepth(value: unknown, depth: number): boolean {
  if (!Array.isArray(value)) return false
  if (depth > 0) return value.every((one) => isOfDepth(one, depth - 1))
  return value.length >= 2 && value.every((number) => Number.isFinite(number))
}

/** The same geometry with every position changed. */
export function mapPositions(shape: Shape, change: (position: Position) => Position): Shape {
  if (shape.type === 'GeometryCollection')
    return { type: shape.type, geometries: shape.geometries.map((one) => mapPositions(one, change)) }
  return { type: shape.type, coordinates: mapAt(shape.coordinates, depths[shape.type], change) }
}

function mapAt(value: Coordinates, depth: number, change: (position: Position) => Position): Coordinates {
  if (depth === 0) return change(value as Position)
  return (value as Coordinates[]).map((one) => mapAt(one, depth - 1, change)) as Coordinates
}

/**
 * The same geometry with its lines and areas changed: each a list of lines or of rings. What is left of a part may be
 * nothing; errors: GeoFault when nothing is left of the whole.
 */
export function mapLines(
  shape: Shape,
  change: {
    line(line: Position[]): Position[] | null
    area(rings: Position[][]): Position[][][]
  },
): Shape {
  const changed = mapParts(shape, change)
  if (!changed) throw new GeoFault('nothing is left of it')
  return changed
}

function mapParts(shape: Shape, change: Parameters<typeof mapLines>[1]): Shape | null {
  switch (shape.type) {
    case 'GeometryCollection': {
      const geometries = shape.geometries.flatMap((one) => mapParts(one, change) ?? [])
      return geometries.length > 0 ? { type: shape.type, geometries } : null
    }
    case 'LineString':
    case 'MultiLineString': {
      const lines = (shape.type === 'LineString' ? [shape.coordinates] : shape.coordinates) as Position[][]
      const kept = lines.flatMap((line) => {
        const left = change.line(line)
        return left ? [left] : []
      })
      if (kept.length === 0) return null
      return shape.type === 'LineString'
        ? { type: 'LineString', coordinates: kept[0]! }
        : { type: 'MultiLineString', coordinates: kept }
    }
    case 'Polygon':
    case 'MultiPolygon': {
      const areas = (shape.type === 'Polygon' ? [shape.coordinates] : shape.coordinates) as Position[][][]
      const kept = areas.flatMap((rings) => change.area(rings))
      if (kept.length === 0) return null
      return kept.length === 1 && shape.type === 'Polygon'
        ? { type: 'Polygon', coordinates: kept[0]! }
        : { type: 'MultiPolygon', coordinates: kept }
    }
    case 'Point':
    case 'MultiPoint':
      return shape.coordinates.length > 0 ? shape : null
    default:
      return shape satisfies never
  }
}
