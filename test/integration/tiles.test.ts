/** Vector tiles against the records they are made of, read by the library that maps read them with. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { VectorTile, type VectorTileFeature, type VectorTileLayer } from '@mapbox/vector-tile'
import { booleanPointInPolygon } from '@turf/boolean-point-in-polygon'
import { point as turfPoint } from '@turf/helpers'
import { PbfReader } from 'pbf'
import { createRandom } from '../support/fixtures.ts'
import { explorePath, managementPath } from '../support/http-client.ts'
import { createChance } from '../support/seed.ts'
import { shareServer, type TestServer } from '../support/server.ts'

const theServer = shareServer()
const mapEnd = 85.05112877980659

interface Spot {
  readonly id: number
  readonly lon: number
  readonly lat: number
  readonly city: string
  /** A column called `constructor`, as a member of every object is. */
  readonly constructor_name: string
}

/** Two crowds, the world, and what lies on the edges of the map and of its tiles. */
function makeSpots(): Spot[] {
  const random = createRandom(11)
  const edges: (readonly [number, number])[] = [
    [180, 0],
    [-180, 0],
    [179.9999999, 45],
    [-179.9999999, 45],
    [0, 90],
    [0, -90],
    [10, 89],
    [180, -90],
    [-180, 90],
    [0, 0],
    [90, 0],
    [-90, 66.51326044311186],
    [45, mapEnd],
    [45, -mapEnd],
  ]
  const crowd = (lon: number, lat: number, spread: number): [number, number] => [
    lon + (random() - 0.5) * spread,
    lat + (random() - 0.5) * spread,
  ]
  const places = [
    ...edges,
    ...Array.from({ length: 3000 }, () => crowd(4.85, 45.75, 0.2)),
    ...Array.from({ length: 3000 }, () => crowd(4.85, 45.75, 8)),
    ...Array.from({ length: 500 }, (): [number, number] => [random() * 360 - 180, random() * 180 - 90]),
  ]
  return places.map(([lon, lat], id) => ({
    id,
    lon,
    lat,
    city: ['Lyon', 'Köln', 'L\'Île "d\'Or"'][id % 3]!,
    constructor_name: `n${id}`,
  }))
}
const spots = makeSpots()

async function publishSpots(server: TestServer, datasetId: string, of: readonly Spot[] = spots) {
  const dataset = await server.publishFile(datasetId, {
    filename: 'spots.jsonl',
    content: of
      .map(({ constructor_name: name, ...spot }) => `${JSON.stringify({ ...spot, constructor: name })}\n`)
      .join(''),
    extractor: 'jsonl',
    metas: { default: { title: 'Spots' } },
    processors: [
      { name: 'create_geopoint', args: { latitude: 'lat', longitude: 'lon', output_field: 'place' } },
    ],
    fieldSpecifications: [
      { name: 'annotate', args: { field: 'city', annotation: 'facet' } },
      { name: 'type', args: { field: 'lat', type: 'double' } },
      { name: 'type', args: { field: 'lon', type: 'double' } },
    ],
  })
  return dataset
}

const tilePath = (datasetId: string, z: number, x: number, y: number, query = '') =>
  `${explorePath}/${datasetId}/tiles/${z}/${x}/${y}.mvt${query === '' ? '' : `?${query}`}`

const decode = (bytes: Buffer): VectorTileLayer | null =>
  bytes.length === 0 ? null : (new VectorTile(new PbfReader(bytes)).layers.records ?? null)

function featuresOf(layer: VectorTileLayer | null): VectorTileFeature[] {
  return layer === null ? [] : Array.from({ length: layer.length }, (_, index) => layer.feature(index))
}

async function readTile(server: TestServer, datasetId: string, z: number, x: number, y: number, query = '') {
  const answer = await server.request('GET', tilePath(datasetId, z, x, y, query))
  assert.ok(answer.status === 200 || answer.status === 204, `${answer.status} ${answer.text}`)
  assert.equal(answer.status === 204, answer.bytes.length === 0)
  return featuresOf(decode(answer.bytes))
}

const recordsIn = (features: readonly VectorTileFeature[]) =>
  features.reduce((sum, { properties }) => sum + Number(properties._count ?? 1), 0)

/** Of a zoom, all tiles: what is asked for is small. */
const tilesOf = (z: number) =>
  Array.from({ length: 4 ** z }, (_, index) => [index % 2 ** z, Math.floor(index / 2 ** z)] as const)

