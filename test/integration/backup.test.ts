/** Backups made while the server publishes and serves, and what becomes of them. */
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { tempDirectory } from '../support/builder.ts'
import { type CliRun, callCli, runCli } from '../support/cli.ts'
import { flipByte } from '../support/damage.ts'
import { visitsCsv, writeVisits } from '../support/fixtures.ts'
import { explorePath, type JobAnswer, managementPath } from '../support/http-client.ts'
import { createDatabase, forEachDatabase } from '../support/postgres.ts'
import { shareServer, startServer, type TestServer } from '../support/server.ts'

const directory = mkdtempSync(join(tmpdir(), 'broadsheet-backup-'))
const many = { path: join(directory, 'many.csv') }
const manyVisits = 500_000
before(() => writeVisits(many.path, manyVisits, { edition: 2 }))
after(() => rmSync(directory, { recursive: true, force: true }))

const envOf = (server: TestServer): Record<string, string> => ({
  BROADSHEET_DATA_DIR: server.dataDirectory,
  ...(server.databaseUrl === null ? {} : { DATABASE_URL: server.databaseUrl }),
})
const backUp = (server: TestServer, target: string, ...flags: string[]) =>
  callCli(['--json', 'backup', target, ...flags], envOf(server))
const restore = (backup: string, target: string, env: Record<string, string> = {}) =>
  callCli(['--json', 'restore-backup', backup, '--data-dir', target], env)
const lastEvent = (run: CliRun) => {
  assert.equal(run.code, 0, run.stdout + run.stderr)
  return run.events().at(-1)
}

const hasRead = (job: JobAnswer) =>
  job.state === 'running' && job.progresses.some(({ step }) => step === 'extract')

forEachDatabase(
  (database, options) => {
    test(
      `a backup during a publish and under readers restores to a server that goes on from there (${database})`,
      options,
      async (t) => {
        const server = await startServer(t, { database, env: { BROADSHEET_BUILDER_THREADS: '1' } })
        const visits = await server.publishFile('visits', {
          filename: 'v.csv',
          content: visitsCsv(300),
          extractor: 'csvfile',
        })
        const base = `${managementPath}/datasets/${visits.datasetUid}`
        const note = await server.upload('note.txt', 'To whom it may concern')
        const attachment = await server.expect(201, 'POST', `${base}/attachments`, {
          body: { url: note.url },
        })
        const version = await server.jobDone(await server.order('PUT', `${base}/save_version`))
        const page = await server.expect(200, 'GET', `${explorePath}/visits/records?limit=100`)
        await server.replaceFile(visits, 'many.csv', many)
        const jobId = await server.publish(visits.datasetUid)
        await server.waitForJob(jobId, { until: hasRead })

        let isOver = false
        const reader = (async () => {
          let reads = 0
          for (; !isOver; reads++) await server.expect(200, 'GET', `${explorePath}/visits/records?limit=1`)
          return reads
        })()
        const target = join(tempDirectory(t), 'backup')
        const run = await runCli(['--json', 'backup', target], envOf(server))
        isOver = true
        assert.ok((await reader) > 0)
        const { counts } = lastEvent(run)
        assert.equal(counts.versions, 1)
        const checked = await callCli(['--json', 'verify', target])
        assert.deepEqual([checked.code, checked.events().filter(({ event }) => event === 'problem')], [0, []])
        const done = await server.jobDone(jobId)
        await server.stop()

        const restored = join(tempDirectory(t), 'restored')
        const databaseUrl = server.databaseUrl === null ? null : await createDatabase()
        lastEvent(await restore(target, restored, databaseUrl === null ? {} : { DATABASE_URL: databaseUrl }))
        const again = await startServer(t, {
          dataDirectory: restored,
          database: 'sqlite',
          ...(databaseUrl === null ? {} : { env: { DATABASE_URL: databaseUrl } }),
        })
        const job = await again.jobDone(jobId)
        assert.equal(job.result.content_hash, done.result.content_hash, 'what ran then has been finished')
        await again.jobDone(
          await again.order('PUT', `${base}/versions/${version.result.version_uid}/restore`),
        )
        assert.equal(
          (await again.expect(200, 'GET', `${explorePath}/visits/records?limit=100`)).text,
          page.text,
        )
        const generations = (await again.expect(200, 'GET', `${base}/generations`)).json
        assert.equal(
          generations.find((one: { state: string }) => one.state === 'current').content_hash,
          visits.job.result.content_hash,
        )
        const attached = `${base}/download_attachment/${attachment.json.attachment_uid}`
        assert.equal((await again.expect(200, 'GET', attached)).text, 'To whom it may concern')
        // New rows get new numbers: nothing collides with what was restored.
        await again.publishFile('more', { filename: 'm.csv', content: 'a\n1\n' })
      },
    )
  },
  { isLong: true },
)

