/** Geo processors through the real builder: against other libraries, and what hostile values become. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { booleanPointInPolygon } from '@turf/boolean-point-in-polygon'
import { distance } from '@turf/distance'
import { lineString, polygon } from '@turf/helpers'
import { simplify } from '@turf/simplify'
import type { ConfiguredStep, JsonObject } from '../../src/kernel/index.ts'
import { runBuild, sourceOf } from '../support/builder.ts'
import { readRecords, readSideFile, sealedManifest } from '../support/parts.ts'
import { createChance } from '../support/seed.ts'

const step = (name: string, args: JsonObject): ConfiguredStep => ({ processor_uid: `pr_${name}`, name, args })

/** The records that values become, and the record errors. */
async function run(t: TestContext, values: readonly unknown[], ...processors: ConfiguredStep[]) {
  const lines = values.map((value) => JSON.stringify(typeof value === 'object' ? value : { a: value }))
  const built = await runBuild(t, [sourceOf(t, 'values.jsonl', lines.join('\n'), 'jsonl')], { processors })
  return {
    records: await readRecords(built),
    errors: (await readSideFile(built, 'record_errors')).map((error) => [error.field, error.reason]),
    count: sealedManifest(built).record_errors.count,
  }
}

type Point = { readonly lon: number; readonly lat: number }
const near = (found: unknown, [lon, lat]: readonly [number, number], metres: number) => {
  const point = found as Point
  const away = distance([point.lon, point.lat], [lon, lat], { units: 'meters' })
  assert.ok(away <= metres, `${JSON.stringify(point)} is ${away} m from ${lon}, ${lat}`)
}

// Places as the institutes of these countries publish them.
const places: readonly (readonly [
  epsg: number,
  x: number,
  y: number,
  lon: number,
  lat: number,
  metres: number,
])[] = [
  [2154, 652469.02, 6862035.26, 2.3522, 48.8566, 2],
  [3857, 261845.71, 6250564.35, 2.3522, 48.8566, 2],
  [27700, 530000, 180000, -0.1283, 51.504, 15],
  [32631, 452483.5, 5411718.7, 2.3522, 48.8566, 2],
  [2056, 2600000, 1200000, 7.4386, 46.9511, 15],
  [31467, 3500000, 5500000, 8.99898, 49.6367, 50],
]

test('coordinates of other projections come out where they are', async (t) => {
  for (const [epsg, x, y, lon, lat, metres] of places) {
    const { records } = await run(
      t,
      [{ x: String(x), y: String(y), pair: `${y},${x}` }],
      step('create_geopoint', { latitude: 'y', longitude: 'x', epsg, output_field: 'place' }),
      step('transform_coordinates', { field: 'pair', epsg }),
    )
    near(records[0]!.place, [lon, lat], metres)
    near(records[0]!.pair, [lon, lat], metres)
  }
})

test('what a projection has no place for is a record error; a code that names none is refused', async (t) => {
  const { records, errors } = await run(
    t,
    ['1e300,1e300', 'POINT (700000 6600000)', 'nowhere', '{"type":"Point","coordinates":["a"]}'],
    step('transform_coordinates', { field: 'a', epsg: 2154 }),
  )
  assert.deepEqual(
    records.map(({ a }) => a),
    [null, { type: 'Point', coordinates: [3, 46.5] }, null, null],
  )
  assert.equal(errors.length, 3)
  for (const epsg of [1, 5773, 4978, -1, 999999999]) {
    const built = await runBuild(t, [sourceOf(t, 'a.csv', 'a\n1\n', 'csvfile')], {
      processors: [step('transform_coordinates', { field: 'a', epsg })],
    })
    assert.equal(built.error?.key, 'ingest.invalid_argument', String(epsg))
  }
})

