/** Versions: what they say of themselves, reading them, going back in part and whole, and which are kept. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { addUser } from '../support/accounts.ts'
import { documented, readApiDocument } from '../support/api-document.ts'
import { visitsCsv } from '../support/fixtures.ts'
import { type CreatedDataset, explorePath, managementPath } from '../support/http-client.ts'
import { forEachDatabase } from '../support/postgres.ts'
import { shareServer, type TestServer } from '../support/server.ts'

const cityFacet = { name: 'annotate', args: { field: 'city', annotation: 'facet' } }

const baseOf = ({ datasetUid }: CreatedDataset) => `${managementPath}/datasets/${datasetUid}`

async function save(server: TestServer, dataset: CreatedDataset, body: object = {}): Promise<string> {
  const { json } = await server.expect(200, 'PUT', `${baseOf(dataset)}/save_version`, { body })
  return (await server.jobDone(json.job_id)).result.version_uid
}

async function restore(server: TestServer, dataset: CreatedDataset, versionUid: string, query = '') {
  const path = `${baseOf(dataset)}/versions/${versionUid}/restore${query}`
  return (await server.jobDone(await server.order('PUT', path))).result
}

/** Edition and title that readers see. */
async function seen(server: TestServer, datasetId: string): Promise<{ edition: number; title: string }> {
  const { json } = await server.expect(200, 'GET', `${explorePath}/${datasetId}/records?limit=1`)
  const { json: dataset } = await server.expect(200, 'GET', `${explorePath}/${datasetId}`)
  return { edition: json.results[0].edition, title: dataset.metas.default.title }
}

async function setTitle(server: TestServer, dataset: CreatedDataset, value: string): Promise<void> {
  await server.expect(200, 'PUT', `${baseOf(dataset)}/metadata/default/title`, { body: { value } })
}

async function configuredTitle(server: TestServer, dataset: CreatedDataset): Promise<string> {
  return (await server.expect(200, 'GET', baseOf(dataset))).json.metas.default.title
}

async function publishEdition(server: TestServer, dataset: CreatedDataset, edition: number, title: string) {
  await server.replaceFile(dataset, 'visits.csv', visitsCsv(50 + edition, { edition }))
  await setTitle(server, dataset, title)
  await server.jobDone(await server.publish(dataset.datasetUid))
}

const shared = {
  sqlite: shareServer({ database: 'sqlite' }),
  postgres: shareServer({ database: 'postgres' }),
}

