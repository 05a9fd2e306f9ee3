/** Resources of every kind on a running server: connections, secrets, other datasets, several sources, portals. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { documented, readApiDocument } from '../support/api-document.ts'
import { serve } from '../support/fetching.ts'
import { startFtpServer } from '../support/ftp-server.ts'
import { explorePath, managementPath } from '../support/http-client.ts'
import { type S3Objects, s3Keys, startS3Server } from '../support/s3-server.ts'
import { shareServer, startServer, type TestServer } from '../support/server.ts'
import { startSftpServer } from '../support/sftp-server.ts'

const env = {
  BROADSHEET_ALLOW_PRIVATE_ADDRESSES: '1',
  BROADSHEET_RETRY_MS: '10',
  BROADSHEET_LOG_LEVEL: 'debug',
}
const shared = shareServer({ env })

const modified = new Date('2031-05-09T10:00:00Z')
const connectionsPath = `${managementPath}/connections`

async function newDataset(server: TestServer, datasetId: string): Promise<string> {
  const body = { dataset_id: datasetId, metas: {} }
  const { json } = await server.expect(201, 'POST', `${managementPath}/datasets?strict=true`, { body })
  return `${managementPath}/datasets/${json.dataset_uid}`
}

const add = async (server: TestServer, dataset: string, body: unknown) =>
  (await server.expect(201, 'POST', `${dataset}/resources`, { body })).json
const publish = async (server: TestServer, dataset: string) =>
  server.waitForJob(await server.order('PUT', `${dataset}/publish`))
const records = async (server: TestServer, datasetId: string, query = '') =>
  (await server.expect(200, 'GET', `${explorePath}/${datasetId}/records?limit=100${query}`)).json.results

/** Every byte of a directory: nothing of a secret may be among them. */
function holds(directory: string, text: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => readFileSync(path).includes(text))
}

