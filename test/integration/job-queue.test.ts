/** Who runs next, what is tried again and what is not, what a job says of it, and who takes over from the dead. */
import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openControl } from '../../src/control/index.ts'
import { findJob, insertJob } from '../../src/jobs/index.ts'
import { createIds } from '../../src/kernel/index.ts'
import { tempDirectory } from '../support/builder.ts'
import { visitsCsv } from '../support/fixtures.ts'
import { type CreatedDataset, type JobAnswer, managementPath } from '../support/http-client.ts'
import { createDatabase, forEachDatabase, postgresSkipped } from '../support/postgres.ts'
import { childrenOf } from '../support/processes.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { startStuckSource } from '../support/stuck-source.ts'

const csv = visitsCsv(50)
const small = { filename: 'visits.csv', content: csv, extractor: 'csvfile' }
const env = { BROADSHEET_ALLOW_PRIVATE_ADDRESSES: '1', BROADSHEET_RETRY_MS: '30' }
const send = (response: ServerResponse) => response.writeHead(200, { 'content-type': 'text/csv' }).end(csv)

/** Seven rows, of which one has too many cells and two are to be skipped. */
const countedCsv = (word: string) =>
  `id,word\n1,keep\n2,skip\n3,too,many\n4,${word}\n5,skip\n6,keep\n7,keep\n`

/** A dataset whose only resource is at an address. It was never fetched: how large it is nobody knows. */
function createRemote(server: TestServer, datasetId: string, url: string): Promise<CreatedDataset> {
  return server.createDataset(datasetId, { ...small, content: { url } })
}

