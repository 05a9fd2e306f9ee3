/** What rules hide of a dataset is nowhere: not in any answer of any route, format or error of the search API. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { VectorTile } from '@mapbox/vector-tile'
import { PbfReader } from 'pbf'
import { quoteLiteral } from '../../src/kernel/index.ts'
import { addUser } from '../support/accounts.ts'
import { filesOf } from '../support/archives.ts'
import { tempDirectory } from '../support/builder.ts'
import {
  addressesOf,
  isOfDataset,
  isPublic,
  type Route,
  readRoutes,
  type Subject,
  withParameter,
} from '../support/explore-routes.ts'
import {
  type Answer,
  type Auth,
  type CreatedDataset,
  explorePath,
  managementPath,
} from '../support/http-client.ts'
import { connectIn } from '../support/reading-engine.ts'
import { setRules } from '../support/rulesets.ts'
import { shareServer, type TestServer } from '../support/server.ts'

/** Whatever begins so is hidden: names and labels of fields, values in them, values of records that are filtered out. */
const secret = /zqhid/i
const square = (at: number) =>
  JSON.stringify({
    type: 'Polygon',
    coordinates: [
      [
        [at, 45],
        [at + 1, 45],
        [at + 1, 46],
        [at, 45],
      ],
    ],
  }).replaceAll('"', '""')
const header = 'id;zqhidarea;city;note;lat;lon;area;day;zqhidnote;zqhidfor'
const shown = [
  `1;"${square(60)}";Lyon;open book;45.7;4.8;"${square(4)}";2024-01-05;Zqhid one book;all`,
  `3;"${square(61)}";Paris;closed book;48.8;2.3;"${square(2)}";2024-02-05;Zqhid three;all`,
  `6;"${square(62)}";Lyon;;;;;;Zqhid six;all`,
]
const hidden = [
  `2;"${square(63)}";Zqhidtown;zqhid book;50.9;6.9;"${square(6)}";2031-07-07;Zqhid two;staff`,
  `4;"${square(64)}";Zqhidville;zqhidword book;51.5;-0.1;"${square(7)}";2031-08-08;Zqhid four;staff`,
  `5;"${square(65)}";Lyon;zqhidword;51.6;-0.2;"${square(8)}";2031-09-09;Zqhid five;staff`,
]
const csv = [header, shown[0], hidden[0], shown[1], ...hidden.slice(1), shown[2], ''].join('\n')
const visibleFields = ['id', 'city', 'note', 'area', 'day', 'place']
const rules = { visible_fields: visibleFields, filter_query: 'zqhidfor = "all"' }
const spec = {
  filename: 'people.csv',
  content: csv,
  extractor: 'csvfile',
  metas: { default: { title: 'People', keyword: ['people'], publisher: 'City' } },
  processors: [
    { name: 'create_geopoint', args: { latitude: 'lat', longitude: 'lon', output_field: 'place' } },
  ],
  fieldSpecifications: [
    ...['area', 'zqhidarea'].map((field) => ({ name: 'type', args: { field, type: 'geo_shape' } })),
    ...['city', 'zqhidnote', 'zqhidfor'].map((field) => ({
      name: 'annotate',
      args: { field, annotation: 'facet' },
    })),
    ...['lat', 'lon'].map((field) => ({ name: 'delete', args: { field } })),
  ],
}

let server: TestServer
let routes: readonly Route[]
let people: CreatedDataset
let version: string
/** A file of the publisher's with everything in it. */
let exportUid: string
/** Record ids as editors see them. */
let ids: readonly string[]
const getServer = shareServer()

async function make(
  datasetId: string,
  given: Parameters<typeof setRules>[2],
  more: Partial<typeof spec> = {},
) {
  const dataset = await server.createDataset(datasetId, { ...spec, ...more })
  await setRules(server, dataset.datasetUid, given)
  return dataset
}
const order = async (dataset: CreatedDataset, action: string) =>
  server.jobDone(await server.order('PUT', `${managementPath}/datasets/${dataset.datasetUid}/${action}`))

