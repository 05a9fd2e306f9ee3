/** Geometry in the engine's SQL against a trusted library, and the rules that the library leaves open. */
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { booleanIntersects } from '@turf/boolean-intersects'
import { booleanWithin } from '@turf/boolean-within'
import { convex } from '@turf/convex'
import { featureCollection, point } from '@turf/helpers'
import fc from 'fast-check'
import { sourceOf } from '../support/builder.ts'
import { type Clauses, openBoth, type Reader } from '../support/shops.ts'

type Coordinates = readonly (readonly [number, number])[]
// biome-ignore lint/suspicious/noExplicitAny: geometries of every kind go to a library with types of its own
type Shape = any

const ring = (cx: number, cy: number, radius: number, corners: number, turn = 0): [number, number][] => {
  const open = Array.from({ length: corners }, (_, index): [number, number] => {
    const angle = turn + (2 * Math.PI * index) / corners
    const reach = radius * (index % 2 === 0 ? 1 : 0.45)
    return [cx + reach * Math.cos(angle), cy + reach * Math.sin(angle)]
  })
  return [...open, open[0]!]
}
/** Repeatable numbers in [0, 1). */
function sequence(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return state / 2_147_483_648
  }
}

/** 120 shapes of all kinds around the centre of the map, some with holes, and a point each. */
function makeShapes(): Shape[] {
  const next = sequence(7)
  return Array.from({ length: 120 }, (_, index): Shape => {
    const [x, y, r] = [next() * 20 - 10, next() * 20 - 10, 0.5 + next() * 4]
    const line: Coordinates = [
      [x, y],
      [x + r, y + next() * r],
      [x + 2 * r, y - next()],
    ]
    switch (index % 6) {
      case 0:
        return { type: 'Polygon', coordinates: [ring(x, y, r, 8, next())] }
      case 1:
        return { type: 'Polygon', coordinates: [ring(x, y, r, 12), ring(x, y, r / 4, 6)] }
      case 2:
        return { type: 'LineString', coordinates: line }
      case 3:
        return { type: 'Point', coordinates: [x, y] }
      case 4:
        return { type: 'MultiPolygon', coordinates: [[ring(x, y, r / 2, 6)], [ring(x + 3 * r, y, r / 2, 6)]] }
      default:
        return { type: 'MultiLineString', coordinates: [line, line.map(([a, b]) => [a + 1, b + 1])] }
    }
  })
}

const shapes = makeShapes()
const places: readonly (readonly [number, number])[] = [
  ...shapes.map((shape): [number, number] => {
    const [lon, lat] = shape.coordinates.flat(3) as number[]
    return [lon!, lat!]
  }),
]
const rows = [
  ...shapes.map((shape, id) => ({ id, lat: places[id]![1], lon: places[id]![0], shape })),
  { id: 120, lat: null, lon: null, shape: null },
  {
    id: 121,
    lat: -17.5,
    lon: -179.5,
    shape: { type: 'GeometryCollection', geometries: [{ type: 'Point', coordinates: [-179.5, -17.5] }] },
  },
]

let readers: Readonly<Record<'indexed' | 'scanned', Reader>>
before(async (t) => {
  const text = rows
    .map(({ shape, ...row }) =>
      JSON.stringify({ ...row, shape: shape === null ? null : JSON.stringify(shape) }),
    )
    .join('\n')
  readers = await openBoth(t as never, [sourceOf(t as never, 'shapes.jsonl', text, 'jsonl')], {
    processors: [
      {
        processor_uid: 'pr_0',
        name: 'create_geopoint',
        args: { latitude: 'lat', longitude: 'lon', output_field: 'place' },
      },
    ],
    fieldSpecifications: [
      { processor_uid: 'pr_1', name: 'type', args: { field: 'shape', type: 'geo_shape' } },
    ],
  })
})

