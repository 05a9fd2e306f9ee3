/** JSON, JSON lines and GeoJSON through the real builder. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { JsonObject } from '../../src/kernel/index.ts'
import { type PlanChanges, runBuild, sourceOf } from '../support/builder.ts'
import { fieldTypesOf, readRecords, readSideFile, sealedManifest } from '../support/parts.ts'
import { isWhole } from '../support/tiers.ts'

function buildJson(
  t: TestContext,
  extractor: 'jsonfile' | 'jsonl' | 'geojson',
  content: string | Buffer,
  params: JsonObject = {},
  changes: PlanChanges = {},
) {
  return runBuild(t, [sourceOf(t, 'data.json', content, extractor, params)], changes)
}

const tinySlices: PlanChanges = { limits: { sliceBytes: 32 } }
const two = [
  { a: 1, b: 'x' },
  { a: 2, b: 'é\n"ü"' },
]

const documents: [name: string, text: string, params: JsonObject][] = [
  ['an array', JSON.stringify(two), {}],
  ['an indented array', JSON.stringify(two, null, 4), {}],
  ['an array behind a byte order mark', `\uFEFF${JSON.stringify(two)}`, {}],
  [
    'an array at a root path',
    JSON.stringify({ meta: [1], data: { items: two, next: null } }),
    { root: 'data.items' },
  ],
  ['the first array of an object', JSON.stringify({ count: 2, records: two }), {}],
  [
    'an array behind look-alikes of its root',
    JSON.stringify({ x: { items: [{ a: 9 }] }, items: { items: two } }),
    { root: 'items.items' },
  ],
  [
    'objects inside the records',
    JSON.stringify(two.map((record) => ({ id: 7, row: { values: record } }))),
    { object: 'row.values' },
  ],
]
for (const [name, text, params] of documents) {
  test(`a JSON file with ${name} is read`, async (t) => {
    assert.deepEqual(await readRecords(await buildJson(t, 'jsonfile', text, params)), two)
  })
}

test('JSON lines are read, with blank lines and CR LF between them', async (t) => {
  const text = `${JSON.stringify(two[0])}\r\n\r\n  \n${JSON.stringify(two[1])}`
  assert.deepEqual(await readRecords(await buildJson(t, 'jsonl', text)), two)
})

test('JSON of every layout is read gzipped, and in UTF-16', async (t) => {
  const array = await buildJson(t, 'jsonfile', gzipSync(JSON.stringify(two)))
  const lines = await buildJson(t, 'jsonl', gzipSync(two.map((record) => JSON.stringify(record)).join('\n')))
  const wide = await buildJson(t, 'jsonfile', Buffer.from(`\uFEFF${JSON.stringify(two)}`, 'utf16le'))
  for (const built of [array, lines, wide]) assert.deepEqual(await readRecords(built), two)
})

test('members become columns in the order in which they first occur, whatever the cut', async (t) => {
  const last = isWhole ? 299 : 79
  const records = Array.from({ length: last + 1 }, (_, n) => ({ id: n, [`z${last - n}`]: n, a: n }))
  const names = ['id', `z${last}`, 'a', ...Array.from({ length: last }, (_, n) => `z${last - 1 - n}`)]
  const text = JSON.stringify(records)
  const hashes = new Set<string>()
  for (const sliceBytes of [200, 1000, 1 << 20]) {
    const built = await buildJson(t, 'jsonfile', text, {}, { limits: { sliceBytes } })
    assert.deepEqual(Object.keys(fieldTypesOf(built)), names)
    hashes.add(sealedManifest(built).content_hash)
    assert.equal((await readRecords(built))[last]!.z0, last)
  }
  assert.equal(hashes.size, 1)
})

test('members that come out with the same name get numbers in the order of the file', async (t) => {
  const records = Array.from({ length: 60 }, (_, n) =>
    n < 20 ? { 'A b': n } : n < 40 ? { 'a-b': n } : { A_B: n },
  )
  const built = await buildJson(t, 'jsonfile', JSON.stringify(records), {}, tinySlices)
  const labels = sealedManifest(built).fields.map((field) => [field.name, field.label])
  assert.deepEqual(labels, [
    ['a_b', 'A b'],
    ['a_b_2', 'a-b'],
    ['a_b_3', 'A_B'],
  ])
})

test('types come from the kinds of JSON values over the whole file', async (t) => {
  const early = {
    n: 1,
    mixed: 1,
    zip: '75001',
    on: true,
    when: '2031-05-09',
    late: null,
    tags: ['a', 'b'],
    deep: { x: [1, 2] },
    some: null,
    ids: '12',
  }
  const last = {
    n: 2.5,
    mixed: '2',
    zip: '01000',
    on: false,
    when: '2031-05-10',
    late: 5,
    tags: ['c'],
    deep: { x: [] },
    some: 'text',
    ids: '13',
  }
  const text = JSON.stringify([...Array.from({ length: 200 }, () => early), last])
  for (const changes of [{}, { limits: { sliceBytes: 2000 } }]) {
    const built = await buildJson(t, 'jsonfile', text, {}, changes)
    assert.deepEqual(fieldTypesOf(built), {
      n: 'double',
      mixed: 'text',
      zip: 'text',
      on: 'boolean',
      when: 'date',
      late: 'int',
      tags: 'text',
      deep: 'text',
      some: 'text',
      ids: 'text',
    })
    const records = await readRecords(built)
    assert.deepEqual(records[0], { ...early, mixed: '1', deep: '{"x":[1,2]}' })
    assert.deepEqual(records.at(-1), { ...last, deep: '{"x":[]}' })
    assert.ok(Object.hasOwn(sealedManifest(built).fields[6]!.annotations, 'multivalued'))
  }
})

test('numbers beyond 64 bits stay text, and what is no number is nothing', async (t) => {
  const built = await buildJson(
    t,
    'jsonfile',
    '[{"big": 123456789012345678901, "v": 1.5}, {"big": 1, "v": NaN}, {"big": 2, "v": null}]',
  )
  const records = await readRecords(built)
  assert.equal(fieldTypesOf(built).big, 'text')
  assert.equal(records[0]!.big, '123456789012345678901')
  assert.ok(records.slice(1).every((record) => record.v === null))
})

test('numbers are numbers however JSON writes them', async (t) => {
  const text =
    '[{"v": 1e22}, {"v": 3}, {"v": 12345678901234567890.5}, {"v": 1E-7}, {"v": -0.5}, {"v": Infinity}]'
  const built = await buildJson(t, 'jsonfile', text)
  assert.equal(fieldTypesOf(built).v, 'double')
  assert.deepEqual(
    (await readRecords(built)).map((record) => record.v),
    [1e22, 3, 12345678901234567000, 1e-7, -0.5, null],
  )
})

test('hostile member names become safe names and keep their labels', async (t) => {
  const keys = [
    '"); DROP TABLE x; --',
    '__proto__',
    'a*b',
    '*',
    'a"b',
    'a\\b',
    'a/b',
    'a~b',
    'a.b',
    '[0]',
    '',
    '$',
    'a\0b',
    "o'k",
    'line\nbreak',
    'k'.repeat(300),
  ]
  const text = `[{${keys.map((key, n) => `${JSON.stringify(key)}: "v${n}"`).join(',')}}]`
  const built = await buildJson(t, 'jsonfile', text)
  const { fields } = sealedManifest(built)
  assert.equal(new Set(fields.map((field) => field.name)).size, keys.length)
  for (const field of fields) assert.match(field.name, /^[a-z][a-z0-9_]{0,62}$/)
  assert.deepEqual(
    fields.map((field) => field.label),
    keys.map((key, n) => key || fields[n]!.name),
  )
  assert.deepEqual(
    Object.values((await readRecords(built))[0]!),
    keys.map((_, n) => `v${n}`),
  )
})

test('what is no object is rejected with its line', async (t) => {
  const built = await buildJson(
    t,
    'jsonl',
    '{"a": 1}\n\n[2]\n{"a": broken}\n"text"\n{"a": 5}\n',
    {},
    tinySlices,
  )
  assert.deepEqual(await readRecords(built), [{ a: 1 }, { a: 5 }])
  assert.deepEqual(
    (await readSideFile(built, 'rejects')).map(({ line, reason, raw }) => [line, reason, raw]),
    [
      [3, 'not a JSON object', '[2]'],
      [4, 'not valid JSON', '{"a": broken}'],
      [5, 'not a JSON object', '"text"'],
    ],
  )
})

const point = { type: 'Point', coordinates: [4.86, 45.76] }
const square = {
  type: 'Polygon',
  coordinates: [
    [
      [0, 0],
      [2, 0],
      [2, 2],
      [0, 2],
      [0, 0],
    ],
  ],
}
const feature = (geometry: unknown, properties: unknown = { n: 1 }) => ({
  type: 'Feature',
  geometry,
  properties,
})
const collection = (...features: unknown[]) =>
  JSON.stringify({
    type: 'FeatureCollection',
    bbox: [0, 0, 1, 1],
    crs: { properties: { name: 'features' } },
    features,
  })

test('GeoJSON features become records with a shape and a point', async (t) => {
  const built = await buildJson(t, 'geojson', collection(feature(point), feature(square, { n: 2 })))
  assert.deepEqual(fieldTypesOf(built), { n: 'int', geo_shape: 'geo_shape', geo_point_2d: 'geo_point_2d' })
  assert.deepEqual(await readRecords(built), [
    { n: 1, geo_shape: point, geo_point_2d: { lon: 4.86, lat: 45.76 } },
    { n: 2, geo_shape: square, geo_point_2d: { lon: 1, lat: 1 } },
  ])
})

test('a shape over the antimeridian has its middle where it lies, and a point beyond it has none', async (t) => {
  const ring = (west: number, east: number) => ({
    type: 'Polygon',
    coordinates: [
      [
        [west, -5],
        [east, -5],
        [east, 5],
        [west, -5],
      ],
    ],
  })
  const shapes = [ring(175, 185), ring(178, 186), ring(-188, -178), { type: 'Point', coordinates: [200, 1] }]
  const built = await buildJson(t, 'geojson', collection(...shapes.map((shape) => feature(shape))))
  assert.deepEqual(
    (await readRecords(built)).map((record) => record.geo_point_2d),
    [{ lon: 180, lat: 0 }, { lon: -178, lat: 0 }, { lon: 177, lat: 0 }, null],
  )
})

test('GeoJSON is read gzipped, and properties named like the geometry keep apart', async (t) => {
  const built = await buildJson(
    t,
    'geojson',
    gzipSync(collection(feature(point, { geo_shape: 'x', geo_point_2d: 'y', geometry: 'z' }))),
  )
  assert.deepEqual(await readRecords(built), [
    {
      geo_shape_2: 'x',
      geo_point_2d_2: 'y',
      geometry: 'z',
      geo_shape: point,
      geo_point_2d: { lon: 4.86, lat: 45.76 },
    },
  ])
})

test('features without a geometry have none; invalid geometries are nothing and record errors', async (t) => {
  const invalid = [
    { type: 'Point', coordinates: [] },
    { type: 'Circle', coordinates: [1, 2] },
    { type: 'Polygon', coordinates: 'POLYGON((0 0))' },
    'somewhere',
  ]
  const built = await buildJson(
    t,
    'geojson',
    collection(feature(null), feature(point), ...invalid.map((geometry) => feature(geometry))),
  )
  const records = await readRecords(built)
  assert.deepEqual(
    records.map((record) => record.geo_shape),
    [null, point, null, null, null, null],
  )
  assert.equal(records[0]!.geo_point_2d, null)
  assert.equal(sealedManifest(built).record_errors.count, invalid.length)
  const errors = await readSideFile(built, 'record_errors')
  assert.deepEqual(
    errors.map((error) => [error.field, error.type]),
    invalid.map(() => ['geo_shape', 'geo_shape']),
  )
})

test('features without properties are kept; what is no feature is rejected', async (t) => {
  const built = await buildJson(
    t,
    'geojson',
    collection(feature(point), feature(point, null), feature(point, {}), 5),
  )
  assert.equal((await readRecords(built)).length, 3)
  assert.deepEqual(
    (await readSideFile(built, 'rejects')).map(({ line, raw }) => [line, raw]),
    [[4, '5']],
  )
})

test('line breaks inside geometries and strings do not disturb the cut', async (t) => {
  const features = Array.from({ length: 50 }, (_, n) =>
    feature(point, { n, s: 'a ] } [ { "quoted" \\ , text' }),
  )
  const text = JSON.stringify({ type: 'FeatureCollection', features }, null, 2)
  const built = await buildJson(t, 'geojson', text, {}, { limits: { sliceBytes: 300 } })
  assert.deepEqual(
    await readRecords(built),
    features.map(({ properties, geometry }) => ({
      ...(properties as object),
      geo_shape: geometry,
      geo_point_2d: { lon: 4.86, lat: 45.76 },
    })),
  )
})
