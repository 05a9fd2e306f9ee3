/** Pushed records: kept before they are acknowledged, published soon, deleted, dropped, recovered, never lost. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type Answer, explorePath, managementPath } from '../support/http-client.ts'
import { forEachDatabase } from '../support/postgres.ts'
import { shareServer, startServer, type TestServer } from '../support/server.ts'

const quick = { BROADSHEET_REALTIME_SECONDS: '1' }

interface Records {
  readonly total_count: number
  readonly results: Record<string, unknown>[]
}

/** A published dataset with one resource that takes records. */
async function open(server: TestServer, datasetId: string, hasIds = false) {
  const created = await server.expect(201, 'POST', `${managementPath}/datasets`, {
    body: { dataset_id: datasetId },
  })
  const datasetUid = String(created.json.dataset_uid)
  const base = `${managementPath}/datasets/${datasetUid}`
  const { json: resource } = await server.expect(201, 'POST', `${base}/resources/`, {
    body: { type: 'realtime', title: 'Sensors' },
  })
  if (hasIds) {
    const body = { name: 'annotate', args: { field: 'sensor', annotation: 'id' } }
    await server.expect(201, 'POST', `${base}/fields_specifications/`, { body })
  }
  let key = String(resource.push_key)
  const path = `/api/push/1.0/${datasetId}/${resource.resource_uid}`
  const send = (server: TestServer, what: string, body: unknown, headers = {}): Promise<Answer> =>
    server.request('POST', `${path}/${what}/?pushkey=${key}`, { body, headers })
  const state = async (server: TestServer) =>
    (await server.expect(200, 'GET', `${base}/resources/${resource.resource_uid}/realtime`)).json
  const records = async (server: TestServer, query = ''): Promise<Records> =>
    (await server.expect(200, 'GET', `${explorePath}/${datasetId}/records?limit=100&${query}`)).json
  return {
    datasetUid,
    resource,
    base,
    path,
    state,
    records,
    send,
    useKey: (other: string) => {
      key = other
    },
    async push(server: TestServer, body: unknown) {
      const answer = await send(server, 'push', body)
      assert.deepEqual([answer.status, answer.json], [200, { status: 'OK' }], answer.text)
    },
    /** Until readers see all that was pushed. */
    async settled(server: TestServer): Promise<Records> {
      while ((await state(server)).waiting_pushes > 0) await delay(50)
      return records(server)
    },
  }
}

const shared = {
  sqlite: shareServer({ database: 'sqlite', env: quick }),
  postgres: shareServer({ database: 'postgres', env: quick }),
}
const values = ({ results }: Records, name: string) => results.map((row) => row[name])