async function both(clauses: Clauses): Promise<Record<string, Shape>[]> {
  const found = await readers.indexed.rows(clauses)
  assert.deepEqual(await readers.scanned.rows(clauses), found)
  return found
}
async function idsOf(where: string): Promise<number[]> {
  const found: number[] = []
  for (const offset of [0, 100])
    for (const row of await readers.indexed.rows({ select: 'id', orderBy: 'id', where, offset }))
      found.push(row.id as number)
  return found
}
const literal = (shape: Shape) => `geom'${JSON.stringify(shape)}'`

const literals = fc.record({
  x: fc.integer({ min: -120, max: 120 }).map((n) => n / 11),
  y: fc.integer({ min: -120, max: 120 }).map((n) => n / 13),
  r: fc.integer({ min: 3, max: 90 }).map((n) => n / 7),
  kind: fc.constantFrom('star', 'holed', 'line', 'two'),
})
function literalShape({ x, y, r, kind }: { x: number; y: number; r: number; kind: string }): Shape {
  switch (kind) {
    case 'star':
      return { type: 'Polygon', coordinates: [ring(x, y, r, 10, 0.3)] }
    case 'holed':
      return { type: 'Polygon', coordinates: [ring(x, y, r, 14, 0.1), ring(x, y, r / 3, 5, 0.2)] }
    case 'line':
      return {
        type: 'LineString',
        coordinates: [
          [x, y],
          [x + r, y + r / 3],
          [x + r / 2, y - r],
        ],
      }
    default:
      return { type: 'MultiPolygon', coordinates: [[ring(x, y, r / 2, 8)], [ring(x + 2 * r, y, r / 2, 8)]] }
  }
}

describe('relations of shapes are those of a trusted library', () => {
  test('intersects and disjoint', async () => {
    await fc.assert(
      fc.asyncProperty(literals, async (given) => {
        const other = literalShape(given)
        const expected = shapes.flatMap((shape, id) => (booleanIntersects(shape, other) ? [id] : []))
        assert.deepEqual(
          (await idsOf(`intersects(shape, ${literal(other)})`)).filter((id) => id < 120),
          expected,
        )
        assert.deepEqual(
          (await idsOf(`disjoint(shape, ${literal(other)})`)).filter((id) => id < 120),
          shapes.flatMap((_, id) => (expected.includes(id) ? [] : [id])),
        )
      }),
      { numRuns: 15 },
    )
  })

  test('within', async () => {
    await fc.assert(
      fc.asyncProperty(
        literals.filter(({ kind }) => kind === 'star' || kind === 'holed'),
        async (given) => {
          const other = literalShape(given)
          const expected = shapes.flatMap((shape, id) => {
            const parts: Shape[] =
              shape.type === 'MultiPolygon'
                ? shape.coordinates.map((coordinates: Shape) => ({ type: 'Polygon', coordinates }))
                : shape.type === 'MultiLineString'
                  ? shape.coordinates.map((coordinates: Shape) => ({ type: 'LineString', coordinates }))
                  : [shape]
            return parts.every((part) => booleanWithin(part, other) && isClear(part, other)) ? [id] : []
          })
          assert.deepEqual(await idsOf(`within(shape, ${literal(other)})`), expected)
        },
      ),
      { numRuns: 15 },
    )
  })

  /** The library looks at corners of lines only in part: a line that crosses a hole's or star's edge is not within. */
  function isClear(part: Shape, other: Shape): boolean {
    if (part.type === 'Point') return true
    const lines: Coordinates[] = part.type === 'LineString' ? [part.coordinates] : part.coordinates
    const edges = lines.flatMap((line) =>
      line.slice(1).map((to, index) => ({ type: 'LineString', coordinates: [line[index], to] })),
    )
    const walls = other.coordinates.map((coordinates: Shape) => ({ type: 'LineString', coordinates }))
    const crosses = edges.some((edge) => walls.some((wall: Shape) => booleanIntersects(edge as Shape, wall)))
    const hole = other.coordinates[1]
    const swallowsHole = hole !== undefined && part.type === 'Polygon' && booleanWithin(point(hole[0]), part)
    return !crosses && !swallowsHole
  }
})

