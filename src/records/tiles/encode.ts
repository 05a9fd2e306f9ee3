/**
 * Features to a Mapbox Vector Tile 2.1 (https://github.com/mapbox/vector-tile-spec), over the library for its wire format.
 * Not over vt-pbf: it mixes up properties that are called as a member of every object, such as `constructor`.
 */
import type { Place } from 'lineclip'
import { PbfWriter } from 'pbf'
import { tileExtent } from '../../odsql/index.ts'

export interface TileFeature {
  /** Null: it has none. */
  readonly id: number | null
  readonly kind: 'point' | 'line' | 'area'
  /** Points are one list, of one place or many. */
  readonly geometry: readonly (readonly Place[])[]
  readonly properties: Readonly<Record<string, unknown>>
}

const kinds = { point: 1, line: 2, area: 3 } as const
const [moveTo, lineTo, closePath] = [1, 2, 7]

/** One layer; no bytes without features. */
export function encodeTile(layer: string, features: readonly TileFeature[]): Uint8Array {
  if (features.length === 0) return new Uint8Array()
  const writer = new PbfWriter()
  writer.writeMessage(3, writeLayer, { layer, features })
  return writer.finish()
}

type Scalar = string | number | boolean

function writeLayer(
  { layer, features }: { layer: string; features: readonly TileFeature[] },
  pbf: PbfWriter,
) {
  const keys = new Map<string, number>()
  const values = new Map<Scalar, number>()
  pbf.writeVarintField(15, 2)
  pbf.writeStringField(1, layer)
  for (const feature of features) pbf.writeMessage(2, writeFeature, { feature, keys, values })
  for (const key of keys.keys()) pbf.writeStringField(3, key)
  for (const value of values.keys()) pbf.writeMessage(4, writeValue, value)
  pbf.writeVarintField(5, tileExtent)
}

function indexOf<T>(known: Map<T, number>, value: T): number {
  const index = known.get(value) ?? known.size
  known.set(value, index)
  return index
}

function writeFeature(
  { feature, keys, values }: { feature: TileFeature; keys: Map<string, number>; values: Map<Scalar, number> },
  pbf: PbfWriter,
) {
  const tags = Object.entries(feature.properties).flatMap(([name, value]) =>
    value === null || value === undefined
      ? []
      : [indexOf(keys, name), indexOf(values, scalarOf(value as Exclude<unknown, null>))],
  )
  if (feature.id !== null) pbf.writeVarintField(1, feature.id)
  pbf.writePackedVarint(2, tags)
  pbf.writeVarintField(3, kinds[feature.kind])
  pbf.writePackedVarint(4, commandsOf(feature))
}

/** The format has no lists and no objects: they are their JSON. */
function scalarOf(value: unknown): Scalar {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value
  return JSON.stringify(value)
}

function writeValue(value: Scalar, pbf: PbfWriter) {
  if (typeof value === 'string') pbf.writeStringField(1, value)
  else if (typeof value === 'boolean') pbf.writeBooleanField(7, value)
  // A signed integer is doubled to be written: beyond 52 bits that would not be exact, and a double is.
  else if (!Number.isSafeInteger(value) || value < -(2 ** 52)) pbf.writeDoubleField(3, value)
  else if (value < 0) pbf.writeSVarintField(6, value)
  else pbf.writeVarintField(5, value)
}

function commandsOf({ kind, geometry }: TileFeature): number[] {
  const commands: number[] = []
  let [x, y] = [0, 0]
  const go = (command: number, places: readonly Place[]) => {
    if (places.length === 0) return
    commands.push((places.length << 3) | command)
    for (const [toX, toY] of places) {
      commands.push(zigzag(toX - x), zigzag(toY - y))
      x = toX
      y = toY
    }
  }
  for (const part of geometry) {
    if (kind === 'point') {
      go(moveTo!, part)
      continue
    }
    go(moveTo!, part.slice(0, 1))
    go(lineTo!, part.slice(1))
    if (kind === 'area') commands.push((1 << 3) | closePath!)
  }
  return commands
}

const zigzag = (delta: number) => (delta << 1) ^ (delta >> 31)
