/** What takes space: measured from the files, each generation counted once. */
import assert from 'node:assert/strict'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { documented, readApiDocument } from '../support/api-document.ts'
import { visitsCsv } from '../support/fixtures.ts'
import { managementPath } from '../support/http-client.ts'
import { forEachDatabase } from '../support/postgres.ts'
import { startServer } from '../support/server.ts'

function sizeOf(directory: string): number {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((total, entry) => total + statSync(join(entry.parentPath, entry.name)).size, 0)
}

forEachDatabase(
  (database, options) => {
    test(`disk use adds up to the files on disk (${database})`, options, async (t) => {
      const server = await startServer(t, { database })
      const expect = documented(server, await readApiDocument(server))
      const csv = (edition: number) => visitsCsv(300, { edition })
      const dataset = await server.publishFile('one', { filename: 'v.csv', content: csv(1) })
      const base = `${managementPath}/datasets/${dataset.datasetUid}`
      const other = await server.publishFile('other', { filename: 'v.csv', content: csv(1) })
      const usage = async (path = base) => (await expect(200, 'GET', `${path}/disk_usage`)).json
      const counts = (of: Awaited<ReturnType<typeof usage>>) => [
        of.current.count,
        of.versions.count,
        of.retained.count,
        of.serving_files.count,
        of.sources.count,
      ]
      const folder = (name: string) => join(server.dataDirectory, name)
      const generation = (uid: string) => sizeOf(join(folder('generations'), uid))

      const first = await usage()
      assert.deepEqual(counts(first), [1, 0, 0, 1, 1])
      assert.equal(first.dataset_uid, dataset.datasetUid)
      assert.equal(first.current.bytes, generation(dataset.job.result.generation_uid))
      assert.equal(first.sources.bytes, Buffer.byteLength(csv(1)))

      // Current and pinned twice: still once.
      for (let n = 0; n < 2; n++) await server.jobDone(await server.order('PUT', `${base}/save_version`))
      assert.deepEqual(await usage(), first)

      await server.replaceFile(dataset, 'v.csv', csv(2))
      await server.jobDone(await server.publish(dataset.datasetUid))
      const second = await usage()
      assert.deepEqual(counts(second), [1, 1, 0, 2, 1])
      assert.equal(second.versions.bytes, first.current.bytes)

      const { json: versions } = await server.expect(200, 'GET', `${base}/versions`)
      for (const { version_uid } of versions) {
        await server.expect(204, 'DELETE', `${base}/versions/${version_uid}`)
      }
      assert.deepEqual(counts(await usage()), [1, 0, 1, 2, 1])
      await server.jobDone(await server.order('PUT', `${base}/unpublish`))
      assert.deepEqual(counts(await usage()), [0, 0, 2, 2, 1])

      // Both datasets had the same first source: it is kept, and counted, once.
      const all = await usage(managementPath)
      assert.deepEqual(counts(all), [1, 0, 2, 3, 2])
      assert.equal(
        all.current.bytes + all.retained.bytes,
        sizeOf(folder('generations')),
        'every file of every generation',
      )
      assert.equal(all.serving_files.bytes, sizeOf(folder('serving')))
      assert.equal(all.sources.bytes, sizeOf(folder('blobs')))
      const { current, versions: pinned, retained, building, serving_files, sources } = all
      const parts = [current, pinned, retained, building, serving_files, sources]
      assert.equal(
        all.total_bytes,
        parts.reduce((total, { bytes }) => total + bytes, 0),
      )

      // What a deleted dataset leaves is nobody's, and still on disk until it is collected.
      await server.expect(204, 'DELETE', `${managementPath}/datasets/${other.datasetUid}`)
      await expect(404, 'GET', `${managementPath}/datasets/${other.datasetUid}/disk_usage`)
      await expect(200, 'GET', `${managementPath}/disk_usage`)
    })
  },
  { isLong: true },
)

test('what is attached to a dataset takes space, while its history can name it too', async (t) => {
  const server = await startServer(t)
  const { datasetUid } = await server.publishFile('one', { filename: 'v.csv', content: 'a\n1\n' })
  const base = `${managementPath}/datasets/${datasetUid}`
  const sources = async () => (await server.expect(200, 'GET', `${base}/disk_usage`)).json.sources
  assert.deepEqual(await sources(), { count: 1, bytes: 4 })
  const { url } = await server.upload('method.txt', 'how')
  const { json } = await server.expect(201, 'POST', `${base}/attachments`, { body: { url } })
  assert.deepEqual(await sources(), { count: 2, bytes: 7 })
  await server.expect(200, 'DELETE', `${base}/attachments/${json.attachment_uid}`)
  assert.deepEqual(await sources(), { count: 2, bytes: 7 })
})
