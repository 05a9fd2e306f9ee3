/**
 * The disk fills up, fails or becomes read-only at a chosen instant of a publish: the job ends and says why, also when
 * that itself cannot be written at first; readers keep what they have; the server stays; with a disk again, a publish works.
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { CrashPoint } from '../../src/faults/index.ts'
import { createEditions, datasetPath, readEdition, serveEditions, sourceEnv } from '../support/editions.ts'
import type { JobAnswer } from '../support/http-client.ts'
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

/** Where a directory becomes read-only, before something is written there. */
const readOnly: readonly (readonly [CrashPoint, string])[] = [
  ['start.after', 'tmp'],
  ['build.before', 'generations'],
  ['build.after', 'generations'],
  ['manifest.after', 'serving'],
]

/** Durable steps that a failing disk does not take, up to the switch itself. */
const failing: readonly CrashPoint[] = [
  'start.before',
  'blob.before',
  'build.before',
  'part.before',
  'manifest.before',
  'index.before',
  'sealed.before',
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
  for (const point of isSoak ? instants : ['start.after' as const, ...chance.sample(instants, 1)]) {
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

  /** A publish that the disk fails; `look` waits until it has. Readers keep what they have, and the next one is well. */
  async function publishFailing(what: string, look: (jobId: string) => Promise<unknown>): Promise<void> {
    source.set('full', edition + 1)
    const jobId = await server.publish(dataset.datasetUid)
    await look(jobId)
    const job = await server.waitForJob(jobId)
    assert.equal(job.error?.error_id, 'jobs.disk_failed', `${what}: ${JSON.stringify(job)}`)
    const { attempt } = job as JobAnswer & { attempt: number }
    assert.equal(attempt, 1, 'a failing disk is not tried again')
    assert.equal(await readEdition(server, 'full'), edition, what)
    const { json: status } = await server.expect(200, 'GET', `${datasetPath(dataset)}/status`)
    assert.equal(status.name, 'error')
    edition += 2
    source.set('full', edition)
    await server.jobDone(await server.publish(dataset.datasetUid))
    assert.equal(await readEdition(server, 'full'), edition, `after ${what}`)
    const other = await server.createDataset(`after-${edition}`, { filename: 'o.csv', content: 'a\n1\n' })
    await server.expect(204, 'DELETE', datasetPath(other))
    await assertNoLeftovers(server)
  }

  await t.test('so does a write error at any phase, also while the error itself is saved', async () => {
    for (const point of isSoak ? failing : chance.sample(failing, 1)) {
      // Its end cannot be written either, twice.
      const orders = [point, 'fail.before', 'fail.before'].map((at) => ({ point: at, mode: 'eio' }))
      writeFileSync(faults, JSON.stringify(orders))
      await publishFailing(`a write error at ${point}`, () =>
        until(
          () => !existsSync(faults),
          () => `not reached of ${point}: ${readFileSync(faults, 'utf8')}`,
        ),
      )
    }
  })

  await t.test('so does a directory that has become read-only', async () => {
    for (const [point, name] of isSoak ? readOnly : chance.sample(readOnly, 1)) {
      writeFileSync(faults, JSON.stringify({ point, mode: 'hold' }))
      await publishFailing(`a read-only ${name}`, async (jobId) => {
        await until(
          () => !existsSync(faults),
          () => `${point} was never reached`,
        )
        const directory = join(server.dataDirectory, name)
        execFileSync('mount', ['--bind', directory, directory], { stdio: 'pipe' })
        try {
          execFileSync('mount', ['-o', 'remount,bind,ro', directory], { stdio: 'pipe' })
          writeFileSync(`${faults}.release`, '')
          await server.waitForJob(jobId)
        } finally {
          execFileSync('umount', ['--lazy', directory])
        }
      })
    }
  })
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
