/** Joins of published datasets on a real server: what is joined, when it is stale, and what follows from a change. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { documented, readApiDocument } from '../support/api-document.ts'
import { explorePath, managementPath } from '../support/http-client.ts'
import { forEachDatabase } from '../support/postgres.ts'
import { until } from '../support/processes.ts'
import { startServer, type TestServer } from '../support/server.ts'

const joinCities = (more = {}) => ({
  name: 'join_dataset',
  args: {
    dataset: { dataset_id: 'cities' },
    local_key: ['city'],
    remote_key: ['name'],
    output_fields: ['zip'],
    ...more,
  },
})
const shops = (more = {}) => ({
  filename: 'shops.csv',
  content: 'id,city\n1,Lyon\n2,Paris\n',
  processors: [joinCities(more)],
})
const cities = { filename: 'cities.csv', content: 'name,zip\nLyon,69001\nParis,75001\n' }
const citiesLater = 'name,zip\nLyon,69009\nParis,75001\n'

const zipsOf = async (server: TestServer, datasetId: string) => {
  const { json } = await server.request('GET', `${explorePath}/${datasetId}/records?order_by=id`)
  return json.results?.map((record: { zip: unknown }) => record.zip)
}

forEachDatabase(
  (database, options) => {
    test(
      `a joined dataset that changes makes stale, and republishes where asked (${database})`,
      options,
      async (t) => {
        const server = await startServer(t, { database })
        const expect = documented(server, await readApiDocument(server))
        const statusOf = async (uid: string) =>
          (await expect(200, 'GET', `${managementPath}/datasets/${uid}/status`)).json
        const objectOf = async (uid: string) =>
          (await expect(200, 'GET', `${managementPath}/datasets/${uid}`)).json

        const early = await server.createDataset('early', shops())
        const refused = await server.waitForJob(await server.publish(early.datasetUid))
        assert.equal(refused.error?.error_key, 'JoinedDatasetUnpublishedException')
        assert.match(refused.error?.message, /cities/)

        const remote = await server.publishFile('cities', cities)
        const plain = await server.publishFile('plain', shops())
        const following = await server.publishFile('following', shops({ republish_on_update: true }))
        assert.deepEqual(await zipsOf(server, 'plain'), [69001, 75001])
        assert.equal((await statusOf(plain.datasetUid)).stale, undefined)

        await t.test('a preview of the processors joins, too', async () => {
          const path = `${managementPath}/datasets/${plain.datasetUid}/processors/preview`
          const { json } = await expect(200, 'POST', path, { body: {} })
          assert.deepEqual(
            json.records.map((record: { zip: unknown }) => record.zip),
            [69001, 75001],
          )
        })

        await t.test('without a change the generation is reused', async () => {
          await server.jobDone(await server.publish(remote.datasetUid))
          const again = await server.jobDone(await server.publish(plain.datasetUid))
          assert.equal(again.result.generation_uid, plain.job.result.generation_uid)
        })

        await t.test(
          'after one it is stale until it is published, and the other one follows by itself',
          async () => {
            await server.replaceFile(remote, 'cities.csv', citiesLater)
            await server.jobDone(await server.publish(remote.datasetUid))
            await until(
              async () => (await zipsOf(server, 'following'))[0] === 69009,
              () => 'it does not follow',
            )
            assert.deepEqual(await zipsOf(server, 'plain'), [69001, 75001])
            assert.equal((await statusOf(plain.datasetUid)).stale, true)
            assert.equal((await objectOf(plain.datasetUid)).stale, true)
            assert.equal((await statusOf(following.datasetUid)).stale, undefined)
            const path = `${managementPath}/datasets/${following.datasetUid}/jobs`
            const { json: jobs } = await server.expect(200, 'GET', path)
            const orders = jobs.filter((job: { function: string }) => job.function === 'publish')
            assert.equal(orders.length, 2)
            const again = await server.jobDone(await server.publish(plain.datasetUid))
            assert.notEqual(again.result.generation_uid, plain.job.result.generation_uid)
            assert.deepEqual(await zipsOf(server, 'plain'), [69009, 75001])
            assert.equal((await statusOf(plain.datasetUid)).stale, undefined)
          },
        )

        await t.test('a dataset that joins itself, over another one too, is refused by name', async () => {
          const processor = (dataset: string) => ({
            name: 'join_dataset',
            args: { dataset, local_key: ['zip'], remote_key: ['zip'], output_fields: ['zip'] },
          })
          const path = `${managementPath}/datasets/${remote.datasetUid}/processors/`
          for (const [dataset, shown] of [
            ['following', 'following -> cities'],
            [remote.datasetUid, remote.datasetUid],
          ] as const) {
            const { json: added } = await server.expect(201, 'POST', path, { body: processor(dataset) })
            const job = await server.waitForJob(await server.publish(remote.datasetUid))
            assert.equal(job.error?.error_key, 'JoinCycleException')
            assert.ok(job.error?.message.includes(shown), job.error?.message)
            await server.expect(204, 'DELETE', `${path}${added.processor_uid}`)
          }
        })

        await t.test('one that is gone makes stale and orders nothing', async () => {
          await server.jobDone(
            await server.order('PUT', `${managementPath}/datasets/${remote.datasetUid}/unpublish`),
          )
          assert.equal((await statusOf(following.datasetUid)).stale, true)
          assert.deepEqual(await zipsOf(server, 'following'), [69009, 75001])
        })
      },
    )
  },
  { isLong: true },
)

test('what is joined while it is replaced and collected is joined as it was, and the dataset follows', async (t) => {
  // Nothing that is replaced is kept.
  const server = await startServer(t, { env: { BROADSHEET_RETENTION_HOURS: '0' } })
  const remote = await server.publishFile('cities', cities)
  const rows = Array.from({ length: 300_000 }, (_, id) => `${id},${id % 2 ? 'Paris' : 'Lyon'}`).join('\n')
  const large = await server.createDataset('large', {
    ...shops({ republish_on_update: true }),
    content: `id,city\n${rows}\n`,
  })
  const jobUid = await server.publish(large.datasetUid)
  await server.waitForJob(jobUid, { until: (job) => job.progresses.length > 0 })
  await server.replaceFile(remote, 'cities.csv', citiesLater)
  await server.jobDone(await server.publish(remote.datasetUid))
  const job = await server.jobDone(jobUid)
  assert.equal(job.result.records_count, 300_000)
  await until(
    async () => (await zipsOf(server, 'large'))[0] === 69009,
    () => 'it does not follow',
  )
})