describe('edges belong to a geometry', () => {
  const square = 'POLYGON((0 0, 10 0, 10 10, 0 10, 0 0))'
  const cases: readonly (readonly [string, number])[] = [
    [`intersects(place, geom'${square}')`, 1],
    [`within(shape, geom'POINT(-179.5 -17.5)')`, 1],
    [`intersects(shape, geom'LINESTRING(180.5 -18, 180.5 -17)')`, 1],
    [`intersects(place, geom'POLYGON((180 -18, 181 -18, 181 -17, 180 -17, 180 -18))')`, 1],
    [`within_distance(shape, geom'POINT(180.5 -17.5)', 1m)`, 1],
    [`within_distance(place, geom'POINT(179.5 -17.5)', 107km)`, 1],
    [`within_distance(place, geom'POINT(179.5 -17.5)', 105km)`, 0],
    ['in_bbox(shape, -20, 170, -10, -170)', 1],
    ['in_bbox(place, -20, 170, -10, -170)', 1],
    [`disjoint(shape, geom'POINT(100 50)')`, 121],
    [`not intersects(shape, geom'POINT(100 50)')`, 122],
  ]
  for (const [where, least] of cases)
    test(where, async () => {
      const [row] = await both({ select: 'count(*) as n', where })
      assert.ok(Number(row!.n) >= least, String(row!.n))
      if (least !== 1) assert.equal(Number(row!.n), least)
    })

  test('a point field on every side and corner of a polygon, and just outside', async () => {
    const [lon, lat] = places[3]!
    const box = (a: number, b: number, c: number, d: number) =>
      `geom'POLYGON((${lon + a} ${lat + b}, ${lon + c} ${lat + b}, ${lon + c} ${lat + d}, ${lon + a} ${lat + d}, ${lon + a} ${lat + b}))'`
    const on = [box(0, 0, 1, 1), box(-1, 0, 1, 1), box(-1, -1, 0, 1), box(-1, -1, 1, 0), box(-1, -1, 0, 0)]
    for (const area of on) {
      assert.deepEqual(await idsOf(`id = 3 and within(place, ${area})`), [3], area)
      assert.deepEqual(await idsOf(`id = 3 and within(shape, ${area})`), [3], area)
      assert.deepEqual(await idsOf(`id = 3 and disjoint(place, ${area})`), [], area)
    }
    assert.deepEqual(await idsOf(`id = 3 and within(place, ${box(0.001, 0, 1, 1)})`), [])
  })

  test('a shape lies within itself', async () => {
    for (const id of [0, 1, 2, 3, 4])
      assert.deepEqual(await idsOf(`id = ${id} and within(shape, ${literal(shapes[id])})`), [id])
  })
})

describe('geometries are read in every form', () => {
  const forms = [
    "geom'POLYGON((0 0, 20 0, 20 20, 0 20, 0 0))'",
    "geom'SRID=4326;polygon z((0 0 1, 20 0 1, 20 20 1, 0 20 1, 0 0 1))'",
    "geom'MULTIPOLYGON(((0 0, 20 0, 20 20, 0 20, 0 0)))'",
    "geom'GEOMETRYCOLLECTION(POLYGON((0 0, 20 0, 20 20, 0 20, 0 0)))'",
    `geom'{"type":"Polygon","coordinates":[[[0,0],[20,0],[20,20],[0,20],[0,0]]]}'`,
    `geom'{"type":"Feature","geometry":{"type":"Polygon","coordinates":[[[0,0],[20,0],[20,20],[0,20],[0,0]]]}}'`,
    `geom'${squareWkb(true, 0)}'`,
    `geom'${squareWkb(false, 0)}'`,
    `geom'${squareWkb(true, 0x20000000)}'`,
  ]
  for (const form of forms)
    test(form.slice(0, 60), async () => {
      assert.deepEqual(await idsOf(`within(place, ${form})`), await idsOf('in_bbox(place, 0, 0, 20, 20)'))
    })

  function squareWkb(isLittle: boolean, flags: number): string {
    const corners = [0, 0, 20, 0, 20, 20, 0, 20, 0, 0]
    const bytes = Buffer.alloc(13 + (flags === 0 ? 0 : 4) + 8 * corners.length)
    let at = bytes.writeUInt8(isLittle ? 1 : 0, 0)
    const uint = (value: number) => {
      at = isLittle ? bytes.writeUInt32LE(value, at) : bytes.writeUInt32BE(value, at)
    }
    uint((3 | flags) >>> 0)
    if (flags !== 0) uint(4326)
    uint(1)
    uint(5)
    for (const value of corners)
      at = isLittle ? bytes.writeDoubleLE(value, at) : bytes.writeDoubleBE(value, at)
    return bytes.toString('hex')
  }
})

