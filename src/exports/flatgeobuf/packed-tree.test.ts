/** The index finds what a look at every feature finds, by the layout that readers expect. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Box, boxOf, createTreeBuilder, nodeSize } from './packed-tree.ts'

interface Item {
  readonly box: Box
  readonly bytes: number
}

const meets = (a: Box, b: Box) => a[0] <= b[2] && a[2] >= b[0] && a[1] <= b[3] && a[3] >= b[1]

async function treeOf(items: readonly Item[]) {
  const builder = createTreeBuilder(items.length)
  for (const { box, bytes } of items) builder.add(box, bytes)
  const tree = await builder.finish()
  return { ...tree, index: Buffer.concat([...tree.bytes()]) }
}

/** Sizes of the levels, root first. */
function levelsOf(count: number): number[] {
  const levels = [count]
  do levels.unshift(Math.ceil(levels[0]! / nodeSize))
  while (levels[0]! > 1)
  return levels
}

/** Where the features begin that a box may meet, as a reader walks down. */
function search(index: Buffer, count: number, wanted: Box): number[] {
  const levels = levelsOf(count)
  const found: number[] = []
  const walk = (depth: number, from: number, to: number) => {
    for (let node = from; node < to; node++) {
      const side = (at: number) => index.readDoubleLE(40 * node + 8 * at)
      if (!meets([side(0), side(1), side(2), side(3)], wanted)) continue
      const offset = Number(index.readBigUInt64LE(40 * node + 32))
      if (depth === levels.length - 1) found.push(offset)
      else {
        const end = levels.slice(0, depth + 2).reduce((sum, size) => sum + size, 0)
        walk(depth + 1, offset, Math.min(offset + nodeSize, end))
      }
    }
  }
  walk(0, 0, 1)
  return found
}

const boxes = fc
  .tuple(
    ...[180, 90].map((most) => fc.double({ min: -most, max: most, noNaN: true })),
    ...[5, 5].map((most) => fc.double({ min: 0, max: most, noNaN: true })),
  )
  .map(([x, y, width, height]): Box => [x!, y!, x! + width!, y! + height!])
const items = fc.record({ box: boxes, bytes: fc.integer({ min: 8, max: 400 }) })

test('features are found by a box, however many levels there are', async () => {
  const sizes = [1, 2, 15, 16, 17, 255, 256, 257, 300]
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...sizes).chain((count) => fc.array(items, { minLength: count, maxLength: count })),
      boxes,
      async (list, wanted) => {
        const { order, index, box } = await treeOf(list)
        assert.deepEqual(
          [...order].sort((a, b) => a - b),
          [...list.keys()],
        )
        assert.equal(index.length, 40 * levelsOf(list.length).reduce((sum, size) => sum + size, 0))
        assert.ok(list.every((item) => boxOf([[item.box[0], item.box[1]]], box).join() === box.join()))
        const starts = new Map<number, number>()
        let at = 0
        for (const item of order) {
          starts.set(at, item)
          at += list[item]!.bytes
        }
        const found = search(index, list.length, wanted).map((start) => starts.get(start)!)
        const expected = [...list.keys()].filter((item) => meets(list[item]!.box, wanted))
        assert.deepEqual(
          found.sort((a, b) => a - b),
          expected,
        )
      },
    ),
    { numRuns: 60 },
  )
})

test('neighbours in the file are neighbours on the map, and one place for all is no trouble', async () => {
  const grid = Array.from({ length: 4096 }, (_, at): Item => {
    const [x, y] = [at % 64, Math.floor(at / 64)]
    return { box: [x, y, x, y], bytes: 8 }
  })
  const { order } = await treeOf(grid)
  const places = [...order].map((item) => grid[item]!.box)
  const steps = places
    .slice(1)
    .map(([x, y], at) => Math.abs(x - places[at]![0]) + Math.abs(y - places[at]![1]))
  assert.ok(Math.max(...steps) <= 2, 'a curve makes no leaps')
  const one = await treeOf(grid.slice(0, 40).map(() => grid[0]!))
  assert.equal(search(one.index, 40, [0, 0, 0, 0]).length, 40)
})

test('what has no positions is met by no box', async () => {
  const nowhere = boxOf([])
  const { index, box } = await treeOf([
    { box: nowhere, bytes: 8 },
    { box: [1, 2, 3, 4], bytes: 8 },
  ])
  assert.deepEqual(box, [1, 2, 3, 4])
  assert.deepEqual(search(index, 2, [-180, -90, 180, 90]).length, 1)
  assert.deepEqual(
    boxOf([
      [
        [
          [3, 1, 99],
          [0, 5],
        ],
      ],
      [4, 2],
    ]),
    [0, 1, 4, 5],
  )
})