/** Where a place is on the map: written here once more, from the definition of the projection. */
function onMap(lon: number, lat: number): readonly [x: number, y: number] {
  const sine = Math.sin((Math.max(-mapEnd, Math.min(mapEnd, lat)) * Math.PI) / 180)
  const turn = lon >= 180 ? lon - 360 : lon
  return [turn / 360 + 0.5, 0.5 - (0.25 * Math.log((1 + sine) / (1 - sine))) / Math.PI]
}

describe('tiles of points', () => {
  test('count every record once at any zoom, with poles and the antimeridian', async () => {
    const server = await theServer()
    await publishSpots(server, 'spots')
    for (const z of [0, 2]) {
      let counted = 0
      for (const [x, y] of tilesOf(z)) {
        const features = await readTile(server, 'spots', z, x, y)
        assert.ok(features.length <= 4096)
        for (const feature of features)
          for (const [place] of feature.loadGeometry())
            assert.ok(place!.x >= 0 && place!.x < 4096 && place!.y >= 0 && place!.y < 4096)
        counted += recordsIn(features)
      }
      assert.equal(counted, spots.length, `zoom ${z}`)
    }
  })

  test('single points are where their records are, and say which they are', async () => {
    const server = await theServer()
    const { json } = await server.expect(
      200,
      'GET',
      `${explorePath}/spots/exports/json?select=${encodeURIComponent('recordid, id, city, place')}`,
    )
    const records = new Map<unknown, { id: number; city: string; place: { lon: number; lat: number } }>()
    for (const record of json) records.set(record.recordid, record)
    let compared = 0
    for (const [x, y] of tilesOf(3)) {
      for (const feature of await readTile(
        server,
        'spots',
        3,
        x,
        y,
        `select=${encodeURIComponent('id, city, constructor_field as constructor')}`,
      )) {
        const { _id, _count, ...shown } = feature.properties
        if (_count !== undefined) continue
        const { id, place, city } = records.get(_id)!
        assert.deepEqual(shown, { id, city, constructor: `n${id}` })
        assert.equal(feature.id, id, 'the position in the publication')
        const [mapX, mapY] = onMap(place.lon, place.lat)
        const [[at]] = feature.loadGeometry() as unknown as [[{ x: number; y: number }]]
        const off = Math.max(
          Math.abs((mapX * 8 - x) * 4096 - at.x - 0.5),
          Math.abs((mapY * 8 - y) * 4096 - at.y - 0.5),
        )
        assert.ok(off <= 0.51, `${JSON.stringify(place)} is ${off} units off`)
        compared++
      }
    }
    assert.ok(compared > 300, String(compared))
  })

  test('groups are in the middle of their records, and a record alone stays one', async () => {
    const server = await theServer()
    const features = await readTile(server, 'spots', 0, 0, 0, 'select=id')
    const groups = features.filter(({ properties }) => properties._count !== undefined)
    const singles = features.filter(({ properties }) => properties._count === undefined)
    assert.ok(groups.length > 5 && singles.length > 100)
    const cells = new Map<string, { count: number; x: number; y: number }>()
    for (const { lon, lat } of spots) {
      const [x, y] = onMap(lon, lat).map((at) => Math.max(0, Math.min(4095, Math.floor(at * 4096)))) as [
        number,
        number,
      ]
      const name = `${Math.floor(x / 64)} ${Math.floor(y / 64)}`
      const cell = cells.get(name) ?? { count: 0, x: 0, y: 0 }
      cells.set(name, { count: cell.count + 1, x: cell.x + x, y: cell.y + y })
    }
    assert.equal(features.length, cells.size)
    for (const feature of features) {
      const [[at]] = feature.loadGeometry() as unknown as [[{ x: number; y: number }]]
      const cell = cells.get(`${Math.floor(at.x / 64)} ${Math.floor(at.y / 64)}`)!
      assert.equal(Number(feature.properties._count ?? 1), cell.count)
      assert.ok(Math.abs(at.x - cell.x / cell.count) <= 1.01 && Math.abs(at.y - cell.y / cell.count) <= 1.01)
    }
    for (const { properties } of singles) assert.equal(typeof properties.id, 'number')
  })

  test('filters are those of the records API', async () => {
    const server = await theServer()
    for (const query of [
      'where=id<700',
      'refine=city:Lyon',
      'exclude=city:Lyon&where=lat>45.7',
      `where=${encodeURIComponent('"koln"')}`,
      `where=${encodeURIComponent("within_distance(place, geom'POINT(4.85 45.75)', 5km)")}`,
    ]) {
      const { json } = await server.expect(200, 'GET', `${explorePath}/spots/records?limit=0&${query}`)
      const features = await readTile(server, 'spots', 0, 0, 0, query)
      assert.equal(recordsIn(features), json.total_count, query)
      assert.ok(json.total_count > 0 && json.total_count < spots.length)
    }
  })

  test('what is asked wrongly is said in words', async () => {
    const server = await theServer()
    for (const [path, parameter] of [
      [tilePath('spots', 23, 0, 0), 'z'],
      [tilePath('spots', 1, 2, 0), 'x'],
      [tilePath('spots', 1, 0, 2), 'y'],
      [`${explorePath}/spots/tiles/1/-1/0.mvt`, 'x'],
      [`${explorePath}/spots/tiles/1/1e0/0.mvt`, 'x'],
      [`${explorePath}/spots/tiles/1/0x1/0.mvt`, 'x'],
      [tilePath('spots', 0, 0, 0, 'field=city'), 'field'],
      [tilePath('spots', 0, 0, 0, 'field=nothing'), 'field'],
    ] as const) {
      const { json } = await server.expect(400, 'GET', path)
      assert.equal(json.key, 'http.invalid_parameter', path)
      assert.match(json.message, new RegExp(`for ${parameter}:`))
    }
    for (const query of ['select=count(*)', 'where=nothing=1', 'select=nothing'])
      assert.equal(
        (await server.expect(400, 'GET', tilePath('spots', 0, 0, 0, query))).json.error_code,
        'ODSQLError',
      )
    await server.publishFile('flat', { filename: 'a.csv', content: 'a\n1\n' })
    for (const path of [tilePath('flat', 0, 0, 0), `${explorePath}/flat/tiles.json`])
      assert.equal((await server.expect(400, 'GET', path)).json.key, 'records.no_geo_field')
  })

  test('tags, empty tiles, compression and HEAD', async () => {
    const server = await theServer()
    const path = tilePath('spots', 0, 0, 0, 'select=id,city')
    const first = await server.expect(200, 'GET', path, { headers: { 'Accept-Encoding': 'identity' } })
    assert.equal(first.headers.get('content-type'), 'application/vnd.mapbox-vector-tile')
    assert.equal(first.headers.get('cache-control'), 'public, no-cache')
    for (const encoding of ['gzip', 'br']) {
      const packed = await server.expect(200, 'GET', path, { headers: { 'Accept-Encoding': encoding } })
      assert.equal(packed.headers.get('content-encoding'), encoding)
      assert.deepEqual(packed.bytes, first.bytes)
    }
    const tag = first.headers.get('etag')!
    await server.expect(304, 'GET', path, { headers: { 'If-None-Match': tag } })
    // Not kept yet: compressed on the way.
    const fresh = await server.expect(200, 'GET', tilePath('spots', 0, 0, 0, 'select=city'), {
      headers: { 'Accept-Encoding': 'gzip' },
    })
    assert.equal(fresh.headers.get('content-encoding'), 'gzip')
    const empty = tilePath('spots', 12, 0, 2000)
    for (let time = 0; time < 2; time++) {
      const { headers, bytes } = await server.expect(204, 'GET', empty)
      assert.equal(bytes.length, 0)
      await server.expect(304, 'GET', empty, { headers: { 'If-None-Match': headers.get('etag')! } })
    }
    const head = await server.expect(200, 'HEAD', path)
    assert.equal(head.headers.get('etag'), tag)
    assert.equal(head.bytes.length, 0)
  })

  test('TileJSON leads to the tiles, with the question that was asked', async () => {
    const server = await theServer()
    const query = `where=${encodeURIComponent('id > 13 and lat > 40')}&select=city,id&apikey=`
    const { json } = await server.expect(200, 'GET', `${explorePath}/spots/tiles.json?${query}`)
    assert.equal(json.tilejson, '3.0.0')
    assert.equal(json.name, 'Spots')
    assert.deepEqual(json.vector_layers[0].fields, {
      _id: 'String',
      _count: 'Number',
      city: 'String',
      id: 'Number',
    })
    const kept = spots.filter(({ id, lat }) => id > 13 && lat > 40)
    const [west, south, east, north] = json.bounds
    assert.ok(south >= 40 && north === 85.051129 && west < -170 && east > 170)
    const address = json.tiles[0].replace('{z}', '0').replace('{x}', '0').replace('{y}', '0')
    assert.doesNotMatch(address, /apikey/)
    const { bytes } = await server.expect(200, 'GET', address.replace(server.url, ''))
    assert.equal(recordsIn(featuresOf(decode(bytes))), kept.length)
    const none = await server.expect(200, 'GET', `${explorePath}/spots/tiles.json?where=id<0`)
    assert.equal(none.json.bounds, undefined)
  })

  test('a version has its own tiles, and who may not see a dataset sees no tile', async () => {
    const server = await theServer()
    const dataset = await publishSpots(server, 'moving', spots.slice(14, 24))
    const base = `${managementPath}/datasets/${dataset.datasetUid}`
    const saved = await server.jobDone(await server.order('PUT', `${base}/save_version`))
    await server.replaceFile(
      dataset,
      'spots.jsonl',
      '{"id":1,"lat":1,"lon":1,"city":"x","constructor":"n1"}\n',
    )
    await server.jobDone(await server.publish(dataset.datasetUid))
    assert.equal(recordsIn(await readTile(server, 'moving', 0, 0, 0)), 1)
    const version = `version=${saved.result.version_uid}`
    assert.equal(recordsIn(await readTile(server, 'moving', 0, 0, 0, version)), 10)
    await server.expect(200, 'PUT', `${base}/security/access_policy`, { body: '"restricted"' })
    const hidden = `${explorePath}/moving`
    for (const path of [
      '/tiles/0/0/0.mvt',
      '/tiles/99/0/0.mvt',
      '/tiles.json',
      `/tiles/0/0/0.mvt?${version}`,
    ]) {
      const { text } = await server.expect(404, 'GET', hidden + path)
      const unknown = await server.expect(404, 'GET', `${explorePath}/moxing${path}`)
      assert.equal(text, unknown.text.replaceAll('moxing', 'moving'))
    }
    const { headers } = await server.expect(200, 'GET', `${hidden}/tiles/0/0/0.mvt`, { auth: 'admin' })
    assert.equal(headers.get('cache-control'), 'private, no-cache')
  })
})

