/**
 * The spatial index of FlatGeobuf (https://flatgeobuf.org): an R-tree whose leaves are the features, in the order of a
 * Hilbert curve, sixteen to a node, from the root down. Readers fetch the nodes that a box meets, then those features.
 */
import { setImmediate as turn } from 'node:timers/promises'

export type Box = readonly [minX: number, minY: number, maxX: number, maxY: number]

/** Of one without positions: no box meets it. */
const nowhere: Box = [
  Number.POSITIVE_INFINITY,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
]

export const nodeSize = 16
const nodeBytes = 40
const nodesOfPiece = 4096
const itemsOfTurn = 1 << 16

export interface PackedTree {
  readonly box: Box
  /** Which feature comes first, second, ... by the order in which they were added. */
  readonly order: Uint32Array
  bytes(): Generator<Buffer>
}

export interface TreeBuilder {
  /** `bytes`: length of the feature, as it is written. */
  add(box: Box, bytes: number): void
  finish(): Promise<PackedTree>
}

/** `count`: how many features will be added, at least one. It takes some 88 bytes for each. */
export function createTreeBuilder(count: number): TreeBuilder {
  const boxes = new Float64Array(4 * count)
  const sizes = new Uint32Array(count)
  let added = 0
  return {
    add(box, bytes) {
      boxes.set(box, 4 * added)
      sizes[added] = bytes
      added++
    },
    async finish() {
      if (added !== count) throw new Error(`${added} features instead of ${count}`)
      const box = union(boxes, 0, count)
      const order = await hilbertOrder(boxes, box)
      const levels = await levelsOf(boxes, order)
      return { box, order, bytes: () => treeBytes(levels, { order, sizes }) }
    },
  }
}

/** Around all positions, at any depth of arrays. */
export function boxOf(coordinates: unknown, box: Box = nowhere): Box {
  if (!Array.isArray(coordinates)) return box
  const [x, y] = coordinates
  if (typeof x !== 'number' || typeof y !== 'number')
    return coordinates.reduce((all: Box, part) => boxOf(part, all), box)
  return [Math.min(box[0], x), Math.min(box[1], y), Math.max(box[2], x), Math.max(box[3], y)]
}

function union(boxes: Float64Array, from: number, to: number): Box {
  let [minX, minY, maxX, maxY] = nowhere
  for (let at = 4 * from; at < 4 * to; at += 4) {
    minX = Math.min(minX, boxes[at]!)
    minY = Math.min(minY, boxes[at + 1]!)
    maxX = Math.max(maxX, boxes[at + 2]!)
    maxY = Math.max(maxY, boxes[at + 3]!)
  }
  return [minX, minY, maxX, maxY]
}

/** Others are served between its parts. */
async function hilbertOrder(boxes: Float64Array, [minX, minY, maxX, maxY]: Box): Promise<Uint32Array> {
  const count = boxes.length / 4
  const keys = new Uint32Array(count)
  const place = (low: number, high: number, min: number, max: number) => {
    const share = ((low + high) / 2 - min) / (max - min)
    return Number.isFinite(share) ? Math.round(share * 0xffff) : 0
  }
  for (let item = 0; item < count; item++) {
    const at = 4 * item
    const x = place(boxes[at]!, boxes[at + 2]!, minX, maxX)
    const y = place(boxes[at + 1]!, boxes[at + 3]!, minY, maxY)
    keys[item] = hilbert(x, y)
    if (item % itemsOfTurn === 0) await turn()
  }
  let order = Uint32Array.from(keys, (_, item) => item)
  for (const shift of [0, 16]) {
    await turn()
    order = sortedByDigit(order, keys, shift)
  }
  return order
}

/** How far along the curve a place is; both of 16 bits. */
function hilbert(x: number, y: number): number {
  let distance = 0
  for (let side = 1 << 15; side > 0; side >>= 1) {
    const right = (x & side) > 0 ? 1 : 0
    const upper = (y & side) > 0 ? 1 : 0
    distance += side * side * ((3 * right) ^ upper)
    if (upper === 1) continue
    if (right === 1) {
      x = 0xffff - x
      y = 0xffff - y
    }
    const swapped = x
    x = y
    y = swapped
  }
  return distance
}

/** One pass of a radix sort: stable, by sixteen bits of the key. */
function sortedByDigit(order: Uint32Array, keys: Uint32Array, shift: number): Uint32Array<ArrayBuffer> {
  const digit = (item: number) => (keys[item]! >>> shift) & 0xffff
  const starts = new Uint32Array(0x10001)
  for (const item of order) starts[digit(item) + 1]!++
  for (let at = 1; at < starts.length; at++) starts[at]! += starts[at - 1]!
  const sorted = new Uint32Array(order.length)
  for (const item of order) sorted[starts[digit(item)]!++] = item
  return sorted
}

/** Boxes of each level, leaves first; the last has the root alone. */
async function levelsOf(boxes: Float64Array, order: Uint32Array): Promise<Float64Array[]> {
  const leaves = new Float64Array(boxes.length)
  for (let leaf = 0; leaf < order.length; leaf++) {
    for (let side = 0; side < 4; side++) leaves[4 * leaf + side] = boxes[4 * order[leaf]! + side]!
    if (leaf % itemsOfTurn === 0) await turn()
  }
  const levels = [leaves]
  let below = leaves
  do {
    const count = below.length / 4
    const level = new Float64Array(4 * Math.ceil(count / nodeSize))
    for (let node = 0; node < level.length / 4; node++)
      level.set(union(below, node * nodeSize, Math.min(count, (node + 1) * nodeSize)), 4 * node)
    levels.push(level)
    await turn()
    below = level
  } while (below.length > 4)
  return levels
}

/** A leaf says where its feature begins, behind the index; any other node which node is its first child. */
function* treeBytes(
  levels: readonly Float64Array[],
  { order, sizes }: { readonly order: Uint32Array; readonly sizes: Uint32Array },
): Generator<Buffer> {
  let firstOfLevel = 0
  for (const [depth, level] of [...levels.entries()].reverse()) {
    const count = level.length / 4
    firstOfLevel += count
    let featureAt = 0
    for (let from = 0; from < count; from += nodesOfPiece) {
      const to = Math.min(count, from + nodesOfPiece)
      const piece = Buffer.alloc(nodeBytes * (to - from))
      for (let node = from; node < to; node++) {
        const at = nodeBytes * (node - from)
        for (let side = 0; side < 4; side++) piece.writeDoubleLE(level[4 * node + side]!, at + 8 * side)
        const offset = depth === 0 ? featureAt : firstOfLevel + node * nodeSize
        piece.writeUInt32LE(offset % 2 ** 32, at + 32)
        piece.writeUInt32LE(Math.floor(offset / 2 ** 32), at + 36)
        if (depth === 0) featureAt += sizes[order[node]!]!
      }
      yield piece
    }
  }
}