test('with two builders', async (t) => {
  const source = await startStuckSource(t)
  const home = tempDirectory(t)
  const faults = join(home, 'order.json')
  const server = await startServer(t, {
    database: 'sqlite',
    env: { ...env, NODE_ENV: 'test', BROADSHEET_TEST_FAULTS: faults, BROADSHEET_BUILDERS: '2' },
  })
  const read = async (jobId: string) =>
    (await server.expect(200, 'GET', `${managementPath}/jobs/${jobId}`)).json

  await t.test(
    'a small dataset is not stuck behind large ones; large ones go in the order of their orders',
    async () => {
      const large = []
      for (const name of ['/a', '/b', '/c'])
        large.push({ name, ...(await createRemote(server, `large${name.slice(1)}`, source.url(name))) })
      const jobs = []
      for (const { datasetUid } of large) jobs.push(await server.publish(datasetUid))
      await source.asked('/a')
      // Ordered last, with two slots of which the large ones may have one.
      const quick = await server.publishFile('small', small)
      assert.equal(quick.job.state, 'done')
      const idsOf = async (state: string) =>
        (await server.expect(200, 'GET', `${managementPath}/jobs?rows=100&state=${state}`)).json.map(
          ({ job_id }: { job_id: string }) => job_id,
        )
      assert.deepEqual(await idsOf('waiting'), [jobs[2], jobs[1]], 'newest first, and only those that wait')
      assert.deepEqual(await idsOf('done'), [quick.job.job_id])
      assert.equal((await server.request('GET', `${managementPath}/jobs?state=asleep`)).status, 400)
      const finished = []
      for (const [index, { name }] of large.entries()) {
        await source.asked(name)
        for (const later of jobs.slice(index + 1)) assert.equal((await read(later)).state, 'waiting')
        source.release(name, send)
        finished.push((await server.jobDone(jobs[index]!)).job_id)
      }
      assert.deepEqual(finished, jobs)
    },
  )

  await t.test(
    'of many orders at once on a dataset one is taken, and none until that has ended',
    async () => {
      const { datasetUid } = await createRemote(server, 'wanted', source.url('/wanted'))
      const base = `${managementPath}/datasets/${datasetUid}`
      const orders = ['publish', 'publish?dry_run=true', 'publish', 'publish?dry_run=true', 'publish']
      const answers = await Promise.all(orders.map((order) => server.request('PUT', `${base}/${order}`)))
      const [taken, ...others] = answers.filter(({ status }) => status === 200)
      assert.ok(taken, 'none was taken')
      assert.deepEqual(others, [], 'more than one was taken')
      await source.asked('/wanted')
      const later = await Promise.all(
        ['publish', 'unpublish', 'save_version', 'unpublish'].map((action) =>
          server.request('PUT', `${base}/${action}`),
        ),
      )
      const refused = [...answers.filter((answer) => answer !== taken), ...later]
      for (const { status, json } of refused) {
        assert.deepEqual([status, json.error_key], [400, 'InvalidDatasetStatusException'])
        assert.ok(['queued', 'processing'].includes(json.raw_params.status), json.raw_params.status)
      }
      for (const { json } of later) assert.equal(json.raw_params.status, 'processing')
      source.release('/wanted', send)
      await server.jobDone(taken.json.job_id)
      const jobs = (await server.expect(200, 'GET', `${base}/jobs`)).json
      assert.deepEqual(
        jobs.map(({ job_id }: JobAnswer) => job_id),
        [taken.json.job_id],
        'what is refused leaves no job',
      )
      await server.jobDone(await server.order('PUT', `${base}/save_version`))
    },
  )

  await t.test(
    'a publish shows its phases, and its estimate comes from the size, then from the last run',
    async () => {
      const blocker = await createRemote(server, 'blocker', source.url('/blocker'))
      const { datasetUid } = await createRemote(server, 'visits', source.url('/csv'))
      // The only slot for what may be large is taken: the publish waits, and can be looked at before it begins.
      const blocking = await server.publish(blocker.datasetUid)
      await source.asked('/blocker')
      const first = await server.publish(datasetUid)
      const unknown = await read(first)
      assert.equal(unknown.estimate, undefined, 'nobody knows yet how large the source is')
      assert.deepEqual(
        unknown.phases.map(({ name, state }: { name: string; state: string }) => [name, state]),
        ['fetch', 'extract', 'write', 'index', 'check', 'expose'].map((name) => [name, 'waiting']),
      )
      source.release('/csv', send)
      source.release('/blocker', send)
      await server.jobDone(blocking)
      await server.jobDone(first)
      const done = await read(first)
      assert.equal(done.estimate, undefined)
      const phases = new Map<string, Record<string, unknown>>(
        done.phases.map((phase: { name: string }) => [phase.name, phase]),
      )
      for (const { state, duration_ms, started_at, finished_at } of phases.values()) {
        assert.equal(state, 'done')
        assert.equal(typeof duration_ms, 'number')
        assert.ok(Date.parse(String(finished_at)) >= Date.parse(String(started_at)))
      }
      assert.equal(phases.get('fetch')!.bytes_read, Buffer.byteLength(csv))
      const { rows_read, rows_kept, rows_rejected, rows_filtered } = phases.get('write')!
      assert.deepEqual([rows_read, rows_kept, rows_rejected, rows_filtered], [50, 50, 0, 0])

      const openAnswers: ServerResponse[] = []
      source.release('/csv', (response) => {
        // Held open: the job stays in its fetch and can be looked at.
        response.writeHead(200, { 'content-type': 'text/csv' })
        response.write(csv)
        openAnswers.push(response)
      })
      const second = await server.publish(datasetUid)
      await source.asked('/csv', 2)
      const { estimate } = await read(second)
      assert.equal(estimate.basis, 'last_run')
      assert.equal(estimate.last_job_id, first)
      assert.equal(estimate.source_bytes, Buffer.byteLength(csv))
      assert.ok(estimate.total_ms > 0)
      for (const response of openAnswers) response.end('9,2031-01-01,Pau,1,2,last\n')
      await server.jobDone(second)
    },
  )

  await t.test(
    'a job tells rows kept, rejected and filtered and their rate, while it runs and for good',
    async () => {
      // Two sources, each a part: stopped after the second, the job has told of the first.
      const dataset = await server.createDataset('counted', {
        filename: 'one.csv',
        content: countedCsv('one'),
        extractor: 'csvfile',
        processors: [{ name: 'skip_record', args: { field: 'word', value: 'skip' } }],
      })
      const base = `${managementPath}/datasets/${dataset.datasetUid}`
      const other = await server.upload('two.csv', countedCsv('two'))
      await server.expect(201, 'POST', `${base}/resources/`, { body: { url: other.url, type: 'csvfile' } })
      writeFileSync(faults, JSON.stringify({ point: 'part.after', mode: 'hold', skip: 1 }))
      const jobId = await server.publish(dataset.datasetUid)
      const countsOf = ({ phases }: { phases: Record<string, unknown>[] }, name: string) => {
        const { rows_read, rows_kept, rows_rejected, rows_filtered, ...phase } = phases.find(
          (candidate) => candidate.name === name,
        )!
        return { counts: [rows_read, rows_kept, rows_rejected, rows_filtered], phase }
      }
      const running = (await server.waitForJob(jobId, {
        until: (job) => countsOf(job as never, 'extract').counts[0] !== undefined,
      })) as unknown as { state: string; phases: Record<string, unknown>[] }
      assert.equal(running.state, 'running')
      const { counts, phase } = countsOf(running, 'extract')
      assert.deepEqual(counts, [7, 4, 1, 2])
      assert.equal(phase.state, 'running')
      assert.ok(Number(phase.rows_per_second) > 0, JSON.stringify(phase))
      assert.ok(Number(phase.bytes_read) > 0 && Number(phase.bytes_read) < Number(phase.bytes_total))

      writeFileSync(`${faults}.release`, '')
      const { result } = await server.jobDone(jobId)
      assert.deepEqual(
        [result.rows_read, result.records_count, result.rows_rejected, result.rows_filtered],
        [14, 8, 2, 4],
      )
      const done = await read(jobId)
      for (const name of ['extract', 'write']) {
        const { counts: all, phase: ended } = countsOf(done, name)
        assert.deepEqual(all, [14, 8, 2, 4], name)
        assert.equal(ended.state, 'done')
        assert.ok(Number(ended.rows_per_second) > 0, JSON.stringify(ended))
        assert.equal(ended.bytes_read, ended.bytes_total)
      }
    },
  )
})