before(async () => {
  server = await getServer()
  routes = (await readRoutes()).filter((route) => isPublic(route) && route.method === 'GET')
  people = await make('people', rules)
  const { url } = await server.upload('all.csv', csv)
  const added = await server.expect(
    201,
    'POST',
    `${managementPath}/datasets/${people.datasetUid}/alternative_exports`,
    { body: { url, title: 'All of it' } },
  )
  exportUid = added.json.export_uid
  await order(people, 'publish')
  version = (await order(people, 'save_version')).result.version_uid
  // Readers are told of it, as far as they may be.
  const base = `${managementPath}/datasets/${people.datasetUid}`
  await server.expect(200, 'PUT', `${base}/versions/${version}`, { body: { label: 'told' } })
  await server.expect(200, 'PUT', `${base}/security/public_versions`, { body: { public_versions: true } })
  const { json } = await server.expect(
    200,
    'GET',
    `${explorePath}/people/records?include_app_metas=true&limit=9`,
    {
      auth: 'admin',
    },
  )
  assert.equal(json.total_count, 6)
  ids = json.results.map((row: { _id: string }) => row._id)
})

const get = (path: string, auth: Auth = 'none') => server.request('GET', path, { auth })
const records = async (question: string, auth: Auth = 'none') =>
  (await server.expect(200, 'GET', `${explorePath}/people/records?${question}`, { auth })).json

/** All that a client can read of an answer: what is packed is opened. */
async function readable(answer: Answer): Promise<string> {
  const headers = [...answer.headers].map(([name, value]) => `${name}: ${value}`)
  const type = answer.headers.get('content-type') ?? ''
  const isZip = /zip|spreadsheet/.test(type) && answer.bytes.subarray(0, 2).toString() === 'PK'
  const files = isZip ? Object.entries(await filesOf(answer.bytes)).flat() : [answer.bytes]
  return [...headers, ...files.map((part) => part.toString('latin1'))].join('\n')
}

function subjectOf(datasetId: string, recordId: string): Subject {
  return {
    datasetId,
    recordId,
    parts: ['part-00000.parquet'],
    attached: { attachments: [], alternative_exports: [exportUid] },
  }
}

/** Earlier addresses of the same answers are asked once. */
const isCurrent = ({ path }: Route) => !/^\/api\/(v2|explore\/v2\.0)\//.test(path)

/** Ways to ask for what is not to be seen. */
const attempts = [
  'where=search(%22zqhidword%22)',
  'where=%22book%22&order_by=relevance()%20desc',
  'where=zqhidnotx=%22x%22',
  'select=zqhidno,%20zqhidfo',
  'order_by=zqhidnotes',
  'group_by=zqhidfors',
  'facet=zqhidnot',
  'refine=zqhidfoo:staff',
  'q=zqhidword',
  'include_app_metas=true&limit=100',
  'cursor=',
]

