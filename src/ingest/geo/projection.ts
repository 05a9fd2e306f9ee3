/** Coordinates of a projection, by its EPSG code, as longitudes and latitudes of WGS 84. */
import { type Projection, projectionOf } from '../projections/projections.ts'
import { GeoFault } from './answer.ts'

export type ToWgs84 = (x: number, y: number) => [lon: number, lat: number]

/** In: x (east) and y (north) of the projection. Errors: GeoFault, also of what is returned. */
export function projectionTo4326(epsg: number): ToWgs84 {
  const projection = findProjection(epsg)
  if (!projection) throw new GeoFault('unknown projection')
  return (x, y) => {
    const place = projection.toWgs84([x, y])
    const back = place && projection.fromWgs84(place)
    // Far outside, what comes out is some place or other: the way back does not end where it began.
    const reach = 1 + Math.hypot(x, y) * 1e-6
    if (
      !place ||
      !back ||
      Math.abs(place[0]) > 180 ||
      Math.abs(place[1]) > 90 ||
      Math.hypot(back[0] - x, back[1] - y) > reach
    )
      throw new GeoFault('outside of what the projection covers')
    return [place[0], place[1]]
  }
}

export const isKnownProjection = (epsg: number): boolean => findProjection(epsg) !== null

function findProjection(epsg: number): Projection | null {
  try {
    return projectionOf(epsg)
  } catch {
    return null
  }
}
