/** What a job and a dataset tell while things happen, and to those who come back. */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { sql } from 'kysely'
import { openControl } from '../../src/control/index.ts'
import { appendEvent, deleteFinishedJobs, listEvents } from '../../src/jobs/index.ts'
import { addUser } from '../support/accounts.ts'
import { basicAuthorization, type EventReader, readEvents } from '../support/event-source.ts'
import { visitsCsv } from '../support/fixtures.ts'
import { explorePath, managementPath } from '../support/http-client.ts'
import { createDatabase, forEachDatabase, postgresSkipped } from '../support/postgres.ts'
import { memoryOf } from '../support/processes.ts'
import { startServer, type TestServer } from '../support/server.ts'

const spec = (rows: number) => ({
  filename: 'visits.csv',
  content: visitsCsv(rows),
  extractor: 'csvfile',
})

function follow(server: TestServer, path: string, lastEventId?: string): Promise<EventReader> {
  return readEvents(`${server.url}${managementPath}${path}`, {
    authorization: basicAuthorization(server.admin),
    ...(lastEventId === undefined ? {} : { lastEventId }),
  })
}

const kindsOf = (reader: EventReader) => reader.events.map(({ event }) => event)
const idsOf = (reader: EventReader) => reader.events.map(({ id }) => id)

function assertRising(ids: readonly number[]): void {
  for (const [index, id] of ids.entries()) {
    if (index > 0) assert.ok(id > ids[index - 1]!, `${ids.join()} does not rise`)
  }
}

forEachDatabase(
  (database, options) => {
    test(
      `a job's stream tells its life from the first event and closes with the last (${database})`,
      options,
      async (t) => {
        const server = await startServer(t, { database })
        const dataset = await server.createDataset('visits', spec(3000))
        const watching = await follow(server, `/datasets/${dataset.datasetUid}/events`)
        assert.equal(watching.status, 200)
        assert.match(watching.headers.get('content-type') ?? '', /^text\/event-stream/)
        assert.equal(watching.headers.get('cache-control'), 'no-store')
        const jobId = await server.publish(dataset.datasetUid)
        const reader = await follow(server, `/jobs/${jobId}/events`)
        await reader.ended
        assert.equal(reader.retryMs(), 1000)
        const kinds = kindsOf(reader)
        assert.deepEqual([kinds[0], kinds[1], kinds.at(-1)], ['job.waiting', 'job.started', 'job.done'])
        assert.equal(kinds.filter((kind) => kind === 'job.done').length, 1)
        assertRising(idsOf(reader))
        const { data } = reader.events.at(-1)!
        const job = (await server.expect(200, 'GET', `${managementPath}/jobs/${jobId}`)).json
        assert.equal(data.job_id, jobId)
        assert.equal(data.dataset_uid, dataset.datasetUid)
        assert.equal(data.function, 'publish')
        assert.deepEqual(data.result, job.result)
        assert.deepEqual(data.phases, job.phases)

        // The dataset's stream tells the same and the switch, which is one transaction with the outcome.
        const done = await watching.find(({ event }) => event === 'job.done')
        const switched = await watching.find(({ event }) => event === 'publication.switched')
        assert.deepEqual(switched.data, {
          id: switched.id,
          type: 'publication.switched',
          at: switched.data.at,
          dataset_uid: dataset.datasetUid,
          job_id: jobId,
          change: 'publish',
          published: true,
          generation_uid: job.result.generation_uid,
          records_count: 3000,
          partial: false,
        })
        assert.equal(done.id, reader.events.at(-1)!.id)
        watching.close()

        // What has ended is told again to whoever asks, and to one who has seen the end: nothing more will come.
        const again = await follow(server, `/jobs/${jobId}/events`)
        await again.ended
        assert.equal(kindsOf(again).at(-1), 'job.done')
        const rest = await follow(server, `/jobs/${jobId}/events`, String(again.events.at(-2)!.id))
        await rest.ended
        assert.deepEqual(kindsOf(rest), ['job.done'])
        assert.equal((await follow(server, `/jobs/${jobId}/events`, rest.lastEventId())).status, 204)
      },
    )

    test(
      `a reader who comes back after a break and a restart has every event once (${database})`,
      options,
      async (t) => {
        const server = await startServer(t, { database })
        const { datasetUid } = await server.createDataset('visits', spec(200))
        const base = `${managementPath}/datasets/${datasetUid}`
        const seen: EventReader['events'][number][] = []
        let reader = await follow(server, `/datasets/${datasetUid}/events`, '0')
        await server.jobDone(await server.publish(datasetUid))
        await reader.find(({ event }) => event === 'job.done')
        reader.close()
        await reader.ended.catch(() => {})
        seen.push(...reader.events)

        await server.jobDone(await server.order('PUT', `${base}/save_version`))
        reader = await follow(server, `/datasets/${datasetUid}/events`, reader.lastEventId())
        await reader.find(({ event, data }) => event === 'job.done' && data.function === 'save_version')
        await server.stop()
        await reader.ended
        seen.push(...reader.events)

        const restarted = await server.startAgain()
        await restarted.jobDone(await restarted.order('PUT', `${base}/unpublish`))
        reader = await follow(restarted, `/datasets/${datasetUid}/events`, reader.lastEventId())
        await reader.find(({ event, data }) => event === 'job.done' && data.function === 'unpublish')
        reader.close()
        await reader.ended.catch(() => {})
        seen.push(...reader.events)

        assertRising(seen.map(({ id }) => id))
        const lasting = seen.filter(({ event }) => event !== 'job.progress')
        assert.deepEqual(
          lasting.map(({ event, data }) =>
            event.startsWith('job.') ? `${event} ${data.function}` : `${event} ${data.change}`,
          ),
          [
            'job.waiting publish',
            'job.started publish',
            'publication.switched publish',
            'job.done publish',
            'job.waiting save_version',
            'job.started save_version',
            'job.done save_version',
            'job.waiting unpublish',
            'job.started unpublish',
            'publication.switched unpublish',
            'job.done unpublish',
          ],
        )
        // A deleted dataset says so, and its stream ends.
        const last = await follow(restarted, `/datasets/${datasetUid}/events`)
        await restarted.expect(204, 'DELETE', base)
        await last.ended
        assert.deepEqual(kindsOf(last), ['dataset.deleted'])
      },
    )
  },
  { isLong: true },
)

