/** API 1.0, as the widgets call it. */
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { DOMParser } from '@xmldom/xmldom'
import { startServer, type TestServer } from '../support/server.ts'
import { shopsDataset } from '../support/shops.ts'

let server: TestServer
before(async (t) => {
  server = await startServer(t as never)
  await server.publishFile('shops', {
    ...shopsDataset,
    metas: { default: { title: 'Shops of towns', keyword: ['trade'], language: 'en' } },
  })
  await server.createDataset('unseen', { filename: 'a.csv', content: 'a\n1\n' })
})

const get = (path: string, query: Record<string, string> = {}, status = 200) =>
  server.expect(status, 'GET', `${path}?${new URLSearchParams(query)}`)
const search = async (query: Record<string, string>) =>
  (await get('/api/records/1.0/search/', { dataset: 'shops', ...query })).json
const ids = async (query: Record<string, string>): Promise<number[]> =>
  (await search({ rows: '100', sort: '-id', ...query })).records.map(
    (record: { fields: { id: number } }) => record.fields.id,
  )

describe('record search', () => {
  test('records have their old shape', async () => {
    const answer = await search({ q: '#exact(name, "Zwölf")', facet: 'city' })
    assert.equal(answer.nhits, 1)
    const [record] = answer.records
    assert.deepEqual(Object.keys(record), ['datasetid', 'recordid', 'fields', 'geometry', 'record_timestamp'])
    assert.deepEqual(record.fields.place, [50.9375, 6.9603])
    assert.deepEqual(record.geometry, { type: 'Point', coordinates: [6.9603, 50.9375] })
    assert.deepEqual(answer.facet_groups, [
      { name: 'city', facets: [{ name: 'Köln', path: 'Köln', count: 1, state: 'displayed' }] },
    ])
    assert.equal(answer.parameters.dataset, 'shops')
    const [empty] = (await search({ q: '#null(name)' })).records
    assert.deepEqual(empty.fields, { id: 10, city: 'Köln', price: 0, qty: 0, active: false })
    const one = await get(`/api/datasets/1.0/shops/records/${record.recordid}`)
    assert.deepEqual(one.json, record)
  })
  const cases: readonly (readonly [Record<string, string>, readonly number[]])[] = [
    [{ q: 'boo' }, [3, 4, 6, 9]],
    [{ q: 'city:Lyon AND price > 2' }, [1, 11]],
    [{ q: 'opened:[2010 TO 2013]' }, [4, 8]],
    [{ 'refine.city': 'Paris', 'exclude.tags': 'rare' }, [4]],
    [{ 'geofilter.distance': '48.8566,2.3522,2000' }, [3, 4, 12]],
    [{ 'geofilter.polygon': '(45,4),(45,5),(46,5),(46,4)' }, [1, 2, 11]],
    [{ 'geofilter.bbox': '45,4,46,5' }, [1, 2, 11]],
    // What a map shows: three times around the world, with the antimeridian in the middle, west of it.
    [{ 'geofilter.bbox': '-100,-500,100,580' }, [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12]],
    [{ 'geofilter.bbox': '40,170,60,361' }, [6, 7, 9]],
    [{ 'geofilter.bbox': '40,-190,60,0' }, [6, 7, 9]],
    [{ 'geofilter.bbox': '40,10,60,170' }, []],
    [{ rows: '2', start: '10' }, [11, 12]],
  ]
  for (const [query, expected] of cases)
    test(JSON.stringify(query), async () => assert.deepEqual(await ids(query), expected))

  test('sort is descending, and fields are chosen', async () => {
    const { records } = await search({ sort: 'price', rows: '2', fields: 'id,price' })
    assert.deepEqual(
      records.map((record: { fields: unknown }) => record.fields),
      [
        { id: 3, price: 25 },
        { id: 7, price: 18.4 },
      ],
    )
  })
  test('JSONP calls the function, and only one with a proper name', async () => {
    const { text, headers } = await get('/api/records/1.0/search', {
      dataset: 'shops',
      rows: '1',
      callback: 'a.b_1',
      format: 'jsonp',
    })
    assert.match(text, /^\/\*\*\/a\.b_1\(\{.*\}\);$/s)
    assert.match(headers.get('content-type')!, /^application\/javascript/)
    await get('/api/records/1.0/search', { dataset: 'shops', callback: 'alert(1)//' }, 400)
  })
  test('JSONP is refused to who sends credentials: a script of another site would read with them', async () => {
    const path = '/api/records/1.0/search?dataset=shops&format=jsonp&callback=f'
    const answer = await server.expect(400, 'GET', path, { auth: 'admin' })
    assert.match(answer.json.message ?? answer.json.error, /without credentials/)
  })
  test('GeoJSON', async () => {
    const answer = await search({ format: 'geojson', rows: '100' })
    assert.equal(answer.type, 'FeatureCollection')
    assert.equal(answer.features.length, 12)
  })
  test('what is asked wrongly, and what may not be seen', async () => {
    await get('/api/records/1.0/search', {}, 400)
    await get('/api/records/1.0/search', { dataset: 'shops', rows: '10001' }, 400)
    await get('/api/records/1.0/search', { dataset: 'shops', rows: 'x' }, 400)
    await get('/api/records/1.0/search', { dataset: 'shops', q: 'price > many' }, 400)
    await get('/api/records/1.0/search', { dataset: 'shops', 'geofilter.distance': '1' }, 400)
    await get('/api/records/1.0/search', { dataset: 'shops', 'geofilter.bbox': '1,2,3' }, 400)
    await get('/api/records/1.0/search', { dataset: 'shops', geo_digest: '" or "' }, 400)
    for (const dataset of ['unseen', 'none'])
      for (const route of ['search', 'download', 'analyze', 'geocluster', 'geopreview', 'boundingbox'])
        await get(`/api/records/1.0/${route}`, { dataset }, 404)
  })
})

