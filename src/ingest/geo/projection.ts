/**
 * Projections by their EPSG code, to WGS 84. Definitions are those of the registry (https://epsg.org) as the package
 * epsg-index has them, a file for each. Shifts between datums that need a file of their own, which nobody has here, are
 * replaced by the registry's seven parameters, good to some metres; where there are none the projection is unknown.
 */
import { createRequire } from 'node:module'
import proj4 from 'proj4'
import { GeoFault } from './answer.ts'

const require = createRequire(import.meta.url)

/** By the name of the file, parts of which differ between editions. */
const shifts: readonly (readonly [grid: RegExp, parameters: string])[] = [
  [/OSTN/i, '446.448,-125.157,542.06,0.15,0.247,0.842,-20.489'],
  [/BETA2007/i, '598.1,73.7,418.2,0.202,0.045,-2.455,6.7'],
  [/nzgd2k/i, '59.47,-5.04,187.44,0.47,-0.1,1.024,-4.5993'],
]

export type ToWgs84 = (x: number, y: number) => [lon: number, lat: number]

const known = new Map<number, ToWgs84 | null>()

/** In: x (east) and y (north) of the projection. Errors: GeoFault, also of what is returned. */
export function projectionTo4326(epsg: number): ToWgs84 {
  let project = known.get(epsg)
  if (project === undefined) {
    project = makeProjection(epsg)
    known.set(epsg, project)
  }
  if (!project) throw new GeoFault('unknown projection')
  return project
}

export function isKnownProjection(epsg: number): boolean {
  try {
    projectionTo4326(epsg)
    return true
  } catch {
    return false
  }
}

function makeProjection(epsg: number): ToWgs84 | null {
  const parameters = parametersOf(epsg)
  if (parameters === null) return null
  try {
    const { forward, inverse } = proj4(parameters)
    return (x, y) => {
      const [lon, lat] = attempt(() => inverse([x, y]) as [number, number])
      const [east, north] = attempt(() => forward([lon, lat]) as [number, number])
      // Far outside, what comes out is some place or other: the way back does not end where it began.
      const reach = 1 + Math.hypot(x, y) * 1e-6
      if (!(Math.abs(lon) <= 180 && Math.abs(lat) <= 90 && Math.hypot(east - x, north - y) <= reach))
        throw new GeoFault('outside of what the projection covers')
      return [lon, lat]
    }
  } catch {
    return null
  }
}

/** The library throws texts for positions that it cannot handle. */
function attempt(project: () => [number, number]): [number, number] {
  try {
    return project()
  } catch {
    return [Number.NaN, Number.NaN]
  }
}

function parametersOf(epsg: number): string | null {
  if (!Number.isSafeInteger(epsg) || epsg < 1 || epsg > 999_999) return null
  let definition: { readonly proj4?: string | null; readonly kind?: string }
  try {
    definition = require(`epsg-index/s/${epsg}.json`)
  } catch {
    return null
  }
  const { proj4: parameters, kind = '' } = definition
  // Heights alone, and places as distances from the middle of the Earth, are no coordinates on a map.
  if (!parameters || /VERT|GCEN|ENG|COMPOUND/.test(kind)) return null
  const grid = /\+nadgrids=("[^"]*"|\S+)/.exec(parameters)
  if (!grid || grid[1] === '@null') return parameters
  const shift = shifts.find(([pattern]) => pattern.test(grid[1]!))
  return shift ? parameters.replace(grid[0], `+towgs84=${shift[1]}`) : null
}