test('another process on the same database is heard at once', {
  skip: postgresSkipped,
}, async (t) => {
  const databaseUrl = await createDatabase()
  const server = await startServer(t, {
    env: { DATABASE_URL: databaseUrl, BROADSHEET_HEARTBEAT_MS: '300000' },
    database: 'sqlite',
  })
  const { datasetUid } = await server.createDataset('visits', spec(5))
  const reader = await follow(server, `/datasets/${datasetUid}/events`)
  const other = await openControl({ databaseUrl, sqlitePath: '' })
  t.after(() => other.close())
  const tell = (n: number) =>
    other.db.transaction().execute((trx) =>
      appendEvent(trx, {
        subject: datasetUid,
        jobUid: '',
        kind: 'publication.switched',
        now: 1,
        data: { n },
      }),
    )
  // Two transactions that overlap are numbered in the order of their commits: the second waits for the first.
  await Promise.all([tell(1), tell(2), tell(3)])
  await reader.find(({ data }) => data.n === 3)
  await reader.find(({ data }) => data.n === 2)
  await reader.find(({ data }) => data.n === 1)
  assert.deepEqual(idsOf(reader), [1, 2, 3])
  await assert.rejects(
    other.db.transaction().execute(async (trx) => {
      await appendEvent(trx, {
        subject: datasetUid,
        jobUid: '',
        kind: 'publication.switched',
        now: 1,
        data: { n: 0 },
      })
      throw new Error('rolled back')
    }),
    /rolled back/,
  )
  await tell(4)
  await reader.find(({ data }) => data.n === 4)
  assert.deepEqual(idsOf(reader), [1, 2, 3, 4], 'what is rolled back takes no number and is not told')

  // The connection that listens is cut: another is opened, and what was said meanwhile is not missed.
  await sql`select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen%'`.execute(
    other.db,
  )
  await tell(5)
  await reader.find(({ data }) => data.n === 5)
  reader.close()
})