const theServer = shareServer()

test('repeated into the same directory, a backup copies only what is new and forgets what is gone', async (t) => {
  const server = await theServer()
  await server.publishFile('repeated', { filename: 'v.csv', content: visitsCsv(300) })
  const target = join(tempDirectory(t), 'backup')
  const first = lastEvent(await backUp(server, target))
  assert.ok(first.copied.files > 0)
  const again = lastEvent(await backUp(server, target))
  assert.deepEqual(again.copied, { files: 0, bytes: 0 })
  assert.deepEqual(again.counts, first.counts)
  await server.publishFile('added', { filename: 'm.csv', content: 'a\n1\n' })
  const third = lastEvent(await backUp(server, target, '--link', '--quick'))
  assert.equal(third.counts.generations, first.counts.generations + 1)
  assert.equal(third.copied.files, 3, 'a part, a manifest and a source')
  assert.equal(readdirSync(target).filter((name) => name.startsWith('control-')).length, 1)
  assert.ok(
    statSync(join(target, 'backup.json')).size > 0 && !existsSync(join(target, 'backup-running.json')),
  )
})

test('a damaged backup, a directory in use and a directory that is none are refused', async (t) => {
  const server = await theServer()
  await server.publishFile('copied', { filename: 'v.csv', content: visitsCsv(300) })
  const root = tempDirectory(t)
  const target = join(root, 'backup')
  lastEvent(await backUp(server, target))
  const refused = async (run: Promise<CliRun>, code: number, message: RegExp) => {
    const { code: found, stdout, stderr } = await run
    assert.equal(found, code, stdout + stderr)
    assert.match(stdout + stderr, message)
  }
  await refused(restore(target, server.dataDirectory), 2, /not empty/)
  await refused(restore(join(root, 'nothing'), join(root, 'new')), 2, /does not exist/)
  await refused(backUp(server, join(server.dataDirectory, 'backup')), 2, /cannot lie in the data directory/)
  writeFileSync(join(root, 'mine.txt'), 'x')
  await refused(backUp(server, root), 2, /something else/)
  await refused(
    callCli(['backup', join(root, 'b2'), '--data-dir', join(root, 'nowhere')]),
    2,
    /no control\.sqlite/,
  )
  const [generation] = readdirSync(join(target, 'generations'))
  flipByte(join(target, 'generations', generation!, 'part-00000.parquet'))
  await refused(restore(target, join(root, 'new')), 1, /does not have the content that was sealed/)
  assert.deepEqual(
    readdirSync(root).filter((name) => name.startsWith('.restoring')),
    [],
  )
})

/** Last: it damages what the server has. */
test('an interrupted backup is no backup, and leaves the one before it whole', async (t) => {
  const server = await theServer()
  const visits = await server.publishFile('visits', { filename: 'v.csv', content: visitsCsv(310) })
  const part = join(
    server.dataDirectory,
    'generations',
    String(visits.job.result.generation_uid),
    'part-00000.parquet',
  )
  const root = tempDirectory(t)
  const [good, broken] = [join(root, 'good'), join(root, 'broken')]
  const { counts } = lastEvent(await backUp(server, good))
  const complete = readFileSync(join(good, 'backup.json'), 'utf8')
  // A damaged source ends a backup half-way, at the same point every time.
  flipByte(part)
  await server.publishFile('later', { filename: 'm.csv', content: 'a\n2\n' })
  const failed = await backUp(server, broken)
  assert.equal(failed.code, 1)
  assert.match(failed.events().at(-1).message, /part-00000\.parquet of generation ge_/)
  for (const run of [await restore(broken, join(root, 'new')), await callCli(['--json', 'verify', broken])]) {
    assert.equal(run.code, 1, run.stdout)
    assert.match(run.stdout, /never completed/)
  }
  assert.ok(!existsSync(join(root, 'new')))
  // The part is there already from the time when it was whole: this one succeeds, and is what the copy says.
  assert.equal(lastEvent(await backUp(server, good)).counts.generations, counts.generations + 1)
  assert.notEqual(readFileSync(join(good, 'backup.json'), 'utf8'), complete)
})