test('secrets go in, are used, and come out nowhere', async (t) => {
  const server = await startServer(t, { env, database: 'sqlite' })
  const call = documented(server, await readApiDocument(server))
  const seen: string[] = []
  const source = await serve(t, (request, response) => {
    seen.push([request.headers.authorization, request.headers['x-tenant']].join(' '))
    if (request.headers.authorization === undefined) return void response.writeHead(401).end()
    response.end('a,b\n1,2\n')
  })
  const other = await serve(t, (request, response) => {
    seen.push(`elsewhere ${request.headers.authorization}`)
    response.end('a,b\n3,4\n')
  })
  const secrets = ['tok-5f1d0c', 'ten-a7b3e1', 'con-90ab12', 'sig-77e0d4', 'con-new-41c']
  const [token, tenant, connectionSecret, bodySecret, renewed] = secrets as [
    string,
    string,
    string,
    string,
    string,
  ]
  const answers: string[] = []
  const say = async (status: number, method: string, path: string, body?: unknown) => {
    const answer = await call(status, method, path, body === undefined ? {} : { body })
    answers.push(answer.text)
    return answer.json
  }

  const keyPath = join(server.dataDirectory, 'secret.key')
  assert.equal(statSync(keyPath).mode & 0o777, 0o600)

  const dataset = await newDataset(server, 'secrets')
  const authentication = { type: 'bearer', token }
  const params = { authentication, headers: { 'X-Tenant': tenant, Accept: 'text/csv' }, separator: ',' }
  const added = await say(201, 'POST', `${dataset}/resources`, { url: `${source.url}/a.csv`, params })
  const shown = {
    authentication: { type: 'bearer', token: '***' },
    headers: { 'X-Tenant': '***', Accept: 'text/csv' },
    separator: ',',
  }
  assert.deepEqual(added.params, shown)
  assert.equal(added.type, 'csvfile')
  const resource = `${dataset}/resources/${added.resource_uid}`
  await say(200, 'GET', `${resource}/preview`)
  const job = await publish(server, dataset)
  assert.equal(job.state, 'done', JSON.stringify(job))
  assert.deepEqual(new Set(seen), new Set([`Bearer ${token} ${tenant}`]))

  // What is shown can be put back, as long as it goes to the same server.
  const put = { url: `${source.url}/b.csv`, type: 'csvfile', params: shown }
  assert.deepEqual((await say(200, 'PUT', resource, put)).params, shown)
  assert.equal((await publish(server, dataset)).result.reused, false)
  assert.deepEqual(new Set(seen), new Set([`Bearer ${token} ${tenant}`]))
  const moved = await say(400, 'PUT', resource, { ...put, url: `${other.url}/b.csv` })
  assert.equal(moved.error_id, 'catalog.secret_needed')
  await say(400, 'POST', `${dataset}/resources`, put)
  // A secret that is given again opens the same: no other records.
  await say(200, 'PUT', resource, { ...put, params })
  assert.equal((await publish(server, dataset)).result.reused, true)

  const body = { client_secret: bodySecret, query: 'all' }
  const posted = await say(201, 'POST', `${dataset}/resources`, {
    url: `${source.url}/c.csv`,
    type: 'csvfile',
    params: { ...params, method: 'POST', body },
  })
  assert.deepEqual(posted.params.body, { client_secret: '***', query: 'all' })
  await say(204, 'DELETE', `${dataset}/resources/${posted.resource_uid}`)

  const connection = {
    name: 'The office',
    kind: 'http',
    url: source.url,
    username: 'ada',
    secret: connectionSecret,
  }
  const saved = await say(201, 'POST', connectionsPath, connection)
  assert.equal(saved.has_secret, true)
  const onePath = `${connectionsPath}/${saved.connection_uid}`
  assert.equal(
    (await say(400, 'POST', connectionsPath, connection)).error_id,
    'catalog.connection_name_taken',
  )
  const byName = { url: `${source.url}/d.csv`, params: { connection: 'The office' } }
  const connected = await say(201, 'POST', `${dataset}/resources`, byName)
  assert.equal(connected.params.connection, saved.connection_uid)
  const elsewhere = { url: `${other.url}/d.csv`, type: 'csvfile', params: { connection: 'The office' } }
  assert.equal(
    (await say(400, 'POST', `${dataset}/resources`, elsewhere)).error_id,
    'catalog.connection_mismatch',
  )
  assert.equal((await say(409, 'DELETE', onePath)).error_id, 'catalog.connection_in_use')
  seen.length = 0
  assert.equal((await publish(server, dataset)).state, 'done')
  const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')} `
  assert.ok(seen.includes(basic(`ada:${connectionSecret}`)))

  // Another name, another user: the secret stays. Another server: it has to be known.
  await say(200, 'PUT', onePath, { name: 'Office', username: 'bob' })
  assert.equal((await say(400, 'PUT', onePath, { url: other.url })).error_id, 'catalog.secret_needed')
  assert.equal((await publish(server, dataset)).state, 'done')
  assert.ok(seen.includes(basic(`bob:${connectionSecret}`)))
  await say(200, 'PUT', onePath, { secret: renewed })
  assert.equal((await publish(server, dataset)).state, 'done')
  assert.ok(seen.includes(basic(`bob:${renewed}`)))
  assert.ok(!seen.some((line) => line.startsWith('elsewhere')))
  await say(200, 'GET', connectionsPath)
  await say(200, 'GET', `${connectionsPath}/Office`)

  const version = await server.jobDone(await server.order('PUT', `${dataset}/save_version`))
  await say(200, 'GET', `${dataset}/versions/${version.result.version_uid}`)
  const changes = await say(200, 'GET', `${dataset}/changes`)
  answers.push((await server.expect(200, 'GET', `${dataset}/resources`)).text)
  answers.push((await server.expect(200, 'GET', `${managementPath}/jobs`)).text)

  // A change is undone with the secrets as they are now.
  await say(200, 'PUT', resource, { ...put, title: 'Renamed' })
  const [last] = await say(200, 'GET', `${dataset}/changes`)
  await server.expect(200, 'PUT', `${dataset}/restore_change/${last.change_uid}`)
  seen.length = 0
  assert.equal((await publish(server, dataset)).state, 'done')
  assert.ok(seen.includes(`Bearer ${token} ${tenant}`), 'after a restored change')
  assert.ok(changes.length > 3)

  // A restored version has its own.
  await server.jobDone(await server.order('PUT', `${dataset}/versions/${version.result.version_uid}/restore`))
  assert.equal((await publish(server, dataset)).state, 'done')

  assert.equal(await server.stop(), 0)
  for (const secret of secrets) {
    assert.ok(!answers.some((text) => text.includes(secret)), `an answer has ${secret}`)
    assert.deepEqual(holds(server.dataDirectory, secret), [])
    assert.ok(!(server.stdout() + server.stderr()).includes(secret))
  }

  const again = await server.startAgain()
  assert.equal((await publish(again, dataset)).state, 'done')
  await again.stop()
  // Without the key nothing of it can be used, and it is said.
  writeFileSync(keyPath, `${'0'.repeat(64)}\n`)
  const keyless = await again.startAgain()
  const lost = await publish(keyless, dataset)
  assert.equal(lost.error.key ?? lost.error.error_id, 'catalog.secret_unreadable', JSON.stringify(lost.error))
  assert.equal((await records(keyless, 'secrets')).length, 2)
})