forEachDatabase(
  (database, options) => {
    test(
      `a passing cause is tried again and told; a lasting one fails at once (${database})`,
      options,
      async (t) => {
        const source = await startStuckSource(t)
        const server = await startServer(t, { database, env })
        const { datasetUid } = await createRemote(server, 'visits', source.url('/csv'))
        let attempts = 0
        source.release('/csv', (response) => {
          attempts++
          if (attempts === 1) response.writeHead(503).end()
          else if (attempts === 2) response.destroy()
          else send(response)
        })
        const job = await server.jobDone(await server.publish(datasetUid))
        const { json } = await server.expect(200, 'GET', `${managementPath}/jobs/${job.job_id}`)
        assert.equal(json.attempt, 3)
        assert.deepEqual(
          json.attempts.map(({ attempt, error }: { attempt: number; error: { error_id: string } }) => [
            attempt,
            error.error_id,
          ]),
          [
            [1, 'ingest.fetch_status'],
            [2, 'ingest.fetch_failed'],
          ],
        )
        assert.equal(json.error, undefined)

        for (const [answer, isTried] of [
          [404, false],
          [429, true],
        ] as const) {
          source.release('/csv', (response) => response.writeHead(answer).end())
          const failed = await server.waitForJob(await server.publish(datasetUid))
          const shown = (await server.expect(200, 'GET', `${managementPath}/jobs/${failed.job_id}`)).json
          assert.equal(shown.state, 'error')
          assert.equal(shown.attempt, isTried ? 3 : 1)
          assert.equal(shown.attempts.length, isTried ? 2 : 0)
          assert.equal(shown.cause.phase, 'fetch')
          assert.equal(shown.cause.transient, isTried)
          assert.match(shown.cause.what, new RegExp(`answered with status ${answer}`))
          assert.ok(shown.cause.what_to_do.length > 10)
        }
      },
    )
  },
  { isLong: true },
)

