/** What happens to a publish that is aborted, parked or killed, and to a server that goes away and comes back. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { visitsCsv, writeVisits } from '../support/fixtures.ts'
import { explorePath, type JobAnswer, managementPath } from '../support/http-client.ts'
import { forEachDatabase } from '../support/postgres.ts'
import { childrenOf, isAlive, until } from '../support/processes.ts'
import { shareServer, startServer, type TestServer } from '../support/server.ts'
import { skippedUnlessWhole } from '../support/tiers.ts'

const fewVisits = 200
/** Some 13 MB, so that a build goes on for seconds and has several parts. */
const manyVisits = 300_000
/** One thread: the build is slow enough to be met half-way. */
const slowBuilder = { BROADSHEET_BUILDER_THREADS: '1' }
const directory = mkdtempSync(join(tmpdir(), 'broadsheet-visits-'))
const many = { path: join(directory, 'many.csv') }

before(() => writeVisits(many.path, manyVisits, { edition: 2 }))
after(() => rmSync(directory, { recursive: true, force: true }))

/** The publish is at work and has read some records, but by far not all. */
function isHalfWay(job: JobAnswer): boolean {
  const extract = job.progresses.find((progress) => progress.step === 'extract')
  return job.state === 'running' && Number(extract?.rows_read ?? 0) > 0
}

interface Extent {
  n: number
  low: number
  high: number
  edition: number
}

async function extentOf(server: TestServer, datasetId = 'visits'): Promise<Extent & { isPartial: boolean }> {
  const select = encodeURIComponent(
    'count(*) as n, min(number) as low, max(number) as high, max(edition) as edition',
  )
  const answer = await server.expect(200, 'GET', `${explorePath}/${datasetId}/records?select=${select}`)
  return { ...answer.json.results[0], isPartial: answer.headers.get('broadsheet-partial') === 'true' }
}

async function statusOf(server: TestServer, datasetUid: string) {
  return (await server.expect(200, 'GET', `${managementPath}/datasets/${datasetUid}/status`)).json
}

const first = { n: fewVisits, low: 0, high: fewVisits - 1, edition: 1, isPartial: false }
const wholeOf = (n: number) => ({ n, low: 0, high: n - 1, edition: 2, isPartial: false })
const second = wholeOf(manyVisits)

/** A dataset whose first edition is published and whose second is being built. */
async function publishLong(server: TestServer, datasetId = 'visits', content = many) {
  const dataset = await server.publishFile(datasetId, {
    filename: 'visits.csv',
    content: visitsCsv(fewVisits, { edition: 1 }),
    extractor: 'csvfile',
  })
  await server.replaceFile(dataset, 'many.csv', content)
  const jobId = await server.publish(dataset.datasetUid)
  const job = await server.waitForJob(jobId, { until: isHalfWay })
  assert.equal(job.state, 'running', 'the build ended before it could be interrupted')
  return { ...dataset, jobId, base: `${managementPath}/datasets/${dataset.datasetUid}` }
}