const badConnections: [change: Record<string, unknown>, property: string][] = [
  [{ name: ' x' }, 'name'],
  [{ name: 'co_abc' }, 'name'],
  [{ kind: 'smb' }, 'kind'],
  [{ kind: 'constructor' }, 'kind'],
  [{ url: 'ftp://h/' }, 'url'],
  [{ url: 'https://u:p@h/' }, 'url'],
  [{ url: 'https://h/?a=1' }, 'url'],
  [{ url: 'nonsense' }, 'url'],
  [{ params: { region: 'x' } }, 'params.region'],
  [{ params: { authentication: 'digest' } }, 'params.authentication'],
  [{ params: { authentication: 'header' } }, 'params.parameter'],
  [{ params: { authentication: 'header', parameter: 'a b' } }, 'params.parameter'],
  [{ params: { ca: 'x' } }, 'params.ca'],
  [{ params: { __proto__x: 1 } }, 'params.__proto__x'],
  [{ kind: 'sftp', url: 'sftp://h', params: { host_key: 'ab:cd' } }, 'params.host_key'],
]
test('connections that cannot be are refused by property', async () => {
  const server = await shared()
  const good = { name: 'good', kind: 'http', url: 'https://example.org/a' }
  for (const [change, property] of badConnections) {
    const { json } = await server.expect(400, 'POST', connectionsPath, { body: { ...good, ...change } })
    assert.equal(json.error_id, 'catalog.invalid_connection')
    assert.equal(json.raw_params.property, property)
  }
  await server.expect(404, 'GET', `${connectionsPath}/co_none00`)
  await server.expect(404, 'DELETE', `${connectionsPath}/co_none00`)
  // A path is part of what a secret is for.
  await server.expect(201, 'POST', connectionsPath, { body: { ...good, secret: 's' } })
  const dataset = await newDataset(server, 'within')
  for (const url of [
    'https://example.org/ab',
    'https://example.org/a/%2e%2e/b',
    'http://example.org/a',
    'https://example.org:444/a',
  ]) {
    const body = { url, type: 'csvfile', params: { connection: 'good' } }
    const { json } = await server.expect(400, 'POST', `${dataset}/resources`, { body })
    assert.equal(json.error_id, 'catalog.connection_mismatch', url)
  }
  await add(server, dataset, {
    url: 'https://example.org/a/b',
    type: 'csvfile',
    params: { connection: 'good' },
  })
})