const wkts: readonly (readonly [wkt: string, shape: JsonObject | null])[] = [
  ['point(1 2)', { type: 'Point', coordinates: [1, 2] }],
  ['POINT Z (1 2 3)', { type: 'Point', coordinates: [1, 2, 3] }],
  ['POINTM (1 2 3)', { type: 'Point', coordinates: [1, 2] }],
  ['POINT ZM (1 2 3 4)', { type: 'Point', coordinates: [1, 2, 3] }],
  [
    '\nMULTIPOINT ((1 2), (3 4))',
    {
      type: 'MultiPoint',
      coordinates: [
        [1, 2],
        [3, 4],
      ],
    },
  ],
  [
    'MULTIPOINT (1 2, 3 4)',
    {
      type: 'MultiPoint',
      coordinates: [
        [1, 2],
        [3, 4],
      ],
    },
  ],
  [
    'MULTILINESTRING ((1 2,3 4),EMPTY)',
    {
      type: 'MultiLineString',
      coordinates: [
        [
          [1, 2],
          [3, 4],
        ],
      ],
    },
  ],
  [
    'POLYGON ((0 0, 1e0 0, .5 -1., 0 0))',
    {
      type: 'Polygon',
      coordinates: [
        [
          [0, 0],
          [1, 0],
          [0.5, -1],
          [0, 0],
        ],
      ],
    },
  ],
  [
    'GEOMETRYCOLLECTION (POINT (1 2), LINESTRING EMPTY, POINT (3 4))',
    {
      type: 'GeometryCollection',
      geometries: [
        { type: 'Point', coordinates: [1, 2] },
        { type: 'Point', coordinates: [3, 4] },
      ],
    },
  ],
  ['SRID=3857;POINT (0 0)', { type: 'Point', coordinates: [0, 0] }],
  // PostGIS, with an SRID; big-endian with Z by the standard; a MultiPoint of two.
  ['0101000020E6100000000000000000F03F0000000000000040', { type: 'Point', coordinates: [1, 2] }],
  ['00000003E93FF000000000000040000000000000004008000000000000', { type: 'Point', coordinates: [1, 2, 3] }],
  [
    '0104000000020000000101000000000000000000F03F00000000000000400101000000000000000000084000000000000010' +
      '40',
    {
      type: 'MultiPoint',
      coordinates: [
        [1, 2],
        [3, 4],
      ],
    },
  ],
]

const hostileWkts: readonly (readonly [text: string, reason: string])[] = [
  ['POINT (1)', 'not WKT or WKB'],
  ['POINT (1 2', 'not WKT or WKB'],
  ['POINT (1 2) and more', 'not WKT or WKB'],
  ['POINT (NaN Infinity)', 'not WKT or WKB'],
  ['POINT (1 2 3 4 5)', 'not WKT or WKB'],
  ['__PROTO__ (1 2)', 'not WKT or WKB'],
  ['CONSTRUCTOR (1 2)', 'not WKT or WKB'],
  ['POINT EMPTY', 'nothing is left of it'],
  ['SRID=999999;POINT (1 2)', 'unknown projection'],
  ['SRID=2154;POINT (1e300 1e300)', 'outside of what the projection covers'],
  ['GEOMETRYCOLLECTION ('.repeat(50_000), 'geometry nested too deep'],
  [`LINESTRING (${'1 2,'.repeat(250_000)}`, 'not WKT or WKB'],
  [`MULTIPOLYGON ${'('.repeat(1_000_000)}`, 'not WKT or WKB'],
  // A million rings are announced, and nothing follows.
  ['010300000000000010', 'not WKT or WKB'],
  ['0101000000000000000000F0', 'not WKT or WKB'],
  ['01010000000000000000000000000000000000F87F', 'not WKT or WKB'],
  ['010700000001000000'.repeat(1000), 'geometry nested too deep'],
  [`01${'ab'.repeat(500_000)}`, 'not WKT or WKB'],
]

