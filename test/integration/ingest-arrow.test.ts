/** Arrow files and streams become records, batch by batch. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import {
  Bool,
  CompressionType,
  compressionRegistry,
  DateDay,
  Dictionary,
  Field,
  Float64,
  Int32,
  Int64,
  List,
  RecordBatchStreamWriter,
  Struct,
  Table,
  TimestampMicrosecond,
  tableToIPC,
  Utf8,
  vectorFromArray,
} from 'apache-arrow'
import { compressFrameSync } from 'lz4-napi'
import { type Built, runBuild, sourceOf } from '../support/builder.ts'
import { fieldTypesOf, readRecords } from '../support/parts.ts'

const table = new Table({
  name: vectorFromArray(['Nîmes', 'b', null], new Utf8()),
  kind: vectorFromArray(['x', 'y', 'x'], new Dictionary(new Utf8(), new Int32())),
  n: vectorFromArray([1, null, 3], new Int32()),
  big: vectorFromArray([9_007_199_254_740_993n, -1n, 0n], new Int64()),
  x: vectorFromArray([0.5, Number.NaN, Number.POSITIVE_INFINITY], new Float64()),
  yes: vectorFromArray([true, false, null], new Bool()),
  day: vectorFromArray([new Date('2031-12-24'), new Date('1900-01-01'), null], new DateDay()),
  at: vectorFromArray([Date.UTC(2031, 11, 24, 18, 0, 0, 250), 0, null], new TimestampMicrosecond('UTC')),
  tags: vectorFromArray([['a', 'b'], [], null], new List(new Field('item', new Utf8()))),
  place: vectorFromArray([{ city: 'N' }, { city: null }, null], new Struct([new Field('city', new Utf8())])),
})
const expected = [
  {
    name: 'Nîmes',
    kind: 'x',
    n: 1,
    big: 9_007_199_254_740_993n,
    x: 0.5,
    yes: true,
    day: '2031-12-24',
    at: '2031-12-24 18:00:00.25+00',
    tags: ['a', 'b'],
    place: '{"city":"N"}',
  },
  {
    name: 'b',
    kind: 'y',
    n: null,
    big: -1n,
    x: null,
    yes: false,
    day: '1900-01-01',
    at: '1970-01-01 00:00:00+00',
    tags: [],
    place: '{"city":null}',
  },
  { name: null, kind: 'x', n: 3, big: 0n, x: null, yes: null, day: null, at: null, tags: null, place: null },
].map((record) => ({ ...record, big: Number(record.big) }))

const build = (t: TestContext, content: Uint8Array): Promise<Built> =>
  runBuild(t, [sourceOf(t, 'data.arrow', Buffer.from(content), 'arrow')])

/** With compressed buffers, as other libraries write by default. */
function compressed(type: CompressionType, encode: (data: Uint8Array) => Uint8Array): Uint8Array {
  compressionRegistry.set(type, { ...compressionRegistry.get(type), encode })
  return RecordBatchStreamWriter.writeAll(table, { compressionType: type } as object).toUint8Array(true)
}

test('an Arrow file, a stream and a gzipped file have the same records', async (t) => {
  const file = tableToIPC(table, 'file')
  const built = await build(t, file)
  assert.deepEqual(await readRecords(built), expected)
  const { big, at, tags, day } = fieldTypesOf(built)
  assert.deepEqual([big, at, tags, day], ['int', 'datetime', 'text', 'date'])
  for (const other of [tableToIPC(table, 'stream'), gzipSync(file)])
    assert.deepEqual(await readRecords(await build(t, other)), expected)
})

for (const [name, type, encode] of [
  ['Zstandard', CompressionType.ZSTD, zstdCompressSync],
  ['LZ4', CompressionType.LZ4_FRAME, (data: Uint8Array) => compressFrameSync(Buffer.from(data))],
] as const) {
  test(`buffers compressed with ${name} are read`, async (t) => {
    assert.deepEqual(await readRecords(await build(t, compressed(type, encode))), expected)
  })
}

const file = Buffer.from(tableToIPC(table, 'file'))
const noise = Buffer.from(file)
noise.fill(0xff, 60, 400)
for (const [what, content] of [
  ['a file cut off', file.subarray(0, -100)],
  ['a stream cut off', Buffer.from(tableToIPC(table, 'stream')).subarray(0, -200)],
  ['a damaged file', noise],
  ['text', Buffer.from('a,b\n1,2\n')],
  ['a mark and nothing else', Buffer.from('ARROW1\0\0ARROW1')],
] as const) {
  test(`${what} is refused as ingest.invalid_arrow`, async (t) => {
    const built = await build(t, content)
    assert.equal(built.error?.key, 'ingest.invalid_arrow', JSON.stringify(built.error))
    assert.equal(built.manifest, null)
  })
}
