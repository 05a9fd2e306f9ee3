import { GeoFault } from './answer.ts'
import type { Position, Shape } from './shape.ts'

/**
 * Google's encoded polylines: numbers in pieces of five bits, each the step from the one before; latitude first.
 * `digits`: decimals that were kept, 5 or 6. `isReversed`: what is written lat, lon becomes lon, lat. Errors: GeoFault.
 */
export function decodePolyline(text: string, digits: number, isReversed: boolean): Shape {
  const factor = 10 ** digits
  const coordinates: Position[] = []
  let at = 0
  let [first, second] = [0, 0]
  function step(): number {
    let value = 0
    for (let shift = 0; ; shift += 5) {
      const bits = text.charCodeAt(at++) - 63
      // Seven pieces hold more than the longest way around the Earth.
      if (!(bits >= 0 && bits < 64) || shift > 30) throw new GeoFault('not an encoded polyline')
      value += (bits & 31) * 2 ** shift
      if (bits < 32) break
    }
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2
  }
  while (at < text.length) {
    first += step()
    second += step()
    const [lat, lon] = isReversed ? [first / factor, second / factor] : [second / factor, first / factor]
    if (Math.abs(lat) > 90 || Math.abs(lon) > 540) throw new GeoFault('not an encoded polyline')
    coordinates.push([lon, lat])
  }
  if (coordinates.length === 0) throw new GeoFault('not an encoded polyline')
  return coordinates.length === 1
    ? { type: 'Point', coordinates: coordinates[0]! }
    : { type: 'LineString', coordinates }
}