forEachDatabase(
  (database, options) => {
    test(
      `pushed records are published by themselves, and unknown members become fields (${database})`,
      options,
      async () => {
        const server = await shared[database]()
        const stream = await open(server, 'stream')
        const refused = await stream.send(server, 'push', { n: 1 })
        assert.deepEqual([refused.status, refused.json.key], [400, 'realtime.not_published'])
        await server.jobDone(await server.publish(stream.datasetUid))
        assert.equal((await stream.records(server)).total_count, 0)

        await stream.push(server, { n: 1, at: '2031-05-01T10:00:00Z' })
        await stream.push(server, [{ n: 2 }, { n: 3, place: { lon: 4.8, lat: 45.7 }, tag: 'new' }])
        const seen = await stream.settled(server)
        assert.deepEqual(
          [seen.total_count, values(seen, 'n'), values(seen, 'tag')],
          [3, [1, 2, 3], [null, null, 'new']],
        )
        assert.equal(seen.results[0]!.at, '2031-05-01T10:00:00+00:00')

        // Many pushes, few publishes.
        const before = (await server.expect(200, 'GET', `${managementPath}/jobs?rows=100`)).json.length
        for (let n = 4; n <= 40; n++) await stream.push(server, { n })
        assert.equal((await stream.settled(server)).total_count, 40)
        const jobs = (await server.expect(200, 'GET', `${managementPath}/jobs?rows=100`)).json
        assert.ok(jobs.length - before < 12, `${jobs.length - before} publishes for 37 pushes`)
        assert.equal(jobs[0].params.cause, 'realtime')
        const state = await stream.state(server)
        assert.deepEqual(
          [state.enabled, state.kept.records, state.kept.pushes, state.live_pushes],
          [true, 40, 39, 39],
        )
        assert.match(state.push_url, /\/api\/push\/1\.0\/stream\/re_[a-z0-9]+\/push\/$/)
        assert.doesNotMatch(JSON.stringify(state), /key/)
      },
    )

    test(`records are deleted by values and by id, and may come again (${database})`, options, async () => {
      const server = await shared[database]()
      const stream = await open(server, 'deletions')
      await server.jobDone(await server.publish(stream.datasetUid))
      await stream.push(
        server,
        [1, 2, 3, 4, 5, 6].map((n) => ({ n, half: Math.floor(n / 2), in: { a: 1, b: n } })),
      )
      await stream.settled(server)
      // Whatever other members it has; the order of members does not matter.
      assert.equal(
        (await stream.send(server, 'delete', [{ half: 1 }, { in: { b: 6, a: 1 }, n: 6 }])).status,
        200,
      )
      assert.deepEqual(values(await stream.settled(server), 'n'), [1, 4, 5])
      await stream.push(server, { n: 2, half: 1, in: { a: 1, b: 2 } })
      const again = await stream.settled(server)
      assert.deepEqual(values(again, 'n'), [1, 4, 5, 2])

      const withIds = await stream.records(server, 'include_app_metas=true&where=n=4')
      const recordId = String(withIds.results[0]!._id)
      const remove = (id: string, key = String(stream.resource.push_key), method = 'GET') =>
        server.request(method, `${stream.path}/${id}/delete/?pushkey=${key}`)
      assert.equal((await remove(recordId, 'no')).status, 401)
      assert.equal((await remove(recordId, String(stream.resource.push_key), 'HEAD')).status, 405)
      assert.equal((await remove('f'.repeat(32))).json.key, 'records.unknown_record')
      assert.equal((await remove("x'y")).json.key, 'records.unknown_record')
      assert.deepEqual((await remove(recordId)).json, { status: 'OK' })
      const without = await stream.settled(server)
      assert.deepEqual(values(without, 'n'), [1, 5, 2])
      assert.ok(!('broadsheet_push' in without.results[0]!))
      await stream.push(server, { n: 4, half: 2, in: { a: 1, b: 4 } })
      assert.deepEqual(
        values(await stream.settled(server), 'n'),
        [1, 5, 2, 4],
        'pushed again, it is there again',
      )
      const { json: dataset } = await server.expect(200, 'GET', `${explorePath}/deletions`)
      assert.ok(dataset.fields.every(({ name }: { name: string }) => name !== 'broadsheet_push'))
    })

    test(
      `an unpublish drops the records; recover brings them back, scratch does not (${database})`,
      options,
      async () => {
        const server = await shared[database]()
        const stream = await open(server, 'recovery', true)
        const order = async (name: string) => server.order('PUT', `${stream.base}/${name}`)
        const nothing = await server.request('PUT', `${stream.base}/recover_realtime_records`)
        assert.equal(nothing.json.error_id, 'realtime.not_published')
        await server.jobDone(await server.publish(stream.datasetUid))
        await stream.push(server, [
          { sensor: 'a', n: 1 },
          { sensor: 'b', n: 2 },
        ])
        await stream.push(server, { sensor: 'a', n: 3 })
        assert.deepEqual(
          values(await stream.settled(server), 'n').sort(),
          [2, 3],
          'the later replaces the earlier',
        )

        await server.jobDone(await order('unpublish'))
        await server.jobDone(await order('undo_unpublish'))
        assert.equal((await stream.settled(server)).total_count, 2, 'undone, nothing is dropped')
        await stream.push(server, { sensor: 'c', n: 4 })
        assert.equal((await stream.settled(server)).total_count, 3)

        await server.jobDone(await order('unpublish'))
        await server.jobDone(await server.publish(stream.datasetUid))
        assert.equal((await stream.records(server)).total_count, 0)
        await stream.push(server, { sensor: 'd', n: 5 })
        assert.deepEqual(values(await stream.settled(server), 'sensor'), ['d'])
        await server.jobDone(await order('recover_realtime_records'))
        assert.deepEqual(values(await stream.records(server), 'sensor').sort(), ['a', 'b', 'c', 'd'])

        await server.jobDone(await order('unpublish'))
        const scratched = await server.expect(200, 'PUT', `${stream.base}/scratch_recovery_data`)
        assert.deepEqual(scratched.json, { pushes_deleted: 4 })
        await server.jobDone(await server.publish(stream.datasetUid))
        await server.jobDone(await order('recover_realtime_records'))
        assert.equal((await stream.records(server)).total_count, 0)
      },
    )
  },
  { isLong: true },
)

