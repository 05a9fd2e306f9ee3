/** Shapes on the map of the whole world, in steps, back to degrees. */
import type { Place } from 'lineclip'
import { tileExtent } from '../../odsql/index.ts'
import type { ShapeRow } from './shape-rows.ts'

export type GeoJsonGeometry =
  | { readonly type: string; readonly coordinates: unknown }
  | { readonly type: 'GeometryCollection'; readonly geometries: readonly GeoJsonGeometry[] }

/** `step` units of the only tile of zoom 0 are one. Six decimals are a hand's breadth. */
export function geoJsonOf({ points, lines, areas }: ShapeRow, step: number): GeoJsonGeometry {
  const degrees = ([x, y]: Place) => {
    const [mapX, mapY] = [(x * step) / tileExtent, (y * step) / tileExtent]
    const lat = (Math.atan(Math.sinh(Math.PI * (1 - 2 * mapY))) * 180) / Math.PI
    return [mapX * 360 - 180, lat].map((value) => Math.round(value * 1e6) / 1e6)
  }
  const line = (places: readonly Place[]) => places.map(degrees)
  const parts = [
    ...geometryOf(
      'Polygon',
      areas.map((rings) => rings.filter((ring) => ring.length > 3).map(line)),
    ),
    ...geometryOf('LineString', lines.map(line)),
    ...geometryOf('Point', points.map(degrees)),
  ]
  return parts.length === 1 ? parts[0]! : { type: 'GeometryCollection', geometries: parts }
}

function geometryOf(type: string, parts: readonly unknown[]): GeoJsonGeometry[] {
  if (parts.length === 0) return []
  return parts.length === 1
    ? [{ type, coordinates: parts[0] }]
    : [{ type: `Multi${type}`, coordinates: parts }]
}