const typed = `id,name,price,is_open,opened,seen,place,tags
1,Ada,1.5,true,2031-05-09,2031-05-09T10:00:00Z,"45.7606, 4.8612",x
2,Bo,,false,2031-05-10,2031-05-09T11:00:00Z,"50.9375, 6.9603",
`
test('another dataset of this server is a source: what its readers have, typed as it is', async () => {
  const server = await shared()
  const base = {
    filename: 'typed.csv',
    content: typed,
    fieldSpecifications: [{ name: 'annotate', args: { field: 'id', annotation: 'id' } }],
  }
  const first = await server.publishFile('origin', base)
  const dataset = await newDataset(server, 'derived')
  const source = await add(server, dataset, { url: 'dataset://origin' })
  assert.equal(source.type, 'dataset')
  const { json: preview } = await server.expect(
    200,
    'GET',
    `${dataset}/resources/${source.resource_uid}/preview`,
  )
  assert.equal(preview.records.length, 2)
  const job = await publish(server, dataset)
  assert.equal(job.state, 'done', JSON.stringify(job))
  assert.deepEqual(await records(server, 'derived'), await records(server, 'origin'))
  const fieldsOf = async (id: string) =>
    (await server.expect(200, 'GET', `${explorePath}/${id}`)).json.fields.map(
      (field: { name: string; type: string }) => [field.name, field.type],
    )
  assert.deepEqual(await fieldsOf('derived'), await fieldsOf('origin'))

  // Nothing new there, nothing built here.
  assert.equal((await publish(server, dataset)).result.reused, true)
  await server.replaceFile(
    first,
    'typed2.csv',
    `${typed}3,Cy,3,true,2031-05-11,2031-05-09T12:00:00Z,"1.5, 1.5",y\n`,
  )
  assert.equal((await publish(server, dataset)).result.reused, true)
  await server.jobDone(await server.publish(first.datasetUid))
  assert.equal((await publish(server, dataset)).result.reused, false)
  assert.equal((await records(server, 'derived')).length, 3)

  const refuse = async (status: number, key: string, body: unknown, path = `${dataset}/resources`) => {
    const answer = await server.expect(status, 'POST', path, { body })
    assert.equal(answer.json.error_id, key)
  }
  await refuse(404, 'catalog.unknown_dataset', { url: 'dataset://none' })
  await refuse(400, 'catalog.invalid_resource_url', { url: 'dataset://derived' })
  await refuse(400, 'ingest.invalid_source_option', { url: 'dataset://origin', type: 'csvfile' })
  await refuse(400, 'ingest.invalid_source_option', { url: 'https://example.org/', type: 'dataset' })
  const unpublished = await newDataset(server, 'unpublished')
  await refuse(404, 'catalog.not_published', { url: 'dataset://unpublished' })
  assert.ok(unpublished)
  // A dataset that reads itself over another one would hold its records once more with every publish.
  const circle = `${managementPath}/datasets/${first.datasetUid}`
  const { resource_uid } = await add(server, circle, { url: 'dataset://derived' })
  const around = await server.waitForJob(await server.order('PUT', `${circle}/publish`))
  assert.equal(around.error?.error_id, 'actions.join_cycle')
  assert.equal((await records(server, 'origin')).length, 3)
  await server.expect(204, 'DELETE', `${circle}/resources/${resource_uid}`)
  await server.jobDone(await server.order('PUT', `${managementPath}/datasets/${first.datasetUid}/unpublish`))
  const failed = await publish(server, dataset)
  assert.equal(failed.state, 'error')
  assert.equal((await records(server, 'derived')).length, 3)
})

