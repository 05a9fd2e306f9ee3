/** An unpublish taken back: what comes back, until when, and when there is nothing to bring back. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { documented, readApiDocument } from '../support/api-document.ts'
import { visitsCsv } from '../support/fixtures.ts'
import { explorePath, managementPath } from '../support/http-client.ts'
import { forEachDatabase } from '../support/postgres.ts'
import { startServer } from '../support/server.ts'

const visits = { filename: 'visits.csv', content: visitsCsv(30) }
const hourMs = 3_600_000

forEachDatabase(
  (database, options) => {
    test(
      `an unpublish within the window is undone as if it had not been (${database})`,
      options,
      async (t) => {
        const server = await startServer(t, { database })
        const expect = documented(server, await readApiDocument(server))
        const dataset = await server.publishFile('visits', {
          ...visits,
          metas: { default: { title: 'Published' } },
        })
        const base = `${managementPath}/datasets/${dataset.datasetUid}`
        const read = (headers = {}) => server.request('GET', `${explorePath}/visits/records`, { headers })
        const status = async () => (await expect(200, 'GET', `${base}/status`)).json

        await t.test('what is published, or never was, is refused', async () => {
          const never = await server.createDataset('never', visits)
          for (const uid of [dataset.datasetUid, never.datasetUid]) {
            const { json } = await expect(400, 'PUT', `${managementPath}/datasets/${uid}/undo_unpublish`)
            assert.equal(json.error_key, 'NothingToUndoException')
          }
          assert.equal((await status()).undo_unpublish_until, undefined)
          await expect(404, 'PUT', `${managementPath}/datasets/da_nothere/undo_unpublish`)
        })

        await t.test(
          'records, metadata, times and tags are those of before; later edits stay drafts',
          async () => {
            const before = await read()
            const object = await server.expect(200, 'GET', `${explorePath}/visits`)
            const unpublishedAt = Date.now()
            await server.jobDone(await server.order('PUT', `${base}/unpublish`))
            assert.equal((await read()).status, 404)
            const { published, undo_unpublish_until: until } = await status()
            assert.equal(published, false)
            assert.ok(Math.abs(Date.parse(until) - unpublishedAt - 24 * hourMs) < hourMs)
            await server.expect(200, 'PUT', `${base}/metadata/default/title`, { body: { value: 'Draft' } })
            // The sources are not needed.
            await server.replaceFile(dataset, 'other.csv', 'a\n1\n')

            const job = await server.jobDone(await server.order('PUT', `${base}/undo_unpublish`))
            const { generation_uid, content_hash: _hash } = dataset.job.result
            assert.equal(job.function, 'undo_unpublish')
            assert.deepEqual(job.result, {
              dataset_uid: dataset.datasetUid,
              published: true,
              generation_uid,
              records_count: 30,
              partial: false,
            })
            const after = await read()
            assert.equal(after.text, before.text)
            for (const name of ['etag', 'last-modified']) {
              assert.equal(after.headers.get(name), before.headers.get(name), name)
            }
            assert.equal((await read({ 'If-None-Match': before.headers.get('etag')! })).status, 304)
            assert.equal((await server.expect(200, 'GET', `${explorePath}/visits`)).text, object.text)
            assert.equal((await expect(200, 'GET', base)).json.metas.default.title, 'Draft')
            const { name, published: isBack, undo_unpublish_until } = await status()
            assert.deepEqual([name, isBack, undo_unpublish_until], ['idle', true, undefined])
            await expect(400, 'PUT', `${base}/undo_unpublish`)
          },
        )

        await t.test('what was restricted or renamed meanwhile is so when it comes back', async () => {
          await server.jobDone(await server.order('PUT', `${base}/unpublish`))
          await server.expect(200, 'PUT', `${base}/security/access_policy`, { body: '"restricted"' })
          await server.expect(200, 'PUT', base, { body: { dataset_id: 'renamed' } })
          await server.jobDone(await server.order('PUT', `${base}/undo_unpublish`))
          assert.equal((await read()).status, 404)
          assert.equal((await server.request('GET', `${explorePath}/renamed`)).status, 404)
          await server.expect(200, 'GET', `${explorePath}/renamed`, { auth: 'admin' })
        })

        await t.test(
          'it survives a restart, a second unpublish, and ends with the next publish',
          async () => {
            await server.jobDone(await server.order('PUT', `${base}/unpublish`))
            // Nothing is published: this one takes nothing away, and must not hide what the first took.
            await server.jobDone(await server.order('PUT', `${base}/unpublish`))
            assert.equal(await server.stop(), 0)
            const again = await server.startAgain()
            await again.jobDone(await again.order('PUT', `${base}/undo_unpublish`))
            await again.jobDone(await again.order('PUT', `${base}/unpublish`))
            await again.jobDone(await again.publish(dataset.datasetUid))
            await again.jobDone(await again.order('PUT', `${base}/unpublish`))
            await again.jobDone(await again.order('PUT', `${base}/undo_unpublish`))
            const { json } = await again.expect(200, 'GET', `${explorePath}/renamed/records`, {
              auth: 'admin',
            })
            assert.equal(json.total_count, 1, 'the last publication comes back, not an earlier one')
          },
        )
      },
    )

    test(
      `after the window the data goes, but never what a version or a reader holds (${database})`,
      options,
      async (t) => {
        const server = await startServer(t, { database, env: { BROADSHEET_RETENTION_HOURS: '0' } })
        const dataset = await server.publishFile('visits', { filename: 'v.csv', content: visitsCsv(100_000) })
        const base = `${managementPath}/datasets/${dataset.datasetUid}`
        const folder = join(server.dataDirectory, 'generations', dataset.job.result.generation_uid)
        const retention = `${base}/versions_retention`
        // A rule is applied at once, and the collector with it.
        const sweep = () => server.expect(200, 'PUT', retention, { body: { retention: { keep_last: 5 } } })
        const version = (await server.jobDone(await server.order('PUT', `${base}/save_version`))).result
          .version_uid

        // A reader in the middle of an export, whose client takes its time.
        const slow = await fetch(`${server.url}${explorePath}/visits/exports/jsonl`)
        const body = slow.body!.getReader()
        const chunks: Uint8Array[] = [(await body.read()).value!]

        await server.jobDone(await server.order('PUT', `${base}/unpublish`))
        const expired = await server.expect(400, 'PUT', `${base}/undo_unpublish`)
        assert.match(expired.json.error_key, /^(UndoExpired|NothingToUndo)Exception$/)
        await sweep()
        await server.expect(400, 'PUT', `${base}/undo_unpublish`)
        // The version pins it.
        await server.jobDone(await server.order('PUT', `${base}/versions/${version}/restore`))
        assert.equal(
          (await server.expect(200, 'GET', `${explorePath}/visits/records`)).json.total_count,
          100_000,
        )

        await server.jobDone(await server.order('PUT', `${base}/unpublish`))
        const { json: versions } = await server.expect(200, 'GET', `${base}/versions`)
        for (const { version_uid } of versions) {
          await server.expect(204, 'DELETE', `${base}/versions/${version_uid}`)
        }
        await sweep()
        for (;;) {
          const { done, value } = await body.read()
          if (done) break
          chunks.push(value)
        }
        const lines = Buffer.concat(chunks).toString('utf8').trimEnd().split('\n')
        assert.equal(lines.length, 100_000, 'the export is whole')
        while (existsSync(folder)) {
          await sweep()
          await delay(50)
        }
        const { json: usage } = await server.expect(200, 'GET', `${base}/disk_usage`)
        assert.deepEqual([usage.current.count, usage.versions.count, usage.serving_files.count], [0, 0, 0])
      },
    )
  },
  { isLong: true },
)
