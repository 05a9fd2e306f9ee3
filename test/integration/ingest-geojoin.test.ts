/** Points in the shapes of another dataset, through the real builder, judged by another library. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { booleanPointInPolygon } from '@turf/boolean-point-in-polygon'
import type { ConfiguredStep, JsonObject } from '../../src/kernel/index.ts'
import { runBuild, sourceOf } from '../support/builder.ts'
import { buildJoined } from '../support/joined.ts'
import { readRecords, readSideFile, sealedManifest } from '../support/parts.ts'
import { type Chance, createChance } from '../support/seed.ts'

const step = (args: JsonObject, name = 'geojoin'): ConfiguredStep => ({
  processor_uid: 'pr_join',
  name,
  args,
})

interface Area {
  readonly type: 'Polygon' | 'MultiPolygon'
  // biome-ignore lint/suspicious/noExplicitAny: rings, one or two levels down
  readonly coordinates: any
}

/** A star with a hole around a place: no two corners the same. */
function star(chance: Chance, lon: number, lat: number, size: number, corners: number) {
  const ring = (radius: number) => {
    const points = Array.from({ length: corners }, (_, at) => {
      const r = radius * (0.6 + chance.below(400) / 1000)
      const angle = (at / corners) * 2 * Math.PI
      return [lon + r * Math.cos(angle), lat + r * Math.sin(angle)]
    })
    return [...points, points[0]!]
  }
  return [ring(size), ring(size / 4)]
}

function drawAreas(chance: Chance, count: number): Area[] {
  return Array.from({ length: count }, (_, at) => {
    const one = () =>
      star(
        chance,
        chance.below(20_000) / 1000,
        chance.below(20_000) / 1000,
        0.2 + chance.below(2000) / 1000,
        5 + chance.below(60),
      )
    return at % 5 === 0
      ? { type: 'MultiPolygon', coordinates: [one(), one()] }
      : { type: 'Polygon', coordinates: one() }
  })
}

const areasOf = (t: TestContext, areas: readonly unknown[]) =>
  buildJoined(
    t,
    'areas',
    sourceOf(t, 'areas.jsonl', areas.map((shape, n) => JSON.stringify({ n, shape })).join('\n'), 'jsonl'),
    { fieldSpecifications: [step({ field: 'shape', type: 'geo_shape' }, 'type')] },
  )

test('every point finds the shapes that it lies in, and no other', async (t) => {
  const chance = createChance(t)
  const areas = drawAreas(chance, 60)
  const points = Array.from({ length: 2000 }, () => [
    chance.below(21_000) / 1000,
    chance.below(21_000) / 1000,
  ])
  const csv = `id,place\n${points.map(([lon, lat], id) => `${id},"${lat!.toFixed(4)},${lon!.toFixed(4)}"`).join('\n')}\n`
  const built = await runBuild(t, [sourceOf(t, 'points.csv', csv, 'csvfile')], {
    processors: [step({ dataset: 'areas', field: 'place', output_fields: ['n'], one_line: true })],
    fieldSpecifications: [step({ field: 'n', type: 'text' }, 'type')],
    datasets: { areas: await areasOf(t, areas) },
    limits: { sliceBytes: 8 << 10 },
  })
  const found = (await readRecords(built)).map((record) => record.n)
  const expected = points.map((point) => {
    const inside = areas.flatMap((area, n) =>
      booleanPointInPolygon(point as [number, number], area) ? [n] : [],
    )
    return inside.length > 0 ? inside.join(',') : null
  })
  assert.ok(expected.some((inside) => inside?.includes(',')))
  assert.deepEqual(found, expected)
})

const box = (west: number, south: number, east: number, north: number) => ({
  type: 'Polygon',
  coordinates: [
    [
      [west, south],
      [east, south],
      [east, north],
      [west, north],
      [west, south],
    ],
  ],
})

test('a point in several shapes becomes several records; one on a common border lies in one of them', async (t) => {
  const areas = await areasOf(t, [box(0, 0, 1, 1), box(1, 0, 2, 1), box(0, 0, 2, 1), box(178, 0, 182, 1)])
  const csv = 'id,place\n1,"0.5,0.5"\n2,"0.5,1.0"\n3,"9.0,9.0"\n4,"0.5,-179.5"\n5,nowhere\n6,\n'
  const built = await runBuild(t, [sourceOf(t, 'points.csv', csv, 'csvfile')], {
    processors: [step({ dataset: 'areas', field: 'place', retrieve_all: true })],
    datasets: { areas },
  })
  assert.deepEqual(
    (await readRecords(built)).map(({ id, n }) => [id, n]),
    [
      [1, 0],
      [1, 2],
      [2, 1],
      [2, 2],
      [3, null],
      [4, 3],
      [5, null],
      [6, null],
    ],
  )
  const [source] = sealedManifest(built).sources
  assert.deepEqual([source!.rows_read, source!.rows_added, source!.rows_kept], [6, 2, 8])
  const errors = await readSideFile(built, 'record_errors')
  assert.deepEqual(
    errors.map((error) => [error.field, error.value, error.reason]),
    [['place', 'nowhere', 'not a geo point']],
  )
})

test('hostile shapes are judged in the usual memory: a saw through all bands, lines, a collection, nothing at all', async (t) => {
  const saw = Array.from({ length: 100_000 }, (_, at) => [10 + at / 1e5, at % 2 === 0 ? -60 : 60])
  const areas = await areasOf(t, [
    { type: 'Polygon', coordinates: [[...saw, [11, -80], [10, -80], saw[0]]] },
    { type: 'LineString', coordinates: saw.slice(0, 100) },
    { type: 'Polygon', coordinates: [[[0, 0]]] },
    {
      type: 'Polygon',
      coordinates: [
        [
          [0, 0],
          [1e300, 1e300],
          [0, 1e300],
          [0, 0],
        ],
      ],
    },
    { type: 'GeometryCollection', geometries: [box(30, 0, 31, 1)] },
    ...Array.from({ length: 300 }, (_, at) => box(at / 1000, 0, at / 1000 + 0.0005, 0.0005)),
  ])
  const csv = 'id,place\n1,"-70.0,10.5"\n2,"0.5,30.5"\n3,"0.00025,0.10025"\n'
  const built = await runBuild(t, [sourceOf(t, 'points.csv', csv, 'csvfile')], {
    processors: [step({ dataset: 'areas', field: 'place', output_fields: ['n'] })],
    datasets: { areas },
    limits: { memoryLimitMb: 400 },
  })
  assert.deepEqual(
    (await readRecords(built)).map(({ n }) => n),
    [0, 4, 105],
  )
})

test('a dataset without a shape is refused by name', async (t) => {
  const areas = await buildJoined(t, 'areas', sourceOf(t, 'a.csv', 'n\n1\n', 'csvfile'))
  for (const [args, msg] of [
    [{}, /no field of type geo_shape/],
    [{ remote_field: 'n' }, /it is no geo_shape/],
  ] as const) {
    const built = await runBuild(t, [sourceOf(t, 'p.csv', 'place\n"1.0,2.0"\n', 'csvfile')], {
      processors: [step({ dataset: 'areas', field: 'place', output_fields: ['n'], ...args })],
      datasets: { areas },
    })
    assert.match(String(built.error?.params.msg), msg)
  }
})