forEachDatabase(
  (database, options) => {
    const theServer = shareServer({ database, env: { ...slowBuilder, BROADSHEET_BUILDERS: '1' } })

    test(`an abort keeps the records processed so far, from the first on, and says that they are partial (${database})`, {
      skip: options.skip || skippedUnlessWhole('abort.test.ts has the same, shorter'),
    }, async () => {
      const server = await theServer()
      // So many that some are still to be read when the order comes, however late that is.
      const rows = 5 * manyVisits
      const more = { path: join(directory, `more-${database}.csv`) }
      await writeVisits(more.path, rows, { edition: 2 })
      const { datasetUid, jobId, base } = await publishLong(server, 'kept', more)
      assert.deepEqual(await extentOf(server, 'kept'), first, 'readers see nothing of a build')

      const abortId = await server.order('PUT', `${base}/abort_processing`)
      const abort = await server.jobDone(abortId)
      assert.equal(abort.result.aborted_job_id, jobId)
      const job = await server.jobDone(jobId)
      assert.equal(job.result.aborted, true)
      assert.equal(job.result.partial, true)

      const extent = await extentOf(server, 'kept')
      assert.ok(extent.n > 0 && extent.n < rows, `${extent.n} records are not a part`)
      assert.deepEqual(extent, { n: extent.n, low: 0, high: extent.n - 1, edition: 2, isPartial: true })
      assert.equal(job.result.records_count, extent.n)
      const status = await statusOf(server, datasetUid)
      assert.equal(status.name, 'idle')
      assert.equal(status.published, true)
      assert.equal((await server.request('PUT', `${base}/abort_processing`)).status, 400)

      // Partial records can be searched like all others, and the next publish ends the state.
      const path = `${explorePath}/kept/records?limit=1&where=${encodeURIComponent('search("ecole")')}`
      assert.ok((await server.expect(200, 'GET', path)).json.total_count > 0)
      await server.jobDone(await server.publish(datasetUid))
      assert.deepEqual(await extentOf(server, 'kept'), wholeOf(rows))
    })

    test(`an abort that discards leaves readers on what they had (${database})`, options, async () => {
      const server = await theServer()
      const { datasetUid, jobId, base } = await publishLong(server, 'discarded')
      await server.jobDone(await server.order('PUT', `${base}/abort_processing?records=discard`))
      const job = await server.jobDone(jobId)
      assert.equal(job.result.aborted, true)
      assert.deepEqual(await extentOf(server, 'discarded'), first)
      assert.equal((await statusOf(server, datasetUid)).name, 'idle')
    })

    test(
      `kill -9 during a publish loses nothing that was published, and the next start finishes the job (${database})`,
      options,
      async (t) => {
        const server = await startServer(t, { database, env: slowBuilder })
        const { datasetUid, jobId } = await publishLong(server)
        const builders = childrenOf(server.pid)
        assert.equal(builders.length, 1)
        await server.kill()
        await until(
          () => !isAlive(builders[0]!),
          () => 'the builder outlived its server',
        )

        const again = await server.startAgain({ BROADSHEET_BUILDER_THREADS: '2' })
        assert.deepEqual(await extentOf(again), first)
        const job = await again.jobDone(jobId)
        assert.equal((job as { attempt?: number }).attempt, 2)
        assert.deepEqual(await extentOf(again), second)
        assert.equal((await statusOf(again, datasetUid)).name, 'idle')
        const kept = readdirSync(join(again.dataDirectory, 'generations'))
        assert.equal(kept.length, 2, 'only the two published generations are left on disk')
      },
    )

    test(
      `Ctrl-C during a publish parks the job and the next start finishes it (${database})`,
      options,
      async (t) => {
        const server = await startServer(t, { database, env: slowBuilder })
        const { jobId } = await publishLong(server)
        assert.equal(await server.stop(), 0)
        const again = await server.startAgain({ BROADSHEET_BUILDER_THREADS: '2' })
        assert.deepEqual(await extentOf(again), first)
        await again.jobDone(jobId)
        assert.deepEqual(await extentOf(again), second)
      },
    )

    test(
      `a publish that waits its turn can be aborted and leaves the dataset as it was (${database})`,
      options,
      async () => {
        const server = await theServer()
        const waiting = await server.createDataset('waiting', { filename: 'w.csv', content: visitsCsv(10) })
        const long = await publishLong(server, 'long')
        const jobId = await server.publish(waiting.datasetUid)
        assert.equal((await statusOf(server, waiting.datasetUid)).name, 'queued')
        const base = `${managementPath}/datasets/${waiting.datasetUid}`
        await server.jobDone(await server.order('PUT', `${base}/abort_processing`))
        const job = await server.jobDone(jobId)
        assert.equal(job.result.aborted, true)
        const status = await statusOf(server, waiting.datasetUid)
        assert.equal(status.name, 'idle')
        assert.equal(status.published, false)
        await server.expect(404, 'GET', `${explorePath}/waiting/records`)
        // While one dataset is built, what takes milliseconds is done at once for another, and refused for the same.
        await server.jobDone(await server.order('PUT', `${base}/save_version`))
        assert.equal((await server.request('PUT', `${long.base}/unpublish`)).status, 400)
        await server.jobDone(await server.order('PUT', `${long.base}/abort_processing?records=discard`))
      },
    )

    test(`published data, versions and credentials survive a restart (${database})`, options, async (t) => {
      const server = await startServer(t, { database })
      const dataset = await server.publishFile('visits', { filename: 'v.csv', content: visitsCsv(fewVisits) })
      const base = `${managementPath}/datasets/${dataset.datasetUid}`
      const saved = await server.jobDone(await server.order('PUT', `${base}/save_version`))
      const apikey = await server.createApiKey(['create_dataset', 'edit_dataset', 'publish_dataset'])
      const page = await server.expect(200, 'GET', `${explorePath}/visits/records`)

      assert.equal(await server.stop(), 0)
      const again = await server.startAgain()
      assert.equal((await again.expect(200, 'GET', `${explorePath}/visits/records`)).text, page.text)
      const versions = await again.expect(200, 'GET', `${base}/versions`, { auth: { apikey } })
      assert.deepEqual(
        versions.json.map((version: { version_uid: string }) => version.version_uid),
        [saved.result.version_uid],
      )
      const job = await again.expect(200, 'GET', `${managementPath}/jobs/${dataset.job.job_id}`)
      assert.equal(job.json.state, 'done')
    })
  },
  { isLong: true },
)

test('a second server on the same data directory refuses to start and says why; the first goes on', async (t) => {
  const server = await startServer(t)
  await assert.rejects(startServer(t, { dataDirectory: server.dataDirectory }), /in use by/)
  await server.expect(200, 'GET', '/readyz')
})

test('a server whose starter is killed stops by itself', async (t) => {
  const { spawn } = await import('node:child_process')
  const program = `
    import { launchServer } from ${JSON.stringify(new URL('../support/server.ts', import.meta.url).href)}
    const { server } = await launchServer()
    process.stdout.write(JSON.stringify({ pid: server.pid, directory: server.dataDirectory }))
    setInterval(() => {}, 1000)`
  const starter = spawn(process.execPath, ['--input-type=module-typescript', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => starter.kill('SIGKILL'))
  const [chunk] = await once(starter.stdout, 'data')
  const { pid, directory: left } = JSON.parse(String(chunk))
  t.after(() => rmSync(left, { recursive: true, force: true }))
  assert.ok(isAlive(pid))
  starter.kill('SIGKILL')
  await until(
    () => !isAlive(pid),
    () => 'the server outlived its starter',
  )
})
