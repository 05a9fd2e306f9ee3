import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readWkb } from './wkb.ts'

/** A line of two positions, little-endian, with heights. */
function line(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(9 + 8 * values.length)
  bytes.writeUInt8(1)
  bytes.writeUInt32LE(1002, 1)
  bytes.writeUInt32LE(2, 5)
  for (const [at, value] of values.entries()) bytes.writeDoubleLE(value, 9 + 8 * at)
  return bytes
}

test('a coordinate that is no number makes a geometry unusable, whichever it is', () => {
  const good = [1, 2, 3, 4, 5, 6]
  const { geometry, end } = readWkb(line(good))
  assert.deepEqual(geometry, {
    type: 'LineString',
    coordinates: [
      [1, 2, 3],
      [4, 5, 6],
    ],
  })
  assert.equal(end, 57)
  for (const at of good.keys())
    for (const odd of [Number.NaN, Number.POSITIVE_INFINITY])
      assert.deepEqual(readWkb(line(good.with(at, odd))).geometry, {
        type: 'Geometry',
        problem: 'a coordinate of it is no number',
      })
})

test('an empty point is empty, half a one is none', () => {
  const point = (x: number, y: number) => {
    const bytes = Buffer.alloc(21)
    bytes.writeUInt8(1)
    bytes.writeUInt32LE(1, 1)
    bytes.writeDoubleLE(x, 5)
    bytes.writeDoubleLE(y, 13)
    return readWkb(bytes).geometry
  }
  assert.equal(point(Number.NaN, Number.NaN), null)
  assert.ok('problem' in point(1, Number.NaN)!)
  assert.ok('problem' in point(Number.POSITIVE_INFINITY, 1)!)
})