test('keys, disabled pushes and resources that take none', async () => {
  const server = await shared.sqlite()
  const stream = await open(server, 'keys')
  await server.jobDone(await server.publish(stream.datasetUid))
  const one = `${stream.base}/resources/${stream.resource.resource_uid}`
  stream.useKey('')
  assert.deepEqual((await stream.send(server, 'push', { n: 1 })).json.key, 'realtime.wrong_key')
  const renewed = await server.expect(200, 'PUT', `${one}/renew_api_key`)
  stream.useKey(String(stream.resource.push_key))
  assert.equal((await stream.send(server, 'push', { n: 1 })).status, 401, 'the old key opens nothing')
  stream.useKey(renewed.json.push_key)
  await stream.push(server, { n: 1 })
  assert.equal((await server.expect(200, 'PUT', `${one}/disable`)).json.enabled, false)
  const disabled = await stream.send(server, 'push', { n: 2 })
  assert.deepEqual([disabled.status, disabled.json.key], [403, 'realtime.disabled'])
  assert.equal((await server.expect(200, 'PUT', `${one}/enable`)).json.enabled, true)
  await stream.push(server, { n: 2 })
  assert.equal((await stream.settled(server)).total_count, 2)
  const other = await server.request(
    'POST',
    `/api/push/1.0/nobody/${stream.resource.resource_uid}/push/?pushkey=x`,
    {
      body: { n: 1 },
    },
  )
  assert.deepEqual([other.status, other.json.key], [404, 'realtime.unknown_resource'])
  for (const path of ['', '/realtime'])
    assert.doesNotMatch((await server.expect(200, 'GET', `${one}${path}`)).text, /push_key/)
  const become = async (type: string, url: string, status = 400) =>
    (await server.expect(status, 'PUT', one, { body: { type, url } })).json
  assert.equal(
    (await become('csvfile', 'https://example.org/a.csv')).error_id,
    'ingest.invalid_source_option',
  )
  assert.equal((await become('realtime', 'realtime://', 200)).type, 'realtime')
  await server.expect(400, 'GET', `${one}/preview`)
  await server.expect(204, 'DELETE', one)
  assert.equal((await stream.send(server, 'push', { n: 3 })).status, 404)
  const others = `${stream.base}/resources`
  const { json: refused } = await server.expect(400, 'POST', others, {
    body: { type: 'csvfile', url: 'realtime://' },
  })
  assert.equal(refused.error_id, 'ingest.invalid_source_option')
})

