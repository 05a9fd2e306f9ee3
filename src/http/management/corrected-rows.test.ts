import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConfiguredResource } from '../../catalog/index.ts'
import { AppError } from '../../kernel/index.ts'
import { parseRows, sourceOf } from './corrected-rows.ts'

const resource = (type: string, params = {}): ConfiguredResource => ({
  resource_uid: 're_abc',
  url: 'odsfile://x',
  title: 'shops.csv',
  type,
  params,
})

test('rows are read from CSV and from JSON lines', () => {
  const rows = [{ resourceUid: 're_abc', raw: '1,"a\nb"' }]
  assert.deepEqual(parseRows('resource_uid,line,reason,raw\nre_abc,3,too many,"1,""a\nb"""\n'), rows)
  assert.deepEqual(parseRows(`${JSON.stringify({ resource_uid: 're_abc', raw: '1,"a\nb"' })}\n`), rows)
  for (const text of ['', 'resource_uid,raw\n', 'a,b\n1,2\n', '{"raw": 1}\n', '{"raw": ', 'a,"b\n'])
    assert.throws(
      () => parseRows(text),
      (error) => error instanceof AppError && error.key === 'catalog.rejects_unreadable',
      text,
    )
})

test('a separator that nobody set is the one that cuts the rows into columns', () => {
  const { content, params, filename } = sourceOf(resource('csvfile'), ['a', 'b;c'], ['1;"x,y"', '2;z,w'])
  assert.equal(content, 'a;"b;c"\n1;"x,y"\n2;z,w\n')
  assert.deepEqual(params, { separator: ';', headers_first_row: true })
  assert.equal(filename, 'shops-corrected.csv')
  const bare = sourceOf(
    resource('csvfile', { separator: '|', headers_first_row: false }),
    ['x', 'y'],
    ['1|2'],
  )
  assert.equal(bare.content, '1|2\n')
})

test('JSON stays what it was', () => {
  assert.equal(sourceOf(resource('jsonl'), [], ['{"a":\n 1}']).content, '{"a": 1}\n')
  assert.deepEqual(JSON.parse(sourceOf(resource('jsonfile'), [], ['{"a":1}', '{"a":2}']).content), [
    { a: 1 },
    { a: 2 },
  ])
  assert.equal(
    JSON.parse(sourceOf(resource('geojson'), [], ['{"type":"Feature"}']).content).features.length,
    1,
  )
  assert.throws(() => sourceOf(resource('xmlfile'), [], ['x']), /xmlfile, cannot be given back/)
})

test('a row of nothing but spaces is read once', () => {
  // Tried in every way, half a million of them take minutes.
  const raw = `{"a":${' '.repeat(500_000)}1}`
  assert.equal(sourceOf(resource('jsonl'), [], [raw]).content, `${raw}\n`)
  assert.equal(sourceOf(resource('jsonl'), [], ['{\n \n\t"a": 1 \r\n}']).content, '{ "a": 1 }\n')
})
