/** Fewer corners, by Douglas and Peucker: what stays is never further than `tolerance` (degrees) from what was. */
import { GeoFault } from './answer.ts'
import { mapLines, type Position, type Shape } from './shape.ts'

/** Distances that are looked at for one shape: a spiral of a million corners would take hours. */
const mostDistances = 50_000_000

/** Errors: GeoFault. Areas keep four corners at least; holes that vanish are left out. */
export function simplifyShape(shape: Shape, tolerance: number): Shape {
  const budget = { left: mostDistances }
  return mapLines(shape, {
    line: (line) => simplifyLine(line, tolerance, budget),
    area(rings) {
      const [outer, ...holes] = rings
      if (!outer) return []
      const kept = holes
        .map((hole) => simplifyLine(hole, tolerance, budget))
        .filter((hole) => hole.length > 3)
      return [[simplifyRing(outer, tolerance, budget), ...kept]]
    },
  })
}

/** With less and less tolerance, until it is still an area. */
function simplifyRing(ring: Position[], tolerance: number, budget: { left: number }): Position[] {
  for (let tried = tolerance; tried > tolerance / 1000; tried /= 2) {
    const simple = simplifyLine(ring, tried, budget)
    if (simple.length > 3) return simple
  }
  return ring
}

function simplifyLine(line: Position[], tolerance: number, budget: { left: number }): Position[] {
  if (line.length < 3) return line
  const kept = new Uint8Array(line.length)
  kept[0] = kept[line.length - 1] = 1
  const open: [number, number][] = [[0, line.length - 1]]
  for (let range = open.pop(); range; range = open.pop()) {
    const [from, to] = range
    budget.left -= to - from
    if (budget.left < 0) throw new GeoFault('too intricate to be simplified')
    let [furthest, at] = [tolerance * tolerance, -1]
    for (let index = from + 1; index < to; index++) {
      const distance = squaredDistance(line[index]!, line[from]!, line[to]!)
      if (distance > furthest) [furthest, at] = [distance, index]
    }
    if (at < 0) continue
    kept[at] = 1
    open.push([from, at], [at, to])
  }
  return line.filter((_, index) => kept[index] === 1)
}

/** From a point to a segment. */
function squaredDistance(point: Position, from: Position, to: Position): number {
  let [x, y] = from as [number, number]
  let [dx, dy] = [to[0]! - x, to[1]! - y]
  if (dx !== 0 || dy !== 0) {
    const share = ((point[0]! - x) * dx + (point[1]! - y) * dy) / (dx * dx + dy * dy)
    if (share > 1) [x, y] = to as [number, number]
    else if (share > 0) [x, y] = [x + dx * share, y + dy * share]
  }
  dx = point[0]! - x
  dy = point[1]! - y
  return dx * dx + dy * dy
}