test('hostile pushes are refused by name, and nothing of them is kept', async () => {
  const server = await shared.sqlite()
  const stream = await open(server, 'hostile')
  await server.jobDone(await server.publish(stream.datasetUid))
  const deep = (levels: number) => `{"a":${'['.repeat(levels)}${']'.repeat(levels)}}`
  for (const [status, key, body, said] of [
    [413, 'http.payload_too_large', JSON.stringify({ a: 'x'.repeat(5_000_001) }), /5000000/],
    [400, 'realtime.invalid_record', deep(100), /deeper than 64/],
    [400, 'http.invalid_json', deep(2_000_000), /./],
    [400, 'http.invalid_json', '{"a":"\\u0000"}', /U\+0000/],
    [400, 'http.invalid_json', '{"a\\u0000b":1', /./],
    [400, 'http.invalid_json', '{"__proto__":{"polluted":1}}', /__proto__/],
    [400, 'http.invalid_json', '[{"a":{"__proto__":1}}]', /__proto__/],
    [400, 'http.invalid_json', '{"a":"\\ud800"}', /surrogate/],
    [400, 'http.invalid_json', '{"a":1', /./],
    [400, 'realtime.invalid_record', '', /no members/],
    [400, 'realtime.invalid_record', '[]', /no records/],
    [400, 'realtime.invalid_record', '{}', /no members/],
    [400, 'realtime.invalid_record', '[{"a":1},[]]', /record 2 is not an object/],
    [400, 'realtime.invalid_record', '"text"', /not an object/],
    [400, 'realtime.invalid_record', 'null', /not an object/],
    [400, 'realtime.invalid_record', '{" ":1}', /without a name/],
    [400, 'realtime.invalid_record', '{"id":12345678901234567890}', /send it as text/],
    [400, 'realtime.invalid_record', '{"a":[{"b":1e400}]}', /send it as text/],
    [400, 'realtime.invalid_record', '{"broadsheet_push":1}', /taken/],
    [
      400,
      'realtime.invalid_record',
      JSON.stringify(Object.fromEntries(Array.from({ length: 501 }, (_, n) => [`m${n}`, n]))),
      /500 members/,
    ],
  ] as const) {
    const answer = await stream.send(server, 'push', body, { 'Content-Type': 'application/json' })
    assert.deepEqual(
      [answer.status, answer.json?.key],
      [status, key],
      `${body.slice(0, 40)}: ${answer.text.slice(0, 200)}`,
    )
    assert.match(answer.json.message, said)
  }
  assert.equal((await stream.state(server)).kept.pushes, 0)
  // Odd, and no reason to refuse.
  await stream.push(server, { constructor: 'c', toString: 't', 'a b': [1, [2]], n: 1e300 })
  const seen = await stream.settled(server)
  assert.equal(seen.total_count, 1)
})

test('nothing that was acknowledged is lost by kill -9', async (t) => {
  let server = await startServer(t, { database: 'sqlite', env: quick })
  const stream = await open(server, 'killed')
  await server.jobDone(await server.publish(stream.datasetUid))
  const acknowledged = new Set<number>()
  let n = 0
  for (let round = 0; round < 2; round++) {
    const running = server
    const enough = Promise.withResolvers<void>()
    const goal = acknowledged.size + 40 + 25 * round
    const senders = Array.from({ length: 4 }, async () => {
      for (;;) {
        const mine = n++
        const answer = await stream.send(running, 'push', { n: mine }).catch(() => null)
        if (answer === null) return
        assert.equal(answer.status, 200, answer.text)
        acknowledged.add(mine)
        if (acknowledged.size >= goal) enough.resolve()
      }
    })
    await enough.promise
    await running.kill()
    await Promise.all(senders)
    server = await running.startAgain()
  }
  const { total_count: total } = await stream.settled(server)
  const seen = new Set<number>()
  for (let offset = 0; offset < total; offset += 100)
    for (const value of values(await stream.records(server, `offset=${offset}&order_by=n`), 'n'))
      seen.add(Number(value))
  const lost = [...acknowledged].filter((value) => !seen.has(value))
  assert.deepEqual(lost, [])
  assert.equal(seen.size, total, 'none is there twice')
  assert.ok(total >= acknowledged.size)
})