test('WKT and WKB of every kind are read, and hostile ones are record errors by name', async (t) => {
  const { records, errors } = await run(
    t,
    [...wkts, ...hostileWkts].map(([text]) => text),
    step('wkt_to_geojson', { field: 'a', output_field: 'shape' }),
  )
  for (const [at, [text, shape]] of wkts.entries()) assert.deepEqual(records[at]!.shape, shape, text)
  for (const [at, [text]] of hostileWkts.entries())
    assert.equal(records[wkts.length + at]!.shape, null, text.slice(0, 60))
  const count = (reasons: readonly unknown[]) =>
    Object.fromEntries([...Map.groupBy(reasons, String)].map(([reason, all]) => [reason, all.length]).sort())
  assert.deepEqual(count(errors.map(([, reason]) => reason)), count(hostileWkts.map(([, reason]) => reason)))
})

test('hostile polylines, geohashes and degrees are record errors', async (t) => {
  const values = [
    '\u007f'.repeat(1_000_000),
    '~'.repeat(1_000_000),
    'x'.repeat(1_000_000),
    '',
    '_',
    '_p~iF',
    `"'`,
  ]
  const { records, count } = await run(
    t,
    values.map((a) => ({ a, id: 1 })),
    step('decode_polyline', { field: 'a', output_field: 'line' }),
    step('geohash_to_geojson', { field: 'a', output_field: 'cell' }),
    step('convert_degrees', { field: 'a', output_field: 'place' }),
  )
  for (const { line, cell, place } of records) assert.deepEqual([line, cell, place], [null, null, null])
  assert.ok(count >= 3 * (values.length - 1))
})

test('degrees, minutes and seconds in the ways that people write them', async (t) => {
  const same = [
    `48°51'24"N 2°21'3"E`,
    `48° 51' 24" N, 2° 21' 3" E`,
    'N48°51.4 E2°21.05',
    '48 51 24 N 2 21 3 E',
    '48:51:24N 2:21:3E',
    '48,856667° N; 2,350833° E',
    '48°51′24″N, 2°21′03″E',
  ]
  const { records } = await run(t, same, step('convert_degrees', { field: 'a', output_field: 'place' }))
  for (const [at, { place }] of records.entries()) {
    assert.ok(place !== null, same[at])
    near(place, [2.350833, 48.856667], 0.2)
  }
})

test('distances, masks and polygons agree with another library', async (t) => {
  const chance = createChance(t)
  const degrees = (limit: number) => (chance.below(limit * 2_000_000) / 1_000_000 - limit).toFixed(6)
  const points = Array.from({ length: 300 }, (_, id) => ({
    id,
    a: `${degrees(89)},${degrees(180)}`,
    b: `${degrees(89)},${degrees(180)}`,
    c: `${degrees(10)},${degrees(10)}`,
  }))
  const ring = Array.from({ length: 40 }, (_, at) => {
    const radius = 4 + chance.below(5000) / 1000
    return [radius * Math.cos((at / 40) * 2 * Math.PI), radius * Math.sin((at / 40) * 2 * Math.PI)]
  })
  const area = polygon([[...ring, ring[0]!]])
  const steps = [
    step('geo_distance', { a: 'a', b: 'b', output_field: 'km' }),
    step('copy_field', { field: 'a', output_field: 'masked' }),
    step('geomasking', { field: 'masked', min: 500, max: 2000, secret: 'sesame' }),
    step('polygon_filtering', { field: 'c', polygon: area.geometry as unknown as JsonObject }),
  ]
  const [first, second] = [await run(t, points, ...steps), await run(t, points, ...steps)]
  assert.deepEqual(first.records, second.records)
  const positionOf = (text: unknown) => {
    const [lat, lon] = String(text).split(',').map(Number)
    return [lon!, lat!] as [number, number]
  }
  assert.deepEqual(
    first.records.map(({ id }) => id),
    points.filter(({ c }) => booleanPointInPolygon(positionOf(c), area)).map(({ id }) => id),
  )
  for (const record of first.records) {
    const { a, b } = points[Number(record.id)]!
    assert.ok(Math.abs(Number(record.km) - distance(positionOf(a), positionOf(b))) < 1e-3, `${a} ${b}`)
    const { lon, lat } = record.masked as Point
    const moved = distance(positionOf(a), [lon, lat], { units: 'meters' })
    assert.ok(moved > 499 && moved < 2001, `${a} moved by ${moved}`)
    assert.ok(lon >= -180 && lon <= 180)
  }
  const other = await run(
    t,
    points,
    ...steps.slice(0, 2),
    step('geomasking', { field: 'masked', secret: 'x' }),
  )
  assert.notDeepEqual(other.records[0]!.masked, first.records[0]?.masked)
})

