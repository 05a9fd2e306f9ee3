/**
 * The Automation API as its clients meet it: every operation of the specification once, against one server, each answer
 * held against what the platform's Python client demands and against our own description; then what scripts do with it.
 */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { type ApiDocument, readApiDocument } from '../support/api-document.ts'
import { faultIn, isErrorShape } from '../support/automation-shapes.ts'
import { type Answer, explorePath, type RequestOptions } from '../support/http-client.ts'
import { type Portal, startPortal } from '../support/portal.ts'
import { shareServer, type TestServer } from '../support/server.ts'
import { type StuckSource, startStuckSource } from '../support/stuck-source.ts'
import { type Operation, operations, type World } from './automation-operations.ts'

const base = '/api/automation/v1.0'
const environment = { BROADSHEET_ALLOW_PRIVATE_ADDRESSES: '1', BROADSHEET_RETRY_MS: '20' }
const shared = shareServer({ env: environment })
const restingDataset = ['idle', 'error', 'limit_reached']
const restingHarvester = ['idle', 'new']

let server: TestServer
let document: ApiDocument
let key: string
before(async () => {
  server = await shared()
  document = await readApiDocument(server)
  key = await server.createApiKey([
    'edit_domain',
    'create_dataset',
    'edit_dataset',
    'publish_dataset',
    'manage_dataset',
    'explore_restricted_dataset',
    'create_page',
    'edit_page',
    'manage_page',
  ])
})

/** As the client sends it: with the key, and a content type also where there is no body. */
function call(method: string, path: string, options: RequestOptions = {}): Promise<Answer> {
  const isForm = options.body instanceof FormData
  const headers = {
    Authorization: `apikey ${key}`,
    ...(isForm ? {} : { 'Content-Type': 'application/json' }),
    ...options.headers,
  }
  return server.request(method, `${base}${path}`, { auth: 'none', ...options, headers })
}

async function expect(status: number, method: string, path: string, body?: unknown): Promise<Answer> {
  const answer = await call(method, path, body === undefined ? {} : { body })
  assert.equal(answer.status, status, `${method} ${path}: ${answer.text.slice(0, 1000)}`)
  return answer
}

