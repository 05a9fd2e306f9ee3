/** Users, groups, keys, and how much of everything they may have. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { giveRuleset, makeUser, userPassword } from '../support/accounts.ts'
import { documented, readApiDocument } from '../support/api-document.ts'
import { visitsCsv } from '../support/fixtures.ts'
import { type Auth, explorePath, managementPath } from '../support/http-client.ts'
import { forEachDatabase } from '../support/postgres.ts'
import { shareServer } from '../support/server.ts'

const shared = {
  sqlite: shareServer({ database: 'sqlite' }),
  postgres: shareServer({ database: 'postgres' }),
}
const users = `${managementPath}/users`
const groups = `${managementPath}/groups`
const keys = `${managementPath}/apikeys`
const source = { filename: 'visits.csv', content: visitsCsv(20) }

forEachDatabase(
  (database, options) => {
    test(`accounts (${database})`, options, async (t) => {
      const server = await shared[database]()
      const call = documented(server, await readApiDocument(server))
      const visits = await server.publishFile('visits', source)
      const second = await server.publishFile('second', source)
      const uidsOf = (answer: { json: { dataset_uid: string }[] }) =>
        answer.json.map(({ dataset_uid }) => dataset_uid).sort()

      await t.test('who is invited gets an account without rights; each address is told apart', async () => {
        const emails = [
          'Ada.Lovelace@example.org',
          'nonsense',
          'ada.lovelace@EXAMPLE.org',
          'ada-lovelace@b.example',
        ]
        const { json } = await call(200, 'POST', users, { body: { emails } })
        assert.deepEqual(json, {
          [emails[0]!]: 'success: ada-lovelace',
          nonsense: 'invalid-email',
          [emails[2]!]: 'already-member',
          [emails[3]!]: 'success: ada-lovelace2',
        })
        const ada = (await call(200, 'GET', `${users}/ada-lovelace/`)).json
        assert.deepEqual(
          [ada.email, ada.permissions, ada.groups, ada.is_active, ada.has_password, ada.quotas, ada.limits],
          [emails[0], [], [], true, false, {}, {}],
        )
        assert.equal((await call(404, 'GET', `${users}/nobody`)).json.error_key, 'UnknownUsernameException')
        for (const body of [{}, { emails: [] }, { emails: [7, {}] }]) await call(400, 'POST', users, { body })
        // Without a password there is no way in, not even an empty one.
        for (const password of ['', 'none', 'null'])
          await call(401, 'GET', `${managementPath}/jobs`, { auth: { username: 'ada-lovelace', password } })
      })

      await t.test(
        'lists of a user take the place of the old ones, and rights are felt at once',
        async () => {
          const auth = await makeUser(server, 'bob')
          await call(403, 'GET', users, { auth })
          await call(200, 'PUT', `${users}/bob`, { body: { permissions: ['edit_domain', 'create_dataset'] } })
          await call(200, 'GET', users, { auth })
          const changed = await call(200, 'PUT', `${users}/bob`, {
            body: {
              permissions: ['create_dataset'],
              first_name: 'Bob',
              quotas: { limit: 5000, unit: 'day' },
            },
          })
          assert.deepEqual(
            [changed.json.permissions, changed.json.display_name, changed.json.quotas],
            [['create_dataset'], 'Bob', { limit: 5000, unit: 'day' }],
          )
          await call(403, 'GET', users, { auth })
          for (const body of [
            { permissions: ['rule_the_world'] },
            { group_ids: ['no-such-group'] },
            { quotas: { limit: 1 } },
            { quotas: { limit: 1, unit: 'hour' } },
            { quotas: { limit: -1, unit: 'day' } },
            { limits: { max_datasets: 'x' } },
            { limits: { more: 1 } },
            { password: 'short' },
            { email: 'nonsense' },
            { expires_at: 'tomorrow' },
          ]) {
            const answer = await server.request('PUT', `${users}/bob`, { body })
            assert.ok([400, 404].includes(answer.status), JSON.stringify(body))
          }
          const kept = (await call(200, 'GET', `${users}/bob`)).json
          assert.deepEqual([kept.permissions, kept.groups], [['create_dataset'], []])
        },
      )

      await t.test(
        'an account that is closed or has expired opens nothing, whatever it is shown',
        async () => {
          const auth = await makeUser(server, 'carl', ['edit_dataset'])
          const key = {
            apikey: (await call(200, 'POST', keys, { auth, body: { permissions: ['edit_dataset'] } })).json
              .key,
          }
          const path = `${managementPath}/datasets`
          for (const change of [
            { is_active: false },
            { is_active: true, expires_at: '2020-01-01T00:00:00+00:00' },
          ]) {
            for (const shown of [auth, key]) await call(200, 'GET', path, { auth: shown })
            await call(200, 'PUT', `${users}/carl`, { body: change })
            for (const shown of [auth, key]) await call(401, 'GET', path, { auth: shown })
            await call(200, 'PUT', `${users}/carl`, { body: { is_active: true, expires_at: null } })
          }
          await call(200, 'PUT', `${users}/carl`, { body: { password: 'another long password' } })
          await call(401, 'GET', path, { auth })
          await call(204, 'DELETE', `${users}/carl/`)
          await call(401, 'GET', path, { auth: key })
          await call(404, 'DELETE', `${users}/carl`)
        },
      )

      await t.test('a group gives its members what it has, and no longer', async () => {
        const auth = await makeUser(server, 'dora')
        const made = await call(200, 'POST', groups, { body: { title: 'Données & Co' } })
        assert.deepEqual([made.json.group_id, made.json.user_count], ['donnees-co', 0])
        assert.equal(
          (await call(400, 'POST', groups, { body: { title: 'Donnees  co' } })).json.error_id,
          'access.group_exists',
        )
        for (const title of ['', '???']) await call(400, 'POST', groups, { body: { title } })
        const one = `${groups}/donnees-co`
        const changed = await call(200, 'PUT', one, {
          body: { title: 'Data', permissions: ['edit_dataset'] },
        })
        assert.deepEqual([changed.json.group_id, changed.json.title], ['donnees-co', 'Data'])
        const added = await call(200, 'POST', `${one}/users`, {
          body: { usernames: ['dora', 'dora', 'nobody'] },
        })
        assert.deepEqual(added.json, { dora: 'success', nobody: 'error' })
        const again = await call(200, 'POST', `${one}/users`, { body: { usernames: ['dora'] } })
        assert.deepEqual(again.json, { dora: 'duplicate' })
        await call(200, 'GET', `${managementPath}/datasets/visits`, { auth })
        const members = await call(200, 'GET', `${one}/users/`)
        assert.deepEqual([members.json.nhits, members.json.users[0].username], [1, 'dora'])
        assert.deepEqual((await call(200, 'GET', `${users}/dora`)).json.groups[0].user_count, 1)
        await call(204, 'DELETE', `${one}/users/dora`)
        await call(404, 'DELETE', `${one}/users/dora`)
        await call(403, 'GET', `${managementPath}/datasets/visits`, { auth })
        await call(200, 'PUT', `${users}/dora`, { body: { group_ids: ['donnees-co'] } })
        await call(200, 'GET', `${managementPath}/datasets/visits`, { auth })
        assert.deepEqual((await call(200, 'DELETE', one)).json, {})
        await call(403, 'GET', `${managementPath}/datasets/visits`, { auth })
        assert.equal((await call(404, 'GET', one)).json.error_key, 'UnknownGroupException')
      })

      await t.test('somebody is always left to administer', async () => {
        const refused = async (method: string, path: string, body?: object) => {
          const answer = await server.request(method, path, { body })
          assert.deepEqual([answer.status, answer.json.error_id], [400, 'access.last_administrator'], path)
        }
        const admin = `${users}/admin`
        await refused('DELETE', admin)
        await refused('PUT', admin, { is_active: false })
        await refused('PUT', admin, { permissions: ['edit_dataset'] })
        await refused('PUT', admin, { expires_at: '2020-01-01T00:00:00Z' })
        // Who has never come is no help; who is in a group that may is.
        await call(200, 'PUT', `${users}/ada-lovelace2`, { body: { permissions: ['edit_domain'] } })
        await refused('PUT', admin, { is_active: false })
        await call(200, 'POST', groups, { body: { title: 'Admins' } })
        await call(200, 'PUT', `${groups}/admins`, { body: { permissions: ['edit_domain'] } })
        const auth = await makeUser(server, 'eve')
        await call(200, 'PUT', `${users}/eve`, { body: { group_ids: ['admins'] } })
        const allOfAdmin = (await call(200, 'GET', admin)).json.permissions
        await call(200, 'PUT', admin, { auth, body: { permissions: [] } })
        for (const [method, path, body] of [
          ['DELETE', `${groups}/admins`],
          ['DELETE', `${groups}/admins/users/eve`],
          ['PUT', `${groups}/admins`, { permissions: [] }],
          ['DELETE', `${users}/eve`],
          ['PUT', `${users}/eve`, { group_ids: [] }],
        ] as const) {
          const answer = await server.request(method, path, { auth, body })
          assert.deepEqual([answer.status, answer.json.error_id], [400, 'access.last_administrator'], path)
        }
        await call(200, 'PUT', admin, { auth, body: { permissions: allOfAdmin } })
        await call(204, 'DELETE', `${users}/eve`)
      })

      await t.test('two administrators who remove each other are not both gone', async () => {
        const made = await Promise.all(['fay', 'gus'].map((name) => makeUser(server, name, ['edit_domain'])))
        const { permissions } = (await call(200, 'GET', `${users}/admin`)).json
        await call(200, 'PUT', `${users}/admin`, { body: { permissions: [] } })
        const answers = await Promise.all([
          server.request('DELETE', `${users}/gus`, { auth: made[0]! }),
          server.request('DELETE', `${users}/fay`, { auth: made[1]! }),
        ])
        const statuses = answers.map(({ status }) => status).sort()
        assert.ok(statuses[0] === 204 && statuses[1]! >= 400, statuses.join())
        const left = made[answers[0]!.status === 204 ? 0 : 1]!
        await call(200, 'PUT', `${users}/admin`, { auth: left, body: { permissions } })
        await call(204, 'DELETE', `${users}/${left.username}`)
      })

      await t.test('a key hands out no more than it has, and sets no passwords', async () => {
        const auth = { apikey: await server.createApiKey(['edit_domain', 'create_dataset']) }
        await makeUser(server, 'hal', ['publish_dataset'])
        const hal = `${users}/hal`
        const more = await call(403, 'PUT', hal, { auth, body: { permissions: ['edit_dataset'] } })
        assert.equal(more.json.error_id, 'access.cannot_grant')
        await call(200, 'PUT', hal, { auth, body: { permissions: ['create_dataset', 'publish_dataset'] } })
        await call(403, 'PUT', hal, { auth, body: { password: userPassword } })
        await call(200, 'POST', groups, { auth, body: { title: 'Editors' } })
        await call(403, 'PUT', `${groups}/editors`, { auth, body: { permissions: ['edit_dataset'] } })
        await call(200, 'PUT', `${groups}/editors`, { body: { permissions: ['edit_dataset'] } })
        await call(403, 'PUT', hal, { auth, body: { group_ids: ['editors'] } })
        await call(403, 'POST', `${groups}/editors/users`, { auth, body: { usernames: ['hal'] } })
      })

      await t.test('a key is for some datasets, and for a time', async () => {
        const auth = await makeUser(server, 'ida', ['edit_dataset', 'publish_dataset', 'create_dataset'])
        const permissions = ['edit_dataset', 'publish_dataset', 'create_dataset']
        const made = await call(200, 'POST', keys, { auth, body: { permissions, datasets: ['visits'] } })
        assert.deepEqual(made.json.datasets, [visits.datasetUid])
        const key = { apikey: made.json.key }
        const base = `${managementPath}/datasets`
        await call(200, 'GET', `${base}/visits`, { auth: key })
        await call(403, 'GET', `${base}/second`, { auth: key })
        await call(403, 'POST', base, { auth: key, body: {} })
        assert.deepEqual(uidsOf(await call(200, 'GET', base, { auth: key })), [visits.datasetUid])
        await server.jobDone(
          (await call(200, 'PUT', `${base}/visits/save_version`, { auth: key })).json.job_id,
        )
        await server.jobDone((await call(200, 'PUT', `${base}/second/save_version`, { auth })).json.job_id)
        const jobs = await call(200, 'GET', `${managementPath}/jobs`, { auth: key })
        assert.equal(jobs.json.length, 1)
        const own = await call(200, 'GET', `${managementPath}/jobs`, { auth })
        assert.equal(own.json.length, 2)
        for (const { job_id } of own.json)
          await call(job_id === jobs.json[0].job_id ? 200 : 404, 'GET', `${managementPath}/jobs/${job_id}`, {
            auth: key,
          })
        await call(404, 'POST', keys, { auth, body: { datasets: ['no-such-dataset'] } })

        await call(400, 'POST', keys, { auth, body: { expires_at: '2020-01-01T00:00:00Z' } })
        const expiry = { permissions, expires_at: new Date(Date.now() + 1500).toISOString() }
        const short = await call(200, 'POST', keys, { auth, body: expiry })
        const shown = { apikey: short.json.key }
        await call(200, 'GET', `${base}/second`, { auth: shown })
        while ((await server.request('GET', `${base}/second`, { auth: shown })).status === 200);
        await call(401, 'GET', `${base}/second`, { auth: shown })
        await call(200, 'PUT', `${keys}/${short.json.key_uid}`, { auth, body: { expires_at: null } })
        await call(200, 'GET', `${base}/second`, { auth: shown })
        await call(204, 'DELETE', `${keys}/${short.json.key}`, { auth })
        await call(401, 'GET', `${base}/second`, { auth: shown })
        await call(404, 'GET', `${keys}/${short.json.key_uid}`, { auth })
      })

      await t.test('a job is shown to who ordered it as long as they may read the dataset', async () => {
        const auth = await makeUser(server, 'pia')
        await giveRuleset(server, 'second', 'pia', { permissions: ['publish_dataset'] })
        const publish = `${managementPath}/datasets/second/publish`
        const { job_id } = (await call(200, 'PUT', publish, { auth })).json
        await server.jobDone(job_id)
        const jobs = `${managementPath}/jobs`
        assert.equal((await call(200, 'GET', `${jobs}/${job_id}`, { auth })).json.user.username, 'pia')
        assert.equal((await call(200, 'GET', jobs, { auth })).json.length, 1)
        await call(204, 'DELETE', `${managementPath}/datasets/second/security/users/pia`)
        const lost = await call(404, 'GET', `${jobs}/${job_id}`, { auth })
        const unknown = await call(404, 'GET', `${jobs}/${'0'.repeat(job_id.length)}`, { auth })
        assert.equal(lost.text.replaceAll(job_id, ''), unknown.text.replaceAll(/0{5,}/g, ''))
        await call(404, 'GET', `${jobs}/${job_id}/events`, { auth })
        assert.deepEqual((await call(200, 'GET', jobs, { auth })).json, [])
        await call(200, 'GET', `${jobs}/${job_id}`)
      })

      await t.test('a quota of calls is told, used up and shown', async () => {
        const auth = await makeUser(server, 'jim')
        const quotas = async () => (await call(200, 'GET', `${users}/jim/quotas`)).json
        await call(200, 'GET', `${managementPath}/jobs`, { auth })
        const before = await quotas()
        assert.deepEqual([before.calls.used, before.calls.limit], [1, null])
        await call(200, 'PUT', `${users}/jim`, { body: { quotas: { limit: 4, unit: 'day' } } })
        const own = await call(200, 'GET', `${managementPath}/quotas`, { auth })
        assert.deepEqual([own.json.calls.used, own.json.calls.limit, own.json.username], [2, 4, 'jim'])
        assert.deepEqual(
          ['limit', 'remaining'].map((name) => own.headers.get(`x-ratelimit-${name}`)),
          ['4', '2'],
        )
        await call(200, 'GET', explorePath, { auth })
        await call(200, 'GET', explorePath, { auth })
        const refused = await call(429, 'GET', `${managementPath}/jobs`, { auth })
        assert.equal(refused.json.error_key, 'QuotaExceededException')
        assert.equal(refused.headers.get('x-ratelimit-remaining'), '0')
        const reset = Number(refused.headers.get('x-ratelimit-reset'))
        assert.ok(Number(refused.headers.get('retry-after')) > 80_000 && reset > Date.now() / 1000)
        const inSearch = await call(429, 'GET', explorePath, { auth })
        assert.deepEqual([inSearch.json.call_limit, inSearch.json.limit_time_unit], [4, 'day'])
        await call(200, 'GET', explorePath)
        // Of a group the smallest holds; a larger one changes nothing.
        await call(200, 'PUT', `${users}/jim`, { body: { quotas: {} } })
        await call(200, 'GET', `${managementPath}/jobs`, { auth })
        await call(200, 'POST', groups, { body: { title: 'Slow' } })
        await call(200, 'PUT', `${groups}/slow`, { body: { quotas: { limit: 3, unit: 'day' } } })
        await call(200, 'PUT', `${users}/jim`, { body: { group_ids: ['slow'] } })
        await call(429, 'GET', `${managementPath}/jobs`, { auth })
      })

      await t.test('a key has a quota of its own, beyond which its owner goes on', async () => {
        const auth = await makeUser(server, 'kay')
        const body = { quotas: { limit: 2, unit: 'day' } }
        await call(400, 'POST', keys, { auth, body: { quotas: { limit: 2, unit: 'hour' } } })
        const made = (await call(200, 'POST', keys, { auth, body })).json
        assert.deepEqual([made.quotas, made.calls_used], [body.quotas, 0])
        const key = { apikey: made.key }
        const first = await call(200, 'GET', explorePath, { auth: key })
        assert.equal(first.headers.get('x-ratelimit-remaining'), '1')
        await call(200, 'GET', `${managementPath}/jobs`, { auth: key })
        const refused = await call(429, 'GET', `${managementPath}/jobs`, { auth: key })
        assert.equal(refused.json.error_key, 'QuotaExceededException')
        const other = (await call(200, 'POST', keys, { auth, body: {} })).json
        assert.deepEqual(other.quotas, {})
        await call(200, 'GET', explorePath, { auth: { apikey: other.key } })
        assert.equal((await call(200, 'GET', `${keys}/${made.key_uid}`, { auth })).json.calls_used, 3)
        const used = (await call(200, 'GET', `${managementPath}/quotas`, { auth })).json.calls.used
        await call(429, 'GET', explorePath, { auth: key })
        assert.equal((await call(200, 'GET', `${managementPath}/quotas`, { auth })).json.calls.used, used + 1)
        const more = await call(200, 'PUT', `${keys}/${made.key_uid}`, { auth, body: { quotas: {} } })
        assert.deepEqual(more.json.quotas, {})
        assert.equal(
          (await call(200, 'GET', explorePath, { auth: key })).headers.get('x-ratelimit-limit'),
          null,
        )
      })

      await t.test(
        'limits bound how many datasets there are, and how many records are published',
        async () => {
          const auth = await makeUser(server, 'kim', ['create_dataset'])
          await call(200, 'PUT', `${users}/kim`, {
            body: { limits: { max_datasets: 1, max_records_by_dataset: 7 } },
          })
          const base = `${managementPath}/datasets`
          const made = await call(201, 'POST', base, { auth, body: { dataset_id: 'of-kim' } })
          const refused = await call(429, 'POST', base, { auth, body: {} })
          assert.equal(refused.json.error_id, 'access.too_many_datasets')
          const used = (await call(200, 'GET', `${managementPath}/quotas`, { auth })).json
          assert.deepEqual([used.datasets, used.max_records_by_dataset], [{ used: 1, limit: 1 }, 7])

          // Whoever creates a dataset may go on with it, and only with it.
          const one = `${base}/${made.json.dataset_uid}`
          assert.deepEqual(uidsOf(await call(200, 'GET', base, { auth })), [made.json.dataset_uid])
          const file = { content: source.content, filename: 'kims.csv', mimetype: 'text/csv' }
          const { url } = (await call(200, 'POST', `${managementPath}/files`, { auth, body: file })).json
          await call(201, 'POST', `${one}/resources`, { auth, body: { url } })
          const foreign = await server.upload('admins.csv', 'a\n1\n')
          await call(404, 'POST', `${one}/resources`, { auth, body: { url: foreign.url } })
          await call(404, 'POST', `${one}/resource_preview`, { auth, body: { url: foreign.url } })
          const ordered = await call(200, 'PUT', `${one}/publish`, { auth })
          await server.jobDone(ordered.json.job_id)
          await call(200, 'GET', `${managementPath}/jobs/${ordered.json.job_id}`)
          const status = (await call(200, 'GET', `${one}/status`, { auth })).json
          assert.deepEqual([status.name, status.published], ['limit_reached', true])
          const count = async () =>
            (await call(200, 'GET', `${explorePath}/of-kim/records?limit=0`)).json.total_count
          assert.equal(await count(), 7)
          await call(200, 'PUT', `${users}/kim`, { body: { limits: {} } })
          await server.jobDone(await server.publish(made.json.dataset_uid))
          assert.equal(await count(), 20)
          assert.equal((await call(200, 'GET', `${one}/status`, { auth })).json.name, 'idle')
        },
      )

      await t.test('a quota of a dataset holds for each who reads it', async () => {
        const security = `${managementPath}/datasets/${second.datasetUid}/security`
        const auth = await makeUser(server, 'leo')
        const free = await makeUser(server, 'max')
        await call(200, 'PUT', `${security}/default`, {
          body: { api_calls_quota: { limit: 2, unit: 'hour' } },
        })
        await giveRuleset(server, 'second', 'max')
        const path = `${explorePath}/second/records?limit=1`
        const first = await call(200, 'GET', path)
        assert.equal(first.headers.get('x-ratelimit-remaining'), '1')
        await call(200, 'GET', path)
        const refused = await call(429, 'GET', path)
        assert.deepEqual([refused.json.call_limit, refused.json.limit_time_unit], [2, 'hour'])
        await call(200, 'GET', path, { auth })
        for (const reader of [free, 'admin'] as Auth[])
          for (let n = 0; n < 4; n++)
            assert.equal(
              (await call(200, 'GET', path, { auth: reader })).headers.get('x-ratelimit-limit'),
              null,
            )
        await call(204, 'DELETE', `${security}/default`)
        await call(200, 'GET', path)
      })

      await t.test('a quota of the domain holds for everybody but those who may raise it', async () => {
        const domain = `${managementPath}/domain`
        const auth = await makeUser(server, 'ned')
        const ordersOf = async () => (await call(200, 'GET', `${managementPath}/quotas`)).json.domain_calls
        for (const quotas of [7, [], { limit: 7 }, { limit: -1, unit: 'day' }, { limit: 7, unit: 'hour' }])
          await call(400, 'PUT', domain, { body: { quotas } })
        const before = await ordersOf()
        assert.deepEqual([before.limit, before.unit], [null, 'day'])
        // What is refused takes nothing from the others.
        await call(401, 'GET', users, { auth: 'none' })
        await call(403, 'GET', users, { auth })
        const quotas = { limit: before.used + 3, unit: 'day' }
        assert.deepEqual((await call(200, 'PUT', domain, { body: { quotas } })).json.quotas, quotas)
        const first = await call(200, 'GET', explorePath)
        assert.deepEqual(
          ['limit', 'remaining'].map((name) => first.headers.get(`x-ratelimit-${name}`)),
          [`${quotas.limit}`, '1'],
        )
        await call(200, 'GET', `${managementPath}/jobs`, { auth })
        const inSearch = await call(429, 'GET', explorePath)
        assert.deepEqual([inSearch.json.call_limit, inSearch.json.limit_time_unit], [quotas.limit, 'day'])
        assert.ok(Number(inSearch.headers.get('retry-after')) > 0)
        const refused = await call(429, 'GET', `${managementPath}/jobs`, { auth })
        assert.equal(refused.json.error_key, 'QuotaExceededException')
        assert.equal(refused.headers.get('x-ratelimit-remaining'), '0')
        // Signing in and the portal's settings are open, and so is everything to administrators.
        await call(200, 'POST', '/api/auth/v1/session', { auth: 'none', body: auth })
        const shown = await call(200, 'GET', '/api/portal/v1/domain', { auth: 'none' })
        assert.equal(shown.json.quotas, undefined)
        assert.deepEqual((await ordersOf()).limit, quotas.limit)
        await call(200, 'PUT', domain, { body: { quotas: {} } })
        await call(200, 'GET', explorePath)
        await call(200, 'GET', `${managementPath}/jobs`, { auth })
      })
    })
  },
  { isLong: true },
)
