/** Webhooks: who is told what, how often, in which order, and what a crash changes about it. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { giveRuleset, makeUser } from '../support/accounts.ts'
import { visitsCsv } from '../support/fixtures.ts'
import { managementPath } from '../support/http-client.ts'
import { forEachDatabase } from '../support/postgres.ts'
import { until } from '../support/processes.ts'
import { hasValidSignature, startReceiver } from '../support/receiver.ts'
import { shareServer, startServer, type TestServer } from '../support/server.ts'

const quick = {
  BROADSHEET_ALLOW_PRIVATE_ADDRESSES: '1',
  BROADSHEET_RETRY_MS: '20',
  BROADSHEET_WEBHOOK_ATTEMPTS: '3',
}
const spec = { filename: 'visits.csv', content: visitsCsv(20), extractor: 'csvfile' }

interface DeliveryAnswer {
  readonly delivery_uid: string
  readonly state: string
  readonly type: string
  readonly attempts: { readonly status: number | null; readonly error: string | null }[]
}

async function openWebhook(server: TestServer, datasetUid: string, body: object) {
  const base = `${managementPath}/datasets/${datasetUid}/webhooks`
  const { json } = await server.expect(201, 'POST', base, { body })
  const path = `${base}/${json.webhook_uid}`
  const deliveries = async (): Promise<DeliveryAnswer[]> =>
    (await server.expect(200, 'GET', `${path}/deliveries?rows=100`)).json
  async function untilSettled(count: number): Promise<DeliveryAnswer[]> {
    for (;;) {
      const found = await deliveries()
      if (found.length >= count && found.every(({ state }) => state !== 'pending')) return found
      await delay(50)
    }
  }
  return { base, path, secret: String(json.secret), json, deliveries, untilSettled }
}

/** A receiver, and a dataset on a server that calls it. */
async function setUp(t: TestContext, server: TestServer, datasetId: string) {
  const receiver = await startReceiver(t)
  return { receiver, server, ...(await server.createDataset(datasetId, spec)) }
}

const shared = {
  sqlite: shareServer({ database: 'sqlite', env: quick }),
  postgres: shareServer({ database: 'postgres', env: quick }),
}

test('a webhook is told nothing any more once its owner may not read the dataset', async (t) => {
  const { receiver, server, datasetUid } = await setUp(t, await shared.sqlite(), 'left')
  const auth = await makeUser(server, 'vera')
  await giveRuleset(server, datasetUid, 'vera', { permissions: ['edit_dataset'] })
  const base = `${managementPath}/datasets/${datasetUid}`
  const body = { url: `${receiver.url}/vera` }
  const { json } = await server.expect(201, 'POST', `${base}/webhooks`, { auth, body })
  const veras = async () =>
    (await server.expect(200, 'GET', `${base}/webhooks/${json.webhook_uid}/deliveries?rows=100`)).json.length
  const admins = await openWebhook(server, datasetUid, { url: `${receiver.url}/admin` })
  await server.jobDone(await server.publish(datasetUid))
  await admins.untilSettled(2)
  await until(
    async () => (await veras()) === 2,
    () => 'the owner is not told while she may be',
  )
  await server.expect(204, 'DELETE', `${base}/security/users/vera`)
  await server.jobDone(await server.order('PUT', `${base}/unpublish`))
  // Both are fanned out from the same events, hers first.
  await admins.untilSettled(4)
  await server.jobDone(await server.publish(datasetUid))
  await admins.untilSettled(6)
  assert.equal(await veras(), 2)
})

