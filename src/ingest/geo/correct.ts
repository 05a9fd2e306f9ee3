/**
 * Shapes as RFC 7946 wants them: rings that close, without repeated corners, outer ones counterclockwise and holes
 * clockwise, longitudes and latitudes within bounds, and areas that do not cross themselves: one that does is cut into
 * those that its outline encloses an odd number of times.
 */
import * as polyclip from 'polyclip-ts'
import { GeoFault } from './answer.ts'
import { mapLines, mapPositions, type Position, type Shape } from './shape.ts'

/** Pairs of edges that are compared, and crossings that are mended, in one area: cutting takes long with each. */
const mostComparisons = 20_000_000
const mostCrossings = 50
const mostCornersCut = 20_000

/** Errors: GeoFault. */
export function correctShape(shape: Shape): Shape {
  return mapLines(mapPositions(shape, inBounds), {
    line(line) {
      const corners = withoutRepeats(line)
      return corners.length > 1 ? corners : null
    },
    area: correctArea,
  })
}

function inBounds([lon, lat, ...more]: Position): Position {
  // A turn further on is the same place; half a globe beyond the poles is none.
  if (Math.abs(lat!) > 90 + 1e-6 || Math.abs(lon!) > 540) throw new GeoFault('not a GeoJSON geometry')
  return [lon!, Math.max(-90, Math.min(90, lat!)), ...more]
}

function correctArea(rings: Position[][]): Position[][][] {
  const closed = rings.flatMap((ring, at) => {
    const corners = closedRing(ring)
    if (corners) return [corners]
    return at === 0 ? [null] : []
  })
  const [outer, ...holes] = closed
  // Without its outer ring an area is nothing, whatever holes it has.
  if (!outer) return []
  const whole = [outer, ...(holes as Position[][])]
  const areas = crossings(whole) > 0 ? cut(whole) : [whole]
  return areas.map((area) => area.map((ring, at) => wound(ring, at === 0)))
}

function withoutRepeats(line: Position[]): Position[] {
  return line.filter((position, at) => {
    const before = line[at - 1]
    return !before || before[0] !== position[0] || before[1] !== position[1]
  })
}

function closedRing(ring: Position[]): Position[] | null {
  const corners = withoutRepeats(ring)
  const [first, last] = [corners[0], corners.at(-1)]
  if (!first || !last) return null
  if (first[0] !== last[0] || first[1] !== last[1]) corners.push([...first])
  return corners.length > 3 && signedArea(corners) !== 0 ? corners : corners.length > 4 ? corners : null
}

function signedArea(ring: readonly Position[]): number {
  let sum = 0
  for (let at = 1; at < ring.length; at++)
    sum += (ring[at]![0]! - ring[at - 1]![0]!) * (ring[at]![1]! + ring[at - 1]![1]!)
  return -sum / 2
}

const wound = (ring: Position[], isOuter: boolean) =>
  signedArea(ring) >= 0 === isOuter ? ring : [...ring].reverse()

interface Edge {
  readonly from: Position
  readonly to: Position
  readonly west: number
  readonly east: number
  readonly ring: number
}

/** Proper crossings of edges, counted up to where they are too many. Errors: GeoFault. */
function crossings(rings: readonly Position[][]): number {
  const edges: Edge[] = rings.flatMap((ring, at) =>
    ring.slice(1).map((to, index) => {
      const from = ring[index]!
      return { from, to, west: Math.min(from[0]!, to[0]!), east: Math.max(from[0]!, to[0]!), ring: at }
    }),
  )
  edges.sort((a, b) => a.west - b.west)
  let [count, comparisons] = [0, 0]
  for (const [at, one] of edges.entries()) {
    for (let next = at + 1; next < edges.length && edges[next]!.west <= one.east; next++) {
      if (++comparisons > mostComparisons) throw new GeoFault('too tangled to be mended')
      if (doCross(one, edges[next]!) && ++count > mostCrossings)
        throw new GeoFault('too tangled to be mended')
    }
  }
  return count
}

const side = (from: Position, to: Position, point: Position) =>
  Math.sign((to[0]! - from[0]!) * (point[1]! - from[1]!) - (to[1]! - from[1]!) * (point[0]! - from[0]!))

function doCross(one: Edge, other: Edge): boolean {
  const straddles = (a: Edge, b: Edge) => side(a.from, a.to, b.from) * side(a.from, a.to, b.to) < 0
  return straddles(one, other) && straddles(other, one)
}

function cut(rings: readonly Position[][]): Position[][][] {
  const corners = rings.reduce((total, ring) => total + ring.length, 0)
  if (corners > mostCornersCut) throw new GeoFault('too tangled to be mended')
  const flat = rings.map((ring) => ring.map(([x, y]): [number, number] => [x!, y!]))
  try {
    return polyclip.union(flat as polyclip.Geom) as Position[][][]
  } catch {
    throw new GeoFault('too tangled to be mended')
  }
}
