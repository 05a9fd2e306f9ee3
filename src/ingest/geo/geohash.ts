import { GeoFault } from './answer.ts'
import type { Shape } from './shape.ts'

const alphabet = '0123456789bcdefghjkmnpqrstuvwxyz'
/** Longer ones say less than the double they end in. */
const maxLength = 22

/** The cell that a geohash names, as its outline. Errors: GeoFault. */
export function geohashCell(text: string): Shape {
  const hash = text.trim().toLowerCase()
  if (hash === '' || hash.length > maxLength) throw new GeoFault('not a geohash')
  const lon: [number, number] = [-180, 180]
  const lat: [number, number] = [-90, 90]
  let isLon = true
  for (const letter of hash) {
    const bits = alphabet.indexOf(letter)
    if (bits < 0) throw new GeoFault('not a geohash')
    for (let mask = 16; mask > 0; mask >>= 1) {
      const range = isLon ? lon : lat
      range[bits & mask ? 0 : 1] = (range[0] + range[1]) / 2
      isLon = !isLon
    }
  }
  const [west, east] = lon
  const [south, north] = lat
  const ring = [
    [west, south],
    [east, south],
    [east, north],
    [west, north],
    [west, south],
  ]
  return { type: 'Polygon', coordinates: [ring] }
}