/** Polls as scripts do; there is no other way in this API. */
async function rests(path: string, resting: readonly string[]): Promise<void> {
  for (;;) {
    const { json } = await expect(200, 'GET', path)
    if (resting.includes(json.status)) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
async function isVisible(uid: string, word: string): Promise<void> {
  const { json: dataset } = await expect(200, 'GET', `/datasets/${uid}/`)
  const path = `${explorePath}/${dataset.dataset_id}/records?where=search("${word}")&limit=0`
  for (;;) {
    const { status, json, text } = await server.request('GET', path)
    assert.equal(status, 200, text)
    if (json.total_count > 0) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
const datasetRests = (uid: string) => rests(`/datasets/${uid}/status/`, restingDataset)
const harvesterRests = (uid: string) => rests(`/harvesters/${uid}/`, restingHarvester)

/** What a client of the platform does with an answer before anybody sees it. */
function checkAnswer(answer: Answer, expected: Pick<Operation, 'status' | 'answer' | 'code'>): void {
  assert.equal(answer.status, expected.status, answer.text.slice(0, 1000))
  if (expected.answer === 'nothing') return assert.equal(answer.text, '')
  if (expected.answer === 'csv') return assert.match(answer.headers.get('content-type') ?? '', /^text\/csv/)
  if (expected.answer === 'bytes') return assert.ok(answer.bytes.length > 0)
  assert.match(answer.headers.get('content-type') ?? '', /^application\/json(;|$)/)
  if (answer.status >= 400) {
    assert.ok(isErrorShape(answer.json), answer.text)
    assert.equal(answer.json.error_code, expected.code)
    if (expected.code === 'validation_error') assert.ok(Object.keys(answer.json.detail).length > 0)
    return
  }
  assert.equal(faultIn(expected.answer, answer.json), null, answer.text.slice(0, 1500))
}

interface Stage {
  readonly world: World
  readonly portal: Portal
  readonly stuck: StuckSource
}

const fill = (path: string, world: World) =>
  path.replace(/\{(\w+)\}/g, (_whole, name: string) => {
    assert.ok(world[name], `${name} is not known yet`)
    return encodeURIComponent(world[name])
  })

async function prepare(given: Operation['given'], { world, portal, stuck }: Stage): Promise<void> {
  if (given === 'a publish runs') {
    const made = await expect(201, 'POST', '/datasets/', {
      metadata: { default: { title: { value: 'Stuck' } } },
    })
    world.stuck_dataset_uid = made.json.uid
    await expect(201, 'POST', `/datasets/${made.json.uid}/resources/`, {
      type: 'csvfile',
      title: 'Stuck',
      datasource: { type: 'http', connection: { type: 'http', url: stuck.url('') }, relative_url: '/stuck' },
    })
    await expect(200, 'POST', `/datasets/${made.json.uid}/publish/`)
    await stuck.asked('/stuck')
  }
  if (given === 'a harvest runs') {
    const asked = new Promise<void>((resolve) => {
      portal.answer = () => resolve()
    })
    await expect(200, 'POST', `/harvesters/${world.harvester_uid}/start/`)
    await asked
  }
  if (given === 'a record was pushed') {
    const pushed = await server.request(
      'POST',
      new URL(world.push_url!).pathname + new URL(world.push_url!).search,
      {
        body: { id: 4, name: 'Munster', weight: '1 kg' },
      },
    )
    assert.equal(pushed.status, 200, pushed.text)
    // The publish that follows the push is ordered a moment later: until it is, the dataset rests too.
    await isVisible(world.dataset_uid!, 'Munster')
    await datasetRests(world.dataset_uid!)
  }
}

test('every operation of the specification', async (t) => {
  const { username, password: secret } = server.admin
  const password = `Basic ${Buffer.from(`${username}:${secret}`).toString('base64')}`
  const stage: Stage = {
    world: {},
    portal: await startPortal(t, [{ id: 'trees', title: 'Trees' }]),
    stuck: await startStuckSource(t),
  }
  const { world } = stage
  world.portal_url = stage.portal.url
  for (const row of operations) {
    await t.test(`${row.operation}: ${row.method} ${row.path} ${row.status}`, async () => {
      await prepare(row.given, stage)
      const own = { ...world, ...row.as?.(world) }
      const path = `${fill(row.path, own)}${row.query ? `?${row.query(own)}` : ''}`
      const body = row.body?.(own)
      const answer = await call(row.method, path, {
        ...(body === undefined ? {} : { body }),
        ...(row.by === 'password' ? { headers: { Authorization: password } } : {}),
      })
      checkAnswer(answer, row)
      document.check(row.method, `${base}${path}`, answer)
      if (row.answer === 'Ok') assert.equal(answer.headers.get('broadsheet-job-id'), answer.json.job_id)
      for (const [name, read] of Object.entries(row.keep ?? {}))
        world[name] = (read as (json: unknown) => string)(answer.json)
      if (row.until === 'the dataset rests') await datasetRests(own.dataset_uid!)
      if (row.until === 'the harvester rests') await harvesterRests(own.harvester_uid!)
    })
  }
})

test('the table has every operation of the specification, and the server no other', () => {
  const inTable = new Set(operations.map(({ method, path }) => `${method} ${base}${path}`))
  const served = document.operations
    .filter(({ path, method }) => path.startsWith(base) && method !== 'HEAD')
    .map(({ method, path }) => `${method} ${path}`)
  assert.deepEqual([...inTable].sort(), served.sort())
  assert.equal(inTable.size, 181)
})

test('lists are paged by limit and offset, and both are in the way on', async () => {
  for (const name of ['a', 'b', 'c'])
    await expect(201, 'POST', '/datasets/', { metadata: { default: { title: { value: `Paged ${name}` } } } })
  const seen: string[] = []
  let path = '/datasets/?limit=2&offset=0'
  for (;;) {
    const { json } = await expect(200, 'GET', path)
    assert.equal(faultIn('page of Dataset', json), null)
    seen.push(...json.results.map(({ uid }: { uid: string }) => uid))
    if (json.next === null) {
      assert.equal(json.total_count, seen.length)
      assert.ok(json.previous.startsWith(`${server.url}${base}/datasets/?`))
      break
    }
    const next = new URL(json.next)
    assert.deepEqual(
      [next.searchParams.get('limit'), Number(next.searchParams.get('offset'))],
      ['2', seen.length],
    )
    path = `${next.pathname.slice(base.length)}${next.search}`
  }
  assert.equal(new Set(seen).size, seen.length)
  const counts = await expect(200, 'GET', '/datasets/?limit=0')
  assert.deepEqual([counts.json.results, counts.json.total_count], [[], seen.length])
  for (const query of ['limit=1001', 'limit=-1', 'offset=x', 'limit=1.5']) {
    const refused = await call('GET', `/datasets/?${query}`)
    checkAnswer(refused, { status: 400, code: 'validation_error', answer: 'anything' })
  }
})

test('slashes at the end may be missing, and nothing is redirected', async () => {
  for (const path of ['/datasets', '/datasets/', '/processors', '/processors/'])
    await expect(200, 'GET', path)
  await expect(400, 'POST', '/datasets', {})
  await expect(400, 'POST', '/datasets/', {})
})

test('keys come in any of the forms that clients send', async () => {
  const ask = (headers: Record<string, string>, query = '') =>
    server.request('GET', `${base}/datasets/${query}`, { auth: 'none', headers })
  for (const authorization of [`apikey ${key}`, `ApiKey ${key}`, key])
    assert.equal((await ask({ Authorization: authorization })).status, 200, authorization)
  assert.equal((await ask({}, `?apikey=${key}`)).status, 200)
  assert.equal((await ask({ Authorization: `apikey ${key}` }, `?apikey=${key}`)).status, 200)
  const basic = Buffer.from(`${server.admin.username}:${server.admin.password}`).toString('base64')
  assert.equal((await ask({ Authorization: `Basic ${basic}` })).status, 200)
  for (const headers of [{}, { Authorization: 'apikey nothing' }, { Authorization: 'x'.repeat(56) }])
    checkAnswer(await ask(headers as Record<string, string>), {
      status: 401,
      code: 'unauthenticated',
      answer: 'anything',
    })
})

test('refusals have the codes that clients know', async () => {
  const made = await expect(201, 'POST', '/datasets/', {
    dataset_id: 'refused',
    metadata: { default: { title: { value: 'Refused' } } },
  })
  const dataset = `/datasets/${made.json.uid}`
  const cases: readonly (readonly [
    method: string,
    path: string,
    body: unknown,
    code: string,
    property?: string,
  ])[] = [
    ['GET', '/datasets/da_nothing/', undefined, 'not_found'],
    ['GET', '/nothing/', undefined, 'not_found'],
    ['POST', '/datasets/', { dataset_id: 'x' }, 'validation_error', 'metadata.default'],
    [
      'POST',
      '/datasets/',
      { dataset_id: 'refused', metadata: { default: {} } },
      'validation_error',
      'dataset_id',
    ],
    [
      'PUT',
      `${dataset}/`,
      { metadata: { default: { keyword: { value: 'x' } } } },
      'validation_error',
      'metadata.default.keyword',
    ],
    ['PUT', `${dataset}/metadata/nothing/`, {}, 'not_found'],
    ['POST', `${dataset}/abort/`, undefined, 'invalid_dataset_status'],
    ['POST', `${dataset}/publish_metadata/`, undefined, 'invalid_dataset_status'],
    ['POST', `${dataset}/fields/`, { type: 'nothing', label: '' }, 'validation_error', 'type'],
    [
      'POST',
      `${dataset}/fields/`,
      { type: 'type', label: '', field: 'a', type_param: 'boolean' },
      'validation_error',
      'type_param',
    ],
    [
      'POST',
      `${dataset}/fields/`,
      { type: 'annotate', label: '', field: 'a', annotation: 'facet' },
      'validation_error',
      'annotation',
    ],
    [
      'POST',
      `${dataset}/fields/`,
      { type: 'rename', label: '', from_name: 'a' },
      'validation_error',
      'to_name',
    ],
    ['POST', `${dataset}/processors/`, { type: 'string_replace', label: '' }, 'validation_error', 'old'],
    ['POST', `${dataset}/processors/`, { type: 'nothing', label: '' }, 'validation_error', 'type'],
    [
      'POST',
      `${dataset}/resources/`,
      { type: 'csvfile', title: '', datasource: { type: 'uploaded_file', file: { uid: 'nothing' } } },
      'validation_error',
      'datasource',
    ],
    [
      'POST',
      `${dataset}/resources/`,
      { type: 'csvfile', title: '', datasource: { type: 'sharepoint', file_id: 'x' } },
      'validation_error',
      'datasource.type',
    ],
    ['POST', `${dataset}/resources/files/`, undefined, 'validation_error', 'file'],
    ['POST', `${dataset}/schedules/`, { cron_schedule: 'x' }, 'validation_error', 'cron_schedule'],
    ['POST', `${dataset}/versions/ch_000000000000/restore/`, undefined, 'not_found'],
    ['POST', '/datasource_connections/', { type: 'google_drive' }, 'validation_error', 'type'],
    ['POST', '/harvesters/', { type: 'quandl', name: 'x' }, 'validation_error', 'type'],
    ['POST', '/harvesters/', { type: 'ckan', name: 'x' }, 'validation_error', 'url'],
    ['DELETE', '/code_editor_pages/', undefined, 'validation_error', 'slug'],
    // As the platform's own client sends it, which cannot send a file.
    ['POST', '/medias/images/', undefined, 'validation_error', 'file'],
  ]
  for (const [method, path, body, code, property] of cases) {
    const answer = await call(method, path, body === undefined ? {} : { body })
    checkAnswer(answer, { status: code === 'not_found' ? 404 : 400, code, answer: 'anything' })
    if (property) assert.ok(Array.isArray(answer.json.detail[property]), `${path}: ${answer.text}`)
  }
  await expect(201, 'POST', `${dataset}/schedules/`, { cron_schedule: '0 6 * * 1' })
  const byKey = await call('POST', '/apikeys/', { body: { label: 'Another', permissions: [] } })
  checkAnswer(byKey, { status: 403, code: 'permission_denied', answer: 'anything' })
  const twice = await call('POST', `${dataset}/schedules/`, { body: { cron_schedule: '0 6 * * 1' } })
  checkAnswer(twice, { status: 409, code: 'conflict', answer: 'anything' })
})

test('a script makes a dataset, publishes it, changes it, and goes back', async () => {
  const made = await expect(201, 'POST', '/datasets/', {
    dataset_id: 'scripted',
    is_restricted: true,
    metadata: { default: { title: { value: 'Scripted' } } },
  })
  const uid: string = made.json.uid
  const dataset = `/datasets/${uid}`
  assert.equal(made.json.is_restricted, true)
  const form = new FormData()
  form.append(
    'file',
    new Blob(['id,city,people\n1,Lyon,500 000\n2,Nantes,300 000\n3,Köln,many\n']),
    'cities.csv',
  )
  const file = (await expect(201, 'POST', `${dataset}/resources/files/`, form)).json
  const datasource = { type: 'uploaded_file', file: { uid: file.uid } }
  const [best] = (await expect(200, 'POST', `${dataset}/resources/guess_extractors/`, { datasource })).json
  const resource = (
    await expect(201, 'POST', `${dataset}/resources/`, { type: best.type, title: 'Cities', datasource })
  ).json
  await expect(201, 'POST', `${dataset}/processors/`, {
    type: 'string_replace',
    label: 'Digits alone',
    field: 'people',
    old: ' ',
    new: '',
  })
  await expect(201, 'POST', `${dataset}/fields/`, {
    type: 'type',
    label: 'Numbers',
    field: 'people',
    type_param: 'int',
  })
  await expect(200, 'PUT', `${dataset}/metadata/asset_content_configuration/facets/`, {
    value: [{ field_name: 'city', facetsort: 'alphanum', disjunctive: true }],
  })
  // One store: what is a facet here is an annotation there, and is in no list of this API twice.
  const fields = (await expect(200, 'GET', `${dataset}/fields/`)).json
  assert.deepEqual([fields.total_count, fields.results[0].type], [1, 'type'])
  await expect(200, 'POST', `${dataset}/publish/`)
  const busy = await call('POST', `${dataset}/publish/`)
  if (busy.status !== 200)
    checkAnswer(busy, { status: 400, code: 'invalid_dataset_status', answer: 'anything' })
  await datasetRests(uid)
  const status = (await expect(200, 'GET', `${dataset}/status/`)).json
  assert.deepEqual([status.status, status.is_published, status.records_errors.length], ['idle', true, 1])
  assert.match(status.records_errors[0].message, /many/)

  const read = async () => (await server.request('GET', `${explorePath}/scripted/records?order_by=id`)).json
  assert.equal((await server.request('GET', `${explorePath}/scripted/records`)).status, 404)
  await expect(200, 'PUT', `${dataset}/`, { is_restricted: false })
  assert.deepEqual(
    (await read()).results.map(({ city, people }: Record<string, unknown>) => [city, people]),
    [
      ['Lyon', 500_000],
      ['Nantes', 300_000],
      ['Köln', null],
    ],
  )
  const facets = (await server.request('GET', `${explorePath}/scripted/facets`)).json
  assert.deepEqual(
    facets.facets.map(({ name }: { name: string }) => name),
    ['city'],
  )

  await expect(200, 'PUT', `${dataset}/metadata/default/title/`, { value: 'Cities' })
  const titleOf = async () =>
    (await server.request('GET', `${explorePath}/scripted`)).json.metas.default.title as string
  assert.equal(await titleOf(), 'Scripted')
  await expect(200, 'POST', `${dataset}/publish_metadata/`)
  await datasetRests(uid)
  assert.equal(await titleOf(), 'Cities')
  assert.equal((await read()).total_count, 3)

  const [latest] = (await expect(200, 'GET', `${dataset}/versions/`)).json.results.filter(
    ({ sections, can_restore }: { sections: string[]; can_restore: boolean }) =>
      can_restore && sections.includes('metadata'),
  )
  const restored = await expect(200, 'POST', `${dataset}/versions/${latest.uid}/restore/`)
  assert.equal(restored.json.metadata.default.title.value, 'Scripted')

  const copy = (await expect(201, 'POST', `${dataset}/copy/`)).json
  assert.deepEqual([copy.is_published, copy.metadata.default.title.value], [false, 'Scripted'])
  const copied = (await expect(200, 'GET', `/datasets/${copy.uid}/resources/`)).json.results
  assert.deepEqual(copied[0].datasource, datasource)
  assert.notEqual(copied[0].uid, resource.uid)

  await expect(201, 'POST', `${dataset}/schedules/`, { cron_schedule: '0 6 * * 1' })
  await expect(200, 'POST', `${dataset}/unpublish/`)
  await datasetRests(uid)
  assert.equal((await server.request('GET', `${explorePath}/scripted`)).status, 404)
  await expect(200, 'PUT', `${dataset}/`, { dataset_id: 'scripted-again' })
  await expect(204, 'DELETE', `${dataset}/`)
  await expect(404, 'GET', `${dataset}/`)
})

test('a saved version comes back with its data', async () => {
  const { datasetUid, datasetId } = await server.publishFile('kept', {
    filename: 'kept.csv',
    content: 'id,name\n1,first\n',
  })
  const saved = await server.jobDone(
    await server.order('PUT', `/api/management/v2/datasets/${datasetUid}/save_version`),
  )
  const { results } = (await expect(200, 'GET', `/datasets/${datasetUid}/versions/`)).json
  const version = results.find(({ uid }: { uid: string }) => uid === saved.result.version_uid)
  assert.deepEqual([version.sections, version.can_restore], [['data'], true])
  await expect(200, 'POST', `/datasets/${datasetUid}/unpublish/`)
  await datasetRests(datasetUid)
  const restored = await expect(200, 'POST', `/datasets/${datasetUid}/versions/${version.uid}/restore/`)
  await server.jobDone(restored.headers.get('broadsheet-job-id')!)
  assert.equal((await server.request('GET', `${explorePath}/${datasetId}/records`)).json.total_count, 1)
})

test('sources are said in this API and kept with their secrets', async () => {
  const made = await expect(201, 'POST', '/datasets/', {
    metadata: { default: { title: { value: 'Sources' } } },
  })
  const dataset = `/datasets/${made.json.uid}`
  const connection = (
    await expect(201, 'POST', '/datasource_connections/', {
      type: 'http',
      url: 'https://data.example.org/files/',
      auth: { type: 'basic_auth', username: 'ada', password: 'first secret' },
    })
  ).json
  assert.deepEqual(connection.auth, { type: 'basic_auth', username: 'ada', password: null })
  const saved = (
    await expect(201, 'POST', `${dataset}/resources/`, {
      type: 'csvfile',
      title: 'Saved',
      datasource: { type: 'http', connection: { uid: connection.uid }, relative_url: 'a/b.csv?x=1' },
    })
  ).json
  assert.deepEqual(saved.datasource, {
    type: 'http',
    connection: { uid: connection.uid },
    relative_url: '/a/b.csv?x=1',
    headers: [],
  })
  const expanded = await expect(200, 'GET', `${dataset}/resources/?expand=datasource.connection`)
  assert.equal(faultIn('page of Resource', expanded.json), null, expanded.text)
  assert.equal(expanded.json.results[0].datasource.connection.url, 'https://data.example.org/files/')

  const inline = (
    await expect(201, 'POST', `${dataset}/resources/`, {
      type: 'jsonfile',
      title: 'Inline',
      params: { root: 'items' },
      datasource: {
        type: 'http',
        connection: {
          type: 'http',
          url: 'https://api.example.org',
          auth: { type: 'basic_auth', username: 'bob', password: 'second secret' },
        },
        relative_url: '/v1/items?page=1',
        headers: [{ name: 'X-Token', value: 'third secret' }],
      },
    })
  ).json
  assert.equal(faultIn('Resource', inline), null, JSON.stringify(inline))
  assert.deepEqual(inline.params, { root: 'items' })
  assert.deepEqual(inline.datasource.connection.auth, { type: 'basic_auth', username: 'bob', password: null })
  // Sent back as it was read, it is what it was; at another address the secrets have to be given again.
  const again = await expect(200, 'PUT', `${dataset}/resources/${inline.uid}/`, inline)
  assert.deepEqual(again.json, inline)
  const elsewhere = structuredClone(inline)
  elsewhere.datasource.connection.url = 'https://elsewhere.example.org'
  const refused = await call('PUT', `${dataset}/resources/${inline.uid}/`, { body: elsewhere })
  checkAnswer(refused, { status: 400, code: 'validation_error', answer: 'anything' })
  const moved = await call('PUT', `/datasource_connections/${connection.uid}/`, {
    body: { ...connection, url: 'https://elsewhere.example.org' },
  })
  checkAnswer(moved, { status: 400, code: 'validation_error', answer: 'anything' })
  const used = await expect(200, 'GET', `/datasource_connections/${connection.uid}/`)
  assert.equal(used.json.dataset_count, 1)
  const all = JSON.stringify([expanded.json, inline, again.json, used.json])
  assert.doesNotMatch(all, /(first|second|third) secret/)

  const other = (
    await expect(201, 'POST', `${dataset}/resources/`, {
      type: 'dataset',
      title: 'Another',
      datasource: {
        type: 'federated',
        domain: { domain_id: 'broadsheet' },
        dataset: { dataset_id: 'refused' },
      },
    })
  ).json
  assert.deepEqual([other.url, other.datasource], ['dataset://refused', undefined])
})
