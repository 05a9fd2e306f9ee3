/** How many records a list of datasets says there are, where the time decides who sees them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../src/kernel/index.ts'
import { explorePath } from '../support/http-client.ts'
import { startInProcess } from '../support/in-process.ts'
import { setRules } from '../support/rulesets.ts'

const minuteMs = 60_000

test('numbers in lists of datasets follow a filter with now() within a minute', async (t) => {
  let ahead = 0
  const clock = { ...systemClock, now: () => systemClock.now() + ahead }
  const server = await startInProcess(t, {}, clock)
  const soon = new Date(clock.now() + 10 * minuteMs).toISOString()
  const content = `name,day\nbefore,2001-01-01T00:00:00Z\nsoon,${soon}\n`
  const { datasetUid } = await server.publishFile('embargo', {
    filename: 'embargo.csv',
    content,
    extractor: 'csvfile',
  })
  await setRules(server, datasetUid, { filter_query: 'day <= now()' })
  const listed = async () => {
    const { json } = await server.expect(200, 'GET', explorePath)
    return json.results[0].metas.default.records_count
  }
  const seen = async () =>
    (await server.expect(200, 'GET', `${explorePath}/embargo/records`)).json.total_count

  assert.deepEqual([await listed(), await seen()], [1, 1])
  ahead = 11 * minuteMs
  assert.deepEqual([await listed(), await seen()], [2, 2])
})

test('datasets are ordered by how much they are read, by whom they are public to, once an hour each', async (t) => {
  // To the beginning of an hour: a reader whose hour ends between two requests counts twice.
  let ahead = 60 * minuteMs - (systemClock.now() % (60 * minuteMs))
  const clock = { ...systemClock, now: () => systemClock.now() + ahead }
  let server = await startInProcess(t, { BROADSHEET_TRUSTED_PROXIES: '127.0.0.1' }, clock)
  const content = 'name\nada\nbob\n'
  for (const id of ['apples', 'pears', 'quinces', 'secrets']) {
    const { datasetUid } = await server.publishFile(id, {
      filename: `${id}.csv`,
      content,
      extractor: 'csvfile',
    })
    if (id !== 'secrets') continue
    const path = `/api/management/v2/datasets/${datasetUid}/security/access_policy`
    await server.expect(200, 'PUT', path, { body: '"restricted"' })
  }
  const read = (path: string, from: string, method = 'GET') =>
    server.request(method, `${explorePath}/${path}`, {
      auth: 'none',
      headers: { 'x-forwarded-for': from },
    })
  const popular = `${explorePath}?order_by=explore.popularity_score%20desc,title&include_app_metas=true`
  const listed = async (where = '') => {
    const { json } = await server.expect(200, 'GET', `${popular}${where}`, { auth: 'none' })
    return (json.results as { dataset_id: string; metas: { explore: Record<string, number> } }[]).map(
      ({ dataset_id: id, metas: { explore } }) =>
        [id, explore.popularity_score, explore.api_call_count, explore.download_count] as const,
    )
  }
  assert.deepEqual(
    (await listed()).map(([id]) => id),
    ['apples', 'pears', 'quinces'],
  )

  for (let n = 0; n < 9; n++) await read('apples/records', '192.0.2.1')
  for (const n of [1, 2, 3]) await read('pears', `192.0.2.${n}`)
  await read('quinces/exports/csv', '192.0.2.1')
  await read('quinces/records', '192.0.2.2')
  // None of these is a reader's.
  await read('quinces/records', '192.0.2.3', 'HEAD')
  await read('quinces/records?where=nothing%20%3D', '192.0.2.4')
  await server.expect(200, 'GET', `${explorePath}/quinces/records`, { auth: 'admin' })
  assert.equal((await read('secrets/records', '192.0.2.5')).status, 404)
  await server.expect(200, 'GET', `${explorePath}/secrets/records`, { auth: 'admin' })

  ahead += 6 * minuteMs
  const expected = [
    ['pears', 3, 3, 0],
    ['quinces', 2, 2, 1],
    ['apples', 1, 9, 0],
  ] as const
  // The table is made anew behind the answers.
  let found = await listed()
  while (found[0]![0] !== 'pears') found = await listed()
  assert.deepEqual(found, expected)
  const { json: plain } = await server.expect(200, 'GET', explorePath)
  assert.equal(plain.results[0].metas.explore, undefined, 'only where it is asked for')
  const one = await server.expect(200, 'GET', `${explorePath}/quinces?include_app_metas=true`, {
    auth: 'admin',
  })
  assert.equal(one.json.metas.explore.download_count, 1)
  assert.equal(one.headers.get('etag'), null)

  const { text: home } = await server.request('GET', '/', { auth: 'none', headers: { accept: 'text/html' } })
  const used = home.slice(home.indexOf('id="popular"'))
  assert.ok(used.indexOf('/dataset/pears/') < used.indexOf('/dataset/quinces/'), used.slice(0, 3000))
  assert.ok(!home.includes('secrets'))
  const { text: sorted } = await server.request('GET', '/explore?sort=explore.popularity_score', {
    auth: 'none',
  })
  assert.ok(sorted.indexOf('/dataset/quinces/') < sorted.indexOf('/dataset/apples/'))

  // An hour later the same reader counts again; what was counted is there after a restart, and fades.
  ahead += 60 * minuteMs
  await read('apples/records', '192.0.2.1')
  await server.stop()
  server = await server.startAgain()
  assert.deepEqual(
    (await listed()).map(([id, , calls]) => [id, calls]),
    [
      ['pears', 3],
      ['apples', 10],
      ['quinces', 2],
    ],
  )
  ahead += 30 * 24 * 60 * minuteMs
  await server.expect(204, 'DELETE', `/api/management/v2/datasets/${(await idOf('pears')).dataset_uid}`)
  const [[first, score]] = (await listed()) as unknown as [readonly [string, number]]
  assert.equal(first, 'apples')
  assert.ok(score > 0.99 && score < 1.01, `two readers of a month ago weigh as one: ${score}`)

  async function idOf(id: string) {
    return (await server.expect(200, 'GET', `${explorePath}/${id}`, { auth: 'admin' })).json as {
      dataset_uid: string
    }
  }
})

test('a catalog of long descriptions is made in little memory', async (t) => {
  const server = await startInProcess(t, { BROADSHEET_QUERY_MEMORY_MB: '64' })
  const ids = ['one', 'two', 'three', 'four']
  for (const id of ids) {
    const description = `${'Some words of a long description. '.repeat(2000)} The last is ${id}ish`
    const metas = { default: { title: id, description } }
    await server.publishFile(id, { filename: `${id}.csv`, content: 'a\n1\n', extractor: 'csvfile', metas })
  }
  const found = async (query: string) =>
    (await server.expect(200, 'GET', `${explorePath}${query}`)).json.results.map(
      ({ dataset_id }: { dataset_id: string }) => dataset_id,
    )
  assert.deepEqual(await found('?order_by=title'), ids.toSorted())
  assert.deepEqual(await found('?where=%22threeish%22'), ['three'])
})