describe('download', () => {
  test('JSON holds every record in its old shape', async () => {
    const { json } = await get('/api/records/1.0/download/', {
      dataset: 'shops',
      format: 'json',
      'refine.city': 'Lyon',
    })
    assert.deepEqual(
      json.map((record: { fields: { id: number } }) => record.fields.id),
      [1, 2, 11],
    )
  })
  test('files are those of the exports', async () => {
    const { headers } = await get(
      '/api/records/1.0/download',
      { dataset: 'shops', q: 'price > 10', csv_separator: ',' },
      302,
    )
    const { text } = await server.expect(200, 'GET', headers.get('location')!.replace(server.url, ''))
    assert.equal(text.trim().split('\n').length, 4)
  })
})

describe('analyze', () => {
  const analyze = async (query: Record<string, string>) =>
    (await get('/api/records/1.0/analyze/', { dataset: 'shops', ...query })).json
  test('one axis', async () => {
    assert.deepEqual(
      await analyze({
        x: 'city',
        'y.n.func': 'COUNT',
        'y.total.func': 'SUM',
        'y.total.expr': 'price',
        sort: 'n',
        maxpoints: '2',
      }),
      [
        { x: 'Paris', n: 4, total: 43.25 },
        { x: 'Lyon', n: 3, total: 15.7 },
      ],
    )
  })
  test('dates by precision and by period', async () => {
    const years = await analyze({ x: 'opened', 'y.n.func': 'COUNT', q: 'opened >= 2020' })
    assert.deepEqual(years, [
      { x: { year: 2020 }, n: 1 },
      { x: { year: 2022 }, n: 2 },
    ])
    const months = await analyze({
      x: 'opened',
      precision: 'month',
      'y.n.func': 'COUNT',
      'y.n.cumulative': 'true',
      q: 'opened >= 2020',
    })
    assert.deepEqual(months, [
      { x: { year: 2020, month: 1 }, n: 1 },
      { x: { year: 2022, month: 7 }, n: 3 },
    ])
    const weekdays = await analyze({ x: 'opened', periodic: 'weekday', 'y.n.func': 'COUNT', maxpoints: '1' })
    assert.deepEqual(weekdays, [{ x: { weekday: 2 }, n: 1 }])
  })
  test('every function', async () => {
    for (const callee of ['AVG', 'SUM', 'MIN', 'MAX', 'STDDEV', 'SUMSQUARES', 'QUANTILES', 'COUNT']) {
      const [row] = await analyze({
        x: 'city',
        'y.v.func': callee,
        'y.v.expr': 'price',
        'refine.city': 'Nantes',
      })
      const expected: Record<string, number> = {
        AVG: 15.2,
        SUM: 30.4,
        MIN: 12,
        MAX: 18.4,
        STDDEV: 4.525483,
        SUMSQUARES: 482.56,
        QUANTILES: 15.2,
        COUNT: 2,
      }
      assert.ok(Math.abs(row.v - expected[callee]!) < 1e-5, callee)
    }
  })
  test('two axes, and what is asked wrongly', async () => {
    const query = { dataset: 'shops', 'y.n.func': 'COUNT' }
    const { json } = await server.expect(
      200,
      'GET',
      `/api/records/1.0/analyze?x=city&x=active&${new URLSearchParams(query)}&maxpoints=1`,
    )
    assert.deepEqual(json, [{ x: { city: 'Köln', active: false }, n: 1 }])
    for (const wrong of [
      {},
      { x: 'city' },
      { x: 'city', 'y.n.func': 'NOPE', 'y.n.expr': 'price' },
      { x: 'city', 'y.n.func': 'SUM' },
    ])
      await get('/api/records/1.0/analyze', { dataset: 'shops', ...(wrong as Record<string, string>) }, 400)
  })
})

