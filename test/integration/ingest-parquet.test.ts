/** Parquet through the real builder process, and several sources in one dataset. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { runBuild, type SourceSpec, sourceOf } from '../support/builder.ts'
import { parquetOf } from '../support/parquet.ts'
import { fieldTypesOf, readRecords, readServing, sealedManifest } from '../support/parts.ts'

async function parquetSource(t: TestContext, select: string): Promise<SourceSpec> {
  return { ...(await parquetOf(t, select)), filename: 'data.parquet', extractor: 'parquet' }
}

const nativeColumns: [sql: string, type: string, stored: unknown][] = [
  ['-5::tinyint', 'int', -5],
  ['4000000000::uinteger', 'int', 4000000000],
  ['18446744073709551615::ubigint', 'text', '18446744073709551615'],
  ["'x'::varchar", 'text', 'x'],
  ["''::varchar", 'text', null],
  ["'007'::varchar", 'text', '007'],
  ['1.5::double', 'double', 1.5],
  ["'nan'::double", 'double', null],
  ["'-inf'::double", 'double', null],
  ['0.5::float', 'double', 0.5],
  ['12.34::decimal(10, 2)', 'double', 12.34],
  ['true', 'boolean', true],
  ["date '2031-05-09'", 'date', '2031-05-09'],
  ["time '10:00:00'", 'text', '10:00:00'],
  ["'\\xAA\\x01'::blob", 'text', 'AA01'],
  ["uuid '00000000-0000-0000-0000-000000000001'", 'text', '00000000-0000-0000-0000-000000000001'],
  ["['a', 'b']", 'text', ['a', 'b']],
  ['[1, 2]', 'text', '[1,2]'],
  ["{'a': 1, 'b': 'x'}", 'text', '{"a":1,"b":"x"}'],
  ["map {'k': 1}", 'text', '{"k":1}'],
  ["{'lon': 4.5::double, 'lat': 45.5::double}", 'geo_point_2d', { lon: 4.5, lat: 45.5 }],
  ['null::integer', 'int', null],
]

test('Parquet columns keep their types, nested ones become JSON text', async (t) => {
  const columns = nativeColumns.map(([sql], n) => `${sql} as c${n}`)
  const built = await runBuild(t, [await parquetSource(t, `select ${columns.join(', ')}`)])
  const types = fieldTypesOf(built)
  const [record] = await readRecords(built)
  for (const [n, [sql, type, stored]] of nativeColumns.entries()) {
    assert.equal(types[`c${n}`], type, sql)
    assert.deepEqual(record![`c${n}`], stored, sql)
  }
})

test('instants of every Parquet precision and zone are UTC datetimes', async (t) => {
  const columns = [
    "timestamp '2031-05-09 10:00:00'",
    "timestamptz '2031-05-09 12:00:00+02'",
    "timestamp_ns '2031-05-09 10:00:00'",
    "timestamp_s '2031-05-09 10:00:00'",
  ]
  const built = await runBuild(t, [
    await parquetSource(t, `select ${columns.map((sql, n) => `${sql} as c${n}`).join(', ')}`),
  ])
  assert.deepEqual(
    Object.values(fieldTypesOf(built)),
    columns.map(() => 'datetime'),
  )
  for (const value of Object.values((await readRecords(built))[0]!)) {
    assert.equal(Date.parse(String(value).replace(/\+00$/, 'Z')), Date.parse('2031-05-09T10:00:00Z'))
  }
})

test('rows of many Parquet slices keep their order', async (t) => {
  const built = await runBuild(t, [await parquetSource(t, 'select range as n from range(600000)')])
  assert.equal(sealedManifest(built).parts.length, 3)
  const records = await readServing(built, 'records')
  assert.equal(records.length, 600_000)
  const misplaced = records.filter((record) => record._row !== record.n)
  assert.equal(misplaced.length, 0)
})

test('Parquet columns of hostile and reserved names are read', async (t) => {
  const names = [
    'file_row_number',
    'filename',
    '_id',
    '"); DROP TABLE x; --',
    '__proto__',
    'A',
    'a b',
    "o'k",
    'rowid',
  ]
  const columns = names.map((name, n) => `'v${n}' as "${name.replaceAll('"', '""')}"`)
  const built = await runBuild(t, [await parquetSource(t, `select ${columns.join(', ')}`)])
  assert.deepEqual(
    Object.values((await readRecords(built))[0]!),
    names.map((_, n) => `v${n}`),
  )
  assert.deepEqual(
    sealedManifest(built).fields.map((field) => field.label),
    names,
  )
})

test('a gzipped Parquet file is read', async (t) => {
  const source = await parquetSource(t, "select range as n, 'x' as s from range(1000)")
  const packed = sourceOf(t, 'data.parquet.gz', gzipSync(readFileSync(source.path)), 'parquet')
  const built = await runBuild(t, [packed])
  assert.equal((await readRecords(built)).length, 1000)
})

test('an empty Parquet table gives its fields and no records', async (t) => {
  const built = await runBuild(t, [await parquetSource(t, "select 1 as a, 'x' as b limit 0")])
  assert.deepEqual(fieldTypesOf(built), { a: 'int', b: 'text' })
  assert.deepEqual(await readServing(built, 'records'), [])
})

test('sources of one dataset follow one another, their columns matched by name', async (t) => {
  const csv = sourceOf(t, 'one.csv', 'Id,Name,Only one\n1,a,x\n2,b,y\n', 'csvfile')
  const json = sourceOf(t, 'two.json', '[{"name": "c", "id": 3, "only_two": true}]', 'jsonfile')
  const parquet = await parquetSource(t, "select 4.5 as id, 'd' as name, date '2031-01-01' as only_three")
  const built = await runBuild(t, [csv, json, parquet])
  assert.deepEqual(fieldTypesOf(built), {
    id: 'double',
    name: 'text',
    only_one: 'text',
    only_two: 'boolean',
    only_three: 'date',
  })
  const empty = { only_one: null, only_two: null, only_three: null }
  assert.deepEqual(await readRecords(built), [
    { id: 1, name: 'a', ...empty, only_one: 'x' },
    { id: 2, name: 'b', ...empty, only_one: 'y' },
    { id: 3, name: 'c', ...empty, only_two: true },
    { id: 4.5, name: 'd', ...empty, only_three: '2031-01-01' },
  ])
  assert.deepEqual(
    sealedManifest(built).sources.map((source) => source.rows_kept),
    [2, 1, 1],
  )
})
