/** What always holds (docs/invariants.md), as far as no other file is about it; and that the page names real tests. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { tempDirectory } from '../support/builder.ts'
import { createEditions, datasetPath, readEdition, serveEditions, sourceEnv } from '../support/editions.ts'
import { writeVisits } from '../support/fixtures.ts'
import { type CreatedDataset, explorePath } from '../support/http-client.ts'
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
  assert.equal(sections.length, 12)
  for (const section of sections) {
    const tests = [...section.matchAll(/^- `([^`]+)`: (.+)$/gm)]
    assert.ok(tests.length > 0, `no test holds ${section.split('\n')[0]}`)
    for (const [, file, name] of tests) {
      const source = readFileSync(new URL(file!, root), 'utf8')
      assert.ok(source.includes(name!), `${file} has no test "${name}"`)
    }
  }
})

/** Some 20 MB of text: more than what lies on the way between the server and a reader that does not read. */
const manyVisits = 400_000

test('on a server that is stopped and killed', async (t) => {
  const source = await serveEditions()
  t.after(() => source.close())
  const home = tempDirectory(t)
  const faults = join(home, 'order.json')
  let server = await startServer(t, {
    env: {
      ...sourceEnv,
      NODE_ENV: 'test',
      BROADSHEET_TEST_FAULTS: faults,
      BROADSHEET_RETENTION_HOURS: '0',
    },
  })

  await t.test(
    'no file of a sealed generation changes, whatever is done to its dataset; a version outlives the collector',
    async () => {
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
      server = await server.startAgain()
      const after = await hashGenerations(server.dataDirectory)
      for (const [path, hash] of Object.entries(sealed)) assert.equal(after[path], hash, path)
      assert.equal(await readEdition(server, 'sealed', version), 1)
      await server.jobDone(await server.order('PUT', `${base}/versions/${version}/restore`))
      assert.equal(await readEdition(server, 'sealed'), 1)
      await assertNoLeftovers(server)
    },
  )

  await t.test(
    'the same source and configuration give the same record ids and content hash, interrupted or not',
    async () => {
      const calm = await createEditions(server, source, 'same')
      const disturbed = await createEditions(server, source, 'same-again')
      source.set('same', 7)
      source.set('same-again', 7)
      const expected = await server.jobDone(await server.publish(calm.datasetUid))

      writeFileSync(faults, JSON.stringify({ point: 'manifest.before', mode: 'kill-both' }))
      const jobId = await server.publish(disturbed.datasetUid)
      await until(
        () => !existsSync(faults),
        () => 'the build was not interrupted',
      )
      await server.kill()
      server = await server.startAgain()
      const resumed = await server.jobDone(jobId)
      assert.equal((resumed as { attempt?: number }).attempt, 2)
      assert.notEqual(resumed.result.generation_uid, expected.result.generation_uid)
      assert.equal(resumed.result.content_hash, expected.result.content_hash)
      const ids = async ({ datasetId }: CreatedDataset) => {
        const path = `${explorePath}/${datasetId}/records?limit=100&include_app_metas=true`
        return (await server.expect(200, 'GET', path)).json.results.map(
          (record: { _id: string }) => record._id,
        )
      }
      assert.equal(new Set(await ids(disturbed)).size, resumed.result.records_count)
      assert.deepEqual(await ids(disturbed), await ids(calm))
    },
  )

  await t.test(
    'an export that has begun ends on its generation while that is replaced, retired and collected',
    async () => {
      const directory = tempDirectory(t)
      const path = join(directory, 'many.csv')
      await writeVisits(path, manyVisits, { edition: 1 })
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
    },
  )
})

/** A deleted dataset makes the collector run at once. */
async function collect(server: TestServer, datasetId: string): Promise<void> {
  const other = await server.createDataset(datasetId, { filename: 'o.csv', content: 'a\n1\n' })
  await server.expect(204, 'DELETE', datasetPath(other))
}

async function stateOf(server: TestServer, generationUid: string): Promise<string | undefined> {
  const rows = await controlRows<{ state: string }>(
    server,
    `select state from generations where generation_uid = '${generationUid}'`,
  )
  return rows[0]?.state
}