test('no route shows a hidden field, a value in it or a record that is filtered out, in any format or error', async (t) => {
  const visible = (await records('include_app_metas=true')).results as { _id: string }[]
  const own = visible.map(({ _id }) => _id)
  assert.equal(own.length, 3)
  let looked = 0
  let answered = 0
  let turn = 0
  /** Each address as it is and from the version, and with some of the attempts in turn. */
  const questionsTo = (route: Route, isFirst: boolean) => {
    if (!isCurrent(route)) return ['']
    const about = isOfDataset(route) ? ['', `version=${version}`] : ['']
    const some = isFirst
      ? attempts
      : [attempts[turn++ % attempts.length]!, attempts[turn++ % attempts.length]!]
    return [...about, ...some]
  }
  for (const route of routes) {
    const asked = isOfDataset(route) && route.path.includes(':record_id') ? [...own, ...ids] : [own[0]!]
    const addresses = asked.flatMap((recordId) =>
      addressesOf(route, subjectOf('people', recordId)).map((address) => [address, recordId] as const),
    )
    for (const [at, [address, recordId]] of addresses.entries()) {
      for (const question of questionsTo(route, at === 0)) {
        const path = question === '' ? address : withParameter(address, question)
        const answer = await get(path)
        // What is asked for and repeated in the answer is no news.
        const words = [...new Set(decodeURIComponent(path).match(/zqhid[a-z]*/gi) ?? [])]
        let text = await readable(answer)
        for (const word of words) text = text.replaceAll(new RegExp(`${word}(?![a-z])`, 'gi'), '?')
        assert.ok(answer.status < 500, `${path}: ${answer.status} ${text.slice(0, 500)}`)
        assert.doesNotMatch(text, secret, `${path}: ${text.slice(0, 2000)}`)
        for (const id of ids) assert.ok(!text.includes(id) || path.includes(id), `${path} has the id ${id}`)
        if (route.path.includes(':record_id') && answer.status !== 400)
          assert.equal(answer.status === 404, !own.includes(recordId), path)
        if (answer.status === 200) answered++
        looked++
      }
    }
  }
  t.diagnostic(`${looked} addresses, ${answered} answers`)
  assert.ok(answered > 200, `${answered} of ${looked}`)
})

test('the same walk of an editor meets all of it, or it would prove nothing', async () => {
  for (const [path, isMet] of [
    ['people', secret],
    ['people/records', /Zqhidtown/],
    ['people/facets', /zqhidfor/],
    ['people/exports/csv', /Zqhid five/],
    ['people/exports/xlsx', /Zqhid five/],
    ['people/parquet', /part-00000/],
    [`people/records?version=${version}`, /Zqhidtown/],
  ] as const)
    assert.match(await readable(await get(`${explorePath}/${path}`, 'admin')), isMet, path)
  assert.match((await get('/api/explore/v2.1/catalog/datasets', 'admin')).text, secret)
})

test('numbers are those of what is seen', async () => {
  const dataset = (await get(`${explorePath}/people`)).json
  assert.equal(dataset.metas.default.records_count, 3)
  assert.deepEqual(
    dataset.fields.map(({ name }: { name: string }) => name),
    visibleFields,
  )
  const listed = (await get('/api/explore/v2.1/catalog/datasets?where=dataset_id=%22people%22')).json
  assert.deepEqual(listed.results, [dataset])
  assert.equal((await get('/api/explore/v2.1/catalog/datasets?where=records_count=6')).json.total_count, 0)
  assert.equal((await records('')).total_count, 3)
  assert.deepEqual(
    (await records('offset=1&limit=1')).results.map(({ id }: { id: number }) => id),
    [3],
  )
  assert.deepEqual((await records('select=count(*)%20as%20n,max(day)%20as%20last')).results, [
    { n: 3, last: '2024-02-05' },
  ])
  const { facets } = (await get(`${explorePath}/people/facets`)).json
  assert.deepEqual(
    facets.map(({ name, facets: values }: { name: string; facets: { value: string; count: number }[] }) => [
      name,
      values.map(({ value, count }) => `${value} ${count}`),
    ]),
    [['city', ['Lyon 2', 'Paris 1']]],
  )
  const exported = await get(`${explorePath}/people/exports/jsonl`)
  assert.equal(exported.text.trim().split('\n').length, 3)
  const v1 = (await get('/api/records/1.0/search?dataset=people&rows=10')).json
  assert.equal(v1.nhits, 3)
  const download = (await get('/api/records/1.0/download?dataset=people&format=json')).json
  assert.deepEqual(
    download.map((record: { fields: { id: number } }) => record.fields.id),
    [1, 3, 6],
  )
})

