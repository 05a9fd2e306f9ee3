import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compressFrameSync } from 'lz4-napi'
import { mostUnpacked } from './lz4-bound.ts'

test('what a frame unpacks to is bounded before it is unpacked', () => {
  for (const length of [0, 1, 1000, 300_000, 5 << 20]) {
    for (const fill of [0, null]) {
      const bytes = Buffer.alloc(length, fill ?? 0)
      if (fill === null) for (let at = 0; at < length; at++) bytes[at] = (at * 7919) >> 3
      const most = mostUnpacked(compressFrameSync(bytes))
      assert.ok(most >= length && most <= length + (4 << 20), `${length}: ${most}`)
    }
  }
})

test('a frame of many small blocks that each stand for megabytes is told for what it is', () => {
  const block = Buffer.alloc(4 + 20_000)
  block.writeUInt32LE(20_000)
  const header = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x70, 0])
  const frame = Buffer.concat([header, ...Array.from({ length: 100 }, () => block), Buffer.alloc(4)])
  assert.equal(mostUnpacked(frame), 100 * (4 << 20))
})

test('what is no whole frame has no bound', () => {
  const whole = compressFrameSync(Buffer.from('some words'))
  for (const bytes of [Buffer.alloc(0), Buffer.from('no frame at all'), whole.subarray(0, whole.length - 5)])
    assert.equal(mostUnpacked(bytes), Number.POSITIVE_INFINITY)
})