test('a publish that gates hold is told as one that waits', async (t) => {
  const { receiver, server, datasetUid, ...dataset } = await setUp(t, await shared.sqlite(), 'waits')
  await server.jobDone(await server.publish(datasetUid))
  await server.expect(200, 'PUT', `${managementPath}/datasets/${datasetUid}/gates`, { body: {} })
  const webhook = await openWebhook(server, datasetUid, { url: receiver.url })
  await server.replaceFile({ datasetUid, ...dataset }, 'visits.csv', visitsCsv(2))
  const job = await server.jobDone(await server.publish(datasetUid))
  // Nothing else: readers see what they saw.
  await receiver.count(1)
  await webhook.untilSettled(1)
  const { json } = receiver.received[0]!
  assert.equal(json.type, 'job.done')
  assert.deepEqual(json.data.result, job.result)
  assert.deepEqual([job.result.held, job.result.gates[0].gate], [true, 'record_loss_percent'])
})

forEachDatabase(
  (database, options) => {
    test(`a publish is told once, signed, switch before outcome (${database})`, options, async (t) => {
      const { receiver, server, datasetUid } = await setUp(t, await shared[database](), 'told')
      const webhook = await openWebhook(server, datasetUid, { url: `${receiver.url}/hook`, label: 'city' })
      assert.match(webhook.secret, /^whsec_[A-Za-z0-9+/]{43}=$/)
      const jobId = await server.publish(datasetUid)
      const job = await server.jobDone(jobId)
      await receiver.count(2)
      const [switched, done] = receiver.received
      for (const request of [switched!, done!]) {
        assert.ok(hasValidSignature(webhook.secret, request))
        assert.ok(!hasValidSignature('whsec_AAAA', request))
        const age = Date.now() / 1000 - Number(request.headers['webhook-timestamp'])
        assert.ok(Math.abs(age) < 60, `signed ${age} s ago`)
        assert.equal(request.headers['content-type'], 'application/json')
      }
      assert.equal(switched!.json.type, 'publication.switched')
      assert.equal(switched!.json.data.generation_uid, job.result.generation_uid)
      assert.equal(done!.json.type, 'job.done')
      assert.deepEqual(done!.json.data.result, job.result)
      assert.ok(done!.json.data.id > switched!.json.data.id)

      const history = await webhook.untilSettled(2)
      assert.deepEqual(
        history.map(({ state, type, attempts }) => [state, type, attempts.map(({ status }) => status)]),
        [
          ['delivered', 'job.done', [204]],
          ['delivered', 'publication.switched', [204]],
        ],
      )
      assert.equal(history[0]!.delivery_uid, done!.headers['webhook-id'])
      // The secret is in the first answer and in no other.
      const answers = [
        await server.expect(200, 'GET', webhook.base),
        await server.expect(200, 'GET', webhook.path),
        await server.expect(200, 'PUT', webhook.path, { body: { label: 'town' } }),
      ]
      for (const { text } of answers) assert.doesNotMatch(text, /secret|whsec/)
      assert.equal(answers[1]!.json.label, 'city')
      assert.equal(answers[2]!.json.label, 'town')
    })

    test(
      `a delivery is tried again, later ones wait, and one that is given up lets them pass (${database})`,
      options,
      async (t) => {
        const { receiver, server, datasetUid } = await setUp(t, await shared[database](), 'repeated')
        const webhook = await openWebhook(server, datasetUid, { url: receiver.url, events: ['job.done'] })
        const failing = new Map<string, number>()
        let first = ''
        receiver.answer((request, response) => {
          const id = String(request.headers['webhook-id'])
          first ||= id
          failing.set(id, (failing.get(id) ?? 0) + 1)
          // The first is never taken, the second at its second attempt, the others at once.
          const isTaken = id !== first && (failing.size > 2 || failing.get(id)! > 1)
          response.writeHead(isTaken ? 200 : 500).end('no')
        })
        for (let n = 0; n < 3; n++) await server.jobDone(await server.publish(datasetUid))
        const [third, second, dead] = await webhook.untilSettled(3)
        assert.deepEqual(
          [dead!.state, dead!.attempts.map(({ error }) => error)],
          ['dead', Array(3).fill('status 500')],
        )
        assert.deepEqual(
          [second!.state, second!.attempts.map(({ status }) => status)],
          ['delivered', [500, 200]],
        )
        assert.deepEqual([third!.state, third!.attempts.length], ['delivered', 1])
        const order = receiver.received.map(({ headers }) => headers['webhook-id'])
        const [a, b, c] = [dead!, second!, third!].map(({ delivery_uid }) => delivery_uid)
        assert.deepEqual(order, [a, a, a, b, b, c])

        // By hand, the one that was given up goes out once more.
        receiver.answer((_request, response) => response.writeHead(200).end())
        await server.expect(200, 'PUT', `${webhook.path}/deliveries/${a}/redeliver`)
        const again = (await webhook.untilSettled(3)).find(({ delivery_uid }) => delivery_uid === a)!
        assert.deepEqual([again.state, again.attempts.length], ['delivered', 4])
      },
    )

    test(`a crash between commit and delivery loses nothing (${database})`, options, async (t) => {
      const { receiver, server, datasetUid } = await setUp(
        t,
        await startServer(t, { database, env: quick }),
        'crashed',
      )
      const webhook = await openWebhook(server, datasetUid, {
        url: receiver.url,
        events: ['publication.switched'],
      })
      // Taken, but never acknowledged: the server cannot know.
      receiver.answer(() => {})
      await server.jobDone(await server.publish(datasetUid))
      await receiver.count(1)
      await server.kill()
      receiver.answer((_request, response) => response.writeHead(200).end())
      const restarted = await server.startAgain()
      await receiver.count(2)
      const ids = receiver.received.map(({ headers }) => headers['webhook-id'])
      assert.equal(ids[0], ids[1], 'a receiver can tell the repetition by its id')
      for (const request of receiver.received) assert.ok(hasValidSignature(webhook.secret, request))
      await restarted.stop()
    })
  },
  { isLong: true },
)

