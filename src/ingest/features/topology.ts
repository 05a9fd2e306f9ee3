/** TopoJSON: arcs that geometries share, and geometries put together of them. https://github.com/topojson/topojson-specification */
import type { JsonObject, JsonValue } from '../../kernel/index.ts'
import type { Geometry, Positions, Unusable } from './feature-lines.ts'

export interface Topology {
  /** Names of its objects, in their order. */
  readonly objects: readonly string[]
  /** The geometries of an object: members of its collection, whatever collections they are in. */
  geometriesOf(object: string): Generator<TopologyGeometry>
  /** How many there are. */
  sizeOf(object: string): number
}

export interface TopologyGeometry {
  readonly id: JsonValue
  readonly properties: JsonObject
  /** Null: the record has no shape. */
  readonly geometry: Geometry | Unusable | null
}

/** An arc may be used any number of times: what a few bytes ask for must end somewhere. */
const mostPositions = 500_000
const deepest = 32

class Problem extends Error {}

/** Null: the value is no topology. */
export function readTopology(value: JsonValue): Topology | null {
  if (!isObject(value) || value.type !== 'Topology') return null
  const { objects, arcs, transform } = value
  if (!isObject(objects) || !Array.isArray(arcs)) return null
  const scale = pairOf(isObject(transform) ? transform.scale : undefined)
  const translate = pairOf(isObject(transform) ? transform.translate : undefined)
  if (isObject(transform) && (!scale || !translate)) return null
  const named: JsonObject = objects
  const list: JsonValue[] = arcs
  const known = new Map<number, Positions>()

  /** Positions of an arc, decoded once. */
  function arcAt(index: number): Positions {
    const found = known.get(index)
    if (found) return found
    const arc = list[index]
    if (!Array.isArray(arc)) throw new Problem(`there is no arc ${index}`)
    let [x, y] = [0, 0]
    const positions = arc.map((point) => {
      const [dx, dy] = pairOf(point) ?? [Number.NaN, Number.NaN]
      if (!scale || !translate) return [dx, dy]
      x += dx
      y += dy
      return [x * scale[0] + translate[0], y * scale[1] + translate[1]]
    })
    known.set(index, positions)
    return positions
  }

  function decode(node: JsonObject): Geometry | null {
    let positions = 0
    const count = (more: number) => {
      positions += more
      if (positions > mostPositions) throw new Problem(`it has more than ${mostPositions} positions`)
    }
    /** Arcs one behind the other; the first position of each but the first is the last one of the arc before. */
    const line = (indexes: JsonValue | undefined): Positions => {
      const joined: Positions = []
      for (const index of listOf(indexes)) {
        if (!Number.isSafeInteger(index)) throw new Problem('an arc of it has no number')
        const isReversed = (index as number) < 0
        const arc = arcAt(isReversed ? ~(index as number) : (index as number))
        count(arc.length)
        // Copies: what comes after settles positions in place, and arcs are shared.
        const points = arc.map((point) => [...point])
        if (isReversed) points.reverse()
        for (const point of joined.length > 0 ? points.slice(1) : points) joined.push(point)
      }
      return joined
    }
    const point = (value: JsonValue | undefined): number[] => {
      const pair = pairOf(value)
      if (!pair) throw new Problem('a coordinate of it is no number')
      count(1)
      return scale && translate
        ? [pair[0] * scale[0] + translate[0], pair[1] * scale[1] + translate[1]]
        : [...pair]
    }
    /** Files are simplified: a ring of which nothing is left is no part of the shape any more. */
    const polygon = (rings: JsonValue | undefined): Positions[] => {
      const [outer, ...holes] = listOf(rings).map(line)
      return outer && outer.length > 3 ? [outer, ...holes.filter((hole) => hole.length > 3)] : []
    }
    const geometry = (inner: JsonObject, depth: number): Geometry | null => {
      if (depth > deepest) throw new Problem(`it is nested deeper than ${deepest} levels`)
      const { type, arcs: own, coordinates } = inner
      switch (type) {
        case null:
        case undefined:
          return null
        case 'Point':
          return { type, coordinates: point(coordinates) }
        case 'MultiPoint':
          return { type, coordinates: listOf(coordinates).map(point) }
        case 'LineString':
          return { type, coordinates: line(own) }
        case 'MultiLineString':
          return { type, coordinates: listOf(own).map(line) }
        case 'Polygon':
          return { type, coordinates: polygon(own) }
        case 'MultiPolygon':
          return {
            type,
            coordinates: listOf(own)
              .map(polygon)
              .filter((rings) => rings.length > 0),
          }
        case 'GeometryCollection': {
          const members = listOf(inner.geometries).map((member) =>
            isObject(member) ? geometry(member, depth + 1) : null,
          )
          return { type, geometries: members.filter((member) => member !== null) }
        }
        default:
          throw new Problem(`${String(type).slice(0, 40)} is no kind of geometry`)
      }
    }
    return geometry(node, 0)
  }

  /** The records of an object: a collection without properties is a list of them, one with some is a record. */
  function* nodesOf(name: string): Generator<JsonObject> {
    const top = Object.hasOwn(named, name) ? named[name] : null
    const open: Iterator<JsonValue>[] = [[top ?? null][Symbol.iterator]()]
    for (let at = open.at(-1); at; at = open.at(-1)) {
      const { done, value: node } = at.next()
      if (done) open.pop()
      else if (!isObject(node)) continue
      else if (node.type === 'GeometryCollection' && !isObject(node.properties) && node.id === undefined) {
        if (Array.isArray(node.geometries)) open.push(node.geometries[Symbol.iterator]())
      } else yield node
    }
  }

  function* geometriesOf(name: string): Generator<TopologyGeometry> {
    for (const node of nodesOf(name)) {
      const { id = null, properties } = node
      yield { id, properties: isObject(properties) ? properties : {}, geometry: decodeSafely(node) }
    }
  }

  function sizeOf(name: string): number {
    let count = 0
    for (const _node of nodesOf(name)) count++
    return count
  }

  function decodeSafely(node: JsonObject): Geometry | Unusable | null {
    try {
      return decode(node)
    } catch (error) {
      if (error instanceof Problem) return { type: String(node.type).slice(0, 40), problem: error.message }
      throw error
    }
  }

  return { objects: Object.keys(named), geometriesOf, sizeOf }
}

function pairOf(value: JsonValue | undefined): readonly [number, number] | null {
  if (!Array.isArray(value)) return null
  const [x, y] = value
  return typeof x === 'number' && typeof y === 'number' ? [x, y] : null
}

const listOf = (value: JsonValue | undefined): JsonValue[] => {
  if (Array.isArray(value)) return value
  throw new Problem('its arcs are no list')
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