test('a job that waits to be tried again says so, and an abort ends it at once', async (t) => {
  const source = await startStuckSource(t)
  const server = await startServer(t, { database: 'sqlite', env: { ...env, BROADSHEET_RETRY_MS: '3600000' } })
  const { datasetUid } = await createRemote(server, 'visits', source.url('/csv'))
  const base = `${managementPath}/datasets/${datasetUid}`
  source.release('/csv', (response) => response.writeHead(502).end())
  const jobId = await server.publish(datasetUid)
  const waiting = await server.waitForJob(jobId, {
    until: (job) => job.state === 'waiting' && (job as unknown as { attempt: number }).attempt === 1,
  })
  const shown = waiting as unknown as { next_attempt_at: string; attempts: unknown[]; max_attempts: number }
  assert.ok(Date.parse(shown.next_attempt_at) > Date.now() + 500_000)
  assert.equal(shown.attempts.length, 1)
  assert.equal(shown.max_attempts, 3)
  const abort = await server.jobDone(await server.order('PUT', `${base}/abort_processing`))
  assert.equal(abort.result.aborted_job_id, jobId)
  assert.equal((await server.jobDone(jobId)).result.aborted, true)
  assert.equal((await server.expect(200, 'GET', `${base}/status`)).json.name, 'idle')
})

test('a builder that is killed is started again, and the job ends well', async (t) => {
  const server = await startServer(t, {
    database: 'sqlite',
    env: { ...env, BROADSHEET_BUILDER_THREADS: '1' },
  })
  const { datasetUid } = await server.createDataset('visits', { ...small, content: visitsCsv(200_000) })
  const jobId = await server.publish(datasetUid)
  await server.waitForJob(jobId, { until: (job) => job.progresses.some(({ step }) => step === 'extract') })
  for (const child of childrenOf(server.pid)) process.kill(child, 'SIGKILL')
  const job = await server.jobDone(jobId)
  assert.equal(job.result.records_count, 200_000)
  const { json } = await server.expect(200, 'GET', `${managementPath}/jobs/${jobId}`)
  assert.equal(json.attempt, 2)
  assert.equal(json.attempts[0].error.error_id, 'actions.builder_died')
})

test('a worker that dies is replaced by another within fifteen seconds', {
  skip: postgresSkipped,
}, async (t) => {
  const databaseUrl = await createDatabase()
  const control = await openControl({ databaseUrl, sqlitePath: '' })
  t.after(() => control.close())
  const jobUid = createIds().hex(20)
  const entry = fileURLToPath(new URL('../support/worker-process.ts', import.meta.url))
  const startWorkerProcess = (role: 'hangs' | 'finishes') => {
    const child = fork(entry, [databaseUrl, role])
    t.after(() => child.kill('SIGKILL'))
    return child
  }
  const first = startWorkerProcess('hangs')
  await once(first, 'message')
  const taken = once(first, 'message')
  await insertJob(control.db, {
    jobUid,
    function: 'work',
    subject: 'a',
    params: {},
    username: 'admin',
    now: Date.now(),
  })
  await control.notify('test_jobs')
  await taken
  const second = startWorkerProcess('finishes')
  await once(second, 'message')
  const finished = once(second, 'message')
  first.kill('SIGKILL')
  const diedAt = performance.now()
  await finished
  const tookMs = performance.now() - diedAt
  assert.ok(tookMs < 15_000, `taken over after ${tookMs} ms`)
  const job = await findJob(control.db, jobUid)
  assert.deepEqual([job?.state, job?.attempt], ['done', 2])
  assert.deepEqual(
    job?.attempts.map(({ attempt, error }) => [attempt, error.key]),
    [[1, 'jobs.interrupted']],
  )
})
