/** Harvesters: what they make of a source, what they change of it later, and what a hostile one makes of them. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { explorePath, type JobAnswer, managementPath } from '../support/http-client.ts'
import { type Portal, type PortalDataset, startPortal } from '../support/portal.ts'
import { forEachDatabase } from '../support/postgres.ts'
import { until } from '../support/processes.ts'
import { shareServer, startServer, type TestServer } from '../support/server.ts'
import { isWhole } from '../support/tiers.ts'

const env = { BROADSHEET_ALLOW_PRIVATE_ADDRESSES: '1', BROADSHEET_RETRY_MS: '20' }
const shared = {
  sqlite: shareServer({ database: 'sqlite', env }),
  postgres: shareServer({ database: 'postgres', env }),
}

async function setUp(
  t: TestContext,
  server: TestServer,
  datasets: PortalDataset[],
  body: (portal: Portal) => object,
) {
  const portal = await startPortal(t, datasets)
  const made = await server.expect(201, 'POST', `${managementPath}/harvesters/`, {
    body: { name: 'City', ...body(portal) },
  })
  const path = `${managementPath}/harvesters/${made.json.harvester_id}`
  const order = async (what: string): Promise<JobAnswer> =>
    server.waitForJob((await server.expect(200, 'PUT', `${path}/${what}/`)).json.job_id)
  return {
    portal,
    path,
    made: made.json,
    order,
    async run(): Promise<JobAnswer['result']> {
      const job = await order('start')
      assert.equal(job.state, 'done', JSON.stringify(job.error))
      return job.result
    },
    harvester: async () => (await server.expect(200, 'GET', `${path}/`)).json,
    harvested: async () => (await server.expect(200, 'GET', `${path}/datasets?rows=100`)).json,
  }
}

const numbers = ({ created, updated, unchanged, gone, removed, failed }: JobAnswer['result']) => ({
  created,
  updated,
  unchanged,
  gone,
  removed,
  failed,
})
const none = { created: 0, updated: 0, unchanged: 0, gone: 0, removed: 0, failed: 0 }
const ckan = ({ url }: Portal) => ({ type: 'ckan', params: { url } })

forEachDatabase(
  (database, options) => {
    test(`a catalog is fetched, published and kept up to date (${database})`, options, async (t) => {
      const server = await shared[database]()
      const world = await setUp(
        t,
        server,
        [
          { id: 'one', title: 'Trees of one', description: '<p>All</p>', csv: 'kind,n\noak,1\nelm,2\n' },
          { id: 'two', title: 'Trees of two' },
          { id: '', title: 'No id' },
          { id: 'three' },
          { id: 'four', title: 'Trees of four' },
        ],
        ckan,
      )
      const { portal } = world
      assert.deepEqual([world.made.status, world.made.fetcher.label], ['new', 'CKAN'])
      const preview = await server.expect(200, 'GET', `${world.path}/preview/`)
      assert.deepEqual(preview.json.results[0], {
        id: 'one',
        title: 'Trees of one',
        description: '<p>All</p>',
      })

      const first = await world.run()
      assert.deepEqual(numbers(first), { ...none, created: 3, failed: 2 })
      assert.deepEqual(
        first.changes
          .filter(({ change }: { change: string }) => change === 'failed')
          .map(({ reason }: { reason: string }) => reason),
        ['It cannot be made a dataset: it has no id', 'It cannot be made a dataset: it has no title'],
      )
      const errors = await server.expect(200, 'GET', `${world.path}/errors/`)
      assert.deepEqual(
        [errors.json.harvester, Object.keys(errors.json.resources).sort()],
        [null, ['(number 3)', 'three']],
      )
      const [one] = (await world.harvested()).filter(
        ({ remote_id }: { remote_id: string }) => remote_id === 'one',
      )
      const base = `${managementPath}/datasets/${one.dataset_uid}`
      const dataset = (await server.expect(200, 'GET', base)).json
      assert.deepEqual(
        [dataset.metas.default.title, dataset.metas.default.publisher, dataset.metas.default.keyword],
        ['Trees of one', 'City', ['trees']],
      )
      const [resource] = (await server.expect(200, 'GET', `${base}/resources`)).json
      assert.deepEqual([resource.url, resource.type], [`${portal.url}/files/one.csv`, 'csvfile'])

      const published = await world.order('publish')
      assert.deepEqual([published.result.ordered, published.result.skipped], [3, 0])
      const ordered = (await server.expect(200, 'GET', `${managementPath}/jobs?rows=100`)).json
      for (const job of ordered.filter(
        ({ params }: { params: { harvester_id?: string } }) =>
          params.harvester_id === world.made.harvester_id && published.result.harvester_id,
      ))
        if (job.function === 'publish') await server.jobDone(job.job_id)
      const { json: records } = await server.expect(200, 'GET', `${explorePath}/${one.dataset_id}/records`)
      assert.deepEqual(records.results, [
        { kind: 'oak', n: 1 },
        { kind: 'elm', n: 2 },
      ])
      assert.deepEqual((await world.harvester()).counters, { attached: 3, published: 3 })

      assert.deepEqual(numbers(await world.run()), { ...none, unchanged: 3, failed: 2 })
      // Edited here: the title stays; the description was never touched.
      await server.expect(200, 'PUT', `${base}/metadata/default/title`, { body: { value: 'Our trees' } })
      portal.datasets = [
        { id: 'one', title: 'Trees of one, again', description: 'Changed' },
        { id: 'two', title: 'Trees of two' },
        { id: 'five', title: 'Trees of five' },
      ]
      const third = await world.run()
      assert.deepEqual(numbers(third), { ...none, created: 1, updated: 1, unchanged: 1, gone: 1 })
      const changed = third.changes.find(({ remote_id }: { remote_id: string }) => remote_id === 'one')
      assert.deepEqual(changed.details, ['default.title (kept: edited here)', 'default.description'])
      const { metas } = (await server.expect(200, 'GET', base)).json
      assert.deepEqual([metas.default.title, metas.default.description], ['Our trees', 'Changed'])
      // What the source says stays in sight, and comes back when the edit is given up.
      const title = `${base}/metadata/default/title`
      const { json: own } = await server.expect(200, 'GET', title)
      assert.deepEqual(
        [own.value, own.remote_value, own.override_remote_value],
        ['Our trees', 'Trees of one, again', true],
      )
      const { json: given } = await server.expect(200, 'PUT', title, {
        body: { value: 'Ignored', override_remote_value: false },
      })
      assert.deepEqual(
        [given.value, given.remote_value, given.override_remote_value],
        [null, 'Trees of one, again', false],
      )
      assert.equal((await server.expect(200, 'GET', base)).json.metas.default.title, 'Trees of one, again')
      await server.expect(200, 'PUT', title, { body: { value: 'Our trees' } })

      // Gone for good, when that is asked for; but not all at once.
      await server.expect(200, 'PUT', `${world.path}/`, { body: { delete_missing_datasets: true } })
      assert.deepEqual(numbers(await world.run()), { ...none, unchanged: 3, removed: 1 })
      portal.datasets = []
      const emptied = await world.order('start')
      assert.equal(emptied.error.error_id, 'harvest.source_is_empty')
      assert.match((await world.harvester()).errors.harvester, /had 3: nothing is removed/)
      assert.deepEqual((await world.harvester()).counters.attached, 3)

      await server.expect(400, 'DELETE', `${world.path}/`)
      await server.expect(204, 'DELETE', `${world.path}/?delete_attached_datasets=1`)
      await server.expect(404, 'GET', base)
      await server.expect(404, 'GET', `${world.path}/`)
    })
  },
  { isLong: true },
)

test('the same datasets come by each protocol', async (t) => {
  const server = await shared.sqlite()
  const datasets = [
    { id: 'aaaa-0001', title: 'Oaks', description: 'Of the city' },
    { id: 'aaaa-0002', title: 'Elms', description: 'Of the city' },
    { id: 'aaaa-0003', title: 'Lime & <ash>', description: 'Of the city' },
  ]
  for (const [type, paramsOf] of [
    ['datajson', ({ url }: Portal) => ({ url: `${url}/data.json` })],
    ['ods', ({ url }: Portal) => ({ domain: url })],
    ['socrata', ({ url }: Portal) => ({ url })],
    ['arcgis', ({ url }: Portal) => ({ url })],
    ['csw', ({ url }: Portal) => ({ url: `${url}/csw` })],
  ] as const) {
    const world = await setUp(t, server, datasets, (portal) => ({
      type,
      params: paramsOf(portal),
      publish_datasets: true,
    }))
    assert.deepEqual(numbers(await world.run()), { ...none, created: 3 }, type)
    const [oaks] = await world.harvested()
    const base = `${managementPath}/datasets/${oaks.dataset_uid}`
    const { metas } = (await server.expect(200, 'GET', base)).json
    assert.deepEqual(
      [metas.default.title, metas.default.description, metas.default.keyword, metas.default.publisher],
      ['Oaks', 'Of the city', ['trees'], 'City'],
      type,
    )
    const [job] = (await server.expect(200, 'GET', `${managementPath}/jobs?rows=100`)).json.filter(
      (one: { dataset_uid: string }) => one.dataset_uid === oaks.dataset_uid,
    )
    assert.equal((await server.jobDone(job.job_id)).result.records_count, 1, type)
    await server.expect(204, 'DELETE', `${world.path}/?delete_attached_datasets=1`)
  }
})

test('a source and its files are asked with the secrets of a connection, on its server alone', async (t) => {
  const server = await shared.sqlite()
  const connections = `${managementPath}/connections`
  const portal = await startPortal(t, [{ id: 'kept-one', title: 'Kept' }])
  portal.authorization = 'Bearer a-secret-token'
  const made = await server.expect(201, 'POST', connections, {
    body: {
      name: 'portal',
      kind: 'http',
      url: portal.url,
      secret: 'a-secret-token',
      params: { authentication: 'bearer' },
    },
  })
  const create = (params: object) =>
    server.request('POST', `${managementPath}/harvesters/`, {
      body: { name: 'Secret', type: 'ckan', params },
    })
  const unknown = await create({ url: portal.url, connection: 'nosuch' })
  assert.deepEqual([unknown.status, unknown.json.error_id], [400, 'harvest.invalid_parameter'])
  const harvester = await create({ url: portal.url, connection: 'portal' })
  assert.equal(harvester.json.params.connection, made.json.connection_uid)
  assert.ok(!harvester.text.includes('a-secret-token'))
  const path = `${managementPath}/harvesters/${harvester.json.harvester_id}`
  const start = async () => server.waitForJob((await server.expect(200, 'PUT', `${path}/start/`)).json.job_id)
  assert.equal((await start()).result.created, 1)
  const [row] = (await server.expect(200, 'GET', `${path}/datasets`)).json
  const published = await server.jobDone(await server.publish(row.dataset_uid))
  assert.equal(published.result.records_count, 1)
  assert.equal((await start()).result.unchanged, 1)

  const refused = await server.expect(409, 'DELETE', `${connections}/${made.json.connection_uid}`)
  assert.match(refused.json.error_id, /^catalog\.connection_(in_use|harvests)$/)
  // Another server does not get to see it.
  const elsewhere = await create({ url: 'http://127.0.0.1:1', connection: 'portal' })
  const other = `${managementPath}/harvesters/${elsewhere.json.harvester_id}`
  const { error } = await server.waitForJob((await server.expect(200, 'PUT', `${other}/start/`)).json.job_id)
  assert.equal(error.error_id, 'catalog.connection_mismatch')
})

test('a hostile source ends its run by name, and harms nothing else', async (t) => {
  const server = await shared.sqlite()
  const world = await setUp(t, server, [{ id: 'one', title: 'One' }], ckan)
  assert.deepEqual(numbers(await world.run()), { ...none, created: 1 })
  const json = (value: unknown) => ({ 'content-type': 'application/json', body: JSON.stringify(value) })
  const page = (results: unknown[]) => json({ success: true, result: { count: 1e9, results } })
  const item = { id: 'one', title: 'One', resources: [] }
  for (const [name, key, body] of [
    ['a page that says nothing new, for ever', 'harvest.endless', page([item])],
    ['text', 'harvest.not_understood', { 'content-type': 'text/html', body: '<html>' }],
    ['another shape', 'harvest.not_understood', json([1, 2])],
    ['null', 'harvest.not_understood', json(null)],
    ['results that are no list', 'harvest.not_understood', json({ success: true, result: { results: {} } })],
    [
      'deep JSON',
      'harvest.not_understood',
      { 'content-type': 'application/json', body: '['.repeat(3_000_000) },
    ],
  ] as const) {
    world.portal.answer = (_path, response) =>
      response.writeHead(200, { 'content-type': body['content-type'] }).end(body.body)
    const job = await world.order('start')
    assert.equal(job.error?.error_id, key, `${name}: ${JSON.stringify(job.result)}`)
  }
  world.portal.answer = (_path, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    const chunk = Buffer.alloc(1 << 20, ' ')
    const more = () => {
      while (!response.destroyed && response.write(chunk));
    }
    response.on('drain', more)
    more()
  }
  assert.equal((await world.order('start')).error.error_id, 'harvest.too_large')
  world.portal.answer = (_path, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end()
  assert.equal((await world.order('start')).error.error_id, 'ingest.fetch_invalid_url')
  world.portal.answer = (_path, response) => response.writeHead(404).end()
  assert.equal((await world.order('start')).error.error_id, 'ingest.fetch_status')

  // Records that are broken each in its own way, among good ones.
  let asked = 0
  const broken = [
    null,
    5,
    'text',
    [],
    {},
    { id: {}, title: 'x' },
    { id: 'b1', title: ['x'] },
    { id: 'b2', title: { constructor: 1 } },
    { id: 'b3', title: '\u0000 ' },
    { id: 'x'.repeat(600), title: 'long id' },
    {
      id: 'b4',
      title: 'x'.repeat(1_000_000),
      tags: 'no list',
      resources: [null, { url: 'javascript:alert(1)', format: 'csv' }, { url: 'http://[', format: 'csv' }],
    },
    {
      id: 'b5',
      title: 'Good',
      notes: 'a\u0000b\ud800',
      metadata_modified: 'yesterday',
      organization: [],
      resources: { length: 1 },
    },
    { id: '__proto__', title: 'Prototype', tags: [{ display_name: '__proto__' }] },
  ]
  world.portal.answer = (_path, response) => {
    const value = asked++ === 0 ? { success: true, result: { count: broken.length, results: broken } } : null
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
  }
  const result = await world.run()
  assert.deepEqual([result.created, result.failed, result.gone], [3, 10, 1], JSON.stringify(result))
  const good = (await world.harvested()).find(({ remote_id }: { remote_id: string }) => remote_id === 'b5')
  const { metas } = (await server.expect(200, 'GET', `${managementPath}/datasets/${good.dataset_uid}`)).json
  assert.deepEqual(metas.default.description, 'ab\ufffd')
  assert.equal(metas.default.publisher, undefined)
})

test('hostile XML ends a run by name', async (t) => {
  const server = await shared.sqlite()
  const world = await setUp(t, server, [], ({ url }) => ({ type: 'csw', params: { url } }))
  const laughs = Array.from({ length: 9 }, (_, n) => `<!ENTITY e${n + 1} "${`&e${n};`.repeat(10)}">`).join('')
  for (const [key, body] of [
    ['ingest.xml_entities', `<!DOCTYPE a [<!ENTITY e0 "ha">${laughs}]><a>&e9;</a>`],
    ['ingest.xml_entities', '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'],
    ['ingest.too_deep', '<a>'.repeat(100_000)],
    ['ingest.invalid_xml', '<a><b></a>'],
    ['ingest.invalid_xml', 'no XML'],
    ['harvest.not_understood', '<ows:ExceptionReport xmlns:ows="x"><ows:Exception/></ows:ExceptionReport>'],
  ] as const) {
    world.portal.answer = (_path, response) =>
      response.writeHead(200, { 'content-type': 'application/xml' }).end(body)
    const job = await world.order('start')
    assert.equal(job.error?.error_id, key, `${body.slice(0, 60)}: ${JSON.stringify(job.error)}`)
  }
})

test('what may not be, and who may not', async (t) => {
  const server = await startServer(t, { database: 'sqlite' })
  const world = await setUp(t, server, [{ id: 'one', title: 'One' }], ckan)
  assert.equal((await world.order('start')).error.error_id, 'ingest.fetch_refused', 'a private address')
  const all = `${managementPath}/harvesters`
  for (const [key, body] of [
    ['harvest.unknown_type', { name: 'x', type: 'gopher', params: {} }],
    ['harvest.invalid_parameter', { name: 'x', type: 'ckan', params: {} }],
    ['harvest.invalid_parameter', { name: 'x', type: 'ckan', params: { url: 'x', colour: 'red' } }],
    ['harvest.invalid_parameter', { name: 'x', type: 'ckan', params: { url: ['x'] } }],
    ['http.missing_parameter', { type: 'ckan', params: { url: 'x' } }],
  ] as const)
    assert.equal((await server.expect(400, 'POST', all, { body })).json.error_id, key, JSON.stringify(body))
  const editor = { apikey: await server.createApiKey(['edit_dataset', 'publish_dataset']) }
  await server.expect(403, 'GET', all, { auth: editor })

  const schedules = `${world.path}/schedules`
  const made = await server.expect(201, 'POST', schedules, {
    body: { cron_schedule: '0 3 * * *', timezone: 'UTC' },
  })
  assert.equal(made.json.harvester_id, world.made.harvester_id)
  const second = await server.expect(400, 'POST', schedules, { body: { cron_schedule: '0 4 * * *' } })
  assert.equal(second.json.error_id, 'schedules.too_many')
  assert.equal((await world.harvester()).schedules[0].cron_schedule, '0 3 * * *')
  await server.expect(400, 'PUT', `${world.path}/abort`)
  await server.expect(204, 'DELETE', `${world.path}/?delete_attached_datasets=0`)
  assert.deepEqual((await server.expect(200, 'GET', `${managementPath}/schedules`)).json, [])

  // What was being deleted when the process was killed is deleted by the next, as it was asked for.
  const spec = { filename: 'a.csv', content: 'a\n1\n' }
  const [kept, gone] = [await server.publishFile('kept', spec), await server.publishFile('gone', spec)]
  const harvesters: string[] = []
  for (const name of ['keeps', 'deletes']) {
    const body = { name, type: 'ckan', params: { url: 'http://127.0.0.1:9/' } }
    harvesters.push((await server.expect(201, 'POST', all, { body })).json.harvester_id)
  }
  await server.kill()
  const database = new DatabaseSync(join(server.dataDirectory, 'control.sqlite'))
  for (const [index, dataset] of [kept, gone].entries()) {
    const uid = harvesters[index]!
    database
      .prepare("update harvesters set status = 'deleting', deletes_datasets = ? where harvester_uid = ?")
      .run(index, uid)
    database
      .prepare(
        "insert into harvested_datasets (harvester_uid, remote_id, dataset_uid, title, change, details_json, job_uid, seen_at) values (?, 'r', ?, 't', 'created', '[]', 'j', 0)",
      )
      .run(uid, dataset.datasetUid)
  }
  database.close()
  const next = await server.startAgain()
  await until(
    async () => (await next.expect(200, 'GET', all)).json.length === 0,
    () => 'they are not deleted',
  )
  await next.expect(200, 'GET', `${explorePath}/kept`)
  await next.expect(404, 'GET', `${explorePath}/gone`)
})

test('a large catalog is taken whole, and unchanged the second time', async (t) => {
  const count = isWhole ? 10_000 : 600
  const server = await shared.sqlite()
  const datasets = Array.from({ length: count }, (_, n) => ({
    id: `d${String(n).padStart(5, '0')}`,
    title: `Dataset ${n}`,
  }))
  const world = await setUp(t, server, datasets, (portal) => ({
    type: 'datajson',
    params: { url: `${portal.url}/data.json`, metadata_only: true },
  }))
  assert.deepEqual(numbers(await world.run()), { ...none, created: count })
  assert.deepEqual(numbers(await world.run()), { ...none, unchanged: count })
})
