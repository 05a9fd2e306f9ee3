/** Who sees that a dataset is there, and may do what to it: access policy, rulesets, and what goes on in a user's name. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { rulesetsOf, watchSecurity } from '../../src/access/index.ts'
import { openControl } from '../../src/control/index.ts'
import { giveRuleset, makeUser } from '../support/accounts.ts'
import { documented, readApiDocument } from '../support/api-document.ts'
import { visitsCsv } from '../support/fixtures.ts'
import { type Auth, explorePath, managementPath } from '../support/http-client.ts'
import { forEachDatabase } from '../support/postgres.ts'
import { until } from '../support/processes.ts'
import { shareServer } from '../support/server.ts'

const shared = {
  sqlite: shareServer({ database: 'sqlite' }),
  postgres: shareServer({ database: 'postgres' }),
}
const datasets = `${managementPath}/datasets`
const users = `${managementPath}/users`
const groups = `${managementPath}/groups`
const source = { filename: 'visits.csv', content: visitsCsv(20) }
const whole = {
  is_data_visible: true,
  visible_fields: ['*'],
  filter_query: '',
  permissions: [],
  api_calls_quota: null,
}

forEachDatabase(
  (database, options) => {
    test(`security of datasets (${database})`, options, async (t) => {
      const server = await shared[database]()
      const call = documented(server, await readApiDocument(server))
      const visits = await server.publishFile('visits', {
        ...source,
        metas: { default: { title: 'Visits', keyword: ['tourism'] } },
      })
      const security = `${datasets}/${visits.datasetUid}/security`
      const restrict = (policy: string, id = 'visits') =>
        call(200, 'PUT', `${datasets}/${id}/security/access_policy`, { body: `"${policy}"` })
      const ruth = await makeUser(server, 'ruth')

      await t.test('rulesets are made, read, changed and taken away', async () => {
        assert.deepEqual((await call(200, 'GET', `${security}/default`)).json, whole)
        const quota = { limit: 1000, unit: 'month' }
        const changed = await call(200, 'PUT', `${security}/default`, {
          body: { visible_fields: ['city', 'city'], filter_query: "city = 'Lyon'", api_calls_quota: quota },
        })
        assert.deepEqual(changed.json, {
          ...whole,
          visible_fields: ['city'],
          filter_query: "city = 'Lyon'",
          api_calls_quota: quota,
        })
        const more = await call(200, 'PUT', `${security}/default`, { body: { is_data_visible: false } })
        assert.deepEqual(more.json, { ...changed.json, is_data_visible: false })
        await call(204, 'DELETE', `${security}/default`)
        assert.deepEqual((await call(200, 'GET', `${security}/default`)).json, whole)

        await makeUser(server, 'anna')
        await call(200, 'POST', groups, { body: { title: 'City hall' } })
        const all = { ...whole, permissions: ['edit_dataset', 'publish_dataset'] }
        const made = await call(201, 'POST', `${security}/users`, {
          body: { user: { username: 'ruth' }, ...all },
        })
        assert.deepEqual(made.json, { user: { username: 'ruth' }, ...all })
        await call(201, 'POST', `${security}/users`, { body: { user: { username: 'anna' } } })
        const listed = (await call(200, 'GET', `${security}/users?expand=user`)).json
        assert.deepEqual(
          listed.map(({ user }: { user: { username: string; email: string } }) => [
            user.username,
            user.email,
          ]),
          [
            ['anna', 'anna@example.org'],
            ['ruth', 'ruth@example.org'],
          ],
        )
        const group = { group: { group_id: 'city-hall' } }
        await call(201, 'POST', `${security}/groups`, { body: { ...group, filter_query: 'amount > 100' } })
        const one = await call(200, 'GET', `${security}/groups/city-hall?expand=group`)
        assert.deepEqual([one.json.group.title, one.json.filter_query], ['City hall', 'amount > 100'])

        const body = { user: { username: 'ruth' } }
        assert.equal(
          (await call(400, 'POST', `${security}/users`, { body })).json.error_id,
          'access.ruleset_exists',
        )
        const nobody = { user: { username: 'nobody' } }
        assert.equal(
          (await call(404, 'POST', `${security}/users`, { body: nobody })).json.error_key,
          'UnknownUsernameException',
        )
        const none = { group: { group_id: 'none' } }
        assert.equal(
          (await call(404, 'POST', `${security}/groups`, { body: none })).json.error_key,
          'UnknownGroupException',
        )
        for (const method of ['GET', 'PUT', 'DELETE']) {
          const answer = await server.request(method, `${security}/users/nobody`, {
            body: method === 'PUT' ? {} : undefined,
          })
          assert.deepEqual([answer.status, answer.json.error_key], [404, 'UnknownRulesetException'], method)
        }
        for (const wrong of [
          { filter_query: 'nothing = 1' },
          { filter_query: 'city = ' },
          { filter_query: 'amount > "x"' },
          { permissions: ['edit_domain'] },
          { permissions: 'x' },
          { visible_fields: [{}] },
          { api_calls_quota: { limit: 1, unit: 'second' } },
          { api_calls_quota: { limit: 1 } },
          { is_data_visible: 'perhaps' },
        ])
          await call(400, 'PUT', `${security}/users/ruth`, { body: wrong })
        const given = await call(400, 'PUT', `${security}/default`, {
          body: { permissions: ['edit_dataset'] },
        })
        assert.equal(given.json.error_id, 'access.default_ruleset_permissions')
        await call(204, 'DELETE', `${security}/users/anna`)
        await call(204, 'DELETE', `${security}/groups/city-hall`)
        await call(204, 'DELETE', `${security}/users/ruth`)
        const changes = (await call(200, 'GET', `${datasets}/visits/changes`)).json
        assert.ok(changes.some(({ sections }: { sections: string[] }) => sections.includes('security')))
      })

      await t.test('before there are fields a filter is looked at as a text', async () => {
        const early = await server.createDataset('early', source)
        const path = `${datasets}/${early.datasetUid}/security/default`
        await call(200, 'PUT', path, { body: { filter_query: 'anything > 3' } })
        await call(400, 'PUT', path, { body: { filter_query: 'anything > ' } })
      })

      const seenIn = async (auth: Auth) => {
        const ids = (json: { results: { dataset_id: string }[] }) =>
          json.results.some(({ dataset_id }) => dataset_id === 'visits')
        const ask = (path: string) => server.request('GET', path, { auth })
        const [list, facets, suggested, exported, rss, v1, first, tile, files, search1] = await Promise.all([
          ask(explorePath),
          ask('/api/explore/v2.1/catalog/facets?facet=keyword'),
          ask('/api/explore/v2.1/catalog/facets/title/suggest?q=vis'),
          ask('/api/explore/v2.1/catalog/exports/csv'),
          ask('/api/datasets/1.0/search?format=rss'),
          ask('/api/datasets/1.0/visits'),
          ask(`${explorePath}/visits/records?limit=1`),
          ask(`${explorePath}/visits/exports/json`),
          ask(`${explorePath}/visits/exports`),
          ask('/api/records/1.0/search?dataset=visits'),
        ])
        return {
          list: ids(list.json),
          facets: facets.text.includes('tourism'),
          suggested: suggested.text.includes('Visits'),
          exported: exported.text.includes('visits'),
          feed: rss.text.includes('Visits'),
          direct: [v1, first, tile, files, search1].map(({ status }) => status),
        }
      }
      const found = { list: true, facets: true, suggested: true, exported: true, feed: true }
      const all = { ...found, direct: [200, 200, 200, 200, 200] }
      const missing = { list: false, facets: false, suggested: false, exported: false, feed: false }
      const none = { ...missing, direct: [404, 404, 404, 404, 404] }

      await t.test(
        'who has a ruleset, of their own or of a group, sees a restricted dataset, at once',
        async () => {
          assert.deepEqual(await seenIn('none'), all)
          await restrict('restricted')
          assert.deepEqual(await seenIn('none'), none)
          assert.deepEqual(await seenIn(ruth), none)
          await giveRuleset(server, 'visits', 'ruth')
          assert.deepEqual(await seenIn(ruth), all)
          const silent = { apikey: (await makeKey(ruth, { permissions: [] })).key }
          const seeing = { apikey: (await makeKey(ruth, {})).key }
          const elsewhere = { apikey: (await makeKey(ruth, { datasets: ['early'] })).key }
          assert.deepEqual(await seenIn(silent), none)
          assert.deepEqual(await seenIn(elsewhere), none)
          assert.deepEqual(await seenIn(seeing), all)
          await call(204, 'DELETE', `${security}/users/ruth`)
          assert.deepEqual(await seenIn(ruth), none)

          await call(201, 'POST', `${security}/groups`, { body: { group: { group_id: 'city-hall' } } })
          assert.deepEqual(await seenIn(ruth), none)
          await call(200, 'PUT', `${users}/ruth`, { body: { group_ids: ['city-hall'] } })
          assert.deepEqual(await seenIn(ruth), all)
          await call(200, 'PUT', `${users}/ruth`, { body: { group_ids: [] } })
          assert.deepEqual(await seenIn(ruth), none)
          for (const permission of ['explore_restricted_dataset', 'edit_dataset']) {
            await call(200, 'PUT', `${users}/ruth`, { body: { permissions: [permission] } })
            assert.deepEqual(await seenIn(ruth), all)
          }
          await call(200, 'PUT', `${users}/ruth`, {
            body: { permissions: ['publish_dataset', 'create_dataset'] },
          })
          assert.deepEqual(await seenIn(ruth), none)
          await call(200, 'PUT', `${users}/ruth`, { body: { permissions: [] } })
          // A name that was removed means nothing to who takes it next.
          await giveRuleset(server, 'visits', 'ruth', { permissions: ['edit_dataset'] })
          await call(204, 'DELETE', `${users}/ruth`)
          assert.deepEqual(await seenIn(await makeUser(server, 'ruth')), none)
          await restrict('domain')
          assert.deepEqual(await seenIn('none'), all)
        },
      )
      async function makeKey(auth: Auth, body: object): Promise<{ key: string }> {
        return (await call(200, 'POST', `${managementPath}/apikeys`, { auth, body })).json
      }

      await t.test('what was saved while restricted is not opened with the dataset', async () => {
        await restrict('restricted')
        const { job_id } = (await call(200, 'PUT', `${datasets}/visits/save_version`)).json
        const { version_uid } = (await server.jobDone(job_id)).result
        await restrict('domain')
        const path = `${explorePath}/visits/records?version=${version_uid}`
        const unknown = await call(404, 'GET', `${explorePath}/visits/records?version=ch_zzzzzz`)
        const answer = await call(404, 'GET', path)
        assert.equal(answer.text.replace(version_uid, 'ch_zzzzzz'), unknown.text)
        await call(200, 'GET', path, { auth: 'admin' })
      })

      await t.test('an editor of one dataset gives there no more than there is to give', async () => {
        const editor = await makeUser(server, 'olga')
        await giveRuleset(server, 'visits', 'olga', { permissions: ['edit_dataset', 'manage_dataset'] })
        const path = `${security}/users/olga`
        const more = await call(403, 'PUT', path, {
          auth: editor,
          body: { permissions: ['publish_dataset'] },
        })
        assert.equal(more.json.error_id, 'access.cannot_grant')
        await giveRuleset(server, 'visits', 'ruth')
        await call(200, 'PUT', `${security}/users/ruth`, {
          auth: editor,
          body: { permissions: ['edit_dataset', 'explore_restricted_dataset'] },
        })
        await call(403, 'PUT', `${datasets}/visits/publish`, { auth: editor })
        assert.equal((await call(200, 'GET', datasets, { auth: editor })).json.length, 1)
        // A colleague's job on one's own dataset is there, others are not.
        const { job_id } = (await call(200, 'PUT', `${datasets}/visits/save_version`)).json
        await server.jobDone(job_id)
        await call(200, 'GET', `${managementPath}/jobs/${job_id}`, { auth: editor })
        const reader = await makeUser(server, 'pia')
        await call(404, 'GET', `${managementPath}/jobs/${job_id}`, { auth: reader })
        await call(204, 'DELETE', `${security}/users/ruth`)
      })

      await t.test('a dataset is made of what its owner sees all of, and of nothing else', async () => {
        const auth = await makeUser(server, 'quin', ['create_dataset'])
        const cities = { filename: 'cities.csv', content: 'name,zip\nLyon,69001\nParis,75001\n' }
        await server.publishFile('cities', cities)
        await server.publishFile('secret', cities)
        await restrict('restricted', 'secret')
        const made = await call(201, 'POST', datasets, { auth, body: { dataset_id: 'of-quin' } })
        const one = `${datasets}/${made.json.dataset_uid}`
        const file = { content: 'id,city\n1,Lyon\n2,Paris\n', filename: 'quins.csv', mimetype: 'text/csv' }
        const { url } = (await call(200, 'POST', `${managementPath}/files`, { auth, body: file })).json
        await call(201, 'POST', `${one}/resources`, { auth, body: { url } })
        const joining = (dataset_id: string) => ({
          name: 'join_dataset',
          args: {
            dataset: { dataset_id },
            local_key: ['city'],
            remote_key: ['name'],
            output_fields: ['zip'],
          },
        })
        const publish = async () =>
          server.waitForJob((await call(200, 'PUT', `${one}/publish`, { auth })).json.job_id)

        // One that is hidden is refused like one that is not there.
        const answers = []
        for (const name of ['secret', 'secreT']) {
          const step = await call(404, 'POST', `${one}/processors`, { auth, body: joining(name) })
          const seen = await call(404, 'POST', `${one}/processors/preview`, {
            auth,
            body: { processors: [joining(name)] },
          })
          const copied = { url: `dataset://${name}` }
          const copy = await call(404, 'POST', `${one}/resources`, { auth, body: copied })
          const preview = await call(404, 'POST', `${one}/resource_preview`, { auth, body: copied })
          const guess = await call(404, 'POST', `${managementPath}/guess_extractors`, { auth, body: copied })
          answers.push([step, seen, copy, preview, guess].map(({ text }) => text.toLowerCase()))
        }
        assert.deepEqual(answers[0], answers[1])

        const partly = { is_data_visible: true, filter_query: "name = 'Lyon'" }
        await call(200, 'PUT', `${datasets}/cities/security/default`, { body: partly })
        const refused = await call(403, 'POST', `${one}/processors`, { auth, body: joining('cities') })
        assert.equal(refused.json.error_id, 'access.partly_visible')
        await call(204, 'DELETE', `${datasets}/cities/security/default`)
        const step = await call(201, 'POST', `${one}/processors`, { auth, body: joining('cities') })
        assert.equal((await publish()).state, 'done')

        await call(200, 'PUT', `${datasets}/cities/security/default`, { body: partly })
        // Configured while it was open: who may go on editing does not make it less.
        await call(200, 'PUT', `${one}/processors/${step.json.processor_uid}`, {
          auth,
          body: joining('cities'),
        })
        const failed = await publish()
        assert.deepEqual([failed.state, failed.error?.error_key], ['error', 'OwnerMayNotException'])
        await giveRuleset(server, 'cities', 'quin')
        assert.equal((await publish()).state, 'done')
      })

      await t.test(
        'what follows from another dataset is done in the owner’s name, while the owner may',
        async () => {
          const auth = await makeUser(server, 'sam', ['create_dataset'])
          const base = await server.publishFile('base', {
            filename: 'base.csv',
            content: 'name,zip\nLyon,1\n',
          })
          const made = await call(201, 'POST', datasets, { auth, body: { dataset_id: 'following' } })
          const one = `${datasets}/${made.json.dataset_uid}`
          const file = { content: 'id,city\n1,Lyon\n', filename: 'sams.csv', mimetype: 'text/csv' }
          const { url } = (await call(200, 'POST', `${managementPath}/files`, { auth, body: file })).json
          await call(201, 'POST', `${one}/resources`, { auth, body: { url } })
          await call(201, 'POST', `${one}/processors`, {
            auth,
            body: {
              name: 'join_dataset',
              args: {
                dataset: { dataset_id: 'base' },
                local_key: ['city'],
                remote_key: ['name'],
                output_fields: ['zip'],
                republish_on_update: true,
              },
            },
          })
          await server.jobDone((await call(200, 'PUT', `${one}/publish`, { auth })).json.job_id)
          const zip = async () =>
            (await call(200, 'GET', `${explorePath}/following/records`)).json.results[0].zip
          const change = async (value: number) => {
            await server.replaceFile(base, 'base.csv', `name,zip\nLyon,${value}\n`)
            await server.jobDone(await server.publish(base.datasetUid))
          }
          await change(2)
          await until(
            async () => (await zip()) === 2,
            () => 'it does not follow',
          )
          const jobsOf = async () => (await call(200, 'GET', `${one}/jobs?rows=100`)).json.length
          await until(
            async () => (await call(200, 'GET', one)).json.status.name === 'idle',
            () => 'it does not rest',
          )
          const before = await jobsOf()
          await call(200, 'PUT', `${one}/security/users/sam`, { body: { permissions: ['edit_dataset'] } })
          await change(3)
          // The next change is looked at after this one, in order: by then this one has been passed over.
          const marker = await server.publishFile('marker', { filename: 'marker.csv', content: 'a\n1\n' })
          await server.jobDone(await server.publish(marker.datasetUid))
          assert.deepEqual([await zip(), await jobsOf()], [2, before])
          assert.equal((await call(200, 'GET', one)).json.stale, true)
        },
      )

      await t.test('metrics count without a name, and are for who runs the server', async () => {
        const { text } = await call(200, 'GET', '/metrics', { auth: 'none' })
        assert.match(text, /^broadsheet_published_datasets \d+$/m)
        for (const { dataset_id, dataset_uid } of (await call(200, 'GET', datasets)).json)
          for (const name of [dataset_id, dataset_uid]) assert.ok(!text.includes(name), name)
        // As a proxy on this machine asks, for whomever.
        const headers = { 'X-Forwarded-For': '127.0.0.1' }
        const asked = (status: number, auth: Auth) => call(status, 'GET', '/metrics', { auth, headers })
        await asked(401, 'none')
        await asked(403, ruth)
        await asked(200, 'admin')
        const scraper = await makeUser(server, 'scraper', ['explore_monitoring'])
        const body = { permissions: ['explore_monitoring'] }
        const { key } = (await call(200, 'POST', `${managementPath}/apikeys`, { auth: scraper, body })).json
        await asked(200, { apikey: key })
      })

      await t.test(
        'what was read of a dataset is not read again before it changes, here or elsewhere',
        async (inner) => {
          const sqlitePath = join(server.dataDirectory, 'control.sqlite')
          const control = await openControl({ databaseUrl: server.databaseUrl, sqlitePath })
          inner.after(() => control.close())
          let queries = 0
          const db = control.db.withPlugin({
            transformQuery({ node }) {
              queries++
              return node
            },
            transformResult: async ({ result }) => result,
          })
          await watchSecurity({ db, listen: control.listen })
          const filter = async () =>
            (await rulesetsOf(db, { kind: 'anonymous' }, visits.datasetUid))[0]?.filterQuery
          assert.equal(await filter(), '')
          const first = queries
          assert.ok(first > 0)
          for (let n = 0; n < 50; n++) assert.equal(await filter(), '')
          assert.equal(queries, first)
          // The embedded database has one process, and no notices for others.
          if (database === 'sqlite') return
          await call(200, 'PUT', `${security}/default`, { body: { filter_query: "city = 'Lyon'" } })
          await until(
            async () => (await filter()) === "city = 'Lyon'",
            () => 'the other process is not heard',
          )
          await restrict('restricted')
          await until(
            async () => (await filter()) === undefined,
            () => 'the other process is not heard',
          )
          await restrict('domain')
          await call(204, 'DELETE', `${security}/default`)
        },
      )
    })
  },
  { isLong: true },
)