type Ring = [number, number][]

/** A star of so many corners. */
function ring(lon: number, lat: number, radius: number, corners: number, turn: number): Ring {
  const open = Array.from({ length: corners }, (_, index): [number, number] => {
    const angle = turn + (2 * Math.PI * index) / corners
    const reach = radius * (index % 2 === 0 ? 1 : 0.55)
    return [lon + reach * Math.cos(angle), lat + reach * Math.sin(angle)]
  })
  return [...open, open[0]!]
}

describe('tiles of shapes', () => {
  const random = createRandom(5)
  const polygons: Ring[][] = Array.from({ length: 40 }, (_, index) => {
    // Every fourth reaches over the antimeridian, on one side or the other.
    const lon = index % 4 === 0 ? (index % 8 === 0 ? 178 : -178) : random() * 300 - 150
    const [lat, radius, turn] = [random() * 120 - 60, 5 + random() * 15, random()]
    const outer = ring(lon, lat, radius, 4 + 2 * Math.floor(random() * 20), turn)
    return index % 3 === 0 ? [outer, ring(lon, lat, radius / 4, 8, turn)] : [outer]
  })
  const polar: Ring = [
    [-180, -60],
    [180, -60],
    [180, -90],
    [-180, -90],
    [-180, -60],
  ]
  const shapes: unknown[] = [
    ...polygons.map((coordinates) => ({ type: 'Polygon', coordinates })),
    { type: 'Polygon', coordinates: [polar] },
    {
      type: 'LineString',
      coordinates: [
        [-170, 10],
        [170, 10],
        [170, 40],
      ],
    },
    {
      type: 'MultiPoint',
      coordinates: [
        [100, 0],
        [101, 1],
      ],
    },
    {
      type: 'GeometryCollection',
      geometries: [
        { type: 'Point', coordinates: [50, 50] },
        {
          type: 'LineString',
          coordinates: [
            [40, 40],
            [60, 40],
          ],
        },
      ],
    },
    null,
  ]

  async function publishShapes(server: TestServer, datasetId: string, of: readonly unknown[]) {
    await server.publishFile(datasetId, {
      filename: 'shapes.jsonl',
      content: of
        .map(
          (shape, id) => `${JSON.stringify({ id, shape: shape === null ? null : JSON.stringify(shape) })}\n`,
        )
        .join(''),
      extractor: 'jsonl',
      fieldSpecifications: [{ name: 'type', args: { field: 'shape', type: 'geo_shape' } }],
    })
  }

  test('areas cover the places that the shapes cover, over the antimeridian and at the pole', async (t) => {
    const server = await theServer()
    await publishShapes(server, 'areas', shapes)
    const chance = createChance(t)
    const bows = polygons.map(([outer]) => longestBow(outer!))
    let [inside, compared] = [0, 0]
    for (const [z, x, y] of [
      [0, 0, 0],
      [1, 0, 1],
      [2, 3, 1],
      [2, 0, 2],
      [3, 7, 3],
      [3, 4, 7],
      [4, 9, 6],
    ] as const) {
      const areas = new Map<number, ReturnType<VectorTileFeature['loadGeometry']>>()
      for (const feature of await readTile(server, 'areas', z, x, y))
        if (feature.type === 3) areas.set(feature.id!, feature.loadGeometry())
      for (let count = 0; count < 100; count++) {
        const at = [chance.below(4096), chance.below(4096)] as const
        const lon = ((at[0] / 4096 + x) / 2 ** z) * 360 - 180
        const lat = (Math.atan(Math.sinh(Math.PI * (1 - (2 * (at[1] / 4096 + y)) / 2 ** z))) * 180) / Math.PI
        const reach = ((360 / 2 ** z) * 12) / 4096
        for (const [id, coordinates] of [...polygons, [polar]].entries()) {
          // Straight on the map is not straight in degrees: near an edge the two may differ.
          const covers = (dx: number, dy: number) =>
            [-360, 0, 360].some((turn) =>
              booleanPointInPolygon(turfPoint([lon + turn + dx, lat + dy]), {
                type: 'Polygon',
                coordinates,
              } as never),
            )
          const expected = covers(0, 0)
          const slack = Math.max(reach, bows[id] ?? 0)
          const around = [
            [slack, 0],
            [-slack, 0],
            [0, slack],
            [0, -slack],
            [slack, slack],
            [-slack, -slack],
            [slack, -slack],
            [-slack, slack],
          ] as const
          if (around.some(([dx, dy]) => covers(dx, dy) !== expected)) continue
          const rings = areas.get(id)
          const shown = rings !== undefined && isInside(at, rings)
          assert.equal(shown, expected, `shape ${id} at ${lon} ${lat}, tile ${z}/${x}/${y}`)
          compared++
          if (expected) inside++
        }
      }
    }
    assert.ok(compared > 5_000 && inside > 100, `${compared} ${inside}`)
  })

  test('lines and points, and what a collection holds of each', async () => {
    const server = await theServer()
    const features = await readTile(server, 'areas', 1, 1, 0)
    const of = (id: number) =>
      features
        .filter((feature) => feature.id === id)
        .map((feature) => feature.toGeoJSON(1, 0, 1).geometry)
        .map((geometry) => ({ type: geometry.type, at: rounded(geometry as never) }))
    // Clipped at the buffer, 64 of 4096 units to the west of Greenwich.
    assert.deepEqual(of(polygons.length + 1), [
      {
        type: 'LineString',
        at: [
          [-3, 10],
          [170, 10],
          [170, 40],
        ],
      },
    ])
    assert.deepEqual(of(polygons.length + 2), [
      {
        type: 'MultiPoint',
        at: [
          [100, 0],
          [101, 1],
        ],
      },
    ])
    assert.deepEqual(of(polygons.length + 3), [
      {
        type: 'LineString',
        at: [
          [40, 40],
          [60, 40],
        ],
      },
      { type: 'Point', at: [50, 50] },
    ])
  })

  test('no more than 4096 features: the largest; of those that are too small to see, one in a place', async () => {
    const server = await theServer()
    const box = (lon: number, lat: number, size: number) => ({
      type: 'Polygon',
      coordinates: [
        [
          [lon, lat],
          [lon + size, lat],
          [lon + size, lat + size],
          [lon, lat + size],
          [lon, lat],
        ],
      ],
    })
    const grid = Array.from({ length: 5000 }, (_, id) =>
      box((id % 100) * 1.5, Math.floor(id / 100) * 1.5, 0.5 + (id % 3) * 0.3),
    )
    const crumbs = Array.from({ length: 500 }, (_, id) => box(-100 + id / 1e6, -50, 1e-5 + id / 1e9))
    await publishShapes(server, 'boxes', [...grid, ...crumbs])
    const world = await readTile(server, 'boxes', 0, 0, 0)
    assert.equal(world.length, 4096)
    const large = grid.flatMap((_, id) => (id % 3 > 0 ? [id] : []))
    const ids = new Set(world.map(({ id }) => id))
    assert.ok(large.every((id) => ids.has(id)))
    const [crumb, ...more] = await readTile(server, 'boxes', 2, 0, 2)
    assert.equal(more.length, 0)
    assert.equal(crumb!.id, grid.length + crumbs.length - 1)
    assert.deepEqual(
      crumb!.bbox().map((side, index) => side - crumb!.bbox()[index % 2]!),
      [0, 0, 4, 4],
    )
    const [x, y] = onMap(-100, -50).map((at) => Math.floor(at * 2 ** 18)) as [number, number]
    assert.ok((await readTile(server, 'boxes', 18, x, y)).length >= 10, 'from zoom 18 on each is there')
  })

  test('a shape of twenty thousand places takes few of them where it is small, and no gap opens to its neighbour', async () => {
    const server = await theServer()
    const coast = Array.from({ length: 20_000 }, (_, index): [number, number] => [
      10 + 3 * Math.sin(index / 700) + Math.sin(index * 12.9898) * 0.01,
      (index / 20_000) * 40,
    ])
    const west = [[0, 0], ...coast, [0, 40], [0, 0]]
    const east = [[20, 0], ...coast, [20, 40], [20, 0]]
    await publishShapes(
      server,
      'coasts',
      [west, east].map((outer) => ({ type: 'Polygon', coordinates: [outer] })),
    )
    for (const [z, x, y] of [
      [0, 0, 0],
      [3, 4, 3],
    ] as const) {
      const [one, other] = await readTile(server, 'coasts', z, x, y)
      const places = (feature: VectorTileFeature) => feature.loadGeometry().flat()
      assert.ok(places(one!).length < 2000, String(places(one!).length))
      const shared = (of: VectorTileFeature) =>
        new Set(
          places(of)
            .filter(({ x: at }) => at > 0 && at < 4096)
            .map(({ x: a, y: b }) => `${a} ${b}`),
        )
      const [a, b] = [shared(one!), shared(other!)]
      const common = [...a].filter((place) => b.has(place))
      assert.ok(common.length > 20 && common.length >= a.size - 4, `${common.length} of ${a.size}`)
    }
  })
})