test('maps: bounding box and clusters', async () => {
  const box = (await get('/api/records/1.0/boundingbox', { dataset: 'shops', 'refine.city': 'Nantes' })).json
  assert.deepEqual(box, { count: 2, bbox: [-1.56, 47.21, -1.5536, 47.2184] })
  const { clusters, count } = (
    await get('/api/records/1.0/geocluster', { dataset: 'shops', clusterprecision: '8' })
  ).json
  assert.equal(
    clusters.reduce((sum: number, cluster: { count: number }) => sum + cluster.count, 0),
    11,
  )
  assert.equal(count.max, clusters[0].count)
})

describe('geopreview', () => {
  type Preview = { geo_digest: string; geometry: { type: string; coordinates: never } }[]
  test('points are where they are, and lead to their records', async () => {
    const shown: Preview = (await get('/api/records/1.0/geopreview/', { dataset: 'shops', q: 'boo' })).json
    assert.equal(shown.length, 4)
    for (const { geo_digest, geometry } of shown) {
      const { records } = await search({ geo_digest })
      assert.equal(records.length, 1)
      assert.deepEqual(records[0].geometry, geometry)
    }
    const few = await get('/api/records/1.0/geopreview', { dataset: 'shops', rows: '3' })
    assert.equal(few.json.length, 3)
    await get('/api/records/1.0/geopreview', { dataset: 'shops', rows: '5000' }, 400)
  })

  test('shapes are simplified for the zoom, the largest first', async () => {
    const circle = Array.from({ length: 2001 }, (_, index): [number, number] => {
      const angle = (2 * Math.PI * (index % 2000)) / 2000
      return [175 + 10 * Math.cos(angle), 10 + 10 * Math.sin(angle)]
    })
    const shapes = [
      { type: 'Point', coordinates: [1, 2] },
      { type: 'Polygon', coordinates: [circle] },
      {
        type: 'LineString',
        coordinates: [
          [0, 0],
          [1, 1],
          [2, 0],
        ],
      },
      {
        type: 'MultiPolygon',
        coordinates: [
          [
            [
              [0, 0],
              [1, 0],
              [1, 1],
              [0, 0],
            ],
          ],
          [
            [
              [5, 5],
              [6, 5],
              [6, 6],
              [5, 5],
            ],
          ],
        ],
      },
    ]
    await server.publishFile('shapes', {
      filename: 'shapes.jsonl',
      content: shapes
        .map((shape, id) => `${JSON.stringify({ id, shape: JSON.stringify(shape) })}\n`)
        .join(''),
      extractor: 'jsonl',
      fieldSpecifications: [{ name: 'type', args: { field: 'shape', type: 'geo_shape' } }],
    })
    const preview = async (zoom: number): Promise<Preview> =>
      (await get('/api/records/1.0/geopreview', { dataset: 'shapes', clusterprecision: String(zoom) })).json
    const [round, two, line, point] = await preview(12)
    assert.deepEqual(
      [round, two, line, point].map((item) => item!.geometry.type),
      ['Polygon', 'MultiPolygon', 'LineString', 'Point'],
    )
    const near = (a: unknown, b: unknown, reach: number) => {
      const [one, other] = [a, b].map((value) => [value].flat(5) as number[]) as [number[], number[]]
      assert.equal(one.length, other.length)
      for (const [index, value] of one.entries()) assert.ok(Math.abs(value - other[index]!) <= reach)
    }
    near(line!.geometry.coordinates, shapes[2]!.coordinates, 1e-4)
    near(two!.geometry.coordinates, shapes[3]!.coordinates, 1e-4)
    near(point!.geometry.coordinates, [1, 2], 1e-4)
    const corners = (item: Preview[number]) => (item.geometry.coordinates as [number, number][][])[0]!
    assert.ok(Math.max(...corners(round!).map(([lon]) => lon)) > 184.9, 'over the antimeridian')
    const coarse = corners((await preview(1))[0]!)
    assert.ok(
      coarse.length < 300 && coarse.length > 20 && corners(round!).length > 1000,
      String(coarse.length),
    )
    for (const [lon, lat] of coarse) assert.ok(Math.abs(Math.hypot(lon - 175, lat - 10) - 10) < 0.3)
  })
})