test('a shape that goes on beyond the antimeridian is found from the other side too', async (t) => {
  const areas = [
    [
      [179.9, 0],
      [180.1, 0],
      [180.1, 1],
      [179.9, 1],
      [179.9, 0],
    ],
    [
      [-180.1, 0],
      [-179.9, 0],
      [-179.9, 1],
      [-180.1, 1],
      [-180.1, 0],
    ],
    [
      [-179.9, 0],
      [-179.8, 0],
      [-179.8, 1],
      [-179.9, 1],
      [-179.9, 0],
    ],
  ]
  const text = areas
    .map((ring, id) => JSON.stringify({ id, area: JSON.stringify({ type: 'Polygon', coordinates: [ring] }) }))
    .join('\n')
  const opened = await openBoth(t, [sourceOf(t, 'areas.jsonl', text, 'jsonl')], {
    fieldSpecifications: [
      { processor_uid: 'pr_1', name: 'type', args: { field: 'area', type: 'geo_shape' } },
    ],
  })
  const box = (west: number, east: number) =>
    `geom'POLYGON((${west} -2, ${east} -2, ${east} 5, ${west} 5, ${west} -2))'`
  const expected: readonly (readonly [string, readonly number[]])[] = [
    ["intersects(area, geom'POINT(-179.95 0.5)')", [0, 1]],
    ["intersects(area, geom'POINT(179.95 0.5)')", [0, 1]],
    ["intersects(area, geom'LINESTRING(-179.97 0.2, -179.95 0.5)')", [0, 1]],
    ["disjoint(area, geom'POINT(-179.95 0.5)')", [2]],
    [`within(area, ${box(170, 190)})`, [0, 1, 2]],
    [`within(area, ${box(-190, -170)})`, [0, 1, 2]],
    [`within(area, ${box(-180, -170)})`, [2]],
    ["within_distance(area, geom'POINT(-179.95 0.5)', 1m)", [0, 1]],
    ["within_distance(area, geom'POINT(179.95 0.5)', 1m)", [0, 1]],
    ["within_distance(area, geom'POINT(179.95 0.5)', 20km)", [0, 1, 2]],
  ]
  for (const reader of [opened.indexed, opened.scanned])
    for (const [where, ids] of expected)
      assert.deepEqual(
        (await reader.rows({ select: 'id', where, orderBy: 'id' })).map(({ id }) => id),
        ids,
        where,
      )
})

test('distances to shapes: nothing inside, else to the nearest edge', async () => {
  // 20 degrees from the equator along a meridian.
  const where = (metres: number) =>
    `id = 2 and within_distance(shape, geom'POINT(${places[2]![0]} ${places[2]![1] - 0.01})', ${metres}m)`
  assert.deepEqual(await idsOf(where(1113)), [2])
  const [centre] = shapes[0].coordinates
  const middle = [0, 1].map(
    (axis) => centre.reduce((sum: number, p: number[]) => sum + p[axis]!, 0) / centre.length,
  )
  assert.deepEqual(
    await idsOf(`id = 0 and within_distance(shape, geom'POINT(${middle.join(' ')})', 1mm)`),
    [0],
  )
})