/** Positions of a geometry in whole degrees. */
function rounded({ coordinates }: { coordinates: number[] | number[][] }): unknown {
  return coordinates.map((part) => (Array.isArray(part) ? rounded({ coordinates: part }) : Math.round(part)))
}

/** How far an edge that is straight in degrees lies from one that is straight on the map, at most, in degrees. */
function longestBow(outer: Ring): number {
  return Math.max(
    ...outer.slice(1).map(([lon, lat], index) => {
      const [lon2, lat2] = outer[index]!
      const [, y1] = onMap(0, lat)
      const [, y2] = onMap(0, lat2)
      const middle = (Math.atan(Math.sinh(Math.PI * (1 - (y1 + y2)))) * 180) / Math.PI
      return Math.abs(middle - (lat + lat2) / 2) + (Math.abs(lon - lon2) === 0 ? 0 : 0.05)
    }),
  )
}

/** By the rule of odd crossings, over all rings. */
function isInside(
  [x, y]: readonly [number, number],
  rings: readonly (readonly { x: number; y: number }[])[],
): boolean {
  let crossings = 0
  for (const places of rings)
    for (const [index, a] of places.entries()) {
      const b = places[(index + 1) % places.length]!
      if (a.y > y !== b.y > y && x < ((b.x - a.x) * (y - a.y)) / (b.y - a.y) + a.x) crossings++
    }
  return crossings % 2 === 1
}
