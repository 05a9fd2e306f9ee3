/**
 * The disk fills up at a chosen instant of a publish: the job ends and says why, also when that itself cannot be written
 * at first; readers keep what they have; the server stays; with space again, a publish works.
 */
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { CrashPoint } from '../../src/faults/index.ts'
import { createEditions, datasetPath, readEdition, serveEditions, sourceEnv } from '../support/editions.ts'
import { assertNoLeftovers } from '../support/invariants.ts'
import { until } from '../support/processes.ts'
import { createChance, isSoak } from '../support/seed.ts'
import { startServer } from '../support/server.ts'
import { mountSmallDisk, smallDiskSkipped } from '../support/small-disk.ts'

/** Where the disk is full from: before the fetch, the parts, the manifest, the index, and each write of the database. */
const instants: readonly CrashPoint[] = [
  'start.before',
  'start.after',
  'blob.after',
  'build.before',
  'build.after',
  'part.after',
  'manifest.after',
  'index.after',
  'sealed.before',
  'sealed.after',
  'expose.before',
]

test('a full disk at any phase ends the job with its name, and nothing that was published is lost', {
  skip: smallDiskSkipped,
}, async (t) => {
  const chance = createChance(t)
  const disk = mountSmallDisk(t, 64)
  const home = mkdtempSync(join(tmpdir(), 'broadsheet-faults-'))
  t.after(() => rmSync(home, { recursive: true, force: true }))
  const faults = join(home, 'order.json')
  const source = await serveEditions()
  t.after(() => source.close())
  const server = await startServer(t, {
    database: 'sqlite',
    dataDirectory: join(disk.directory, 'data'),
    env: {
      ...sourceEnv,
      NODE_ENV: 'test',
      BROADSHEET_TEST_FAULTS: faults,
      BROADSHEET_RETENTION_HOURS: '0',
    },
  })
  const dataset = await createEditions(server, source, 'full')
  let edition = 1
  source.set('full', edition)
  await server.jobDone(await server.publish(dataset.datasetUid))

  const seen: string[] = []
  for (const point of isSoak ? instants : ['start.after' as const, ...chance.sample(instants, 2)]) {
    source.set('full', edition + 1)
    writeFileSync(faults, JSON.stringify({ point, mode: 'hold' }))
    const jobId = await server.publish(dataset.datasetUid)
    await until(
      () => !existsSync(faults),
      () => `${point} was never reached`,
    )
    const saidBefore = server.stderr().length
    disk.fill()
    writeFileSync(`${faults}.release`, '')
    // Readers are served all the while, whether or not the job's end can be written.
    await server.expect(200, 'GET', '/healthz')
    const during = await readEdition(server, 'full')
    assert.ok(during === edition || during === edition + 1)
    await until(
      async () => !existsSync(`${faults}.release`) && (await hasFailedOrEnded()),
      () => `${point}: neither ended nor failed`,
    )
    disk.free()
    const job = await server.waitForJob(jobId)
    if (job.state === 'error') {
      assert.equal(job.error?.error_id, 'jobs.disk_full', `${point}: ${JSON.stringify(job.error)}`)
      assert.match(job.error?.hint, /Free space/)
    }
    seen.push(`${point}: ${job.state}`)
    assert.equal(await readEdition(server, 'full'), job.state === 'done' ? edition + 1 : edition)
    edition += 2
    source.set('full', edition)
    await server.jobDone(await server.publish(dataset.datasetUid))
    assert.equal(await readEdition(server, 'full'), edition)
    // A deletion makes the collector look for what could not be removed.
    const other = await server.createDataset(`other-${edition}`, { filename: 'o.csv', content: 'a\n1\n' })
    await server.expect(204, 'DELETE', datasetPath(other))
    await assertNoLeftovers(server)

    async function hasFailedOrEnded(): Promise<boolean> {
      const { state } = await server.waitForJob(jobId, { until: () => true })
      const said = server.stderr().slice(saidBefore)
      return state === 'done' || state === 'error' || said.includes('"job_failed"')
    }
  }
  assert.ok(
    seen.some((outcome) => outcome.endsWith('error')),
    seen.join(', '),
  )
  t.diagnostic(seen.join(', '))
})

test('an upload to a full disk is refused by name and leaves nothing', {
  skip: smallDiskSkipped,
}, async (t) => {
  const disk = mountSmallDisk(t, 32)
  const server = await startServer(t, { database: 'sqlite', dataDirectory: join(disk.directory, 'data') })
  disk.fill()
  const form = new FormData()
  form.append('file', new Blob(['x'.repeat(1 << 20)]), 'x.csv')
  const refused = await server.expect(507, 'POST', '/api/management/v2/files', { body: form })
  assert.equal(refused.json.error_id, 'jobs.disk_full')
  disk.free()
  await server.upload('x.csv', 'a\n1\n')
  await assertNoLeftovers(server)
})