test('the envelope of points is their convex hull', async () => {
  const [row] = await both({
    select: 'envelope(place) as hull, bbox(place) as box, bbox(shape) as all',
    where: 'id < 120',
  })
  const expected = convex(featureCollection(places.map(([lon, lat]) => point([lon, lat]))))!
  const corners = (of: Shape) => of.geometry.coordinates[0].slice(1).map(String).sort()
  assert.deepEqual(corners(row!.hull), corners(expected))
  assert.equal(row!.hull.type, 'Feature')
  const lons = places.map(([lon]) => lon)
  const lats = places.map(([, lat]) => lat)
  const [[west, south], , [east, north]] = row!.box.geometry.coordinates[0]
  assert.deepEqual(
    [west, south, east, north],
    [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)],
  )
  const every = shapes.flatMap((shape) => shape.coordinates.flat(3) as number[])
  const everyLon = every.filter((_, index) => index % 2 === 0)
  assert.equal(row!.all.geometry.coordinates[0][0][0], Math.min(...everyLon))
  assert.equal(row!.all.geometry.coordinates[0][2][0], Math.max(...everyLon))
})

test('hulls of nothing, one place, one line and groups', async () => {
  const hull = async (where: string) =>
    (await both({ select: 'envelope(place) as h, bbox(place) as b', where }))[0]!
  assert.deepEqual(await hull('id = 120'), { h: null, b: null })
  assert.equal((await hull('id = 121')).h.geometry.type, 'Point')
  assert.equal((await hull('id in (0, 1)')).h.geometry.type, 'LineString')
  const groups = await both({
    select: 'envelope(place) as h, count(*) as n',
    groupBy: 'id / 40 > 1 as g',
  }).catch(() => null)
  assert.equal(groups, null)
  const ranged = await both({ select: 'envelope(place) as h, count(*) as n', groupBy: 'range(id, 40)' })
  assert.equal(ranged.length, 4)
})

describe('clusters', () => {
  const clusters = (call: string, more: Clauses = {}) =>
    both({
      select: 'c, count(*) as n, min(id) as first',
      groupBy: `${call} as c`,
      orderBy: 'n desc, first',
      limit: 1000,
      ...more,
    })

  test('hold every point once, at any zoom', async () => {
    for (const zoom of [0, 3, 5, 9, 25]) {
      const found = await clusters(`geo_cluster(place, ${zoom})`)
      assert.equal(
        found.reduce((sum, row) => sum + Number(row.n), 0),
        121,
      )
    }
    assert.equal((await clusters('geo_cluster(place, 0)')).length, 2)
    assert.equal((await clusters('geo_cluster(place, 25, 1)')).length, 121)
  })

  test('of two sizes stand beside each other', async () => {
    const found = await both({
      select: 'coarse, fine, count(*) as n',
      groupBy: 'geo_cluster(place, 0) as coarse, geo_cluster(place, 9) as fine',
      limit: 1000,
    })
    const counted = new Map<string, number>()
    for (const { coarse, n } of found) {
      const key = JSON.stringify(coarse)
      counted.set(key, (counted.get(key) ?? 0) + Number(n))
    }
    const alone = await clusters('geo_cluster(place, 0)')
    assert.deepEqual(new Map(alone.map(({ c, n }) => [JSON.stringify(c), Number(n)])), counted)
  })

  test('are called by the centre of their points', async () => {
    const [row] = await clusters('geo_cluster(place, 0, 4000)', { where: 'id < 120' })
    const mean = (axis: 0 | 1) => places.reduce((sum, place) => sum + place[axis], 0) / places.length
    assert.ok(Math.abs(row!.c.cluster.lon - mean(0)) < 1e-7)
    assert.ok(Math.abs(row!.c.cluster.lat - mean(1)) < 1e-7)
  })

  test('go with other groups, and with expressions over them', async () => {
    const found = await both({
      select: 'r, count(*) as n',
      groupBy: 'geo_cluster(place, 4) as c, range(id, 60) as r',
    })
    assert.equal(
      found.reduce((sum, row) => sum + Number(row.n), 0),
      121,
    )
    assert.ok(found.every((row) => 'c' in row))
  })
})