test('a Parquet file has the columns and the records that are seen, and parts are not there', async (t) => {
  const list = (await get(`${explorePath}/people/parquet`)).json
  assert.deepEqual(list.parts, [])
  assert.equal(list.file.rows, 3)
  const directory = tempDirectory(t)
  const file = join(directory, 'all.parquet')
  writeFileSync(file, (await get(`${explorePath}/people/parquet/all.parquet`)).bytes)
  const connection = await connectIn(t, directory)
  const rows = await connection.all(`select * from read_parquet(${quoteLiteral(file)})`)
  assert.deepEqual(
    rows.map((row) => Number(row.id)),
    [1, 3, 6],
  )
  assert.ok(!Object.keys(rows[0]!).some((name) => secret.test(name)))
  await server.expect(404, 'GET', `${explorePath}/people/parquet/part-00000.parquet`)
  await server.expect(200, 'GET', `${explorePath}/people/parquet/part-00000.parquet`, { auth: 'admin' })
})

test('files of the publisher with all of the data are for those who see all of it', async () => {
  const path = `${explorePath}/people`
  assert.equal((await get(path, 'admin')).json.alternative_exports.length, 1)
  assert.match((await get(`${path}/alternative_exports/${exportUid}`, 'admin')).text, secret)
  assert.deepEqual((await get(path)).json.alternative_exports, [])
  assert.deepEqual((await get(`${path}/alternative_exports`)).json.alternative_exports, [])
  await server.expect(404, 'GET', `${path}/alternative_exports/${exportUid}`)
})

test('a hidden field is as unknown as one that there is not, letter for letter', async () => {
  const clauses = [
    'where=? > 1',
    'where=search(?, "x")',
    'order_by=?',
    'group_by=?',
    'select=?',
    'refine=?:x',
  ]
  for (const clause of [...clauses, 'select=max(?)', 'exclude=?:x', 'where=suggest(?, "x")']) {
    const [hiddenOne, absentOne] = await Promise.all(
      ['zqhidnote', 'qqhidnote'].map(async (name) => {
        const [parameter, text] = clause.replace('?', name).split(/=(.*)/s)
        const answer = await get(`${explorePath}/people/records?${parameter}=${encodeURIComponent(text!)}`)
        return { status: answer.status, text: answer.text.replaceAll(name, '?') }
      }),
    )
    assert.equal(hiddenOne!.status, 400, clause)
    assert.deepEqual(hiddenOne, absentOne, clause)
  }
  for (const path of [
    'facets?facet=?',
    'facets/?/suggest?q=z',
    'tiles/0/0/0.mvt?field=?',
    'exports/gpx?name_field=?',
  ])
    assert.equal(
      (await get(`${explorePath}/people/${path.replace('?', 'zqhidarea')}`)).text.replaceAll(
        'zqhidarea',
        '?',
      ),
      (await get(`${explorePath}/people/${path.replace('?', 'qqhidarea')}`)).text.replaceAll(
        'qqhidarea',
        '?',
      ),
      path,
    )
})

test('caches: everybody shares what everybody sees, and nobody gets what another may see', async () => {
  const path = `${explorePath}/people/records?limit=3`
  const open = await get(path)
  const again = await get(path)
  const edited = await get(path, 'admin')
  assert.equal(open.headers.get('cache-control'), 'public, no-cache')
  assert.match(again.headers.get('server-timing')!, /^cache/)
  assert.equal(edited.headers.get('cache-control'), 'private, no-cache')
  assert.notEqual(edited.headers.get('etag'), open.headers.get('etag'))
  assert.equal(edited.json.total_count, 6)
  assert.deepEqual((await get(path)).json, open.json)
  for (const auth of ['none', 'admin'] as const) {
    const { headers } = await get(path, auth)
    const known = await server.request('GET', path, {
      auth,
      headers: { 'If-None-Match': headers.get('etag')! },
    })
    assert.equal(known.status, 304)
    const other = await server.request('GET', path, {
      auth: auth === 'none' ? 'admin' : 'none',
      headers: { 'If-None-Match': headers.get('etag')! },
    })
    assert.equal(other.status, 200)
  }
  const files = await Promise.all(
    (['none', 'admin', 'none'] as const).map((auth) => get(`${explorePath}/people/exports/parquet`, auth)),
  )
  assert.deepEqual(files[0]!.bytes, files[2]!.bytes)
  assert.notDeepEqual(files[0]!.bytes, files[1]!.bytes)
})