const asJson = (shape: object) => JSON.stringify(shape)

test('lines are simplified as another library does it, and areas stay areas', async (t) => {
  const chance = createChance(t)
  const walks = Array.from({ length: 20 }, () => {
    const position = [0, 0]
    return Array.from({ length: 500 }, () => {
      position[0]! += chance.below(1000) / 10_000
      position[1]! += chance.below(1000) / 5000 - 0.1
      return [...position]
    })
  })
  const square = [
    [0, 0],
    [1e-6, 0],
    [1e-6, 1e-6],
    [0, 1e-6],
    [0, 0],
  ]
  const { records } = await run(
    t,
    [
      ...walks.map((coordinates) => asJson({ type: 'LineString', coordinates })),
      asJson({ type: 'Polygon', coordinates: [square] }),
    ],
    step('simplify_geo_shape', { field: 'a', tolerance: 0.2 }),
  )
  for (const [at, walk] of walks.entries()) {
    const expected = simplify(lineString(walk), { tolerance: 0.2, highQuality: true }).geometry
    assert.deepEqual(records[at]!.a, expected)
  }
  const { coordinates } = records.at(-1)!.a as { coordinates: unknown[][] }
  assert.ok(coordinates[0]!.length >= 4)
})

test('shapes of 100,000 corners are mended or named, in time that does not explode', async (t) => {
  const n = 100_000
  const round = Array.from({ length: n }, (_, at) => [
    Math.cos((at / n) * 2 * Math.PI),
    Math.sin((at / n) * 2 * Math.PI),
  ])
  const zigzag = Array.from({ length: n }, (_, at) => [at % 2, ((at * 7919) % n) / n])
  const spiral = Array.from({ length: n }, (_, at) => [
    (at / n) * Math.cos(at / 3),
    (at / n) * Math.sin(at / 3),
  ])
  const { records, errors } = await run(
    t,
    [
      { type: 'Polygon', coordinates: [[...round].reverse()] },
      { type: 'Polygon', coordinates: [zigzag] },
      {
        type: 'Polygon',
        coordinates: [
          [
            [0, 0],
            [2, 2],
            [2, 0],
            [0, 2],
            [0, 0],
          ],
        ],
      },
      { type: 'LineString', coordinates: spiral },
      {
        type: 'Polygon',
        coordinates: [
          [
            [0, 0],
            [1, 0],
            [0, 0],
          ],
        ],
      },
      { type: 'Point', coordinates: [0, 1000] },
      { type: 'Polygon', coordinates: 'x' },
    ].map(asJson),
    step('correct_geo_shape', { field: 'a', output_field: 'mended' }),
    step('simplify_geo_shape', { field: 'mended', tolerance: 1e-12 }),
  )
  const shapes = records.map(({ mended }) => mended as { type: string; coordinates: number[][][] } | null)
  assert.deepEqual(
    shapes.map((shape) => shape?.type ?? null),
    ['Polygon', null, 'MultiPolygon', null, null, null, null],
  )
  const ring = shapes[0]!.coordinates[0]!
  assert.deepEqual(ring[0], ring.at(-1))
  assert.ok(ring[0]![1]! < ring[1]![1]! || ring[1]![0]! < ring[0]![0]!)
  assert.deepEqual(errors, [
    ['mended', 'not a GeoJSON geometry'],
    ['mended', 'not a GeoJSON geometry'],
    ['mended', 'nothing is left of it'],
    ['mended', 'too tangled to be mended'],
    ['mended', 'too intricate to be simplified'],
  ])
})
