/** What always holds (docs/invariants.md), as far as no other file is about it; and that the page names real tests. */
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createEditions, datasetPath, readEdition, serveEditions, sourceEnv } from '../support/editions.ts'
import { writeVisits } from '../support/fixtures.ts'
import { explorePath } from '../support/http-client.ts'
import { assertNoLeftovers, controlRows, hashGenerations } from '../support/invariants.ts'
import { until } from '../support/processes.ts'
import { startServer, type TestServer } from '../support/server.ts'

const root = new URL('../../', import.meta.url)

test('every invariant names tests, and each of them exists', () => {
  const page = readFileSync(new URL('docs/invariants.md', root), 'utf8')
  const sections = page.split(/^## /m).slice(1)
  assert.deepEqual(
    sections.map((section) => Number.parseInt(section, 10)),
    Array.from({ length: sections.length }, (_, index) => index + 1),
  )
  assert.equal(sections.length, 11)
  for (const section of sections) {
    const tests = [...section.matchAll(/^- `([^`]+)`: (.+)$/gm)]
    assert.ok(tests.length > 0, `no test holds ${section.split('\n')[0]}`)
    for (const [, file, name] of tests) {
      const source = readFileSync(new URL(file!, root), 'utf8')
      assert.ok(source.includes(name!), `${file} has no test "${name}"`)
    }
  }
})

async function startWithSource(t: TestContext, env: Record<string, string> = {}) {
  const source = await serveEditions()
  t.after(() => source.close())
  const server = await startServer(t, {
    env: { ...sourceEnv, BROADSHEET_RETENTION_HOURS: '0', ...env },
  })
  return { server, source }
}

/** A deleted dataset makes the collector run at once. */
async function collect(server: TestServer, datasetId: string): Promise<void> {
  const other = await server.createDataset(datasetId, { filename: 'o.csv', content: 'a\n1\n' })
  await server.expect(204, 'DELETE', datasetPath(other))
}

test('no file of a sealed generation changes, whatever is done to its dataset; a version outlives the collector', async (t) => {
  const { server, source } = await startWithSource(t)
  const dataset = await createEditions(server, source, 'sealed')
  const base = datasetPath(dataset)
  const act = async (path: string) => server.jobDone(await server.order('PUT', `${base}/${path}`))
  source.set('sealed', 1)
  await act('publish')
  const version = (await act('save_version')).result.version_uid
  const sealed = await hashGenerations(server.dataDirectory)
  assert.ok(Object.keys(sealed).length >= 2)

  source.set('sealed', 2)
  await act('publish')
  await act('unpublish')
  await act('publish')
  await collect(server, 'other')
  await server.stop()
  const again = await server.startAgain()
  const after = await hashGenerations(again.dataDirectory)
  for (const [path, hash] of Object.entries(sealed)) assert.equal(after[path], hash, path)
  assert.equal(await readEdition(again, 'sealed', version), 1)
  await again.jobDone(await again.order('PUT', `${base}/versions/${version}/restore`))
  assert.equal(await readEdition(again, 'sealed'), 1)
  await assertNoLeftovers(again)
})

/** Some 20 MB of text: more than what lies on the way between the server and a reader that does not read. */
const manyVisits = 400_000

test('an export that has begun ends on its generation while that is replaced, retired and collected', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'broadsheet-visits-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  const path = join(directory, 'many.csv')
  await writeVisits(path, manyVisits, { edition: 1 })
  const server = await startServer(t, { env: { BROADSHEET_RETENTION_HOURS: '0' } })
  const dataset = await server.publishFile('long', {
    filename: 'many.csv',
    content: { path },
    extractor: 'csvfile',
  })
  const generationUid = dataset.job.result.generation_uid
  const files = join(server.dataDirectory, 'generations', generationUid)

  const response = await fetch(
    `${server.url}${explorePath}/long/exports/csv?delimiter=,&with_bom=false&select=number,edition,note`,
  )
  assert.equal(response.status, 200)
  const reader = response.body!.getReader()
  const first = await reader.read()
  await server.replaceFile(dataset, 'few.csv', 'number,edition,note\n1,2,x\n')
  await server.jobDone(await server.publish(dataset.datasetUid))
  await server.expect(204, 'DELETE', datasetPath(dataset))
  await until(
    async () => (await stateOf(server, generationUid)) === 'collected',
    () => 'the collector does not want the generation',
  )
  await server.expect(404, 'GET', `${explorePath}/long/records`)
  assert.ok(existsSync(files), 'the collector waits for the reader')

  const decoder = new TextDecoder()
  let text = decoder.decode(first.value, { stream: true })
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read())
    text += decoder.decode(chunk.value, { stream: true })
  const [header, ...lines] = text.trimEnd().split(/\r?\n/)
  assert.equal(header, 'number,edition,note')
  assert.equal(lines.length, manyVisits)
  assert.ok(lines.every((line, number) => line.startsWith(`${number},1,`)))
  await until(
    () => !existsSync(files),
    () => 'the last reader has gone, the files have not',
  )
  await assertNoLeftovers(server)
})

async function stateOf(server: TestServer, generationUid: string): Promise<string | undefined> {
  const rows = await controlRows<{ state: string }>(
    server,
    `select state from generations where generation_uid = '${generationUid}'`,
  )
  return rows[0]?.state
}

test('the same source and configuration give the same record ids and content hash, interrupted or not', async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'broadsheet-faults-'))
  t.after(() => rmSync(home, { recursive: true, force: true }))
  const faults = join(home, 'order.json')
  const calm = await startWithSource(t)
  const armed = { NODE_ENV: 'test', BROADSHEET_TEST_FAULTS: faults }
  const disturbed = await startServer(t, { env: { ...sourceEnv, ...armed } })
  calm.source.set('same', 7)

  const undisturbed = await createEditions(calm.server, calm.source, 'same')
  const expected = await calm.server.jobDone(await calm.server.publish(undisturbed.datasetUid))

  const dataset = await createEditions(disturbed, calm.source, 'same')
  writeFileSync(faults, JSON.stringify({ point: 'manifest.before', mode: 'kill-both' }))
  const jobId = await disturbed.publish(dataset.datasetUid)
  await until(
    () => !existsSync(faults),
    () => 'the build was not interrupted',
  )
  await disturbed.kill()
  const again = await disturbed.startAgain()
  const resumed = await again.jobDone(jobId)
  assert.equal((resumed as { attempt?: number }).attempt, 2)
  assert.equal(resumed.result.content_hash, expected.result.content_hash)
  const withIds = `${explorePath}/same/records?limit=100&include_app_metas=true`
  const ids = async (server: TestServer) =>
    (await server.expect(200, 'GET', withIds)).json.results.map((record: { _id: string }) => record._id)
  assert.equal(new Set(await ids(again)).size, resumed.result.records_count)
  assert.deepEqual(await ids(again), await ids(calm.server))
})