test('features of tiles are not numbered by the positions of their records', async () => {
  for (const field of ['area', 'place']) {
    const numbersFor = async (auth: Auth) => {
      const { bytes } = await get(`${explorePath}/people/tiles/0/0/0.mvt?field=${field}`, auth)
      const layer = new VectorTile(new PbfReader(bytes)).layers.records!
      return Array.from({ length: layer.length }, (_, index) => layer.feature(index).id!)
    }
    assert.ok((await numbersFor('admin')).every((number) => number < 6))
    const numbers = await numbersFor('none')
    assert.equal(new Set(numbers).size, 2)
    assert.ok(numbers.every((number) => number > 1_000_000 && Number.isSafeInteger(number)))
  }
})

test('a cursor goes on in its own view only', async () => {
  const first = await records('limit=1&cursor=')
  assert.equal(first.total_count, 3)
  const next = await records(`limit=5&cursor=${first.next_cursor}`)
  assert.deepEqual(
    next.results.map(({ id }: { id: number }) => id),
    [3, 6],
  )
  await server.expect(400, 'GET', `${explorePath}/people/records?limit=5&cursor=${first.next_cursor}`, {
    auth: 'admin',
  })
})

describe('rules of a user', () => {
  let reader: Auth
  let stranger: Auth
  const catalogOf = async (datasetId: string, auth: Auth) =>
    (await get(`/api/explore/v2.1/catalog/datasets?where=dataset_id%3D%22${datasetId}%22`, auth)).json.results

  before(async () => {
    const held = { user: [], key: ['explore_restricted_dataset'] }
    reader = addUser(server, 'reader', held)
    stranger = addUser(server, 'stranger', held)
    const team = await make('team', rules)
    const own = { visible_fields: ['id', 'zqhidnote'], filter_query: 'city = "Lyon"' }
    await setRules(server, team.datasetUid, own, 'reader')
    await order(team, 'publish')
    const closed = await make('closed', {})
    await server.expect(
      200,
      'PUT',
      `${managementPath}/datasets/${closed.datasetUid}/security/access_policy`,
      {
        body: '"restricted"',
      },
    )
    await setRules(server, closed.datasetUid, own, 'reader')
    await order(closed, 'publish')
  })

  test('take the place of those for everybody', async () => {
    const path = `${explorePath}/team/records`
    const answer = await get(path, reader)
    assert.deepEqual(answer.json.results, [
      { id: 1, zqhidnote: 'Zqhid one book' },
      { id: 5, zqhidnote: 'Zqhid five' },
      { id: 6, zqhidnote: 'Zqhid six' },
    ])
    assert.equal(answer.headers.get('cache-control'), 'private, no-cache')
    assert.deepEqual((await get(path, stranger)).json, (await get(path)).json)
    const [listed] = await catalogOf('team', reader)
    assert.equal(listed.metas.default.records_count, 3)
    assert.deepEqual(
      listed.fields.map(({ name }: { name: string }) => name),
      ['id', 'zqhidnote'],
    )
    assert.deepEqual(listed, (await get(`${explorePath}/team`, reader)).json)
    assert.equal((await catalogOf('team', 'admin'))[0].metas.default.records_count, 6)
    const types = (await get('/api/explore/v2.1/catalog/exports/json', reader)).json.map(
      (dataset: { dataset_id: string; fields: unknown[] }) =>
        `${dataset.dataset_id} ${dataset.fields.length}`,
    )
    assert.ok(
      types.includes('team 2') && types.includes('people 6') && types.includes('closed 2'),
      `${types}`,
    )
  })

  test('open a restricted dataset to that user, for everybody else there is none', async () => {
    const question = 'records?select=id&order_by=id%20desc'
    assert.deepEqual((await get(`${explorePath}/closed/${question}`, reader)).json.results, [
      { id: 6 },
      { id: 5 },
      { id: 1 },
    ])
    assert.equal((await catalogOf('closed', reader)).length, 1)
    for (const auth of [stranger, 'none'] as const) {
      assert.deepEqual(await catalogOf('closed', auth), [])
      const [real, absent] = await Promise.all(
        ['closed', 'absent'].map(async (name) =>
          (await get(`${explorePath}/${name}/${question}`, auth)).text.replace(name, '?'),
        ),
      )
      assert.match(real!, /DatasetNotFound/)
      assert.equal(real, absent)
    }
  })
})

