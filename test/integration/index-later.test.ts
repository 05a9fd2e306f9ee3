/** A small dataset is shown from its parts before its search index is made: sooner, and to readers all the same. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { CrashOrder } from '../../src/faults/index.ts'
import { tempDirectory } from '../support/builder.ts'
import { explorePath, managementPath } from '../support/http-client.ts'
import { isAlive, until } from '../support/processes.ts'
import { startServer, type TestServer } from '../support/server.ts'

const rows = Array.from({ length: 500 }, (_, n) => `${n},${n % 3 ? 'tall tree' : 'low hedge'}`)
const file = { filename: 'plants.csv', content: `n,name\n${rows.join('\n')}\n` }

async function startWithFaults(t: TestContext) {
  const faults = join(tempDirectory(t), 'order.json')
  const env = { NODE_ENV: 'test', BROADSHEET_TEST_FAULTS: faults, BROADSHEET_INDEX_LATER_MB: '4' }
  return { server: await startServer(t, { env }), faults }
}

const order = (faults: string, mode: CrashOrder['mode']) =>
  writeFileSync(faults, JSON.stringify({ point: 'index.before', mode } satisfies CrashOrder))
const servingFiles = ({ dataDirectory }: TestServer) => readdirSync(join(dataDirectory, 'serving'))

async function answers(server: TestServer, id: string) {
  const questions = [
    'where=search("tall")&limit=3',
    'where=name like "hedge"&order_by=-n&limit=2',
    'select=name,count(*) as c&group_by=name',
    'limit=5&offset=100&include_app_metas=1',
  ]
  const given: unknown[] = []
  for (const question of questions) {
    const path = `${explorePath}/${id}/records?${question}`
    const { text, headers } = await server.expect(200, 'GET', path)
    given.push([text, headers.get('etag')])
  }
  return given
}

test('a small dataset is shown before its index is made, and the index changes no answer', async (t) => {
  const { server, faults } = await startWithFaults(t)
  order(faults, 'hold')
  const { job, datasetId, datasetUid } = await server.publishFile('plants', file)
  await until(
    () => !existsSync(faults),
    () => 'not yet: the builder is held before its index is there',
  )
  assert.deepEqual(servingFiles(server), [])
  const phases = job.progresses.map(({ step }) => step)
  assert.deepEqual(phases, ['extract', 'write', 'check', 'expose'])
  // The same records again: nothing is built, and nobody else is sent for the file that is on its way.
  assert.equal((await server.jobDone(await server.publish(datasetUid))).result.reused, true)
  const fromParts = await answers(server, datasetId)

  writeFileSync(`${faults}.release`, '')
  await until(
    () => servingFiles(server).length === 1,
    () => 'not yet: the serving file',
  )
  assert.deepEqual(await answers(server, datasetId), fromParts)
  const { json } = await server.expect(200, 'GET', `${managementPath}/jobs?rows=100`)
  assert.deepEqual(
    json.map((one: { function: string }) => one.function),
    ['publish', 'publish'],
    'nothing else was ordered to make it',
  )

  await t.test('a dataset that is deleted while its index is made leaves no file', async () => {
    order(faults, 'hold')
    const short = await server.publishFile('short', file)
    await until(
      () => !existsSync(faults),
      () => 'not yet: the builder is held',
    )
    await server.expect(204, 'DELETE', `${managementPath}/datasets/${short.datasetUid}`)
    writeFileSync(`${faults}.release`, '')
    await until(
      () => !readdirSync(join(server.dataDirectory, 'tmp')).some((name) => name.startsWith('ge_')),
      () => 'not yet: the end of the build',
    )
    await until(
      () => servingFiles(server).length === 1,
      () => 'not yet: only the other serving file',
    )
  })
  await t.test('the next publish need not wait for it', async () => {
    order(faults, 'hold')
    const again = await server.publishFile('again', file)
    await until(
      () => !existsSync(faults),
      () => 'not yet: the builder is held',
    )
    await server.replaceFile(again, 'plants.csv', `${file.content}500,rose\n`)
    await server.jobDone(await server.publish(again.datasetUid))
    const { json: found } = await server.expect(
      200,
      'GET',
      `${explorePath}/again/records?where=search("rose")`,
    )
    assert.equal(found.total_count, 1)
    writeFileSync(`${faults}.release`, '')
    await until(
      () => servingFiles(server).length === 3,
      () => 'not yet: all serving files',
    )
  })
})

test('a builder that dies at the index, or the server with it, leaves the dataset published', async (t) => {
  const { server, faults } = await startWithFaults(t)
  order(faults, 'kill')
  const first = await server.publishFile('first', file)
  await until(
    () => servingFiles(server).length === 1,
    () => 'no other builder made the serving file',
  )
  const expected = await answers(server, first.datasetId)

  order(faults, 'kill-both')
  const second = await server.createDataset('second', file)
  await server.publish(second.datasetUid)
  // Its end has been seen here, and not by the system alone.
  await until(
    () => !isAlive(server.pid),
    () => 'the server did not die',
  )
  await server.kill()
  const next = await server.startAgain()
  const [job] = (await next.expect(200, 'GET', `${managementPath}/datasets/${second.datasetUid}/jobs`)).json
  assert.equal((await next.jobDone(job.job_id)).result.records_count, 500)
  assert.deepEqual(
    (await answers(next, 'second')).map((pair) => (pair as string[])[0]?.length),
    expected.map((pair) => (pair as string[])[0]?.length),
  )
  await until(
    () => servingFiles(next).length === 2,
    () => 'the first reader did not order the serving file',
  )
})