describe('feeds', () => {
  const read = async (path: string, query: Record<string, string>) => {
    const { text, headers } = await get(path, query)
    const faults: string[] = []
    const document = new DOMParser({ onError: (_level, message) => faults.push(message) }).parseFromString(
      text,
      'text/xml',
    )
    assert.deepEqual(faults, [])
    const texts = (name: string) =>
      Array.from(document.getElementsByTagName(name)).map((item) => item.textContent)
    return { document, texts, mediaType: headers.get('content-type') }
  }
  const records = { dataset: 'shops', 'refine.city': 'Nantes', sort: '-id' }

  test('records as RSS', async () => {
    const { texts, document, mediaType } = await read('/api/records/1.0/search/', {
      ...records,
      format: 'rss',
    })
    assert.equal(mediaType, 'application/rss+xml; charset=utf-8')
    assert.deepEqual(texts('title'), ['Shops of towns', 'Quai des Livres', 'Fish & Co'])
    const [first] = Array.from(document.getElementsByTagName('item'))
    const link = first!.getElementsByTagName('link')[0]!.textContent!
    const { json } = await server.expect(200, 'GET', link.replace(server.url, ''))
    assert.equal(json.name, 'Quai des Livres')
    assert.match(first!.getElementsByTagName('description')[0]!.textContent!, /^city: Nantes$/m)
    for (const date of texts('pubDate')) assert.ok(Date.parse(date!) > 0)
    assert.equal(new Set(texts('guid')).size, 2)
  })

  test('records as Atom, with all that RFC 4287 requires', async () => {
    const { texts, document, mediaType } = await read('/api/records/1.0/search/', {
      ...records,
      format: 'atom',
    })
    assert.equal(mediaType, 'application/atom+xml; charset=utf-8')
    assert.equal(document.documentElement!.namespaceURI, 'http://www.w3.org/2005/Atom')
    const entries = Array.from(document.getElementsByTagName('entry'))
    assert.equal(entries.length, 2)
    for (const part of [document.documentElement!, ...entries])
      for (const name of ['id', 'title', 'updated'])
        assert.equal(Array.from(part.childNodes).filter((child) => child.nodeName === name).length, 1, name)
    assert.equal(texts('author').length, 1)
    for (const at of texts('updated')) assert.match(at!, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/)
    for (const id of texts('id')) assert.ok(URL.canParse(id!))
  })

  test('the catalog as both, of those datasets that are asked for', async () => {
    for (const [format, item] of [
      ['rss', 'item'],
      ['atom', 'entry'],
    ] as const) {
      const { document, texts } = await read('/api/datasets/1.0/search', { q: 'towns', format })
      assert.equal(document.getElementsByTagName(item).length, 1)
      assert.equal(texts('title').at(-1), 'Shops of towns')
    }
    const { document } = await read('/api/datasets/1.0/search', { q: 'nothing', format: 'atom' })
    assert.equal(document.getElementsByTagName('entry').length, 0)
  })
})

test('the catalog', async () => {
  const answer = (await get('/api/datasets/1.0/search/', { q: 'towns', facet: 'keyword', rows: '5' })).json
  assert.equal(answer.nhits, 1)
  assert.equal(answer.datasets[0].datasetid, 'shops')
  assert.equal(answer.datasets[0].metas.title, 'Shops of towns')
  assert.deepEqual(answer.facet_groups[0].facets[0], {
    name: 'trade',
    path: 'trade',
    count: 1,
    state: 'displayed',
  })
  assert.equal((await get('/api/datasets/1.0/search', { q: 'nothing' })).json.nhits, 0)
  const one = (await get('/api/datasets/1.0/shops/')).json
  assert.equal(one.datasetid, 'shops')
  assert.ok(one.fields.some((field: { name: string }) => field.name === 'place'))
  await get('/api/datasets/1.0/unseen', {}, 404)
})