test('who may publish a dataset but sees a part of it is shown no more by the management API, and diffs of that part', async () => {
  const publisher = addUser(server, 'publisher', {
    user: [],
    key: ['explore_restricted_dataset', 'publish_dataset'],
  })
  const partly = await make('partly', rules)
  const { datasetUid, resourceUid } = partly
  const base = `${managementPath}/datasets/${datasetUid}`
  await server.expect(201, 'POST', `${base}/security/users`, {
    body: { ...rules, permissions: ['publish_dataset'], user: { username: 'publisher' } },
  })
  await server.jobDone(await server.publish(datasetUid))
  const { generation_uid } = (await server.expect(200, 'GET', `${base}/generations`)).json[0]
  await server.expect(200, 'GET', base, { auth: publisher })
  for (const path of [
    'rejects',
    'records_errors',
    'status/records_errors',
    `resources/${resourceUid}/preview`,
  ]) {
    const { json } = await server.expect(403, 'GET', `${base}/${path}`, { auth: publisher })
    assert.equal(json.error_id, 'access.records_hidden', path)
    await server.expect(200, 'GET', `${base}/${path}`)
  }

  // A hidden value changes, a record leaves the view, another is new to it, and one of those that are hidden goes.
  const edited = csv
    .replace('Zqhid one book;all', 'Zqhid 1 book;all')
    .replace('Zqhid six;all', 'Zqhid six;staff')
    .replace('Zqhid five;staff', 'Zqhid five;all')
    .replace(`${hidden[0]}\n`, '')
  await server.replaceFile(partly, 'people.csv', edited)
  await server.jobDone(await server.publish(datasetUid))
  const from = `from=${generation_uid}`
  const compare = async (auth: Auth) => {
    const numbers = await server.expect(200, 'GET', `${base}/diff?${from}`, { auth })
    const pages = await server.expect(200, 'GET', `${base}/diff/records?${from}`, { auth })
    const files = await Promise.all(
      ['csv', 'jsonl'].map((format) =>
        server.expect(200, 'GET', `${base}/diff/export?${from}&format=${format}`, { auth }),
      ),
    )
    return {
      records: numbers.json.records,
      pages,
      text: [numbers, pages, ...files].map(({ text }) => text).join(),
    }
  }
  // Those who see everything ask first: what is kept of that is not for others.
  const whole = await compare('admin')
  assert.deepEqual(whole.records, { added: 3, removed: 4, changed: 0, unchanged: 2 })
  assert.match(whole.text, secret)
  const part = await compare(publisher)
  assert.deepEqual(part.records, { added: 1, removed: 1, changed: 0, unchanged: 2 })
  const [added, removed] = part.pages.json.results
  assert.deepEqual([added.change, added.new.id, removed.change, removed.old.id], ['added', 5, 'removed', 6])
  assert.deepEqual(Object.keys(added.new), visibleFields)
  // What it was while it was hidden is seen now that it is not.
  assert.doesNotMatch(part.text.replaceAll('zqhidword', ''), secret)
  assert.deepEqual((await compare('admin')).records, whole.records)
  await server.expect(200, 'PUT', `${base}/security/users/publisher`, {
    body: { is_data_visible: false, permissions: ['publish_dataset'] },
  })
  for (const path of ['diff', 'diff/records', 'diff/export']) {
    const { json } = await server.expect(403, 'GET', `${base}/${path}?${from}`, { auth: publisher })
    assert.equal(json.error_id, 'records.data_not_visible', path)
  }
})