test('event streams keep quiet company, keep to permissions, and let a server stop', async (t) => {
  const server = await startServer(t, { database: 'sqlite', env: { BROADSHEET_HEARTBEAT_MS: '100' } })
  const { datasetUid, job } = await server.publishFile('visits', spec(50))

  await t.test('a silent stream is kept alive by comments', async () => {
    const reader = await follow(server, `/datasets/${datasetUid}/events`)
    await reader.nextComment()
    await reader.nextComment()
    assert.deepEqual(reader.events, [])
    reader.close()
  })

  await t.test('who may not read the job or the dataset may not follow it either', async () => {
    const stranger = addUser(server, 'stranger', { user: ['create_dataset'], key: ['create_dataset'] })
    for (const jobId of [job.job_id, 'f'.repeat(40), 'x'])
      await server.expect(404, 'GET', `${managementPath}/jobs/${jobId}/events`, { auth: stranger })
    await server.expect(403, 'GET', `${managementPath}/datasets/${datasetUid}/events`, { auth: stranger })
    await server.expect(401, 'GET', `${managementPath}/datasets/${datasetUid}/events`, { auth: 'none' })
    await server.expect(404, 'GET', `${managementPath}/datasets/nothing/events`)
    await server.expect(200, 'HEAD', `${managementPath}/datasets/${datasetUid}/events`)
  })

  await t.test('an id that no stream has sent is refused; one from the future is taken as now', async () => {
    for (const id of ['-1', '1.5', 'x', '9'.repeat(30)]) {
      const answer = await server.expect(400, 'GET', `${managementPath}/datasets/${datasetUid}/events`, {
        headers: { 'Last-Event-ID': id },
      })
      assert.match(answer.json.message, /Last-Event-ID/)
    }
    const reader = await follow(server, `/datasets/${datasetUid}/events`, '999999')
    await server.jobDone(await server.publish(datasetUid))
    await reader.find(({ event }) => event === 'job.done')
    reader.close()
  })

  await t.test('a key that is revoked ends its streams', async () => {
    const apikey = await server.createApiKey(['edit_dataset'])
    const reader = await readEvents(`${server.url}${managementPath}/datasets/${datasetUid}/events`, {
      authorization: `Apikey ${apikey}`,
    })
    await reader.nextComment()
    await server.expect(204, 'DELETE', `${managementPath}/apikeys/${apikey}`)
    await reader.ended
  })

  await t.test('a reader that takes nothing makes the server wait, not grow', async () => {
    const { hostname, port } = new URL(server.url)
    const control = await openControl({
      databaseUrl: null,
      sqlitePath: `${server.dataDirectory}/control.sqlite`,
    })
    t.after(() => control.close())
    const text = 'x'.repeat(50_000)
    const socket = connect(Number(port), hostname)
    const path = `${managementPath}/datasets/${datasetUid}/events`
    socket.pause()
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: ${basicAuthorization(server.admin)}\r\nLast-Event-ID: 0\r\n\r\n`,
    )
    t.after(() => socket.destroy())
    const before = memoryOf(server.pid)!.residentMb
    for (let batch = 0; batch < 20; batch++) {
      await control.db.transaction().execute(async (trx) => {
        for (let n = 0; n < 100; n++)
          await appendEvent(trx, {
            subject: datasetUid,
            jobUid: '',
            kind: 'publication.switched',
            now: 2,
            data: { text },
          })
      })
      await server.expect(200, 'GET', `${explorePath}/visits/records?limit=1`)
    }
    const grownMb = memoryOf(server.pid)!.residentMb - before
    assert.ok(grownMb < 60, `100 MB of events for a reader that takes none cost ${grownMb} MB`)
    socket.destroy()
  })

  await t.test('a server that stops ends its streams, and the reader knows where to go on', async () => {
    const reader = await follow(server, `/datasets/${datasetUid}/events`)
    await reader.nextComment()
    assert.equal(await server.stop(), 0)
    await reader.ended
    assert.match(reader.lastEventId(), /^\d+$/)
  })
})

test('progress is a state in passing: a job leaves a handful of events, and they go with it', async (t) => {
  const server = await startServer(t, { database: 'sqlite' })
  const { datasetUid, job } = await server.publishFile('visits', spec(2000))
  await server.stop()
  const control = await openControl({
    databaseUrl: null,
    sqlitePath: `${server.dataDirectory}/control.sqlite`,
  })
  t.after(() => control.close())
  const query = { subject: datasetUid, jobUid: job.job_id, after: 0, limit: 1000 }
  const events = await listEvents(control.db, query)
  assert.ok(events.length <= 10, events.map(({ kind }) => kind).join())
  await deleteFinishedJobs(control.db, events.at(-1)!.at + 1)
  assert.deepEqual(await listEvents(control.db, query), [])
})
