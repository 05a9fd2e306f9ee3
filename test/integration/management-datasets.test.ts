/** Datasets and what is said of them, over HTTP, on both control databases. Management API sections 6, 8 and 10. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { documented, readApiDocument } from '../support/api-document.ts'
import { explorePath, managementPath } from '../support/http-client.ts'
import { forEachDatabase } from '../support/postgres.ts'
import { startServer } from '../support/server.ts'

const datasets = `${managementPath}/datasets`

forEachDatabase(
  (database, options) => {
    test(`datasets and their metadata (${database})`, options, async (t) => {
      const server = await startServer(t, { database })
      const call = documented(server, await readApiDocument(server))
      const create = async (body?: unknown, query = '') =>
        (await call(201, 'POST', `${datasets}${query}`, { body })).json

      await t.test(
        'a new dataset has an id made from its title, or its uid, and rests unpublished',
        async () => {
          const titled = await create({ metas: { default: { title: 'Qualité de l’air, Été' } } })
          assert.match(titled.dataset_uid, /^da_[a-z0-9]{6}$/)
          assert.equal(titled.dataset_id, 'qualite-de-l-air-ete')
          assert.deepEqual(titled.status, { name: 'idle' })
          assert.equal(titled.metas.publishing.published, false)
          assert.equal(titled.visibility, 'domain')
          assert.match(titled.last_modified, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/)
          assert.equal(titled.metas.default.modified, titled.last_modified)
          const again = await create({ metas: { default: { title: 'Qualité de l’air, été' } } })
          assert.equal(again.dataset_id, 'qualite-de-l-air-ete0')
          for (const body of [
            undefined,
            '',
            '{}',
            ' ',
            { dataset_id: null },
            { metas: { default: { title: '大気' } } },
          ]) {
            const untitled = await create(body)
            assert.equal(untitled.dataset_id, untitled.dataset_uid)
          }
          const other = await create({ dataset_id: 'first' })
          assert.equal((await create({ dataset_id: 'first' })).dataset_id, 'first0')
          assert.equal((await create({ dataset_id: 'first' })).dataset_id, 'first1')
          // Both name a dataset in addresses: an id must not lead to somebody else's.
          assert.equal((await create({ dataset_id: other.dataset_uid })).dataset_id, `${other.dataset_uid}0`)
          const taken = await call(400, 'POST', `${datasets}?strict=true`, {
            body: { dataset_id: other.dataset_uid },
          })
          assert.equal(taken.json.error_id, 'catalog.dataset_id_taken')
        },
      )

      await t.test('strict creation refuses what it would otherwise mend', async () => {
        const missing = await call(400, 'POST', `${datasets}?strict=true`, { body: { metas: {} } })
        assert.deepEqual(missing.json, {
          status_code: 400,
          error_key: 'ODSException',
          message: 'Dataset identifier (dataset_id) is mandatory',
          raw_message: 'Dataset identifier (dataset_id) is mandatory',
          raw_params: {},
          error_id: 'catalog.dataset_id_mandatory',
        })
        await create({ dataset_id: 'only-one' }, '?strict=true')
        const taken = await call(400, 'POST', `${datasets}?strict=1`, { body: { dataset_id: 'only-one' } })
        assert.deepEqual(taken.json.raw_params, { dataset_id: 'only-one' })
        await call(400, 'POST', `${datasets}?strict=perhaps`, { body: {} })
        for (const id of ['', ' ', 'a b', '-a', '../etc', 'a/b', 'é', 'x'.repeat(256), 'a"b', 'a\u0000b']) {
          await call(400, 'POST', `${datasets}?strict=true`, { body: { dataset_id: id } })
        }
      })

      await t.test(
        'of many that want one id at once each gets its own, strictly only one gets it',
        async () => {
          const many = await Promise.all(Array.from({ length: 6 }, () => create({ dataset_id: 'crowd' })))
          assert.equal(new Set(many.map((dataset) => dataset.dataset_id)).size, 6)
          const strict = await Promise.all(
            Array.from({ length: 6 }, () =>
              server.request('POST', `${datasets}?strict=true`, { body: { dataset_id: 'contested' } }),
            ),
          )
          assert.deepEqual(strict.map(({ status }) => status).sort(), [201, 400, 400, 400, 400, 400])
        },
      )

      await t.test('bodies are JSON whatever they call themselves, and nothing else', async () => {
        for (const type of [
          'application/x-www-form-urlencoded',
          'text/plain',
          'application/json; charset=latin1',
        ]) {
          const answer = await call(201, 'POST', datasets, {
            body: '{"metas": {"default": {"publisher": "City"}}}',
            headers: { 'Content-Type': type },
          })
          assert.equal(answer.json.metas.default.publisher, 'City')
        }
        for (const body of [
          '{',
          'dataset_id=a',
          '{"dataset_id": "a"} x',
          '{"a": "\u0000"}',
          '{"a": "\\u0000"}',
        ]) {
          const refused = await call(400, 'POST', datasets, { body })
          assert.equal(refused.json.error_key, 'InvalidJSONException', body)
        }
        for (const body of [
          '{"__proto__": {"a": 1}}',
          '{"metas": {"__proto__": {}}}',
          '{"metas": {"constructor": {}}}',
          '{"metas": {"default": 1}}',
        ]) {
          const refused = await server.request('POST', datasets, { body })
          assert.ok([400, 404].includes(refused.status), body)
        }
        for (const body of ['[]', '"text"', '1', 'null', 'true']) await call(400, 'POST', datasets, { body })
        const large = `{"metas": {"default": {"title": "${'x'.repeat(9 << 20)}"}}}`
        const refused = await server.request('POST', datasets, { body: large })
        assert.equal(refused.status, 413)
        assert.equal(refused.json.error_key, 'PayloadTooLargeException')
      })

      await t.test('every path works with and without a slash at its end', async () => {
        const { dataset_uid } = await create({ dataset_id: 'slashes' })
        for (const path of [
          '',
          '/metadata',
          '/metadata/default/title',
          '/resources',
          '/processors',
          '/status',
        ]) {
          const plain = await call(200, 'GET', `${datasets}/${dataset_uid}${path}`)
          const slashed = await call(200, 'GET', `${datasets}/${dataset_uid}${path}/`)
          assert.equal(slashed.text, plain.text)
        }
        await call(200, 'GET', `${datasets}/?rows=1`)
      })

      await t.test('a dataset is found by its uid, and by its id as a fallback', async () => {
        const { dataset_uid } = await create({ dataset_id: 'Mixed.Case_1@x' })
        for (const reference of [dataset_uid, 'Mixed.Case_1@x', 'Mixed.Case_1%40x']) {
          assert.equal((await call(200, 'GET', `${datasets}/${reference}`)).json.dataset_uid, dataset_uid)
        }
        for (const reference of [
          'mixed.case_1@x',
          'da_zzzzzz',
          '%2e%2e%2fetc',
          "'",
          '%00',
          'x'.repeat(400),
        ]) {
          const { status } = await server.request('GET', `${datasets}/${reference}`)
          assert.ok(status === 404 || status === 400, `${reference}: ${status}`)
        }
        const unknown = await call(404, 'GET', `${datasets}/da_zzzzzz`)
        assert.equal(unknown.json.error_key, 'UnknownDatasetException')
        assert.deepEqual(unknown.json.raw_params, { dataset_uid: 'da_zzzzzz' })
      })

      await t.test('status is short until expanded; unknown expansions are ignored', async () => {
        const { dataset_uid } = await create({ dataset_id: 'expanded' })
        const path = `${datasets}/${dataset_uid}`
        assert.deepEqual((await call(200, 'GET', path)).json.status, { name: 'idle' })
        for (const query of ['expand=status', 'expand=user,status', 'expand=nothing&expand=status']) {
          const { json } = await call(200, 'GET', `${path}?${query}`)
          assert.equal(json.status.published, false)
          assert.equal(json.status.status, 'idle')
          assert.ok(!('records_errors' in json.status))
        }
        const listed = await call(200, 'GET', `${datasets}?rows=1&expand=status`)
        assert.ok('since' in listed.json[0].status)
        const made = await call(201, 'POST', `${datasets}?expand=status`)
        assert.equal(made.json.status.published, false)
      })

      await t.test('the list comes in pages that hold everything once', async () => {
        const all = (await call(200, 'GET', `${datasets}?rows=100`)).json as {
          dataset_uid: string
          dataset_id: string
        }[]
        const pages = []
        for (let page = 1; ; page++) {
          const { json } = await call(200, 'GET', `${datasets}?rows=7&page=${page}`)
          if (json.length === 0) break
          pages.push(...json)
        }
        assert.deepEqual(
          pages.map(({ dataset_uid }) => dataset_uid),
          all.map(({ dataset_uid }) => dataset_uid),
        )
        assert.equal(new Set(pages.map(({ dataset_uid }) => dataset_uid)).size, pages.length)
        assert.equal((await call(200, 'GET', datasets)).json.length, 10)
        for (const query of [
          'rows=0',
          'rows=101',
          'rows=ten',
          'page=0',
          'page=-1',
          'rows=1&rows=2',
          'sort=password',
        ]) {
          const refused = await call(400, 'GET', `${datasets}?${query}`)
          assert.ok(refused.json.raw_params.parameter)
        }
        const up = (await call(200, 'GET', `${datasets}?rows=100&sort=dataset_uid`)).json
        const down = (await call(200, 'GET', `${datasets}?rows=100&sort=-dataset_uid`)).json
        assert.deepEqual(
          up.map((row: { dataset_uid: string }) => row.dataset_uid),
          all.map(({ dataset_uid }) => dataset_uid).sort(),
        )
        assert.deepEqual(down, up.toReversed())
      })

      await t.test('an id changes only while the dataset is unpublished, and to a free one', async () => {
        const dataset = await server.publishFile('before', { filename: 'a.csv', content: 'a\n1\n' })
        const path = `${datasets}/${dataset.datasetUid}`
        const refused = await call(400, 'PUT', path, { body: { dataset_id: 'after' } })
        assert.equal(refused.json.error_key, 'DatasetPublishedException')
        await call(200, 'PUT', path, { body: { dataset_id: 'before' } })
        await server.jobDone(await server.order('PUT', `${path}/unpublish`))
        await call(400, 'PUT', path, { body: { dataset_id: 'only-one' } })
        await call(400, 'PUT', path, { body: { dataset_id: 'no good' } })
        await call(400, 'PUT', path, { body: {} })
        await call(400, 'PUT', path)
        assert.equal(
          (await call(200, 'PUT', path, { body: { dataset_id: 'after' } })).json.dataset_id,
          'after',
        )
        await call(404, 'GET', `${datasets}/before`)
        await server.jobDone(await server.publish(dataset.datasetUid))
        assert.equal((await call(200, 'GET', path)).json.metas.publishing.published, true)
        await call(200, 'GET', `${explorePath}/after/records`)
        await call(404, 'GET', `${explorePath}/before/records`)
        await call(204, 'DELETE', path)
        await call(404, 'DELETE', path)
        assert.equal((await create({ dataset_id: 'after' }, '?strict=true')).dataset_id, 'after')
      })

      await t.test('metadata is listed whole, written one by one, and unset', async () => {
        const { dataset_uid } = await create({
          dataset_id: 'described',
          metas: { default: { title: 'One' } },
        })
        const path = `${datasets}/${dataset_uid}/metadata`
        const all = await call(200, 'GET', path)
        const title = all.json.find((entry: { name: string }) => entry.name === 'title')
        assert.deepEqual(title, {
          name: 'title',
          template: { name: 'default', label: 'Standard', purpose: 'general' },
          definition: {},
          value: 'One',
          remote_value: null,
          override_remote_value: false,
        })
        const expanded = await call(200, 'GET', `${path}/default/title?expand=definition`)
        assert.equal(expanded.json.definition.type, 'text')
        const values: readonly (readonly [string, unknown])[] = [
          ['default/title', 'Zwei ☃ "quoted"'],
          ['default/description', '<p>HTML</p>'],
          ['default/keyword', ['a', 'b']],
          ['default/language', 'de'],
          ['default/modified', '2031-05-09T10:00:00+02:00'],
          ['default/geographic_reference_auto', false],
          ['dcat/created', '2031-05-09'],
          ['internal/draft', true],
        ]
        for (const [name, value] of values) {
          const answer = await call(200, 'PUT', `${path}/${name}`, { body: { value } })
          assert.deepEqual(answer.json.value, value)
          assert.deepEqual((await call(200, 'GET', `${path}/${name}/`)).json.value, value)
        }
        const dataset = await call(200, 'GET', `${datasets}/${dataset_uid}`)
        assert.deepEqual(dataset.json.metas.default.keyword, ['a', 'b'])
        assert.equal(dataset.json.metas.default.modified, '2031-05-09T10:00:00+02:00')

        assert.equal((await call(200, 'DELETE', `${path}/default/title`)).json.value, null)
        assert.equal(
          (await call(200, 'PUT', `${path}/default/language`, { body: { value: null } })).json.value,
          null,
        )
        const after = (await call(200, 'GET', `${datasets}/${dataset_uid}`)).json.metas
        assert.ok(!('title' in after.default) && !('language' in after.default))
      })

      await t.test(
        'metadata of a wrong type or name is refused, in bulk with every fault and nothing applied',
        async () => {
          const { dataset_uid } = await create({
            dataset_id: 'guarded',
            metas: { default: { title: 'Stays' } },
          })
          const path = `${datasets}/${dataset_uid}/metadata`
          const wrong: readonly (readonly [string, unknown])[] = [
            ['default/title', 1],
            ['default/title', ['a']],
            ['default/keyword', 'a'],
            ['default/keyword', [1]],
            ['default/language', 'klingon'],
            ['default/modified', 'yesterday'],
            ['default/modified', '2031-02-31'],
            ['default/geographic_reference_auto', 'true'],
          ]
          for (const [name, value] of wrong) {
            const refused = await call(400, 'PUT', `${path}/${name}`, { body: { value } })
            assert.equal(refused.json.error_key, 'InvalidMetadataException', name)
          }
          await call(400, 'PUT', `${path}/default/title`, { body: {} })
          await call(400, 'PUT', `${path}/default/title`)
          for (const name of ['default/nothing', 'nothing/title', '__proto__/title', 'default/constructor']) {
            const unknown = await call(404, 'GET', `${path}/${name}`)
            assert.equal(unknown.json.error_key, 'UnknownMetadataException')
            await call(404, 'PUT', `${path}/${name}`, { body: { value: 'a' } })
          }
          await call(404, 'GET', `${datasets}/da_zzzzzz/metadata`)

          const change = (template_name: string, metadata_name: string, value: unknown) => ({
            template_name,
            metadata_name,
            value,
          })
          const bulk = await call(400, 'PUT', `${path}/`, {
            body: {
              metas: [
                change('default', 'title', 'Changed'),
                change('default', 'language', 'xx'),
                change('default', 'nothing', 1),
              ],
            },
          })
          assert.equal(bulk.json.error_key, 'InvalidManagementAPIRequestException')
          assert.deepEqual(
            bulk.json.errors.map((error: { error_key: string }) => error.error_key),
            ['InvalidMetadataException', 'UnknownMetadataException'],
          )
          assert.equal((await call(200, 'GET', `${path}/default/title`)).json.value, 'Stays')
          const done = await call(200, 'PUT', path, {
            body: { metas: [change('default', 'title', 'Changed'), change('dcat', 'creator', 'Ann')] },
          })
          assert.ok(done.json.length > 10, 'all metadata is answered')
          assert.equal((await call(200, 'GET', `${path}/dcat/creator`)).json.value, 'Ann')
          for (const body of [
            {},
            { metas: 'a' },
            { metas: [{ template_name: 'default' }] },
            { metas: [change('default', 'title', 'x'), null] },
          ]) {
            await call(400, 'PUT', path, { body })
          }
          await call(404, 'POST', datasets, { body: { metas: { default: { nothing: 1 } } } })
          await call(400, 'POST', datasets, { body: { metas: { default: { title: 1 } } } })
        },
      )

      await t.test('readers see changed metadata with the next publish', async () => {
        const dataset = await server.publishFile('shown', { filename: 'a.csv', content: 'a\n1\n' })
        const metadata = `${datasets}/${dataset.datasetUid}/metadata`
        await call(200, 'PUT', `${metadata}/default/title`, { body: { value: 'New title' } })
        await call(200, 'PUT', `${metadata}/internal/draft`, { body: { value: true } })
        const seen = async () => (await call(200, 'GET', `${explorePath}/shown`)).json.metas
        assert.equal((await seen()).default.title, 'shown')
        await server.jobDone(await server.publish(dataset.datasetUid))
        assert.equal((await seen()).default.title, 'New title')
        assert.ok(!('internal' in (await seen())), 'what is for administrators stays theirs')
      })
    })
  },
  { isLong: true },
)