test('a change of rules holds for the next request, in the catalog too', async () => {
  const moving = await make('moving', { visible_fields: ['id'] })
  await order(moving, 'publish')
  const path = `${explorePath}/moving`
  const seen = async () => {
    const question = 'where=dataset_id%3D%22moving%22'
    const { results } = (await get(`/api/explore/v2.1/catalog/datasets?${question}`)).json
    const { total_count, results: rows } = (await get(`${path}/records`)).json
    assert.equal(results[0].metas.default.records_count, total_count)
    assert.equal(results[0].fields.length, Object.keys(rows[0]).length)
    return [total_count, Object.keys(rows[0]).length]
  }
  assert.deepEqual(await seen(), [6, 1])
  const cursor = (await get(`${path}/records?limit=1&cursor=`)).json.next_cursor
  await server.expect(200, 'GET', `${path}/records?limit=1&cursor=${cursor}`)
  await setRules(server, moving.datasetUid, { filter_query: 'city = "Lyon"' })
  assert.deepEqual(await seen(), [3, 1])
  await server.expect(400, 'GET', `${path}/records?limit=1&cursor=${cursor}`)
  await setRules(server, moving.datasetUid, { visible_fields: ['*'] })
  assert.deepEqual(await seen(), [3, 9])
  await setRules(server, moving.datasetUid, { filter_query: '' })
  assert.deepEqual(await seen(), [6, 9])
})

test('what a filter with now() shows has no tag, and is kept by nobody', async () => {
  await order(await make('timely', { filter_query: 'day < now()' }), 'publish')
  const path = `${explorePath}/timely/records`
  for (const asked of ['', '?where=id%20%3E%200']) {
    const { json, headers } = await get(path + asked)
    assert.equal(json.total_count, 2)
    assert.equal(headers.get('etag'), null)
  }
  assert.doesNotMatch((await get(path)).headers.get('server-timing')!, /^cache/)
})

describe('data that nobody sees', () => {
  test('leaves metadata and the list of fields; records are refused as such', async () => {
    const sealed = await make('sealed', {
      is_data_visible: false,
      visible_fields: ['id', 'city', 'place', 'area'],
    })
    await order(sealed, 'publish')
    const dataset = (await get(`${explorePath}/sealed`)).json
    assert.equal(dataset.data_visible, false)
    assert.equal(dataset.metas.default.records_count, null)
    assert.deepEqual(
      dataset.fields.map(({ name }: { name: string }) => name),
      ['id', 'city', 'area', 'place'],
    )
    let refused = 0
    for (const route of routes.filter(isOfDataset)) {
      for (const address of addressesOf(route, {
        datasetId: 'sealed',
        recordId: ids[0]!,
        parts: ['part-00000.parquet'],
      })) {
        const answer = await get(address)
        const text = await readable(answer)
        assert.doesNotMatch(text, secret, address)
        assert.ok(!/Lyon|Paris|"n(hits)?": ?\d/.test(text), `${address}: ${text.slice(0, 500)}`)
        if (answer.status === 403) assert.match(text, /records\.data_not_visible/, address)
        if (answer.status === 403) refused++
        else
          assert.ok([200, 302].includes(answer.status), `${address}: ${answer.status} ${text.slice(0, 300)}`)
      }
    }
    assert.ok(refused > 40, `${refused}`)
  })

  test('no field at all is an empty schema without records', async () => {
    await order(await make('bare', { visible_fields: [] }), 'publish')
    const dataset = (await get(`${explorePath}/bare`)).json
    assert.deepEqual(
      [dataset.fields, dataset.has_records, dataset.metas.default.records_count],
      [[], false, 0],
    )
    assert.deepEqual((await get(`${explorePath}/bare/records`)).json, { total_count: 0, results: [] })
    assert.equal((await get(`${explorePath}/bare/exports/json`)).text.trim().replaceAll(/\s/g, ''), '[]')
  })
})
