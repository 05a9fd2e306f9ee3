/** Damage where files are handed out or compared: named, never sent, and no innocent file is accused. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { flipByte } from '../support/damage.ts'
import { visitsCsv } from '../support/fixtures.ts'
import { explorePath, managementPath } from '../support/http-client.ts'
import { startServer } from '../support/server.ts'

test('a damaged part is not handed out, and its neighbour dataset is', async (t) => {
  const server = await startServer(t)
  const made = await server.publishFile('visits', { filename: 'v.csv', content: visitsCsv(3000) })
  await server.publishFile('others', { filename: 'v.csv', content: visitsCsv(10) })
  const generation = String(made.job.result.generation_uid)
  const partPath = `${explorePath}/visits/parquet/part-00000.parquet`
  const whole = await server.expect(200, 'GET', partPath)
  assert.equal(whole.bytes.subarray(0, 4).toString(), 'PAR1')
  flipByte(join(server.dataDirectory, 'generations', generation, 'part-00000.parquet'))
  const damaged = await server.expect(500, 'GET', partPath)
  assert.match(damaged.text, /part-00000\.parquet/)
  assert.equal(damaged.text.includes(server.dataDirectory), false)
  await server.expect(500, 'GET', partPath, { headers: { range: 'bytes=0-3' } })
  await server.expect(200, 'GET', `${explorePath}/others/parquet/part-00000.parquet`)
})

test('a diff of two generations, one of whose serving files is damaged, is the same diff', async (t) => {
  const server = await startServer(t)
  const made = await server.publishFile('visits', { filename: 'v.csv', content: visitsCsv(20_000) })
  const base = `${managementPath}/datasets/${made.datasetUid}`
  const saved = await server.jobDone(await server.order('PUT', `${base}/save_version`))
  const version = saved.result.version_uid
  await server.replaceFile(made, 'v.csv', visitsCsv(20_500))
  const next = await server.jobDone(await server.publish(made.datasetUid))
  const generations = [made.job, next].map(({ result }) => String(result.generation_uid))
  const pages = [
    `${base}/diff?from=${version}&to=current`,
    `${base}/diff/records?from=${version}&to=current&rows=20`,
  ]
  const read = (at: typeof server) =>
    Promise.all(pages.map(async (path) => (await at.expect(200, 'GET', path)).text))
  const expected = await read(server)
  await server.stop()
  const serving = join(server.dataDirectory, 'serving', `${generations[0]}.duckdb`)
  for (let share = 0.1; share < 1; share += 0.02) flipByte(serving, share)

  const again = await server.startAgain()
  assert.deepEqual(await read(again), expected)
  const accused = again
    .stderr()
    .split('\n')
    .filter((line) => line.includes('file_damaged'))
  assert.equal(accused.length, 1)
  assert.ok(accused[0]!.includes(generations[0]!))
})