forEachDatabase(
  (database, options) => {
    test(`versions (${database})`, options, async (t) => {
      const server = await shared[database]()
      const expect = documented(server, await readApiDocument(server))

      await t.test('say who, when, what, and with which configuration', async () => {
        const dataset = await server.publishFile('facts', {
          filename: 'visits.csv',
          content: visitsCsv(20),
          fieldSpecifications: [cityFacet],
          metas: { default: { title: 'Facts' } },
        })
        const base = baseOf(dataset)
        const first = await save(server, dataset, { label: 'first', note: 'Before the\nmove' })
        const second = await save(server, dataset)

        const { json: listed } = await expect(200, 'GET', `${base}/versions`)
        assert.deepEqual(
          listed.map((version: { version_uid: string }) => version.version_uid),
          [second, first],
        )
        const { version_uid, bytes, created_at, ...facts } = listed[1]
        assert.equal(version_uid, first)
        assert.ok(bytes > 0)
        assert.ok(Date.parse(created_at) > 0)
        assert.deepEqual(facts, {
          dataset_uid: dataset.datasetUid,
          label: 'first',
          note: 'Before the\nmove',
          automatic: false,
          records_count: 20,
          content_hash: dataset.job.result.content_hash,
          partial: false,
          published: true,
          user: { username: 'admin' },
        })
        const pages = await Promise.all(
          [1, 2, 3].map((page) => expect(200, 'GET', `${base}/versions?rows=1&page=${page}`)),
        )
        assert.deepEqual(
          pages.map(({ json }) => json.map((version: { version_uid: string }) => version.version_uid)),
          [[second], [first], []],
        )
        await expect(400, 'GET', `${base}/versions?rows=101`)

        const { json: detail } = await expect(200, 'GET', `${base}/versions/${first}`)
        assert.deepEqual(detail.configuration.metas, { default: { title: 'Facts' } })
        assert.deepEqual(detail.configuration.resources, (await expect(200, 'GET', `${base}/resources`)).json)
        assert.deepEqual(
          detail.configuration.fields_specifications,
          (await expect(200, 'GET', `${base}/fields_specifications`)).json,
        )
        assert.equal(detail.fields.length, 6)
        assert.equal(detail.published_metas.default.title, 'Facts')

        await expect(200, 'PUT', `${base}/versions/${first}`, { body: { label: null } })
        const { json: renamed } = await expect(200, 'GET', `${base}/versions/${first}`)
        assert.deepEqual([renamed.label, renamed.note], [null, 'Before the\nmove'])
        await expect(400, 'PUT', `${base}/versions/${first}`, { body: { label: 'x'.repeat(501) } })
        await expect(204, 'DELETE', `${base}/versions/${first}`)
        await expect(404, 'DELETE', `${base}/versions/${first}`)
        await expect(404, 'GET', `${base}/versions/${first}`)
        await expect(404, 'PUT', `${base}/versions/${first}/restore`)
        // One of another dataset is as unknown as one that never was.
        const other = await server.createDataset('other', { filename: 'o.csv', content: visitsCsv(1) })
        for (const method of ['GET', 'PUT', 'DELETE']) {
          const path = `${baseOf(other)}/versions/${second}`
          await expect(404, method, path, method === 'PUT' ? { body: {} } : {})
        }
        // Its own file stays for as long as it can come back.
        const fileId = detail.configuration.resources[0].url.slice('odsfile://'.length)
        await server.replaceFile(dataset, 'new.csv', visitsCsv(2))
        const refusal = await expect(400, 'DELETE', `${managementPath}/files/${fileId}`)
        assert.match(refusal.json.message, new RegExp(second))
        await expect(204, 'DELETE', `${base}/versions/${second}`)
        await expect(204, 'DELETE', `${managementPath}/files/${fileId}`)
      })

      await t.test('answer on every route of the dataset, with tags of their own', async () => {
        const dataset = await server.publishFile('routes', {
          filename: 'visits.csv',
          content: visitsCsv(20, { edition: 1 }),
          fieldSpecifications: [cityFacet],
          metas: { default: { title: 'Then' } },
        })
        const routesOf = (id: string) => [
          '',
          '?select=title,records_count',
          '/records?select=edition&limit=3',
          `/records/${id}`,
          '/facets?facet=city',
          '/exports',
          ...['csv', 'json', 'jsonl', 'parquet'].map((format) => `/exports/${format}?order_by=number`),
          '/attachments',
        ]
        const { json: page } = await server.expect(
          200,
          'GET',
          `${explorePath}/routes/records?include_app_metas=true&limit=1&order_by=number`,
        )
        const routes = routesOf(page.results[0]._id)
        const read = (route: string, version?: string, headers?: Record<string, string>) => {
          const joined = version ? `${route}${route.includes('?') ? '&' : '?'}version=${version}` : route
          return server.request('GET', `${explorePath}/routes${joined}`, headers ? { headers } : {})
        }
        const then = await Promise.all(routes.map((route) => read(route)))
        const version = await save(server, dataset)
        await publishEdition(server, dataset, 2, 'Now')

        for (const [index, route] of routes.entries()) {
          const [old, saved, now] = [then[index]!, await read(route, version), await read(route)]
          assert.equal(saved.status, 200, route)
          const plain = (text: string) => text.replaceAll(`?version=${version}`, '')
          assert.equal(plain(saved.text), old.text, route)
          if (route !== '/exports' && route !== '/attachments') assert.notEqual(now.text, old.text, route)
          const etag = saved.headers.get('etag')!
          // Weak, but for files that can be read in ranges.
          const tag = etag.replace(/^W\//, '')
          assert.ok(tag.startsWith(`"${dataset.job.result.generation_uid}.`), `${route}: ${etag}`)
          assert.notEqual(etag, now.headers.get('etag'))
          assert.equal(saved.headers.get('last-modified'), old.headers.get('last-modified'))
          const again = await read(route, version, { 'If-None-Match': etag })
          assert.deepEqual([again.status, again.text], [304, ''], route)
          assert.equal((await read(route, 'ch_nothere')).status, 404, route)
          assert.equal((await read(route, version, { 'If-None-Match': 'W/"other"' })).status, 200, route)
        }
        // Nobody reads a version of what is not published.
        await server.jobDone(await server.order('PUT', `${baseOf(dataset)}/unpublish`))
        for (const route of routes) {
          assert.equal((await read(route, version)).status, 404, route)
          const path = `${explorePath}/routes${route}${route.includes('?') ? '&' : '?'}version=${version}`
          assert.equal((await server.request('GET', path, { auth: 'admin' })).status, 404, route)
        }
      })

      await t.test('come back whole, or their data or their configuration alone', async () => {
        const dataset = await server.publishFile('back', {
          filename: 'visits.csv',
          content: visitsCsv(51, { edition: 1 }),
          metas: { default: { title: 'One' } },
        })
        const one = await save(server, dataset)
        await publishEdition(server, dataset, 2, 'Two')
        assert.deepEqual(await seen(server, 'back'), { edition: 2, title: 'Two' })

        const data = await restore(server, dataset, one, '?restore=data')
        assert.deepEqual(await seen(server, 'back'), { edition: 1, title: 'Two' })
        assert.equal(await configuredTitle(server, dataset), 'Two')
        assert.equal(data.restored, 'data')
        // Publishing the configuration that stayed finds the records that went.
        const published = await server.jobDone(await server.publish(dataset.datasetUid))
        assert.equal(published.result.reused, true)
        assert.deepEqual(await seen(server, 'back'), { edition: 2, title: 'Two' })

        const configuration = await restore(server, dataset, one, '?restore=configuration')
        assert.deepEqual(await seen(server, 'back'), { edition: 2, title: 'Two' })
        assert.equal(await configuredTitle(server, dataset), 'One')
        assert.equal(configuration.published, true)

        await setTitle(server, dataset, 'Draft')
        const all = await restore(server, dataset, one)
        assert.deepEqual(await seen(server, 'back'), { edition: 1, title: 'One' })
        assert.equal(await configuredTitle(server, dataset), 'One')
        // The restore itself is undone by the version that it took.
        const { json: versions } = await expect(200, 'GET', `${baseOf(dataset)}/versions`)
        assert.equal(versions[0].version_uid, all.automatic_version_uid)
        assert.deepEqual([versions[0].automatic, versions[0].records_count], [true, 52])
        assert.equal(versions.filter(({ automatic }: { automatic: boolean }) => automatic).length, 3)
        await restore(server, dataset, all.automatic_version_uid)
        assert.deepEqual(await seen(server, 'back'), { edition: 2, title: 'Two' })
        assert.equal(await configuredTitle(server, dataset), 'Draft')

        const bad = await expect(400, 'PUT', `${baseOf(dataset)}/versions/${one}/restore?restore=some`)
        assert.match(bad.json.message, /all, data, configuration/)
      })

      await t.test('of an unpublished dataset hold the configuration alone', async () => {
        const dataset = await server.createDataset('unseen', { filename: 'v.csv', content: visitsCsv(3) })
        const version = await save(server, dataset)
        await server.jobDone(await server.publish(dataset.datasetUid))
        const { json } = await expect(200, 'GET', `${baseOf(dataset)}/versions/${version}`)
        assert.deepEqual([json.published, json.records_count, json.content_hash], [false, 0, null])
        const refusal = await expect(
          400,
          'PUT',
          `${baseOf(dataset)}/versions/${version}/restore?restore=data`,
        )
        assert.equal(refusal.json.error_id, 'actions.version_without_data')
        await restore(server, dataset, version)
        await server.expect(404, 'GET', `${explorePath}/unseen`)
        // What a restore takes from readers, an undo gives back.
        await server.jobDone(await server.order('PUT', `${baseOf(dataset)}/undo_unpublish`))
        await server.expect(200, 'GET', `${explorePath}/unseen`)
      })

      await t.test('never open what has been closed', async () => {
        const dataset = await server.publishFile('closed', { filename: 'v.csv', content: visitsCsv(3) })
        const open = await save(server, dataset)
        const policy = `${baseOf(dataset)}/security/access_policy`
        await server.expect(200, 'PUT', policy, { body: '"restricted"' })
        const closed = await save(server, dataset)
        await restore(server, dataset, open)
        await server.expect(404, 'GET', `${explorePath}/closed`)
        await server.expect(404, 'GET', `${explorePath}/closed/records?version=${open}`)
        const reading = await server.expect(200, 'GET', `${explorePath}/closed/records?version=${open}`, {
          auth: 'admin',
        })
        assert.equal(reading.headers.get('cache-control'), 'private, no-cache')
        // Opened later: what was saved while it was closed is still for those who may see closed things.
        await server.expect(200, 'PUT', policy, { body: '"domain"' })
        await server.expect(200, 'GET', `${explorePath}/closed/records?version=${open}`)
        await server.expect(404, 'GET', `${explorePath}/closed/records?version=${closed}`)
        await server.expect(200, 'GET', `${explorePath}/closed/records?version=${closed}`, { auth: 'admin' })
      })

      await t.test('are kept by a rule, and no longer', async () => {
        const dataset = await server.publishFile('kept', { filename: 'v.csv', content: visitsCsv(3) })
        const base = baseOf(dataset)
        const labelled = await save(server, dataset, { label: 'for ever' })
        const old = await save(server, dataset)
        const young = await save(server, dataset)
        const { automatic_version_uid: automatic } = await restore(server, dataset, young)
        const path = `${base}/versions_retention`
        assert.deepEqual((await expect(200, 'GET', path)).json, { retention: null })
        for (const retention of [
          {},
          { keep_labelled: true },
          { keep_last: 0 },
          { keep_last: 1, other: 2 },
          3,
        ]) {
          await expect(400, 'PUT', path, { body: { retention } })
        }
        await expect(200, 'PUT', path, { body: { retention: { keep_last: 1 } } })
        const rule = { keep_last: 1, keep_days: null, keep_labelled: true }
        assert.deepEqual((await expect(200, 'GET', path)).json, { retention: rule })
        const left = async (): Promise<string[]> =>
          (await server.expect(200, 'GET', `${base}/versions`)).json.map(
            (version: { version_uid: string }) => version.version_uid,
          )
        while ((await left()).includes(old)) await delay(20)
        assert.deepEqual(await left(), [automatic, young, labelled])
        await expect(200, 'PUT', path, { body: { retention: null } })
        assert.deepEqual((await expect(200, 'GET', path)).json, { retention: null })
      })

      await t.test('are told to readers when they have a label and the publisher lets them', async () => {
        const dataset = await server.publishFile('told', {
          filename: 'v.csv',
          content: 'id,name\n1,ada\n2,bob\n',
          fieldSpecifications: [{ name: 'annotate', args: { field: 'id', annotation: 'id' } }],
        })
        const base = baseOf(dataset)
        const first = await save(server, dataset, { label: 'first', note: 'As sent' })
        const unlabelled = await save(server, dataset)
        const policy = `${base}/security/access_policy`
        await server.expect(200, 'PUT', policy, { body: '"restricted"' })
        const closed = await save(server, dataset, { label: 'closed' })
        await server.expect(200, 'PUT', policy, { body: '"domain"' })
        await server.replaceFile(dataset, 'v.csv', 'id,name\n1,ada\n2,rob\n3,eve\n')
        await server.jobDone(await server.publish(dataset.datasetUid))
        const second = await save(server, dataset, { label: 'second' })

        const path = `${explorePath}/told/versions`
        const labels = async (auth: 'none' | 'admin' = 'none') =>
          (await expect(200, 'GET', path, { auth })).json.results.map(({ label }: { label: string }) => label)
        const diff = (from: string, to = 'current') => `${path}/diff?from=${from}&to=${to}`
        assert.deepEqual(await labels(), [], 'by default none')
        assert.equal((await expect(404, 'GET', diff(first))).json.key, 'records.unknown_version')
        const flag = `${base}/security/public_versions`
        assert.deepEqual((await expect(200, 'GET', flag)).json, { public_versions: false })
        await expect(200, 'PUT', flag, { body: { public_versions: true } })
        assert.deepEqual(await labels(), ['second', 'first'])
        assert.deepEqual(await labels('admin'), ['second', 'closed', 'first'])

        const { created_at: at, ...told } = (await expect(200, 'GET', `${path}?limit=1&offset=1`)).json
          .results[0]
        assert.ok(Date.parse(at) > 0)
        assert.deepEqual(told, {
          version_uid: first,
          label: 'first',
          note: 'As sent',
          records_count: 2,
          partial: false,
        })
        const { json: numbers } = await expect(200, 'GET', diff(first, second))
        assert.deepEqual(numbers.records, { added: 1, removed: 0, changed: 1, unchanged: 1 })
        assert.deepEqual(numbers.records_counts, { from: 2, to: 3 })
        const question = `from=${first}&kind=changed&limit=1`
        const { json: page } = await expect(200, 'GET', `${path}/diff/records?${question}`)
        assert.equal(page.total_count, 1)
        assert.deepEqual([page.results[0].old, page.results[0].new], [{ name: 'bob' }, { name: 'rob' }])
        for (const hidden of [unlabelled, closed, 'ch_nothing', 'ge_nothing'])
          await expect(404, 'GET', diff(hidden))
        await expect(400, 'GET', `${path}/diff`)
        await expect(400, 'GET', `${path}?limit=0`)

        // Rules of today hold for all that was ever saved.
        await server.expect(200, 'PUT', `${base}/security/default`, { body: { filter_query: 'id = 1' } })
        const { json: filtered } = await expect(200, 'GET', path)
        assert.deepEqual(
          filtered.results.map((version: { records_count: number | null }) => version.records_count),
          [null, null],
        )
        const unchanged = (count: number) => ({ added: 0, removed: 0, changed: 0, unchanged: count })
        assert.deepEqual((await expect(200, 'GET', diff(first))).json.records, unchanged(1))
        const whole = await expect(200, 'GET', diff(first), { auth: 'admin' })
        assert.deepEqual(whole.json.records, { added: 1, removed: 0, changed: 1, unchanged: 1 })
        await server.expect(200, 'PUT', `${base}/security/default`, {
          body: { filter_query: 'id < 3', visible_fields: ['id'] },
        })
        assert.deepEqual((await expect(200, 'GET', diff(first))).json.records, unchanged(2))
        await server.expect(200, 'PUT', `${base}/security/default`, {
          body: { filter_query: 'name like "rob"' },
        })
        const seen = await expect(200, 'GET', `${path}/diff/records?from=${first}`)
        assert.deepEqual(
          seen.json.results.map(({ change, new: now }: { change: string; new: unknown }) => [change, now]),
          [['added', { id: 2 }]],
        )
        assert.doesNotMatch(seen.text, /bob|rob|eve/)
        await server.expect(200, 'PUT', `${base}/security/default`, { body: { is_data_visible: false } })
        await expect(403, 'GET', diff(first))
        await server.expect(204, 'DELETE', `${base}/security/default`)
        await expect(200, 'PUT', `${base}/versions/${second}`, { body: { label: null } })
        assert.deepEqual(await labels(), ['first'])
        await expect(200, 'PUT', flag, { body: { public_versions: false } })
        assert.deepEqual(await labels('admin'), [])
        const { json: changes } = await expect(200, 'GET', `${base}/changes?rows=1`)
        assert.deepEqual(changes[0].diff.security[0].path, ['public_versions'])
      })
    })
  },
  { isLong: true },
)

test('who may read versions may not thereby delete them', async () => {
  const server = await shared.sqlite()
  const dataset = await server.publishFile('rights', { filename: 'v.csv', content: visitsCsv(3) })
  const version = await save(server, dataset)
  const base = baseOf(dataset)
  const editor = addUser(server, 'editor', { user: ['edit_dataset'], key: ['edit_dataset'] })
  const other = addUser(server, 'creator', { user: ['create_dataset'], key: ['create_dataset'] })
  const statuses = async (auth: typeof editor) => {
    const calls = [
      ['GET', '/versions'],
      ['GET', `/versions/${version}`],
      ['GET', '/versions_retention'],
      ['GET', '/disk_usage'],
      ['GET', '/changes'],
      ['PUT', `/versions/${version}`],
      ['PUT', '/versions_retention'],
      ['PUT', `/versions/${version}/restore`],
      ['PUT', '/undo_unpublish'],
      ['DELETE', `/versions/${version}`],
    ] as const
    return Promise.all(
      calls.map(async ([method, path]) => {
        const body = method === 'PUT' ? { body: { retention: null } } : {}
        return (await server.request(method, `${base}${path}`, { auth, ...body })).status
      }),
    )
  }
  assert.deepEqual(await statuses(editor), [200, 200, 200, 200, 200, 200, 403, 403, 403, 403])
  assert.deepEqual(await statuses(other), Array(10).fill(403))
  assert.equal((await server.request('GET', `${managementPath}/disk_usage`, { auth: editor })).status, 403)
  assert.equal((await server.request('GET', `${base}/versions`, { auth: 'none' })).status, 401)
})
