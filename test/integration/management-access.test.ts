/**
 * Credentials of the management API, wrong and missing ones, keys, and what is hidden from whom. Who may do what on every
 * route: permission-matrix.test.ts.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addUser } from '../support/accounts.ts'
import { documented, type Operation, readApiDocument } from '../support/api-document.ts'
import { visitsCsv } from '../support/fixtures.ts'
import { type Answer, type Auth, explorePath, managementPath } from '../support/http-client.ts'
import { startServer } from '../support/server.ts'

const allPermissions = [
  'edit_domain',
  'create_page',
  'edit_page',
  'manage_page',
  'explore_restricted_page',
  'create_dataset',
  'edit_dataset',
  'publish_dataset',
  'manage_dataset',
  'explore_restricted_dataset',
  'edit_reuse',
  'manage_subdomains',
  'explore_monitoring',
  'edit_theme',
]

/** What an answer says, without what differs from request to request. */
function said({ status, headers, text }: Answer) {
  const kept = [...headers].filter(
    ([name]) => !['date', 'x-request-id', 'connection', 'keep-alive'].includes(name),
  )
  return { status, headers: kept, text }
}

test('access to the management API', async (t) => {
  // SQLite, because other users are written into the file.
  const server = await startServer(t, { database: 'sqlite' })
  const document = await readApiDocument(server)
  const call = documented(server, document)
  const operations = document.operations.filter(({ path }) => path.startsWith(managementPath))
  const visits = await server.publishFile('visits', { filename: 'visits.csv', content: visitsCsv(20) })
  await server.createDataset('kept', { filename: 'kept.csv', content: 'a\n1\n' })
  const base = `${managementPath}/datasets/${visits.datasetUid}`

  const keys = new Map<string, Auth>()
  async function keyWith(permissions: readonly string[]): Promise<Auth> {
    const name = permissions.join()
    const known = keys.get(name)
    if (known) return known
    const auth = { apikey: await server.createApiKey(permissions) }
    keys.set(name, auth)
    return auth
  }

  /** An address of the operation: of things that are there, or of things that are not. */
  function addressOf({ path }: Operation, isThere: boolean): string {
    const values: Record<string, string> = isThere
      ? {
          dataset_uid: visits.datasetUid,
          resource_uid: visits.resourceUid,
          job_id: visits.job.job_id,
          file_id: 'visits.csv',
          template: 'default',
          name: 'title',
        }
      : {}
    return path.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? 'unknown0')
  }
  const methodsOf = ({ method }: Operation) => (method === 'GET' ? ['GET', 'HEAD'] : [method])

  await t.test(
    'nobody without credentials learns anything, not even which routes and things there are',
    async () => {
      const silence = said(await server.request('GET', `${managementPath}/no/such/route`, { auth: 'none' }))
      assert.equal(silence.status, 401)
      for (const operation of operations) {
        for (const method of methodsOf(operation)) {
          for (const isThere of [true, false]) {
            for (const slash of ['', '/']) {
              const path = `${addressOf(operation, isThere)}${slash}`
              const answer = said(await server.request(method, path, { auth: 'none' }))
              const name = `${method} ${path}`
              assert.equal(answer.status, 401, name)
              if (method === 'HEAD') assert.equal(answer.text, '', name)
              else assert.deepEqual(answer, silence, name)
            }
          }
        }
      }
    },
  )

  await t.test('wrong credentials of every kind are refused on both APIs', async () => {
    const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`
    const wrong = [
      'Apikey nothing',
      'Apikey',
      'Bearer nothing',
      basic('admin:wrong password'),
      basic('nobody:correct horse battery'),
      basic('admin'),
      basic('\0admin:correct horse battery'),
      'Basic ###',
      'nonsense',
    ]
    const paths = [`${managementPath}/datasets`, `${explorePath}`, `${explorePath}/visits/records`]
    for (const path of paths) {
      for (const Authorization of wrong) {
        const answer = await call(401, 'GET', path, { auth: 'none', headers: { Authorization } })
        assert.ok(answer.headers.get('www-authenticate'))
      }
      for (const query of ['?apikey=nothing', '?apikey=a&apikey=b']) {
        await call(401, 'GET', `${path}${query}`, { auth: 'none' })
      }
    }
  })

  await t.test('every way to show a key works, whatever the case of its scheme', async () => {
    const { apikey } = (await keyWith(['edit_dataset'])) as { apikey: string }
    const path = `${managementPath}/datasets`
    for (const scheme of ['Apikey', 'ApiKey', 'apikey', 'APIKEY']) {
      await call(200, 'GET', path, { auth: 'none', headers: { Authorization: `${scheme} ${apikey}` } })
    }
    await call(200, 'GET', `${path}?apikey=${apikey}`, { auth: 'none' })
    await call(200, 'PUT', `${base}/metadata/default/publisher?apikey=${apikey}`, {
      auth: 'none',
      body: { value: 'City' },
    })
    await call(200, 'GET', path, { auth: 'admin' })
  })

  await t.test('keys are made, read, changed and revoked with a password only', async () => {
    const path = `${managementPath}/apikeys`
    const made = await call(200, 'POST', path, { body: { label: null, permissions: ['edit_dataset'] } })
    assert.match(made.json.key, /^[0-9a-f]{56}$/)
    assert.equal(made.json.label, null)
    const auth = { apikey: made.json.key }
    const { key_uid } = made.json

    const own = await call(200, 'GET', path, { auth })
    assert.deepEqual(
      own.json.map((key: { key_uid: string }) => key.key_uid),
      [key_uid],
    )
    assert.ok(!own.text.includes(made.json.key), 'only its hash is kept')
    await call(200, 'GET', `${path}/${made.json.key}/`, { auth })
    await call(200, 'GET', `${path}/${key_uid}`, { auth: 'admin' })
    const other = await call(200, 'POST', path)
    assert.deepEqual(other.json.permissions, ['explore_restricted_dataset'])
    await call(404, 'GET', `${path}/${other.json.key_uid}`, { auth })
    for (const [method, address] of [
      ['POST', path],
      ['PUT', `${path}/${key_uid}`],
      ['DELETE', `${path}/${key_uid}`],
    ] as const) {
      const refused = await call(403, method, address, { auth, ...(method === 'DELETE' ? {} : { body: {} }) })
      assert.equal(refused.json.error_id, 'access.password_needed')
    }

    const nothing = await call(400, 'PUT', `${path}/${key_uid}`, { body: {} })
    assert.equal(nothing.json.error_key, 'PermissionsOrLabelMissingFromAPIKeyUpdateException')
    await call(400, 'PUT', `${path}/${key_uid}`, { body: { permissions: ['rule_the_world'] } })
    await call(400, 'POST', path, { body: { permissions: [7, 'edit_dataset'] } })
    const changed = await call(200, 'PUT', `${path}/${key_uid}/`, { body: { label: 'nightly' } })
    assert.deepEqual([changed.json.label, changed.json.permissions], ['nightly', ['edit_dataset']])
    await call(200, 'GET', base, { auth })
    await call(200, 'PUT', `${path}/${key_uid}`, { body: { permissions: ['create_dataset'] } })
    await call(403, 'GET', base, { auth })
    await call(204, 'DELETE', `${path}/${key_uid}`)
    await call(401, 'GET', path, { auth })
    await call(401, 'GET', explorePath, { auth })
    await call(404, 'DELETE', `${path}/${key_uid}`)
  })

  await t.test('a key never grants more than its owner has', async () => {
    const auth = addUser(server, 'ann', { user: ['create_dataset'], key: allPermissions })
    await call(403, 'GET', base, { auth })
    await call(403, 'PUT', `${base}/publish`, { auth })
    await call(200, 'GET', `${managementPath}/datasets`, { auth })
    await call(201, 'POST', `${managementPath}/datasets`, { auth, body: { dataset_id: 'of-ann' } })
  })

  await t.test('somebody else’s jobs, files and keys are not there', async () => {
    const auth = addUser(server, 'ben', { user: ['create_dataset'], key: ['create_dataset'] })
    const jobs = await call(200, 'GET', `${managementPath}/jobs`, { auth })
    assert.deepEqual(jobs.json, [])
    const unknown = await call(404, 'GET', `${managementPath}/jobs/${'0'.repeat(40)}`, { auth })
    const foreign = await call(404, 'GET', `${managementPath}/jobs/${visits.job.job_id}`, { auth })
    assert.equal(foreign.text.replaceAll(visits.job.job_id, '0'.repeat(40)), unknown.text)

    assert.deepEqual((await call(200, 'GET', `${managementPath}/files`, { auth })).json, [])
    const path = `${managementPath}/files/visits.csv`
    await call(404, 'GET', path, { auth })
    await call(404, 'DELETE', path, { auth })
    await call(404, 'GET', `${managementPath}/download_file/visits.csv`, { auth })
    await call(404, 'POST', `${managementPath}/guess_extractors`, {
      auth,
      body: { url: 'odsfile://visits.csv' },
    })
    const body = { content: 'a\n1\n', filename: 'bens.csv', mimetype: 'text/csv' }
    await call(200, 'POST', `${managementPath}/files`, { auth, body })
    const own = await call(200, 'GET', `${managementPath}/files`, { auth })
    assert.deepEqual(
      own.json.map((file: { file_id: string }) => file.file_id),
      ['bens.csv'],
    )
    await call(200, 'POST', `${managementPath}/guess_extractors`, {
      auth,
      body: { url: 'odsfile://bens.csv' },
    })
    const all = await call(200, 'GET', `${managementPath}/files`)
    assert.ok(all.json.some((file: { file_id: string }) => file.file_id === 'bens.csv'))
    await call(404, 'GET', `${managementPath}/apikeys/ak_ann`, { auth })
  })

  await t.test('one’s own jobs are listed in pages; the server’s own are not among them', async () => {
    for (let n = 0; n < 3; n++) {
      await server.jobDone(await server.order('PUT', `${base}/save_version`))
    }
    const everything = await call(200, 'GET', `${managementPath}/jobs?rows=100`)
    const ids = everything.json.map((job: { job_id: string }) => job.job_id)
    assert.ok(ids.includes(visits.job.job_id))
    const functions = new Set(everything.json.map((job: { function: string }) => job.function))
    assert.deepEqual([...functions].sort(), ['publish', 'save_version'])
    const second = await call(200, 'GET', `${managementPath}/jobs?rows=2&page=2`)
    assert.deepEqual(
      second.json.map((job: { job_id: string }) => job.job_id),
      ids.slice(2, 4),
    )
    const ofDataset = await call(200, 'GET', `${base}/jobs?rows=100`)
    assert.deepEqual(
      ofDataset.json.map((job: { job_id: string }) => job.job_id),
      ids,
    )
    for (const query of ['rows=0', 'rows=101', 'page=0', 'rows=x', 'rows=1.5', 'rows=-1']) {
      await call(400, 'GET', `${managementPath}/jobs?${query}`)
    }
  })

  await t.test(
    'a restricted dataset answers readers without the right byte for byte like an unknown one',
    async () => {
      const policy = `${base}/security/access_policy`
      const open = await call(200, 'GET', `${explorePath}/visits/records?include_app_metas=true&limit=1`)
      const etag = open.headers.get('etag')!
      assert.equal((await call(200, 'GET', policy)).text, '"domain"')
      for (const body of ['"secret"', '', '{}', '[]', 'null', '1']) await call(400, 'PUT', policy, { body })
      assert.equal((await call(200, 'PUT', `${policy}/`, { body: '"restricted"' })).text, '"restricted"')
      assert.equal((await call(200, 'GET', base)).json.visibility, 'restricted')

      const blind: Auth[] = ['none', await keyWith(['create_dataset', 'publish_dataset'])]
      const seeing: Auth[] = [
        'admin',
        await keyWith(['explore_restricted_dataset']),
        await keyWith(['edit_dataset']),
      ]
      const routes = [
        '',
        '?select=title',
        '?include_links=true',
        '/records',
        '/records?limit=1000',
        '/records?where=(',
        '/records?version=ch_000000',
        `/records/${open.json.results[0]._id}`,
        '/records/nothing',
        '/facets',
        '/facets?facet=nothing',
        '/exports',
        ...['csv', 'json', 'jsonl', 'parquet', 'csv?compressed=true', 'unheard-of'].map(
          (name) => `/exports/${name}`,
        ),
        '/attachments',
      ]
      for (const auth of blind) {
        for (const prefix of ['/api/explore/v2.1', '/api/explore/v2.0', '/api/v2']) {
          for (const route of routes) {
            for (const method of ['GET', 'HEAD', 'POST']) {
              const answers = []
              // One letter apart, so that nothing but the name itself can differ.
              for (const name of ['visits', 'visitz']) {
                const answer = await server.request(method, `${prefix}/catalog/datasets/${name}${route}`, {
                  auth,
                  headers: { 'If-None-Match': etag, 'Accept-Encoding': 'gzip' },
                })
                answers.push({ ...said(answer), text: answer.text.replaceAll(name, '?') })
              }
              assert.deepEqual(answers[0], answers[1], `${method} ${prefix} ${route}`)
              assert.ok([400, 404, 405].includes(answers[0]!.status))
            }
          }
        }
        await call(404, 'GET', `${explorePath}/${visits.datasetUid}`, { auth })
        assert.deepEqual((await call(200, 'GET', explorePath, { auth })).json, {
          total_count: 0,
          results: [],
        })
        const grouped = await call(200, 'GET', `${explorePath}?select=count(*)%20as%20n`, { auth })
        assert.equal(grouped.json.results[0].n, 0)
        const facets = await call(200, 'GET', '/api/explore/v2.1/catalog/facets', { auth })
        for (const facet of facets.json.facets) assert.deepEqual(facet.facets, [], facet.name)
      }
      for (const auth of seeing) {
        const records = await call(200, 'GET', `${explorePath}/visits/records`, { auth })
        assert.match(records.headers.get('cache-control')!, /private/)
        assert.equal((await call(200, 'GET', explorePath, { auth })).json.total_count, 1)
        await call(200, 'GET', `${explorePath}/visits/exports/csv`, { auth })
      }
      await call(200, 'PUT', policy, { body: '"domain"' })
      await call(200, 'GET', `${explorePath}/visits/records`)
    },
  )
})
