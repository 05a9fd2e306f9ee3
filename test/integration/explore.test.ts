/** The contract of the search API: explore-api specification, section 7. The numbers are those of its list. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { documented, readApiDocument } from '../support/api-document.ts'
import { tempDirectory } from '../support/builder.ts'
import { visitsCsv } from '../support/fixtures.ts'
import { explorePath, managementPath } from '../support/http-client.ts'
import { connectIn } from '../support/reading-engine.ts'
import { startServer } from '../support/server.ts'

const shopsCsv = `id;name;city;area;tags;price;qty;opened;seen_at;active;lat;lon
1;Café de la Gare;Lyon;FR/ARA/Lyon;coffee,bar;4.5;12;2019-03-01;2024-01-05T08:30:00Z;true;45.7606;4.8612345
2;Boulangerie Élan;Lyon;FR/ARA/Lyon;bread;1.2;80;2015-11-20;2024-01-05T23:30:00Z;true;45.764;4.8357
3;The Book of Secrets;Paris;FR/IDF/Paris;books,rare;25;3;2001-02-28;2024-02-29T12:00:00Z;false;48.8566;2.3522
4;Book Nook;Paris;FR/IDF/Paris;books;8.75;15;2010-06-15;2024-03-31T01:15:00Z;true;48.8606;2.3376
5;Marché Saint-Pierre;Paris;FR/IDF/Paris;fabric,rare;;40;1949-05-01;;true;48.8847;2.3439
6;Quai des Livres;Nantes;FR/PDL/Nantes;books;12;7;2018-09-09;2023-12-31T23:59:59Z;false;47.2184;-1.5536
7;"Fish ""n"" Chips; more";London;GB/London;fish;18.4;;2020-01-01;2024-01-01T00:00:00Z;true;51.5;-0.12
8;Zwölf;Köln;DE/NW/Köln;coffee;3.9;22;2012-12-12;2024-06-30T22:00:00Z;true;50.9375;6.9603
9;Don't Panic;London;GB/London;books,coffee;6.42;42;1979-10-12;2024-05-25T10:42:00Z;true;51.5074;-0.1278
10;;Köln;DE/NW/Köln;;0;0;;;false;;
`
const shopCount = 10
const annotate = (field: string, annotation: string, args: readonly string[] = []) => ({
  name: 'annotate',
  args: { field, annotation, args },
})
const encode = encodeURIComponent

interface Facet {
  readonly name: string
  readonly facets: readonly FacetValue[]
}
interface FacetValue {
  readonly name: string
  readonly value: string
  readonly count?: number
  readonly state: string
  readonly facets?: readonly FacetValue[]
}

test('the contract of the search API', async (t) => {
  const server = await startServer(t)
  const call = documented(server, await readApiDocument(server))
  const shops = await server.publishFile('shops', {
    filename: 'shops.csv',
    content: shopsCsv,
    metas: { default: { title: 'Shops', keyword: ['trade', 'towns'], language: 'en', publisher: 'City' } },
    processors: [
      { name: 'create_geopoint', args: { latitude: 'lat', longitude: 'lon', output_field: 'place' } },
    ],
    fieldSpecifications: [
      { name: 'rename', args: { from_name: 'qty', to_name: 'qty', label: 'In stock' } },
      annotate('tags', 'multivalued', [',']),
      annotate('city', 'facet'),
      annotate('tags', 'facet'),
      annotate('tags', 'disjunctive'),
      annotate('opened', 'facet'),
      annotate('area', 'facet'),
      annotate('area', 'hierarchical', ['/']),
      { name: 'delete', args: { field: 'lat' } },
      { name: 'delete', args: { field: 'lon' } },
    ],
  })
  const visits = await server.publishFile('visits', { filename: 'visits.csv', content: visitsCsv(12_000) })
  await server.createDataset('unseen', { filename: 'a.csv', content: 'a\n1\n' })
  const path = `${explorePath}/shops`
  const records = `${path}/records`
  const get = async (address: string) => (await call(200, 'GET', address)).json
  const ids = async (query: string): Promise<number[]> =>
    (await get(`${records}?limit=100&order_by=id&${query}`)).results.map(
      (record: { id: number }) => record.id,
    )
  const facetsOf = async (query: string): Promise<readonly Facet[]> =>
    (await get(`${path}/facets?${query}`)).facets
  const facetOf = async (name: string, query = ''): Promise<readonly FacetValue[]> =>
    (await facetsOf(`facet=${encode(name)}&${query}`))[0]!.facets
  const refuse = async (status: number, code: string, address: string) => {
    const answer = await call(status, 'GET', address)
    assert.equal(answer.json.error_code, code, address)
    assert.equal(answer.headers.get('content-type'), 'application/json; charset=utf-8')
    assert.equal(answer.headers.get('cache-control'), 'no-store')
    return answer
  }

  await t.test('1 a limit of 0 gives the count alone', async () => {
    assert.deepEqual(await get(`${explorePath}?limit=0`), { total_count: 2, results: [] })
    assert.deepEqual(await get(`${records}?limit=0`), { total_count: shopCount, results: [] })
  })

  await t.test('2, 3 limit and offset have their bounds, wider with groups', async () => {
    const big = `${explorePath}/visits/records`
    assert.equal((await get(`${big}?limit=100`)).results.length, 100)
    assert.equal((await get(`${big}?limit=-1`)).results.length, 100)
    assert.equal((await get(`${big}?offset=9990&limit=10`)).results.length, 10)
    assert.equal((await get(`${big}?offset=9990&limit=-1`)).results.length, 10)
    const grouped = await get(`${big}?group_by=number&select=count(*)%20as%20n&limit=20000`)
    assert.equal(grouped.results.length, 12_000)
    for (const query of [
      'limit=101',
      'limit=-2',
      'limit=ten',
      'limit=1.5',
      'limit=1e1',
      'limit=99999999999999999999',
      'offset=-1',
      'offset=9991&limit=10',
      'offset=9991',
      'offset=99999999999999999999',
      'group_by=number&limit=20001',
      'group_by=number&limit=1&offset=20000',
      'limit=1&limit=2',
    ]) {
      const answer = await refuse(400, 'InvalidRESTParameterError', `${big}?${query}`)
      assert.match(answer.json.message, /limit|offset/)
      await call(400, 'GET', `${explorePath}?${query.replace('number', 'title')}`)
    }
    await call(
      200,
      'GET',
      `${big}?limit=&offset=&select=&where=&group_by=&order_by=&lang=en&timezone=&nonsense=1`,
    )
  })

  await t.test('4, 5 what is unknown or unpublished is 404 in the same words', async () => {
    for (const route of [
      '',
      '/records',
      '/records/abc',
      '/facets',
      '/exports',
      '/exports/csv',
      '/attachments',
    ]) {
      const unknown = await refuse(404, 'DatasetNotFound', `${explorePath}/unseem${route}`)
      const unpublished = await refuse(404, 'DatasetNotFound', `${explorePath}/unseen${route}`)
      assert.equal(unpublished.text.replaceAll('unseen', '?'), unknown.text.replaceAll('unseem', '?'))
    }
    await refuse(404, 'RecordNotFound', `${records}/${'0'.repeat(32)}`)
    await refuse(404, 'RecordNotFound', `${records}/nothing`)
    await refuse(404, 'UnknownExportFormat', `${path}/exports/toString`)
    const nowhere = await server.expect(404, 'GET', '/api/explore/v2.1/nothing')
    assert.equal(nowhere.json.error_code, 'NotFound')
    for (const id of [
      '..%2f..%2fetc',
      '%2e%2e',
      '%252e',
      "'; drop table x; --",
      '%22',
      '__proto__',
      '%F0%9F%92%A9',
    ]) {
      const answer = await server.request('GET', `${explorePath}/${id}/records`)
      assert.equal(answer.status, 404, id)
      assert.ok(answer.json.message)
    }
  })

  await t.test('6 to 11 records have the selected names, in the documented forms', async () => {
    const [first] = (await get(`${records}?order_by=id&limit=1`)).results
    assert.deepEqual(first, {
      id: 1,
      name: 'Café de la Gare',
      city: 'Lyon',
      area: 'FR/ARA/Lyon',
      tags: ['coffee', 'bar'],
      price: 4.5,
      qty: 12,
      opened: '2019-03-01',
      seen_at: '2024-01-05T08:30:00+00:00',
      active: true,
      place: { lon: 4.8612345, lat: 45.7606 },
    })
    const [last] = (await get(`${records}?order_by=id%20desc&limit=1`)).results
    assert.deepEqual(Object.keys(last), Object.keys(first))
    assert.deepEqual(
      [last.name, last.tags, last.opened, last.seen_at, last.place],
      [null, null, null, null, null],
    )
    assert.deepEqual([last.price, last.qty], [0, 0])
    assert.deepEqual((await get(`${records}?select=city&order_by=id&limit=1`)).results, [{ city: 'Lyon' }])
    const chosen = (
      await get(`${records}?select=price%20*%202%20as%20double_price,%20id&order_by=id&limit=1`)
    ).results[0]
    assert.deepEqual(Object.entries(chosen), [
      ['double_price', 9],
      ['id', 1],
    ])
    const paris = (await get(`${records}?select=seen_at&timezone=Europe/Paris&where=${encode('id = 4')}`))
      .results[0]
    assert.equal(paris.seen_at, '2024-03-31T03:15:00+02:00')
    const kolkata = (await get(`${records}?select=seen_at&timezone=Asia/Kolkata&where=${encode('id = 4')}`))
      .results[0]
    assert.equal(kolkata.seen_at, '2024-03-31T06:45:00+05:30')
  })

  await t.test('12 links come when asked for, and lead on', async () => {
    for (const address of [explorePath, records, path]) assert.ok(!('_links' in (await get(address))))
    type Link = { rel: string; href: string }
    const rels = (links: readonly Link[]) => links.map(({ rel }) => rel)
    const key = await server.createApiKey(['explore_restricted_dataset'])
    const page = await call(200, 'GET', `${records}?order_by=id&limit=4&include_links=true&apikey=${key}`)
    assert.deepEqual(rels(page.json._links), ['self', 'first', 'next', 'last'])
    assert.ok(!page.text.includes(key), 'addresses are passed on, keys are not')
    const seen = []
    for (let links: readonly Link[] = page.json._links, json = page.json; ; links = json._links) {
      seen.push(...json.results.map((record: { id: number }) => record.id))
      const next = links.find(({ rel }) => rel === 'next')
      if (!next) break
      const { pathname, search, origin } = new URL(next.href)
      assert.equal(origin, server.url)
      json = await get(pathname + search)
    }
    assert.deepEqual(seen, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    const { _links } = await get(`${path}?include_links=1`)
    assert.deepEqual(rels(_links), ['self', 'catalog'])
    assert.deepEqual(rels((await get(`${explorePath}?include_links=TRUE&limit=0`))._links), ['self'])
    await refuse(400, 'InvalidRESTParameterError', `${records}?include_links=maybe`)
  })

  await t.test('13 the id of a record leads to it', async () => {
    const page = await get(`${records}?include_app_metas=true&limit=100`)
    const recordIds = page.results.map((record: { _id: string }) => record._id)
    assert.equal(new Set(recordIds).size, shopCount)
    for (const record of page.results) {
      const { _id, _timestamp, ...fields } = record
      assert.match(_id, /^[0-9a-f]{32}$/)
      assert.deepEqual(await get(`${records}/${_id}`), fields)
    }
    const one = `${records}/${recordIds[0]}`
    assert.deepEqual(Object.keys(await get(`${one}?select=city`)), ['city'])
    assert.equal((await get(`${one}?include_app_metas=true`))._id, recordIds[0])
    const withLinks = await get(`${one}?include_links=true&select=city`)
    assert.deepEqual(Object.keys(withLinks), ['city', '_links'])
    assert.deepEqual(
      withLinks._links.map((link: { rel: string }) => link.rel),
      ['self', 'dataset'],
    )
    await refuse(400, 'ODSQLError', `${one}?select=nothing`)
  })

  const exported = (format: string, query = '') => call(200, 'GET', `${path}/exports/${format}?${query}`)

  await t.test('14, 15 CSV follows its parameters; labels change headings alone', async () => {
    const plain = await exported('csv', 'order_by=id')
    assert.equal(plain.headers.get('content-type'), 'text/csv; charset=utf-8')
    assert.equal(plain.headers.get('content-disposition'), 'attachment; filename="shops.csv"')
    assert.deepEqual([...plain.bytes.subarray(0, 3)], [0xef, 0xbb, 0xbf])
    const [heading, ...lines] = plain.text.slice(1).split('\n')
    assert.equal(heading!.trim(), 'id;name;city;area;tags;price;qty;opened;seen_at;active;place')
    assert.equal(lines.filter((line) => line !== '').length, shopCount)
    assert.match(
      lines[0]!,
      /^1;Café de la Gare;Lyon;FR\/ARA\/Lyon;coffee,bar;4\.5;12;2019-03-01;2024-01-05T08:30:00\+00:00;true;"?45\.7606, 4\.8612345"?\r?$/,
    )
    assert.match(lines[6]!, /^7;"Fish ""n"" Chips; more";/)
    const changed = await exported('csv', 'order_by=id&with_bom=false&delimiter=,&list_separator=|')
    assert.match(changed.text, /^id,name,city,/)
    assert.match(changed.text, /\n1,Café de la Gare,Lyon,FR\/ARA\/Lyon,coffee\|bar,/)
    const labelled = await exported('csv', 'order_by=id&use_labels=true')
    assert.deepEqual(labelled.text.split('\n').slice(1), plain.text.split('\n').slice(1))
    assert.match(labelled.text, /;In stock;/)
    const quoted = await exported('csv', 'quote_all=true&select=id,city&where=id=1&with_bom=0')
    assert.equal(quoted.text.replaceAll('\r', ''), '"id";"city"\n"1";"Lyon"\n')
    assert.match((await exported('csv', 'delimiter=tab&with_bom=false')).text, /^id\tname/)
    await refuse(400, 'InvalidRESTParameterError', `${path}/exports/csv?delimiter=x`)
    await refuse(400, 'InvalidRESTParameterError', `${path}/exports/csv?limit=-2`)
    await refuse(400, 'ODSQLError', `${path}/exports/csv?where=nothing%20%3D%201`)
    const unpacked = gunzipSync((await exported('csv', 'compressed=true&order_by=id')).bytes).toString()
    assert.equal(unpacked, plain.text)
    assert.equal(
      (await exported('csv', 'compressed=true')).headers.get('content-disposition'),
      'attachment; filename="shops.csv.gz"',
    )
  })

  await t.test('16, 17 exports hold everything, one record a line in JSON lines', async () => {
    const base = `${explorePath}/visits/exports`
    const lines = await call(200, 'GET', `${base}/jsonl`)
    assert.ok(lines.text.endsWith('}\n'))
    const parsed = lines.text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    assert.equal(parsed.length, 12_000)
    const array = await call(200, 'GET', `${base}/json`)
    assert.deepEqual(array.json, parsed)
    assert.equal((await call(200, 'GET', `${base}/json?limit=11000`)).json.length, 11_000)
    assert.deepEqual((await call(200, 'GET', `${base}/json?where=${encode('number < 0')}`)).json, [])
    assert.deepEqual(
      (await exported('json', 'order_by=id')).json,
      (await get(`${records}?order_by=id&limit=100`)).results,
    )
    assert.equal(lines.headers.get('content-type'), 'application/x-ndjson; charset=utf-8')
  })

  await t.test('19 Parquet opens in another engine with the right types', async (t) => {
    const directory = tempDirectory(t)
    const file = join(directory, 'shops.parquet')
    const answer = await exported('parquet', 'order_by=id')
    assert.equal(answer.headers.get('content-length'), String(answer.bytes.length))
    writeFileSync(file, answer.bytes)
    const connection = await connectIn(t, directory)
    const columns = await connection.all(`describe select * from read_parquet('${file}')`)
    assert.deepEqual(
      columns.map((column) => [column.column_name, column.column_type]),
      [
        ['id', 'BIGINT'],
        ['name', 'VARCHAR'],
        ['city', 'VARCHAR'],
        ['area', 'VARCHAR'],
        ['tags', 'VARCHAR[]'],
        ['price', 'DOUBLE'],
        ['qty', 'BIGINT'],
        ['opened', 'DATE'],
        ['seen_at', 'TIMESTAMP WITH TIME ZONE'],
        ['active', 'BOOLEAN'],
        ['place', "GEOMETRY('OGC:CRS84')"],
      ],
    )
    const [count] = await connection.all(`select count(*)::int as n from read_parquet('${file}')`)
    assert.equal(Number(count!.n), shopCount)
  })

  await t.test('21 groups are exported as they are listed', async () => {
    const query = 'group_by=city&select=city,count(*)%20as%20n&order_by=city'
    const listed = await get(`${records}?${query}`)
    assert.ok(!('total_count' in listed))
    assert.deepEqual(listed.results[0], { city: 'Köln', n: 2 })
    assert.deepEqual((await exported('json', query)).json, listed.results)
    const csv = await exported('csv', `${query}&with_bom=false`)
    assert.equal(csv.text.split(/\r?\n/)[1], 'Köln;2')
  })

  await t.test('22 to 24 facets are the annotated fields; refined and excluded values say so', async () => {
    const all = await facetsOf('')
    assert.deepEqual(all.map(({ name }) => name).sort(), ['area', 'city', 'opened', 'tags'])
    assert.deepEqual(await facetOf('city'), [
      { name: 'Paris', value: 'Paris', count: 3, state: 'displayed' },
      { name: 'Köln', value: 'Köln', count: 2, state: 'displayed' },
      { name: 'London', value: 'London', count: 2, state: 'displayed' },
      { name: 'Lyon', value: 'Lyon', count: 2, state: 'displayed' },
      { name: 'Nantes', value: 'Nantes', count: 1, state: 'displayed' },
    ])
    assert.deepEqual(await facetOf('city', 'refine=city:Paris'), [
      { name: 'Paris', value: 'Paris', count: 3, state: 'refined' },
    ])
    const excluded = await facetOf('city', `exclude=city:Paris`)
    assert.deepEqual(
      excluded.find(({ value }) => value === 'Paris'),
      { name: 'Paris', value: 'Paris', state: 'excluded' },
    )
    assert.equal(excluded.length, 5)
    await refuse(400, 'UnknownFacetError', `${path}/facets?facet=nothing`)
    await refuse(400, 'ODSQLError', `${path}/facets?where=((`)
  })

  await t.test('25, 27 dates and hierarchies open level by level, with whole paths as values', async () => {
    const years = await facetOf('opened')
    assert.ok(years.every(({ value }) => /^\d{4}$/.test(value)))
    const [year] = (await facetOf('opened', 'refine=opened:2019')).filter(({ state }) => state === 'refined')
    assert.deepEqual([year!.value, year!.count], ['2019', 1])
    assert.deepEqual(year!.facets, [{ name: '03', value: '2019/03', count: 1, state: 'displayed' }])
    const [again] = await facetOf('opened', 'refine=opened:2019/03')
    assert.deepEqual(again!.facets![0]!.facets, [
      { name: '01', value: '2019/03/01', count: 1, state: 'displayed' },
    ])
    assert.deepEqual(await ids('refine=opened:2019/03/01'), [1])
    assert.deepEqual(await ids('refine=opened:2018'), [6])

    const countries = await facetOf('area')
    assert.deepEqual(
      countries.map(({ value, count }) => [value, count]),
      [
        ['FR', 6],
        ['DE', 2],
        ['GB', 2],
      ],
    )
    const [france] = (await facetOf('area', `refine=${encode('area:FR')}`)).filter(
      ({ state }) => state === 'refined',
    )
    assert.deepEqual(
      france!.facets!.map(({ name, value, count }) => [name, value, count]),
      [
        ['IDF', 'FR/IDF', 3],
        ['ARA', 'FR/ARA', 2],
        ['PDL', 'FR/PDL', 1],
      ],
    )
    assert.deepEqual(await ids(`refine=${encode('area:FR/IDF')}`), [3, 4, 5])
  })

  await t.test('26 a disjunctive facet keeps its siblings, and several of its values are or-ed', async () => {
    const tags = await facetOf('tags', 'refine=tags:coffee')
    assert.ok(tags.length > 1)
    assert.equal(tags.find(({ value }) => value === 'coffee')!.state, 'refined')
    assert.equal(tags.find(({ value }) => value === 'books')!.state, 'displayed')
    assert.deepEqual(await ids('refine=tags:coffee&refine=tags:bread'), [1, 2, 8, 9])
    assert.deepEqual(await ids('refine=tags:coffee&refine=city:London'), [9])
    assert.deepEqual(await ids('refine=city:London&refine=city:Paris'), [])
  })

  await t.test('28 a facet takes its own limit and order', async () => {
    assert.equal((await facetOf('facet(name="city", limit=2)')).length, 2)
    const sorted = await facetOf('facet(name="city", sort="-alphanum")')
    assert.deepEqual(
      sorted.map(({ value }) => value),
      ['Paris', 'Nantes', 'Lyon', 'London', 'Köln'],
    )
    await call(400, 'GET', `${path}/facets?facet=${encode('facet(name="city", sort="random")')}`)
    await call(400, 'GET', `${path}/facets?facet=${encode('facet(name="nothing")')}`)
  })

  await t.test('29, 30 filters are joined by and, and agree with the facets', async () => {
    assert.deepEqual(await ids(`where=${encode('price > 4')}&where=${encode('city = "Lyon"')}`), [1])
    assert.deepEqual(
      await ids(`where=${encode('price > 4')}&refine=city:Paris&exclude=${encode('tags:rare')}`),
      [4],
    )
    for (const filter of [
      '',
      `where=${encode('price > 4')}`,
      'refine=tags:books',
      `exclude=city:Lyon&where=${encode('qty > 5')}`,
    ]) {
      for (const { value, count, state } of await facetOf('city', filter)) {
        if (state === 'excluded') continue
        const counted = await get(`${records}?limit=0&${filter}&refine=${encode(`city:${value}`)}`)
        assert.equal(counted.total_count, count, `${filter} ${value}`)
      }
    }
    assert.deepEqual(await ids('where=city+%3D+%22Lyon%22'), await ids('where=city%20%3D%20%22Lyon%22'))
  })

  await t.test(
    '31 the ETag repeats until the data changes, and a known answer is not sent again',
    async () => {
      for (const address of [
        records,
        `${records}?where=${encode('price > 4')}`,
        path,
        `${path}/facets`,
        `${path}/exports/csv`,
        `${path}/exports/parquet`,
      ]) {
        const first = await call(200, 'GET', address)
        const etag = first.headers.get('etag')!
        // A file that is read in ranges has a strong one.
        assert.match(etag, address.endsWith('parquet') ? /^"[^"]+"$/ : /^W\/"[^"]+"$/)
        assert.equal(first.headers.get('cache-control'), 'public, no-cache')
        assert.ok(first.headers.get('last-modified'))
        assert.match(first.headers.get('vary')!, /Authorization/)
        assert.equal((await call(200, 'GET', address)).headers.get('etag'), etag)
        for (const tag of [etag, `"other", ${etag}`]) {
          const known = await server.expect(304, 'GET', address, { headers: { 'If-None-Match': tag } })
          assert.equal(known.bytes.length, 0)
          assert.equal(known.headers.get('etag'), etag)
        }
        await call(200, 'GET', address, { headers: { 'If-None-Match': 'W/"other"' } })
      }
      const timely = `${records}?where=${encode('seen_at < now()')}`
      assert.equal(
        (await call(200, 'GET', timely)).headers.get('etag'),
        null,
        'tomorrow the answer is another',
      )
      const bad = await call(400, 'GET', `${records}?where=((`)
      assert.equal(bad.headers.get('etag'), null)
    },
  )

  await t.test('32 HEAD has the headers of GET and no body', async () => {
    for (const address of [
      explorePath,
      path,
      records,
      `${path}/facets`,
      `${path}/exports`,
      `${path}/exports/csv`,
      `${path}/exports/parquet`,
      `${records}/x`,
      `${explorePath}/nothing`,
    ]) {
      const full = await server.request('GET', address)
      const head = await server.request('HEAD', address)
      assert.equal(head.status, full.status, address)
      assert.equal(head.bytes.length, 0)
      for (const name of [
        'content-type',
        'etag',
        'content-disposition',
        'cache-control',
        'access-control-allow-origin',
      ]) {
        assert.equal(head.headers.get(name), full.headers.get(name), `${address} ${name}`)
      }
    }
  })

  await t.test('35 zones, languages and flags that do not exist are refused', async () => {
    for (const query of [
      'timezone=Nowhere/None',
      'timezone=%2B02:00',
      `timezone=${encode("UTC'; drop")}`,
      'lang=xx',
      'include_app_metas=yes',
    ]) {
      await refuse(400, 'InvalidRESTParameterError', `${records}?${query}`)
    }
    await refuse(400, 'InvalidRESTParameterError', `${path}/exports/csv?timezone=Nowhere/None`)
    await refuse(400, 'InvalidRESTParameterError', `${path}/facets?timezone=Nowhere/None`)
  })

  await t.test('36 answers are compressed as the client likes', async () => {
    const wide = `${explorePath}/visits/records?limit=100&order_by=number`
    const raw = (address: string, encoding: string) =>
      new Promise<{ message: IncomingMessage; bytes: Buffer }>((resolve, reject) => {
        httpRequest(new URL(address, server.url), { headers: { 'Accept-Encoding': encoding } }, (message) => {
          const chunks: Buffer[] = []
          message.on('data', (chunk: Buffer) => chunks.push(chunk))
          message.on('end', () => resolve({ message, bytes: Buffer.concat(chunks) }))
        })
          .on('error', reject)
          .end()
      })
    const plain = await raw(wide, 'identity')
    assert.equal(plain.message.headers['content-encoding'], undefined)
    const unpackers = { gzip: gunzipSync, br: brotliDecompressSync } as const
    for (const [encoding, unpack] of Object.entries(unpackers)) {
      const { message, bytes } = await raw(wide, encoding)
      assert.equal(message.headers['content-encoding'], encoding)
      assert.match(message.headers.vary!, /accept-encoding/i)
      assert.ok(unpack(bytes).equals(plain.bytes))
      assert.ok(bytes.length < plain.bytes.length / 2)
    }
    assert.equal((await raw(wide, 'br;q=0, gzip')).message.headers['content-encoding'], 'gzip')
    assert.equal((await raw(wide, 'nonsense')).message.headers['content-encoding'], undefined)
    for (const address of [path, `${path}/facets`, '/api/openapi.json']) {
      const { message, bytes } = await raw(address, 'gzip')
      if (message.headers['content-encoding'] === 'gzip') JSON.parse(gunzipSync(bytes).toString())
      else assert.ok(bytes.length < 1024, address)
    }
  })

  await t.test('37 other methods are refused with the ones there are', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
      for (const address of [explorePath, path, `${records}/`, `${path}/exports/csv`]) {
        const answer = await server.expect(405, method, address, { body: '{}' })
        assert.equal(answer.json.error_code, 'MethodNotAllowed')
        assert.equal(answer.headers.get('allow'), 'GET, HEAD')
      }
    }
  })

  await t.test('38 any site may read, refusals too', async () => {
    const origin = { Origin: 'https://elsewhere.example' }
    for (const [status, address, headers] of [
      [200, records, {}],
      [200, `${path}/exports/csv`, {}],
      [404, `${explorePath}/nothing`, {}],
      [400, `${records}?limit=x`, {}],
      [401, records, { Authorization: 'Apikey nothing' }],
    ] as const) {
      const answer = await call(status, 'GET', address, { headers: { ...origin, ...headers } })
      assert.equal(answer.headers.get('access-control-allow-origin'), '*', address)
      assert.equal(answer.headers.get('access-control-allow-credentials'), null)
      assert.match(answer.headers.get('access-control-expose-headers')!, /ETag/)
    }
    const preflight = await server.request('OPTIONS', records, {
      headers: {
        ...origin,
        'Access-Control-Request-Method': 'GET',
        'Access-Control-Request-Headers': 'authorization',
      },
    })
    assert.equal(preflight.status, 204)
    assert.match(preflight.headers.get('access-control-allow-headers')!, /authorization/i)
    const foreign = await server.request('OPTIONS', `${managementPath}/datasets`, {
      auth: 'none',
      headers: { ...origin, 'Access-Control-Request-Method': 'DELETE' },
    })
    assert.doesNotMatch(foreign.headers.get('access-control-allow-methods') ?? '', /DELETE|PUT|POST/)
  })

  await t.test('39 a reader who goes away takes the query along', async () => {
    const connections = async () => (await fetch(`${server.url}/healthz`)).status
    for (let n = 0; n < 20; n++) {
      const controller = new AbortController()
      const asked = server
        .request('GET', `${explorePath}/visits/exports/csv?order_by=note`, { signal: controller.signal })
        .catch(() => null)
      setTimeout(() => controller.abort(), n)
      await asked
    }
    assert.equal(await connections(), 200)
    // Were the queries still going on, or their connections lost, there would be none left for these.
    const answers = await Promise.all(
      Array.from({ length: 16 }, () => server.request('GET', `${records}?order_by=id`)),
    )
    assert.ok(answers.every(({ status }) => status === 200))
  })

  await t.test('40 a version answers as it was after later publishes, under every route', async () => {
    const base = `${managementPath}/datasets/${visits.datasetUid}`
    const saved = (await server.jobDone(await server.order('PUT', `${base}/save_version`))).result.version_uid
    await server.replaceFile(visits, 'visits.csv', visitsCsv(50, { edition: 2 }))
    await server.jobDone(await server.publish(visits.datasetUid))
    const now = `${explorePath}/visits`
    assert.equal((await get(`${now}/records?limit=0`)).total_count, 50)
    assert.equal((await get(`${now}/records?limit=0&version=${saved}`)).total_count, 12_000)
    assert.equal((await get(`${now}?version=${saved}`)).metas.default.records_count, 12_000)
    const lines = await call(200, 'GET', `${now}/exports/jsonl?version=${saved}`)
    assert.equal(lines.text.trimEnd().split('\n').length, 12_000)
    const [record] = (await get(`${now}/records?limit=1&include_app_metas=true&version=${saved}`)).results
    assert.equal((await get(`${now}/records/${record._id}?version=${saved}`)).edition, 1)
    await refuse(404, 'RecordNotFound', `${now}/records/${record._id}`)
    for (const version of ['ch_000000', 'nothing', "'"]) {
      await refuse(404, 'VersionNotFound', `${now}/records?version=${encode(version)}`)
    }
    await refuse(404, 'VersionNotFound', `${records}?version=${saved}`)
  })

  await t.test('the catalog is searched like records are', async () => {
    const found = await get(`${explorePath}?where=${encode('records_count < 20')}`)
    assert.equal(found.total_count, 1)
    const [dataset] = found.results
    assert.deepEqual(dataset, await get(path))
    assert.equal(dataset.dataset_uid, shops.datasetUid)
    assert.deepEqual(await get(`${explorePath}/${shops.datasetUid}`), dataset)
    assert.deepEqual(dataset.features, ['analyze', 'timeserie', 'geo'])
    assert.equal(dataset.has_records, true)
    const fields = Object.fromEntries(dataset.fields.map((field: { name: string }) => [field.name, field]))
    assert.deepEqual(fields.tags.annotations, { multivalued: [','], facet: [], disjunctive: [] })
    assert.equal(fields.qty.label, 'In stock')
    assert.equal(fields.qty.description, null)
    const selected = await get(`${explorePath}?select=dataset_id,title&order_by=title&limit=1`)
    assert.deepEqual(selected.results, [{ dataset_id: 'shops', title: 'Shops' }])
    assert.deepEqual(await get(`${path}?select=title,publisher`), { title: 'Shops', publisher: 'City' })
    await refuse(400, 'ODSQLError', `${path}?select=nothing`)
    const titles = await get(`${explorePath}?where=${encode('search("town")')}`)
    assert.deepEqual(
      titles.results.map((row: { dataset_id: string }) => row.dataset_id),
      ['shops'],
    )
    assert.equal((await get(`${explorePath}?refine=keyword:trade`)).total_count, 1)
    const facets = (await get('/api/explore/v2.1/catalog/facets')).facets as Facet[]
    assert.deepEqual(
      facets.map(({ name }) => name),
      ['features', 'modified', 'publisher', 'keyword', 'theme', 'language', 'license'],
    )
    const keyword = facets.find(({ name }) => name === 'keyword')!
    assert.deepEqual(
      keyword.facets.map(({ value, count }) => [value, count]),
      [
        ['towns', 1],
        ['trade', 1],
      ],
    )
    await refuse(400, 'UnknownFacetError', '/api/explore/v2.1/catalog/facets?facet=nothing')
  })

  await t.test('stages are timed, exports listed, earlier addresses deprecated', async () => {
    const timed = await call(200, 'GET', records)
    assert.match(timed.headers.get('server-timing')!, /^\w+;dur=[\d.]+(, \w+;dur=[\d.]+)*$/)
    const { _links } = await get(`${path}/exports`)
    assert.deepEqual(
      _links.map((link: { rel: string }) => link.rel),
      'csv fgb geojson gpx ics json jsonl jsonld kml n3 ov2 parquet rdfxml shp turtle xlsx'.split(' '),
    )
    for (const { href } of _links) await call(200, 'GET', new URL(href).pathname)
    assert.deepEqual(await get(`${path}/attachments`), { _links: [], attachments: [] })
    const current = await call(200, 'GET', `${records}/?order_by=id`)
    for (const prefix of ['/api/v2', '/api/explore/v2.0']) {
      const old = await server.expect(200, 'GET', `${prefix}/catalog/datasets/shops/records?order_by=id`)
      assert.equal(old.text, current.text)
      assert.ok(old.headers.get('ods-explore-api-deprecation'))
    }
    assert.equal(current.headers.get('ods-explore-api-deprecation'), null)
  })

  await t.test('oversized questions end in a named error', async () => {
    for (const where of [
      '('.repeat(10_000),
      `${'not '.repeat(10_000)}active`,
      `${'('.repeat(10_000)}active${')'.repeat(10_000)}`,
      `name in (${Array(15_000).fill('"x"').join()})`,
      `name = "${'x'.repeat(70_000)}"`,
      Array(10_000).fill('id = 1').join(' or '),
      '"'.repeat(10_001),
    ]) {
      const answer = await server.request('GET', `${records}?where=${encode(where)}`)
      assert.equal(answer.status, 400, where.slice(0, 20))
      assert.equal(answer.json.error_code, 'ODSQLError')
      assert.ok(answer.text.length < 2000)
    }
    for (const [address, code] of [
      [`${records}?where=${'x'.repeat(1 << 20)}`, 'error_code'],
      [`${managementPath}/datasets?sort=${'x'.repeat(1 << 20)}`, 'error_key'],
    ] as const) {
      const answer = await askPlainly(server.url, address)
      assert.match(answer, /^HTTP\/1\.1 431 /, code)
      const { [code]: told, ...others } = JSON.parse(answer.split('\r\n\r\n')[1]!)
      assert.ok(told, JSON.stringify(others))
    }
    assert.equal((await get(`${records}?limit=0`)).total_count, shopCount)
  })
})

/**
 * What a plain socket is answered. The server answers and hangs up before the whole of an address has come: `fetch` then
 * reports that it could not write, and never looks at the answer.
 */
async function askPlainly(url: string, address: string): Promise<string> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  // A part of the request that nobody took any more.
  socket.on('error', () => {})
  socket.write(`GET ${address} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nConnection: close\r\n\r\n`)
  await new Promise((resolve) => socket.once('close', resolve))
  return Buffer.concat(chunks).toString('utf8')
}
