/** Geometries in steps to geometries of a vector tile: clipped, in whole units, rings turned as the format wants them. */
import { clipPolygon, clipPolyline, type Place } from 'lineclip'
import { tileBuffer, tileExtent } from '../../odsql/index.ts'

const [low, high] = [-tileBuffer, tileExtent + tileBuffer]
const bounds = [low, low, high, high] as const

/** Steps to units; `step` units are one. */
const scaled = (places: readonly Place[], step: number) => places.map(([x, y]): Place => [x * step, y * step])

const isSame = (a: Place, b: Place) => a[0] === b[0] && a[1] === b[1]

function whole(places: readonly Place[]): Place[] {
  return places
    .map(([x, y]): Place => [Math.round(x), Math.round(y)])
    .filter((place, index, all) => index === 0 || !isSame(place, all[index - 1]!))
}

export function clipPoints(points: readonly Place[], step: number): Place[] {
  return scaled(points, step).filter(([x, y]) => x >= low && x <= high && y >= low && y <= high)
}

export function clipLines(lines: readonly (readonly Place[])[], step: number): Place[][] {
  return lines
    .flatMap((line) => clipPolyline(scaled(line, step), bounds).map(whole))
    .filter((line) => line.length > 1)
}

/** Rings without their last place, outer ones clockwise as seen (y goes down) and holes the other way. */
export function clipAreas(areas: readonly (readonly (readonly Place[])[])[], step: number): Place[][] {
  return areas.flatMap((rings) => {
    const [outer, ...holes] = rings.map((ring) => clipRing(ring, step))
    if (!outer || areaOf(outer) === 0) return []
    return [turned(outer, 1), ...holes.filter((hole) => areaOf(hole) !== 0).map((hole) => turned(hole, -1))]
  })
}

function clipRing(ring: readonly Place[], step: number): Place[] {
  const clipped = whole(clipPolygon(scaled(ring, step), bounds))
  const isClosed = clipped.length > 1 && isSame(clipped[0]!, clipped.at(-1)!)
  return isClosed ? clipped.slice(0, -1) : clipped
}

function turned(ring: Place[], sign: 1 | -1): Place[] {
  return Math.sign(areaOf(ring)) === sign ? ring : ring.toReversed()
}

/** Twice the area; positive where the ring goes clockwise as seen. */
function areaOf(ring: readonly Place[]): number {
  return ring.reduce((sum, [x, y], index) => {
    const [x2, y2] = ring[(index + 1) % ring.length]!
    return sum + x * y2 - x2 * y
  }, 0)
}
