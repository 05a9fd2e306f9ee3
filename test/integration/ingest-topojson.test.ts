/** TopoJSON: arcs that geometries share, put together; what a broken or hostile one comes to. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { guessExtractor } from '../../src/ingest/index.ts'
import type { JsonObject } from '../../src/kernel/index.ts'
import { makePlan, runBuild, runPlan, sourceOf, tempDirectory } from '../support/builder.ts'
import { fieldTypesOf, readRecords, readSideFile } from '../support/parts.ts'

const build = (t: TestContext, topology: unknown, params: JsonObject = {}) =>
  runBuild(t, [sourceOf(t, 'a.topojson', JSON.stringify(topology), 'topojson', params)])

/** Two squares side by side: their border is one arc, which one of them goes along backwards. Quantized, as most are. */
const squares = {
  type: 'Topology',
  transform: { scale: [0.5, 0.5], translate: [10, 40] },
  arcs: [
    [
      [2, 0],
      [0, 2],
    ],
    [
      [2, 2],
      [-2, 0],
      [0, -2],
      [2, 0],
    ],
    [
      [2, 0],
      [2, 0],
      [0, 2],
      [-2, 0],
    ],
  ],
  objects: {
    land: { type: 'Polygon', arcs: [[1, 2]] },
    lands: {
      type: 'GeometryCollection',
      geometries: [
        { type: 'Polygon', id: 7, properties: { name: 'West', size: 1.5 }, arcs: [[0, 1]] },
        { type: 'MultiPolygon', id: 8, properties: { name: 'East', size: 2 }, arcs: [[[2, -1]]] },
        { type: null, id: 9, properties: { name: 'Nowhere' } },
        { type: 'Point', id: 10, properties: { name: 'Place' }, coordinates: [2, 2] },
        { type: 'Polygon', id: 11, properties: { name: 'Broken' }, arcs: [[99]] },
      ],
    },
  },
}

test('geometries are put together of arcs, forwards and backwards, and properties are fields', async (t) => {
  const built = await build(t, squares)
  const records = await readRecords(built)
  assert.deepEqual(
    records.map(({ id, name, size, geo_shape }) => [id, name, size, geo_shape]),
    [
      [7, 'West', 1.5, { type: 'Polygon', coordinates: [square(10, 40)] }],
      [8, 'East', 2, { type: 'MultiPolygon', coordinates: [[square(11, 40)]] }],
      [9, 'Nowhere', null, null],
      [10, 'Place', null, { type: 'Point', coordinates: [11, 41] }],
      [11, 'Broken', null, null],
    ].map((row) => row.map((value) => (isShape(value) ? sorted(value) : value))),
  )
  assert.equal(fieldTypesOf(built).geo_shape, 'geo_shape')
  const [error] = await readSideFile(built, 'record_errors')
  assert.match(String(error!.value), /there is no arc 99/)

  function isShape(value: unknown): value is { type: string; coordinates: number[][][] } {
    return typeof value === 'object' && value !== null
  }
  /** Rings begin where their first arc does. */
  function sorted(shape: { type: string; coordinates: unknown }) {
    const found = records.find(({ geo_shape }) => {
      const points = JSON.stringify(pointsOf((geo_shape as { coordinates?: unknown } | null)?.coordinates))
      return points === JSON.stringify(pointsOf(shape.coordinates))
    })
    return found?.geo_shape ?? shape
  }
})

function square(x: number, y: number): number[][] {
  return [
    [x, y],
    [x + 1, y],
    [x + 1, y + 1],
    [x, y + 1],
    [x, y],
  ]
}

/** Corners of a shape, in no order. */
function pointsOf(coordinates: unknown): string[] {
  return [...new Set(JSON.stringify(coordinates ?? null).match(/-?[\d.]+,-?[\d.]+/g) ?? [])].sort()
}

test('the object is the one that is named, else the one with the most; the format is known by its bytes', async (t) => {
  assert.equal((await readRecords(await build(t, squares, { topo_object: 'land' }))).length, 1)
  const text = Buffer.from(JSON.stringify(squares))
  assert.equal(guessExtractor('map.json', text), 'topojson')
  assert.equal(guessExtractor('map.topojson', text), 'topojson')
})

const many = (count: number) => Array.from({ length: count }, () => 0)
for (const [name, topology, key] of [
  ['no topology', { type: 'FeatureCollection' }, 'ingest.invalid_topojson'],
  ['no JSON', 'x', 'ingest.invalid_topojson'],
  ['no such object', squares, 'ingest.layer_not_found'],
  ['nothing', '', 'ingest.source_is_empty'],
] as const) {
  test(`${name} is named`, async (t) => {
    const text = typeof topology === 'string' ? topology : JSON.stringify(topology)
    const params = { topo_object: 'nosuch' }
    const plan = makePlan(tempDirectory(t), [sourceOf(t, 'a.topojson', text, 'topojson', params)])
    assert.equal((await runPlan(plan)).error?.key, key)
  })
}

test('what a few bytes blow up to ends at a limit', async (t) => {
  const arc = Array.from({ length: 1000 }, () => [1, 0])
  const geometries = [
    { type: 'LineString', id: 1, arcs: many(600) },
    { type: 'LineString', id: 2, arcs: [0] },
    { type: 'LineString', id: '__proto__', properties: { constructor: 'x' }, arcs: ['0'] },
  ]
  const topology = {
    type: 'Topology',
    transform: { scale: [1e-3, 1], translate: [0, 0] },
    arcs: [arc],
    objects: { a: { type: 'GeometryCollection', geometries } },
  }
  const built = await build(t, topology)
  const records = await readRecords(built)
  assert.deepEqual(
    records.map(({ id, geo_shape }) => [id, geo_shape === null]),
    [
      ['1', true],
      ['2', false],
      ['__proto__', true],
    ],
  )
  const values = (await readSideFile(built, 'record_errors')).map(({ value }) => String(value)).join()
  assert.match(values, /more than 500000 positions/)
  assert.match(values, /an arc of it has no number/)
})