test('several resources of every kind are one dataset, their columns matched by name', async (t) => {
  const server = await shared()
  await server.publishFile('part-e', { filename: 'e.csv', content: 'name,code\nfrom a dataset,5\n' })
  const ftp = await startFtpServer(t, {
    files: { '/a.csv': { content: Buffer.from('code,name\n1,by FTP\n'), modified } },
  })
  const sftpFiles = { '/b.csv': { content: Buffer.from('name;code;extra\nby SFTP;2;x\n'), modified } }
  const sftp = await startSftpServer(t, { files: sftpFiles, password: 'pw' })
  const objects: S3Objects = { '/bucket/c.json': Buffer.from('[{"code": 3, "name": "by S3"}]') }
  const s3 = await startS3Server(t, objects)
  const paged = await serve(t, (request, response) => {
    const page = Number(new URL(request.url!, 'http://x').searchParams.get('page'))
    response.end(JSON.stringify({ items: page > 2 ? [] : [{ code: 40 + page, name: `page ${page}` }] }))
  })
  const uploaded = await server.upload('f.csv', 'CODE,name\n6,uploaded\n')
  const connect = (body: unknown) => server.expect(201, 'POST', connectionsPath, { body })
  const sftpUrl = `sftp://127.0.0.1:${sftp.port}`
  await connect({
    name: 'sftp',
    kind: 'sftp',
    url: sftpUrl,
    username: 'reader',
    secret: 'pw',
    params: { host_key: sftp.fingerprint },
  })
  await connect({
    name: 's3',
    kind: 's3',
    url: s3.url,
    username: s3Keys.id,
    secret: s3Keys.secret,
    params: { region: s3Keys.region },
  })
  const dataset = await newDataset(server, 'joined')
  const resources = [
    { url: `ftp://127.0.0.1:${ftp.port}/a.csv` },
    { url: `${sftpUrl}/b.csv`, params: { connection: 'sftp' } },
    { url: 's3://bucket/c.json', params: { connection: 's3' } },
    { url: `${paged.url}/d`, params: { paging: { type: 'page', items: 'items' } } },
    { url: 'dataset://part-e' },
    { url: uploaded.url },
  ]
  for (const resource of resources) await add(server, dataset, resource)
  const job = await publish(server, dataset)
  assert.equal(job.state, 'done', JSON.stringify(job))
  const found = await records(server, 'joined', '&order_by=code&select=code,name,extra')
  assert.deepEqual(
    found.map(({ code, name, extra }: Record<string, unknown>) => [code, name, extra]),
    [
      [1, 'by FTP', null],
      [2, 'by SFTP', 'x'],
      [3, 'by S3', null],
      [5, 'from a dataset', null],
      [6, 'uploaded', null],
      [41, 'page 1', null],
      [42, 'page 2', null],
    ],
  )
  // Nothing has changed anywhere: what is unchanged is not sent again, and nothing is built.
  const before = sftp.reads()
  assert.equal((await publish(server, dataset)).result.reused, true)
  assert.equal(sftp.reads(), before)
  assert.equal(ftp.commands.filter((line) => line.startsWith('RETR')).length, 2)
})

test('a sign-in page is not data, whatever it is called; data is, whatever it is called', async (t) => {
  const server = await shared()
  const { url } = await serve(t, (request, response) => {
    const isPage = request.url === '/signin.csv'
    response.writeHead(200, { 'content-type': isPage ? 'text/csv' : 'text/html' })
    response.end(isPage ? '<!doctype html><form action="/login"></form>' : 'a,b\n1,2\n')
  })
  const dataset = await newDataset(server, 'signin')
  const { resource_uid } = await add(server, dataset, { url: `${url}/signin.csv`, type: 'csvfile' })
  const failed = await publish(server, dataset)
  assert.match(JSON.stringify(failed.error), /looks_like_html|SourceIsWebPage/)
  await server.expect(200, 'PUT', `${dataset}/resources/${resource_uid}`, {
    body: { url: `${url}/data`, type: 'csvfile' },
  })
  assert.equal((await publish(server, dataset)).state, 'done')
})

test('a source that is busy is asked again; one that refuses is not', async (t) => {
  const server = await shared()
  let asked = 0
  const { url, hits } = await serve(t, (request, response) => {
    if (request.url === '/busy.csv' && asked++ === 0)
      return void response.writeHead(503, { 'retry-after': '0' }).end()
    if (request.url === '/forbidden.csv') return void response.writeHead(403).end()
    response.end('a\n1\n')
  })
  for (const name of ['busy', 'forbidden']) {
    const dataset = await newDataset(server, name)
    await add(server, dataset, { url: `${url}/${name}.csv`, type: 'csvfile' })
    assert.equal((await publish(server, dataset)).state, name === 'busy' ? 'done' : 'error')
    assert.equal(hits.filter((hit) => hit.includes(name)).length, name === 'busy' ? 2 : 1)
  }
})

