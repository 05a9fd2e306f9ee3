/** The list of datasets: filtered, ordered, exported; copies of datasets. Management API sections 8.2 and 20. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { addUser } from '../support/accounts.ts'
import { documented, readApiDocument } from '../support/api-document.ts'
import { explorePath, managementPath } from '../support/http-client.ts'
import { shareServer } from '../support/server.ts'

const shared = shareServer()
const datasets = `${managementPath}/datasets`

async function open() {
  const server = await shared()
  const call = documented(server, await readApiDocument(server))
  return { server, call }
}

let made: Promise<void> | null = null
async function openTowns() {
  const opened = await open()
  made ??= makeTowns(opened)
  await made
  return opened
}

async function makeTowns({ server, call }: Awaited<ReturnType<typeof open>>) {
  for (const [id, metas] of [
    [
      'lyon',
      { default: { title: 'Lyon', keyword: ['river', 'hill'], modified: '2030-01-05T10:00:00+00:00' } },
    ],
    [
      'paris',
      {
        default: { title: '=Paris', keyword: ['river'], publisher: 'Ville; "de" Paris' },
        dcat: { creator: 'Ann' },
      },
    ],
    ['nice', { default: { title: "Nice 'n' $1 {easy}" }, internal: { draft: true } }],
  ] as const)
    await call(201, 'POST', datasets, { body: { dataset_id: id, metas } })
  await server.publishFile('oslo', {
    filename: 'a.csv',
    content: 'a\n1\n2\n',
    metas: { default: { title: 'Oslo', keyword: ['fjord'] } },
  })
}

test('where and sort speak the language of the catalog, over what is configured now', async () => {
  const { call } = await openTowns()
  const ids = async (query: Record<string, string>) => {
    const { json } = await call(200, 'GET', `${datasets}?${new URLSearchParams(query)}`)
    return json.map(({ dataset_id }: { dataset_id: string }) => dataset_id)
  }
  assert.deepEqual(await ids({ where: 'keyword = "river"', sort: 'title' }), ['paris', 'lyon'])
  assert.deepEqual(await ids({ where: 'keyword = "river"', sort: '-default.title' }), ['lyon', 'paris'])
  assert.deepEqual(await ids({ where: 'dcat.creator = "Ann"' }), ['paris'])
  assert.deepEqual(await ids({ where: 'internal.draft = true' }), ['nice'])
  assert.deepEqual(await ids({ where: 'published = true and records_count = 2' }), ['oslo'])
  assert.deepEqual(await ids({ where: 'publishing.published = false', sort: '-dataset_id' }), [
    'paris',
    'nice',
    'lyon',
  ])
  assert.deepEqual(await ids({ where: `search("osl")` }), ['oslo'])
  assert.deepEqual(await ids({ where: "title like 'n*' or title = \"Nice 'n' $1 {easy}\"" }), ['nice'])
  assert.deepEqual(await ids({ where: 'dataset_id is not null', rows: '2', page: '2', sort: 'dataset_id' }), [
    'oslo',
    'paris',
  ])
  assert.deepEqual(await ids({ where: 'title = "nobody"' }), [])
  const newYork = {
    where: `modified >= date'2030-01-05T04:30:00' and modified < date'2030-01-05T05:30:00'`,
    timezone: 'America/New_York',
  }
  assert.deepEqual(await ids({ ...newYork, sort: 'dataset_id' }), ['lyon'])
  for (const query of [
    { where: 'nothing = 1' },
    { where: 'title = ' },
    { where: `1); drop table x; --` },
    { sort: 'nothing' },
    { sort: 'title`; drop table x' },
    { timezone: 'Mars/Base' },
    { timezone: '+02:00' },
    { rows: '101' },
  ] as Record<string, string>[])
    await call(400, 'GET', `${datasets}?${new URLSearchParams(query)}`)
})

test('a dataset is shown with its changes, application metadata and the dates of a zone', async () => {
  const { call } = await openTowns()
  const query = 'expand=changes,status&include_app_metas=true&timezone=Asia/Tokyo'
  const { json } = await call(200, 'GET', `${datasets}/oslo?${query}`)
  assert.match(json.last_modified, /\+09:00$/)
  assert.match(json.status.since, /\+09:00$/)
  assert.match(json.changes[0].timestamp, /\+09:00$/)
  assert.equal(json.metas.default.title, 'Oslo')
  assert.equal(json.metas.processing.records_count, 2)
  assert.equal(json.metas.processing.records_errors, 0)
  assert.match(json.metas.processing.data_processed, /\+09:00$/)
  const plain = (await call(200, 'GET', `${datasets}/oslo`)).json
  assert.equal(plain.metas.processing, undefined)
  assert.equal(plain.changes, undefined)
  assert.equal(Date.parse(plain.last_modified), Date.parse(json.last_modified))
  const lyon = (await call(200, 'GET', `${datasets}/lyon?timezone=Asia/Tokyo`)).json
  assert.equal(lyon.metas.default.modified, '2030-01-05T19:00:00+09:00')
})

test('the list is exported as JSON and CSV, whole', async () => {
  const { server, call } = await openTowns()
  const json = await call(
    200,
    'GET',
    `${managementPath}/export_datasets/json?sort=dataset_id&where=${encodeURIComponent('dataset_id in ("lyon","nice","paris","oslo")')}`,
  )
  assert.deepEqual(
    json.json.map(({ dataset_id }: { dataset_id: string }) => dataset_id),
    ['lyon', 'nice', 'oslo', 'paris'],
  )
  assert.equal(json.headers.get('content-disposition'), 'attachment; filename=datasets.json')
  const csv = await call(
    200,
    'GET',
    `${managementPath}/export_datasets/csv/?where=${encodeURIComponent('dataset_id = "paris"')}`,
  )
  const [head, row, end] = csv.text.split('\r\n')
  const cells = row!.match(/"(?:[^"]|"")*"|[^;]+|(?<=;|^)(?=;|$)/g)!
  const cell = (name: string) => cells[head!.split(';').indexOf(name)]
  assert.equal(cell('dataset_id'), 'paris')
  assert.equal(cell('default.title'), "'=Paris")
  assert.equal(cell('default.publisher'), '"Ville; ""de"" Paris"')
  assert.equal(cell('dcat.creator'), 'Ann')
  assert.equal(cell('publishing.published'), 'false')
  assert.equal(end, '')
  await call(404, 'GET', `${managementPath}/export_datasets/exe`)
  await call(400, 'GET', `${managementPath}/export_datasets/csv?where=nothing%3D1`)
  assert.deepEqual(
    (await server.expect(200, 'GET', `${managementPath}/export_datasets/json?where=title%3D%22no%22`)).json,
    [],
  )
})

test('a copy has the configuration of the original, and nothing else of it', async () => {
  const { server, call } = await openTowns()
  const original = await server.createDataset('copied', {
    filename: 'a.csv',
    content: 'a\n1\n',
    fieldSpecifications: [{ name: 'rename', args: { from_name: 'a', to_name: 'b', label: 'B' } }],
  })
  const base = `${datasets}/${original.datasetUid}`
  const { url } = await server.upload('note.txt', 'note')
  const attached = (await call(201, 'POST', `${base}/attachments`, { body: { url } })).json
  const copy = (await call(201, 'POST', `${base}/duplicate`, { body: { title: 'Twin' } })).json
  assert.equal(copy.dataset_id, 'copied-copy')
  assert.equal(copy.metas.default.title, 'Twin')
  assert.equal(copy.metas.publishing.published, false)
  const [resource] = (await call(200, 'GET', `${datasets}/${copy.dataset_uid}/resources`)).json
  assert.notEqual(resource.resource_uid, original.resourceUid)
  const [twin] = (await call(200, 'GET', `${datasets}/${copy.dataset_uid}/attachments`)).json
  assert.notEqual(twin.attachment_uid, attached.attachment_uid)
  await call(204, 'DELETE', base)
  await server.jobDone(await server.publish(copy.dataset_uid))
  const records = await server.expect(200, 'GET', `/api/explore/v2.1/catalog/datasets/copied-copy/records`)
  assert.deepEqual(records.json.results, [{ b: 1 }])
  await call(400, 'POST', `${datasets}/lyon/duplicate`, { body: { dataset_id: '../etc' } })
  const maker = addUser(server, 'maker', { user: ['create_dataset'], key: ['create_dataset'] })
  await call(404, 'POST', `${datasets}/lyon/duplicate`, { body: {}, auth: maker })

  // Whoever edits one dataset lists, filters and exports that one, and copies it with its rules.
  const editor = addUser(server, 'of-lyon', {
    user: ['create_dataset'],
    key: ['create_dataset', 'edit_dataset'],
  })
  const lyon = (await call(200, 'GET', `${datasets}/lyon`)).json.dataset_uid
  await server.expect(201, 'POST', `${datasets}/${lyon}/security/users`, {
    body: { user: { username: 'of-lyon' }, permissions: ['edit_dataset'] },
  })
  await server.expect(200, 'PUT', `${datasets}/${lyon}/security/default`, {
    body: { is_data_visible: true, visible_fields: ['*'], filter_query: 'a = 1', api_calls_quota: null },
  })
  for (const address of [
    `${datasets}?sort=title`,
    `${datasets}?where=dataset_id%20is%20not%20null`,
    `${managementPath}/export_datasets/json`,
  ])
    assert.deepEqual(
      (await server.expect(200, 'GET', address, { auth: editor })).json.map(
        (item: { dataset_id: string }) => item.dataset_id,
      ),
      ['lyon'],
    )
  const own = (await call(201, 'POST', `${datasets}/lyon/duplicate`, { body: {}, auth: editor })).json
  const rules = await server.expect(200, 'GET', `${datasets}/${own.dataset_uid}/security/default`)
  assert.equal(rules.json.filter_query, 'a = 1')
  await call(200, 'GET', `${datasets}/${own.dataset_uid}`, { auth: editor })
})

test('whoever has rights on more datasets than a statement takes values has their lists all the same', async (t) => {
  const { server, call } = await open()
  const auth = addUser(server, 'many', { user: [], key: ['edit_dataset', 'explore_restricted_dataset'] })
  const count = 33_000
  const database = new DatabaseSync(join(server.dataDirectory, 'control.sqlite'))
  database.exec(`pragma busy_timeout = 5000;
    insert into datasets (dataset_uid, dataset_id, metas_json, visibility, owner, created_at, last_modified_at, configuration_revision, status, status_since_at)
      with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < ${count})
      select 'da_many' || n, 'many-' || n, '{}', 'domain', 'admin', 0, 0, 0, 'idle', 0 from numbers;
    insert into dataset_rulesets (dataset_uid, target, target_id, is_data_visible, filter_query, permissions_json, created_at, updated_at)
      select dataset_uid, 'user', 'many', 1, '', '["edit_dataset"]', 0, 0 from datasets where dataset_uid like 'da_many%'`)
  t.after(() => {
    database.exec("delete from datasets where dataset_uid like 'da_many%'")
    database.close()
  })
  const listed = await call(200, 'GET', `${datasets}?rows=2&sort=-dataset_id`, { auth })
  assert.deepEqual(
    listed.json.map(({ dataset_id }: { dataset_id: string }) => dataset_id),
    ['many-9999', 'many-9998'],
  )
  assert.equal(listed.headers.get('x-total-count'), `${count}`)
  const some = `${datasets}?where=${encodeURIComponent('dataset_id = "many-77"')}`
  assert.equal((await call(200, 'GET', some, { auth })).json.length, 1)
  const automation = await call(200, 'GET', '/api/automation/v1.0/datasets/?limit=1', { auth })
  assert.equal(automation.json.total_count, count)
  assert.deepEqual((await call(200, 'GET', `${managementPath}/jobs`, { auth })).json, [])
  await call(200, 'GET', `${managementPath}/schedules`, { auth })
  await call(200, 'GET', `${explorePath}?limit=1`, { auth })
})
