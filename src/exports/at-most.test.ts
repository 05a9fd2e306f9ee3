import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { atMost } from './at-most.ts'

test('as many bytes as there may be pass, one more does not', async () => {
  const read = async (maxBytes: number) => {
    const chunks = Readable.from([Buffer.from('abc'), Buffer.from('defg')])
    const passed: Uint8Array[] = []
    for await (const chunk of atMost(maxBytes, 'exports.part_too_large', 'csv')(chunks)) passed.push(chunk)
    return Buffer.concat(passed).toString()
  }
  assert.equal(await read(7), 'abcdefg')
  await assert.rejects(read(6), { key: 'exports.part_too_large', params: { format: 'csv', maxBytes: 6 } })
})