test('a dataset of another portal is described, and its export is a source', async (t) => {
  const server = await shared()
  await server.publishFile('portal-shops', {
    filename: 'shops.csv',
    content: 'id,name,opened\n1,Ada,2031-05-09\n2,Bo,2031-05-10\n',
    metas: { default: { title: 'Shops', keyword: ['trade'], publisher: 'City', description: 'All of them' } },
  })
  await server.publishFile('portal-places', { filename: 'p.csv', content: 'id,place\n1,"45.76, 4.86"\n' })
  const describe = async (url: string) =>
    (await server.expect(200, 'POST', `${managementPath}/describe_source`, { body: { url } })).json

  // This server speaks the API of one.
  for (const page of [
    '/explore/dataset/portal-shops/table/?sort=id',
    '/api/explore/v2.1/catalog/datasets/portal-shops/records',
  ]) {
    const found = await describe(`${server.url}${page}`)
    assert.equal(found.kind, 'opendatasoft')
    assert.equal(found.title, 'Shops')
    assert.equal(found.recommended_extractor, 'parquet')
    const { description, keyword, publisher } = found.metadata
    assert.deepEqual([description, keyword, publisher], ['All of them', ['trade'], 'City'])
    const dataset = await newDataset(server, page.startsWith('/explore') ? 'copied-page' : 'copied-api')
    await add(server, dataset, found.resource)
    const job = await publish(server, dataset)
    assert.equal(job.state, 'done', JSON.stringify(job))
  }
  assert.deepEqual(await records(server, 'copied-page'), await records(server, 'portal-shops'))
  const places = await describe(`${server.url}/explore/dataset/portal-places/`)
  assert.equal(places.recommended_extractor, 'csvfile')
  const copy = await newDataset(server, 'copied-places')
  await add(server, copy, places.resource)
  assert.equal((await publish(server, copy)).state, 'done')
  assert.deepEqual(await records(server, 'copied-places'), await records(server, 'portal-places'))

  const portal = await serve(t, (request, response) => {
    const at = new URL(request.url!, 'http://x')
    const say = (value: unknown) => response.end(JSON.stringify(value))
    const service = /^\/arcgis\/rest\/services\/(\w+)\/\w+(.*)$/.exec(at.pathname)
    if (service) return say(arcgisAnswer(service[1]!, service[2]!, at.searchParams))
    if (at.pathname === '/api/3/action/package_show' && at.searchParams.get('id') === 'trees')
      return say({
        success: true,
        result: {
          title: 'Trees',
          notes: 'Every tree',
          license_title: 'ODbL',
          tags: [{ display_name: 'green' }, { name: 'city' }, { name: 'green' }],
          organization: { title: 'Parks' },
          resources: [
            { id: 'r0', url: 'javascript:alert(1)', format: 'PDF' },
            { id: 'r1', url: `http://${request.headers.host}/trees.json`, format: 'JSON' },
            { id: 'r2', url: '/trees.csv', format: 'CSV' },
            { id: 'r3', url: '/trees.pdf', format: 'PDF' },
          ],
        },
      })
    if (at.pathname === '/api/views/abcd-1234.json')
      return say({
        id: 'abcd-1234',
        name: 'Permits',
        description: 'Of building',
        license: { name: 'CC0' },
        tags: ['build'],
        attribution: 'Office',
        category: 'Housing',
        rowsUpdatedAt: 1_935_000_000,
        columns: [{ name: 'a' }],
      })
    if (at.pathname.endsWith('.csv')) return response.end('a,b\n1,2\n')
    if (at.pathname === '/page.html') return response.end('<!doctype html><title>A page</title>')
    response.writeHead(404).end('<html>nothing</html>')
  })
  const trees = await describe(`${portal.url}/fr/dataset/trees?x=1`)
  assert.deepEqual(trees, {
    kind: 'ckan',
    title: 'Trees',
    metadata: { description: 'Every tree', license: 'ODbL', keyword: ['green', 'city'], publisher: 'Parks' },
    recommended_extractor: 'csvfile',
    download_url: `${portal.url}/trees.csv`,
    resource: { url: `${portal.url}/trees.csv`, title: 'Trees', type: 'csvfile', params: {} },
  })
  assert.equal(
    (await describe(`${portal.url}/dataset/trees/resource/r1`)).download_url,
    `${portal.url}/trees.json`,
  )
  assert.equal((await describe(`${portal.url}/api/3/action/package_show?id=trees`)).kind, 'ckan')
  const pdf = { url: `${portal.url}/dataset/trees/resource/r3` }
  const { json: refused } = await server.expect(400, 'POST', `${managementPath}/describe_source`, {
    body: pdf,
  })
  assert.equal(refused.error_id, 'ingest.portal_has_no_file')

  for (const page of [
    '/d/abcd-1234',
    '/Housing/Permits/abcd-1234/about_data',
    '/dataset/Permits/abcd-1234',
    '/resource/abcd-1234.json',
  ]) {
    const permits = await describe(`${portal.url}${page}`)
    assert.equal(permits.kind, 'socrata', page)
    assert.equal(permits.download_url, `${portal.url}/api/views/abcd-1234/rows.csv?accessType=DOWNLOAD`)
    assert.equal(permits.metadata.license, 'CC0')
    assert.match(permits.metadata.modified, /^2031-/)
  }
  const layer = await describe(`${portal.url}/arcgis/rest/services/Trees/FeatureServer`)
  assert.deepEqual([layer.kind, layer.title, layer.recommended_extractor], ['arcgis', 'Trees', 'geojson'])
  const features = await newDataset(server, 'copied-features')
  await add(server, features, layer.resource)
  assert.equal((await publish(server, features)).state, 'done')
  const planted = await records(server, 'copied-features')
  assert.deepEqual(
    planted.map((tree: { objectid: number; geo_point_2d: { lon: number } }) => [
      tree.objectid,
      tree.geo_point_2d.lon,
    ]),
    [0, 1, 2, 3, 4].map((n) => [n, n]),
  )
  for (const service of ['Unpaged/FeatureServer/0', 'Several/MapServer']) {
    const body = { url: `${portal.url}/arcgis/rest/services/${service}` }
    const { json } = await server.expect(400, 'POST', `${managementPath}/describe_source`, { body })
    assert.equal(json.error_id, 'ingest.portal_has_no_file', service)
  }
  const plain = await describe(`${portal.url}/some/file.csv`)
  assert.deepEqual([plain.kind, plain.recommended_extractor], ['file', 'csvfile'])
  for (const [page, key] of [
    ['/dataset/none', 'ingest.fetch_status'],
    ['/page.html', 'ingest.looks_like_html'],
  ]) {
    const body = { url: `${portal.url}${page}` }
    const { json } = await server.expect(400, 'POST', `${managementPath}/describe_source`, { body })
    assert.equal(json.error_id, key)
  }
})

/** Five trees, two a page. */
function arcgisAnswer(service: string, path: string, query: URLSearchParams): unknown {
  if (path === '') {
    const layers = [{ id: 0, name: 'Trees' }]
    return { layers: service === 'Several' ? [...layers, { id: 1, name: 'Parks' }] : layers, tables: [] }
  }
  if (path === '/0')
    return {
      name: 'Trees',
      fields: [{ name: 'OBJECTID', type: 'esriFieldTypeOID' }],
      supportedQueryFormats: 'JSON, geoJSON, PBF',
      maxRecordCount: 2,
      advancedQueryCapabilities: { supportsPagination: service !== 'Unpaged' },
    }
  assert.equal(query.get('orderByFields'), 'OBJECTID')
  const from = Number(query.get('resultOffset'))
  const features = [0, 1, 2, 3, 4].slice(from, from + Number(query.get('resultRecordCount'))).map((n) => ({
    type: 'Feature',
    id: n,
    geometry: { type: 'Point', coordinates: [n, 45] },
    properties: { OBJECTID: n },
  }))
  return { type: 'FeatureCollection', properties: { exceededTransferLimit: from < 4 }, features }
}