test('what a webhook may be, and what becomes of one', async (t) => {
  const { receiver, server, datasetUid } = await setUp(t, await shared.sqlite(), 'checked')
  const other = await server.createDataset('other', spec)
  const base = `${managementPath}/datasets/${datasetUid}/webhooks`

  await t.test('addresses and events are checked, with the fault named', async () => {
    for (const url of [
      '',
      'x',
      '/hook',
      'ftp://host/',
      'file:///etc/passwd',
      'http://user:pw@host/',
      'javascript:1',
    ]) {
      const { json } = await server.expect(400, 'POST', base, { body: { url } })
      assert.equal(json.error_key, 'InvalidWebhookURLException', url)
    }
    for (const events of [[], ['job.nothing'], ['__proto__']]) {
      const { json } = await server.expect(400, 'POST', base, { body: { url: receiver.url, events } })
      assert.equal(json.error_key, 'UnknownWebhookEventException')
    }
    await server.expect(400, 'POST', base, { body: {} })
    await server.expect(400, 'POST', base, { body: { url: receiver.url, is_active: 'perhaps' } })
    assert.deepEqual((await server.expect(200, 'GET', base)).json, [])
  })

  await t.test('a webhook of another dataset does not exist here', async () => {
    const webhook = await openWebhook(server, other.datasetUid, { url: receiver.url })
    const path = `${base}/${webhook.json.webhook_uid}`
    for (const [method, suffix] of [
      ['GET', ''],
      ['PUT', ''],
      ['DELETE', ''],
      ['PUT', '/secret'],
      ['GET', '/deliveries'],
      ['PUT', '/deliveries/de_x/redeliver'],
    ]) {
      const { json } = await server.expect(
        404,
        method!,
        `${path}${suffix}`,
        method === 'PUT' ? { body: {} } : {},
      )
      assert.equal(json.error_key, 'UnknownWebhookException', `${method} ${suffix}`)
    }
    await server.expect(204, 'DELETE', webhook.path)
    await server.expect(404, 'GET', webhook.path)
  })

  await t.test('redirects are not followed', async () => {
    const webhook = await openWebhook(server, datasetUid, {
      url: `${receiver.url}/old`,
      events: ['job.done'],
    })
    receiver.answer((_request, response) =>
      response.writeHead(302, { location: `${receiver.url}/new` }).end(),
    )
    await server.jobDone(await server.publish(datasetUid))
    const [delivery] = await webhook.untilSettled(1)
    assert.equal(delivery!.state, 'dead')
    assert.match(delivery!.attempts[0]!.error ?? '', /redirects are not followed/)
    assert.ok(receiver.received.every(({ path }) => path !== '/new'))
    await server.expect(204, 'DELETE', webhook.path)
  })

  await t.test('a paused one is told later; a new secret signs what comes next', async () => {
    receiver.answer((_request, response) => response.writeHead(200).end())
    const webhook = await openWebhook(server, datasetUid, {
      url: `${receiver.url}/paused`,
      events: ['job.done'],
    })
    await server.expect(200, 'PUT', webhook.path, { body: { is_active: false } })
    await server.jobDone(await server.publish(datasetUid))
    assert.deepEqual(await webhook.deliveries(), [])
    const { secret } = (await server.expect(200, 'PUT', `${webhook.path}/secret`)).json
    const before = receiver.received.length
    await server.expect(200, 'PUT', webhook.path, { body: { is_active: true } })
    await receiver.count(before + 1)
    assert.ok(hasValidSignature(secret, receiver.received.at(-1)!))
    assert.ok(!hasValidSignature(webhook.secret, receiver.received.at(-1)!))
    await server.expect(204, 'DELETE', webhook.path)
  })

  await t.test('a failed publish and a deletion are told too', async () => {
    const before = receiver.received.length
    await openWebhook(server, other.datasetUid, {
      url: receiver.url,
      events: ['job.error', 'dataset.deleted'],
    })
    await server.replaceFile(other, 'visits.csv', 'a,b\n1,"never closed\n')
    const job = await server.waitForJob(await server.publish(other.datasetUid))
    assert.equal(job.state, 'error')
    await server.expect(204, 'DELETE', `${managementPath}/datasets/${other.datasetUid}`)
    await receiver.count(before + 2)
    const [failed, deleted] = receiver.received.slice(before)
    assert.equal(failed!.json.type, 'job.error')
    assert.deepEqual(failed!.json.data.error, job.error)
    assert.equal(deleted!.json.type, 'dataset.deleted')
    assert.equal(deleted!.json.data.dataset_uid, other.datasetUid)
  })

  await t.test('a dataset has a bounded number of them', async () => {
    const bodies = Array.from({ length: 20 }, () => ({ url: receiver.url, is_active: false }))
    for (const body of bodies) await server.expect(201, 'POST', base, { body })
    const { json } = await server.expect(400, 'POST', base, { body: bodies[0] })
    assert.equal(json.error_key, 'TooManyWebhooksException')
  })
})

test('addresses that are not public are refused, as an address at once and as a name when it is called', async (t) => {
  const { receiver, server, datasetUid } = await setUp(
    t,
    await startServer(t, { env: { ...quick, BROADSHEET_ALLOW_PRIVATE_ADDRESSES: '0' } }),
    'visits',
  )
  const base = `${managementPath}/datasets/${datasetUid}/webhooks`
  for (const url of [
    receiver.url,
    'http://[::1]/',
    'http://2130706433/',
    'http://169.254.169.254/latest',
    'http://0/',
  ]) {
    const { json } = await server.expect(400, 'POST', base, { body: { url } })
    assert.match(json.message, /not a public address/, url)
  }
  const name = receiver.url.replace('127.0.0.1', 'localhost')
  const webhook = await openWebhook(server, datasetUid, { url: name, events: ['job.done'] })
  await server.jobDone(await server.publish(datasetUid))
  const [delivery] = await webhook.untilSettled(1)
  assert.equal(delivery!.state, 'dead')
  assert.match(delivery!.attempts[0]!.error ?? '', /is not a public address/)
  assert.deepEqual(receiver.received, [])
})
