/** `Idempotency-Key`: the same key is the same order, whoever asks how often at once. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openControl } from '../../src/control/index.ts'
import { addUser } from '../support/accounts.ts'
import { visitsCsv } from '../support/fixtures.ts'
import { managementPath } from '../support/http-client.ts'
import { forEachDatabase } from '../support/postgres.ts'
import { startServer, type TestServer } from '../support/server.ts'

const spec = { filename: 'visits.csv', content: visitsCsv(20), extractor: 'csvfile' }
const keyed = (key: string) => ({ headers: { 'Idempotency-Key': key } })

async function jobsOf(server: TestServer, datasetUid: string): Promise<{ function: string }[]> {
  return (await server.expect(200, 'GET', `${managementPath}/datasets/${datasetUid}/jobs?rows=100`)).json
}

forEachDatabase((database, options) => {
  test(
    `the same key gives the same job, at once, later and after a restart (${database})`,
    options,
    async (t) => {
      const server = await startServer(t, { database })
      const { datasetUid } = await server.createDataset('visits', spec)
      const base = `${managementPath}/datasets/${datasetUid}`
      const answers = await Promise.all(
        Array.from({ length: 12 }, () => server.expect(200, 'PUT', `${base}/publish`, keyed('one'))),
      )
      const ids = new Set(answers.map(({ json }) => json.job_id))
      assert.equal(ids.size, 1, 'one order, however many asked at the same time')
      const [jobId] = ids
      await server.jobDone(jobId)
      assert.equal((await server.expect(200, 'PUT', `${base}/publish`, keyed('one'))).json.job_id, jobId)
      assert.equal((await jobsOf(server, datasetUid)).length, 1)

      await server.kill()
      const restarted = await server.startAgain()
      assert.equal((await restarted.expect(200, 'PUT', `${base}/publish`, keyed('one'))).json.job_id, jobId)
      const second = await restarted.expect(200, 'PUT', `${base}/publish`, keyed('two'))
      assert.notEqual(second.json.job_id, jobId)
      await restarted.jobDone(second.json.job_id)
      // Without a key every order is its own.
      const third = await restarted.publish(datasetUid)
      await restarted.jobDone(third)
      assert.equal((await jobsOf(restarted, datasetUid)).length, 3)
    },
  )
})

test('a key belongs to one user, one dataset, one action and its parameters', async (t) => {
  const server = await startServer(t, { database: 'sqlite' })
  const { datasetUid } = await server.createDataset('visits', spec)
  const other = await server.createDataset('other', spec)
  const base = `${managementPath}/datasets/${datasetUid}`
  const { job_id } = (await server.expect(200, 'PUT', `${base}/publish`, keyed('k'))).json
  await server.jobDone(job_id)

  await t.test('for something else it is refused, and says what it was for', async () => {
    const before = (await jobsOf(server, datasetUid)).length
    for (const path of [
      `${base}/unpublish`,
      `${base}/save_version`,
      `${managementPath}/datasets/${other.datasetUid}/publish`,
    ]) {
      const { json } = await server.expect(422, 'PUT', path, keyed('k'))
      assert.equal(json.error_key, 'IdempotencyKeyReusedException')
      assert.match(json.message, new RegExp(`publish of dataset ${datasetUid}, job ${job_id}`))
    }
    assert.equal((await jobsOf(server, datasetUid)).length, before)
    assert.equal((await jobsOf(server, other.datasetUid)).length, 0)
  })

  await t.test('the parameters count', async () => {
    const save = (label: string, key: string) =>
      server.request('PUT', `${base}/save_version`, { body: { label }, ...keyed(key) })
    const first = await save('a', 'version')
    await server.jobDone(first.json.job_id)
    assert.equal((await save('a', 'version')).json.job_id, first.json.job_id)
    assert.equal((await save('b', 'version')).status, 422)
  })

  await t.test('another user may use the same key', async () => {
    const permissions = ['edit_dataset', 'publish_dataset']
    const auth = addUser(server, 'editor', { user: permissions, key: permissions })
    const answer = await server.expect(200, 'PUT', `${base}/publish`, { auth, ...keyed('k') })
    assert.notEqual(answer.json.job_id, job_id)
    await server.jobDone(answer.json.job_id)
  })

  await t.test('an order that is refused does not use its key up', async () => {
    assert.equal((await server.request('PUT', `${base}/abort_processing`, keyed('later'))).status, 400)
    const answer = await server.expect(200, 'PUT', `${base}/unpublish`, keyed('later'))
    await server.jobDone(answer.json.job_id)
  })

  await t.test('a restore and an abort have keys too', async () => {
    const [version] = (await server.expect(200, 'GET', `${base}/versions`)).json
    const path = `${base}/versions/${version.version_uid}/restore`
    const first = await server.expect(200, 'PUT', path, keyed('restore'))
    await server.jobDone(first.json.job_id)
    assert.equal((await server.expect(200, 'PUT', path, keyed('restore'))).json.job_id, first.json.job_id)
    assert.equal((await server.request('PUT', `${base}/abort`, keyed('restore'))).status, 422)
  })

  await t.test('what is no key is refused by its name', async () => {
    for (const key of ['', 'with space', 'x'.repeat(256), 'é']) {
      const { json } = await server.expect(400, 'PUT', `${base}/publish`, keyed(key))
      assert.match(json.message, /Idempotency-Key/, key)
    }
  })

  await t.test('a day later the key is free', async () => {
    const control = await openControl({
      databaseUrl: null,
      sqlitePath: `${server.dataDirectory}/control.sqlite`,
    })
    t.after(() => control.close())
    await control.db
      .updateTable('idempotency_keys')
      .set((eb) => ({ created_at: eb('created_at', '-', 24 * 3_600_000) }))
      .execute()
    const answer = await server.expect(200, 'PUT', `${base}/publish`, keyed('k'))
    assert.notEqual(answer.json.job_id, job_id)
    await server.jobDone(answer.json.job_id)
  })
})
