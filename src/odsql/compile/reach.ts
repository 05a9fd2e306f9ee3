import { earthRadiusMetres } from './geometry.ts'

/** Degrees that a cap of the sphere lies between. */
export interface Reach {
  readonly south: number
  readonly north: number
  /** On either side of its middle; null: all around. */
  readonly width: number | null
}

/** What is farther than `metres` from a place lies outside of it: a cap lies between two latitudes and, off the poles, two longitudes. */
export function reachOf({ lat, metres }: { readonly lat: number; readonly metres: number }): Reach {
  const angle = metres / earthRadiusMetres
  const degrees = (angle * 180) / Math.PI + 1e-6
  const [south, north] = [lat - degrees, lat + degrees]
  const ratio = Math.sin(angle) / Math.cos((lat * Math.PI) / 180)
  if (angle >= Math.PI / 2 || south <= -90 || north >= 90 || !(ratio < 1))
    return { south, north, width: null }
  return { south, north, width: (Math.asin(ratio) * 180) / Math.PI + 1e-6 }
}
