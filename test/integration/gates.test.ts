/** Gates hold a publish, with the numbers, until somebody lets it through; nothing that readers see changes meanwhile. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addUser } from '../support/accounts.ts'
import { visitsCsv } from '../support/fixtures.ts'
import { type Client, type CreatedDataset, explorePath, managementPath } from '../support/http-client.ts'
import { forEachDatabase } from '../support/postgres.ts'
import { shareServer, startServer } from '../support/server.ts'

const rowsOf = (count: number, line: (n: number) => string, header = 'code,name,price,day') =>
  `${[header, ...Array.from({ length: count }, (_, n) => line(n))].join('\n')}\n`
const good = (count: number) =>
  rowsOf(count, (n) => `K${n},name ${n},${n % 50},2031-01-${String(1 + (n % 28)).padStart(2, '0')}`)

const baseOf = (dataset: CreatedDataset) => `${managementPath}/datasets/${dataset.datasetUid}`
async function statusOf(server: Client, dataset: CreatedDataset) {
  return (await server.expect(200, 'GET', `${baseOf(dataset)}/status`)).json
}
async function countOf(server: Client, datasetId: string): Promise<number> {
  return (await server.expect(200, 'GET', `${explorePath}/${datasetId}/records?limit=0`)).json.total_count
}
async function publishNext(server: Client, dataset: CreatedDataset, content: string, query = '') {
  await server.replaceFile(dataset, 'next.csv', content)
  return server.jobDone(await server.order('PUT', `${baseOf(dataset)}/publish${query}`))
}
const gatesOf = (job: { result?: { gates?: { gate: string; field?: string }[] } }) =>
  (job.result?.gates ?? []).map(({ gate, field }) => (field === undefined ? gate : `${gate} ${field}`))

const shared = {
  sqlite: shareServer({ database: 'sqlite' }),
  postgres: shareServer({ database: 'postgres' }),
}

forEachDatabase(
  (database, options) => {
    test(
      `a publish that loses too many records is held until a user lets it through (${database})`,
      options,
      async () => {
        const server = await shared[database]()
        const dataset = await server.publishFile('losing', { filename: 'shops.csv', content: good(100) })
        const base = baseOf(dataset)
        const off = (await server.expect(200, 'GET', `${base}/gates`)).json
        assert.equal(off.enabled, false)
        const defaults = (await server.expect(200, 'PUT', `${base}/gates`, { body: {} })).json
        assert.deepEqual({ ...defaults, enabled: false }, off)
        assert.deepEqual((await server.expect(200, 'GET', `${base}/gates`)).json, defaults)

        const passed = await publishNext(server, dataset, good(85))
        assert.equal(passed.result.held, undefined)
        assert.equal(await countOf(server, 'losing'), 85)
        const grown = await publishNext(server, dataset, good(1000))
        assert.equal(grown.result.held, undefined, 'growth is never held')

        const held = await publishNext(server, dataset, good(700))
        assert.equal(held.result.held, true)
        assert.equal(held.result.records_count, 1000)
        assert.equal(held.result.built_records_count, 700)
        assert.deepEqual(held.result.gates, [
          {
            gate: 'record_loss_percent',
            limit: 20,
            was: 1000,
            is: 700,
            message: '300 of 1,000 records are gone (30 %); at most 20 % may go',
          },
        ])
        assert.equal(await countOf(server, 'losing'), 1000)
        const status = await statusOf(server, dataset)
        assert.equal(status.name, 'idle')
        assert.deepEqual(
          [status.held.generation_uid, status.held.job_id, status.held.gates],
          [held.result.generation_uid, held.job_id, held.result.gates],
        )
        const expanded = (await server.expect(200, 'GET', `${base}?expand=status`)).json.status
        assert.deepEqual(expanded.held, status.held)

        // Without the word it is held again; with it, it is shown at once, and who said so is written down.
        const path = `${base}/publish?generation=${held.result.generation_uid}`
        const again = await server.jobDone(await server.order('PUT', path))
        assert.equal(again.result.held, true)
        const through = await server.jobDone(await server.order('PUT', `${path}&override=gates`))
        assert.equal(through.result.held, undefined)
        assert.ok(!through.progresses.some(({ step }) => step === 'extract' || step === 'check'))
        assert.equal(await countOf(server, 'losing'), 700)
        assert.equal((await statusOf(server, dataset)).held, undefined)
        const job = (await server.expect(200, 'GET', `${managementPath}/jobs/${through.job_id}`)).json
        assert.deepEqual(job.params.override, ['gates'])
        const [override] = (await server.expect(200, 'GET', `${base}/gates/overrides`)).json
        assert.deepEqual(
          [override.user.username, override.job_id, override.override, override.gates[0].gate],
          ['admin', through.job_id, ['gates'], 'record_loss_percent'],
        )
      },
    )

    test(
      `what is held is dismissed, or superseded by a publish that passes (${database})`,
      options,
      async (t) => {
        const server = await startServer(t, { database })
        const dataset = await server.publishFile('shops', { filename: 'shops.csv', content: good(100) })
        const base = baseOf(dataset)
        await server.expect(200, 'PUT', `${base}/gates`, { body: { record_loss_percent: 5 } })
        await server.expect(404, 'DELETE', `${base}/held`)
        assert.equal((await publishNext(server, dataset, good(50))).result.held, true)
        await server.expect(204, 'DELETE', `${base}/held`)
        assert.equal((await statusOf(server, dataset)).held, undefined)
        const second = await publishNext(server, dataset, good(51))
        assert.equal((await statusOf(server, dataset)).held.generation_uid, second.result.generation_uid)
        assert.equal((await publishNext(server, dataset, good(99))).result.held, undefined)
        assert.equal((await statusOf(server, dataset)).held, undefined)
        // What readers see is another thing now, or nothing: it no longer waits to be shown in place of what was.
        const { version_uid } = (await server.jobDone(await server.order('PUT', `${base}/save_version`)))
          .result
        assert.equal((await publishNext(server, dataset, good(20))).result.held, true)
        await server.jobDone(
          await server.order('PUT', `${base}/versions/${version_uid}/restore?restore=data`),
        )
        assert.equal((await statusOf(server, dataset)).held, undefined)
        assert.equal((await publishNext(server, dataset, good(21))).result.held, true)
        await server.jobDone(await server.order('PUT', `${base}/unpublish`))
        assert.equal((await statusOf(server, dataset)).held, undefined)
        await server.jobDone(await server.order('PUT', `${base}/undo_unpublish`))
        // Gates taken away hold nothing; a restart forgets nothing.
        assert.equal((await publishNext(server, dataset, good(20))).result.held, true)
        await server.stop()
        const next = await server.startAgain()
        assert.equal((await statusOf(next, dataset)).held.gates.length, 1)
        await next.expect(204, 'DELETE', `${base}/gates`)
        assert.equal((await publishNext(next, dataset, good(10))).result.held, undefined)
        assert.equal(await countOf(next, 'shops'), 10)
      },
    )
  },
  { isLong: true },
)

test('each gate finds its fault and says it in numbers', async () => {
  const server = await shared.sqlite()
  const dataset = await server.publishFile('judged', { filename: 'shops.csv', content: good(100) })
  const base = baseOf(dataset)
  const off = {
    record_loss_percent: null,
    min_records: null,
    field_lost: false,
    type_changed: false,
    null_share_points: null,
  }
  async function judged(gates: object, content: string) {
    await server.expect(200, 'PUT', `${base}/gates`, { body: { ...off, ...gates } })
    const job = await publishNext(server, dataset, content)
    if (job.result.held !== true) return null
    assert.equal(await countOf(server, 'judged'), 100)
    return job.result.gates.map(({ message: _message, ...failure }: { message: string }) => failure)
  }
  const renamed = good(100).replace('price', 'cost')
  assert.deepEqual(await judged({ field_lost: true }, renamed), [
    { gate: 'field_lost', field: 'price', limit: null, was: 'int', is: null },
  ])
  const retyped = good(100).replace(',7,', ',seven,')
  assert.deepEqual(await judged({ type_changed: true }, retyped), [
    { gate: 'type_changed', field: 'price', limit: null, was: 'int', is: 'text' },
  ])
  const hollow = rowsOf(100, (n) => `K${n},name ${n},${n < 60 ? '' : n},2031-01-01`)
  const hole = { field: 'price', was: 0, is: 60 }
  assert.deepEqual(await judged({ null_share_points: 50, required_fields: ['code', 'price'] }, hollow), [
    { gate: 'null_share_points', limit: 50, ...hole },
    { gate: 'required_fields', limit: 0, ...hole },
  ])
  assert.deepEqual(await judged({ null_share_points_by_field: { price: 10 } }, hollow), [
    { gate: 'null_share_points', limit: 10, ...hole },
  ])
  // What is wrong with each of several fields is told by the gates that look at it, and by no other.
  const odd = rowsOf(100, (n) => {
    const code = n === 5 ? "x'); drop table gates; --" : `K${n}`
    const day = n === 8 ? '1931-01-09' : `2031-01-${String(1 + (n % 28)).padStart(2, '0')}`
    return `${code},${n < 3 ? 'same' : `name ${n}`},${n === 7 ? 7000 : n < 3 ? 1 : n % 50},${day}`
  })
  const gates = {
    unique_keys: [['code'], ['name', 'price']],
    ranges: { price: { min: 0, max: 100 }, day: { min: '2000-01-01' } },
    patterns: { code: 'K[0-9]+' },
  }
  assert.deepEqual(await judged(gates, odd), [
    { gate: 'unique_keys', field: 'name, price', limit: 0, was: null, is: 3 },
    {
      gate: 'ranges',
      field: 'price',
      limit: { min: 0, max: 100 },
      was: null,
      is: { outside: 1, min: 0, max: 7000 },
    },
    {
      gate: 'ranges',
      field: 'day',
      limit: { min: '2000-01-01', max: null },
      was: null,
      is: { outside: 1, min: '1931-01-09', max: '2031-01-28' },
    },
    { gate: 'patterns', field: 'code', limit: 'K[0-9]+', was: null, is: 1 },
  ])
  assert.deepEqual(await judged({ min_records: 101 }, good(99)), [
    { gate: 'min_records', limit: 101, was: null, is: 99 },
  ])
  // Everything at once, and all of it passes.
  const all = {
    record_loss_percent: 0,
    min_records: 100,
    field_lost: true,
    type_changed: true,
    null_share_points: 0,
    required_fields: ['code', 'name', 'price', 'day'],
    unique_keys: [['code']],
    ranges: { price: { min: 0, max: 49 }, day: { min: '2031-01-01', max: '2031-12-31' } },
    patterns: { code: 'K\\d+', day: '\\d{4}-\\d\\d-\\d\\d' },
  }
  assert.equal(await judged(all, good(101)), null)
  assert.equal(await countOf(server, 'judged'), 101)
})

test('a first publish has only absolute gates, an aborted one none, and an unchanged one is not judged again', async () => {
  const server = await shared.sqlite()
  const dataset = await server.createDataset('visits', { filename: 'visits.csv', content: visitsCsv(50) })
  const base = baseOf(dataset)
  await server.expect(200, 'PUT', `${base}/gates`, { body: { min_records: 60 } })
  const first = await server.jobDone(await server.publish(dataset.datasetUid))
  assert.deepEqual(gatesOf(first), ['min_records'])
  assert.equal(first.result.published, false)
  await server.expect(404, 'GET', `${explorePath}/visits/records`)
  const full = await publishNext(server, dataset, visitsCsv(70))
  assert.equal(full.result.published, true)
  await server.expect(200, 'PUT', `${base}/gates`, { body: { min_records: 1_000_000 } })
  const unchanged = await server.jobDone(await server.publish(dataset.datasetUid))
  assert.deepEqual([unchanged.result.reused, unchanged.result.held], [true, undefined])

  await server.replaceFile(dataset, 'many.csv', visitsCsv(400_000))
  const jobId = await server.publish(dataset.datasetUid)
  await server.waitForJob(jobId, {
    until: ({ progresses }) => Number(progresses.at(-1)?.records_processed ?? 0) > 0,
  })
  await server.order('PUT', `${base}/abort_processing`)
  const aborted = await server.jobDone(jobId)
  assert.equal(aborted.result.aborted, true)
  assert.equal(aborted.result.held, undefined)
  assert.equal(await countOf(server, 'visits'), aborted.result.records_count)
})

test('bad gates are refused one by one, and only editors set them, only publishers let through', async () => {
  const server = await shared.sqlite()
  const dataset = await server.publishFile('refused', { filename: 'shops.csv', content: good(100) })
  const base = baseOf(dataset)
  for (const body of [
    { record_loss_percent: 101 },
    { record_loss_percent: '20' },
    { min_records: -1 },
    { min_records: 1.5 },
    { field_lost: 'yes' },
    { null_share_points_by_field: { 'no name': 1 } },
    { required_fields: ['"; drop table x'] },
    { unique_keys: [[]] },
    { unique_keys: ['code'] },
    { ranges: { price: {} } },
    { ranges: { price: { min: 5, max: 1 } } },
    { ranges: { price: { min: 'cheap' } } },
    { ranges: { price: { min: 1, max: '2031-01-01' } } },
    { patterns: { code: '(' } },
    { patterns: { code: '(?=look)' } },
    { patterns: { code: '' } },
    { no_such_gate: 1 },
    { ranges: [] },
  ]) {
    const { json } = await server.expect(400, 'PUT', `${base}/gates`, { body })
    assert.equal(json.error_key, 'InvalidGatesException', JSON.stringify(body))
  }
  const both = (
    await server.expect(400, 'PUT', `${base}/gates`, { body: { min_records: -1, field_lost: 3 } })
  ).json
  assert.equal(both.errors.length, 2)
  await server.expect(400, 'PUT', `${base}/gates`, {
    body: '[]',
    headers: { 'Content-Type': 'application/json' },
  })
  assert.equal((await server.expect(200, 'GET', `${base}/gates`)).json.enabled, false)

  const editor = addUser(server, 'editor', { user: ['edit_dataset'], key: ['edit_dataset'] })
  await server.expect(200, 'PUT', `${base}/gates`, { body: {}, auth: editor })
  const held = await publishNext(server, dataset, good(10))
  const exposes = `${base}/publish?generation=${held.result.generation_uid}&override=gates`
  await server.expect(403, 'PUT', exposes, { auth: editor })
  await server.expect(403, 'DELETE', `${base}/held`, { auth: editor })
  for (const path of ['gates', 'gates/overrides']) {
    await server.expect(401, 'GET', `${base}/${path}`, { auth: 'none' })
  }
  assert.equal(await countOf(server, 'refused'), 100)
})
