/** A publish does again only what has changed: the recipe decides, and what is unchanged at its address is not sent again. */
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { explorePath, managementPath } from '../support/http-client.ts'
import { shareServer } from '../support/server.ts'

const theServer = shareServer({ env: { BROADSHEET_ALLOW_PRIVATE_ADDRESSES: '1' } })

interface Source {
  readonly url: string
  /** Statuses answered so far, by path. */
  readonly answered: Map<string, number[]>
  put(path: string, content: string): void
}

/** Serves files with an ETag and answers 304 to who has them. */
async function startSource(t: TestContext): Promise<Source> {
  const files = new Map<string, { content: string; etag: string }>()
  const answered = new Map<string, number[]>()
  let edition = 0
  const server = createServer((request, response) => {
    const path = request.url!
    const file = files.get(path)
    const status = !file ? 404 : request.headers['if-none-match'] === file.etag ? 304 : 200
    answered.set(path, [...(answered.get(path) ?? []), status])
    response.writeHead(status, file ? { ETag: file.etag, 'Content-Type': 'text/csv' } : {})
    response.end(status === 200 ? file!.content : undefined)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answered,
    put: (path, content) => files.set(path, { content, etag: `"${++edition}"` }),
  }
}

test('only changed resources are fetched again, and an unchanged publish builds nothing', async (t) => {
  const source = await startSource(t)
  source.put('/a.csv', 'n,v\n1,x\n')
  source.put('/b.csv', 'n,v\n2,y\n')
  const server = await theServer()
  const dataset = await server.createDataset('two', {
    filename: 'a.csv',
    content: { url: `${source.url}/a.csv` },
    extractor: 'csvfile',
  })
  const base = `${managementPath}/datasets/${dataset.datasetUid}`
  await server.expect(201, 'POST', `${base}/resources/`, {
    body: { url: `${source.url}/b.csv`, type: 'csvfile', params: {} },
  })
  const publish = async () => server.jobDone(await server.publish(dataset.datasetUid))
  const first = await publish()
  assert.deepEqual([first.result.reused, first.result.records_count], [false, 2])
  for (const answers of source.answered.values()) answers.length = 0

  const second = await publish()
  assert.equal(second.result.reused, true)
  assert.equal(second.result.generation_uid, first.result.generation_uid)
  assert.ok(!second.progresses.some(({ step }) => step === 'extract'))
  assert.deepEqual([...source.answered.values()], [[304], [304]])

  source.put('/b.csv', 'n,v\n2,y\n3,z\n')
  const third = await publish()
  assert.deepEqual([third.result.reused, third.result.records_count], [false, 3])
  assert.deepEqual(Object.fromEntries(source.answered), { '/a.csv': [304, 304], '/b.csv': [304, 200] })

  // What was there before is built already, too.
  source.put('/b.csv', 'n,v\n2,y\n')
  const back = await publish()
  assert.deepEqual([back.result.reused, back.result.generation_uid], [true, first.result.generation_uid])
})

test('metadata, visibility, labels and descriptions are published without building anything', async () => {
  const server = await theServer()
  const dataset = await server.publishFile('one', { filename: 'one.csv', content: 'n,v\n1,x\n2,y\n' })
  const base = `${managementPath}/datasets/${dataset.datasetUid}`
  const publishReused = async () => {
    const job = await server.jobDone(await server.publish(dataset.datasetUid))
    assert.equal(job.result.reused, true)
    assert.equal(job.result.generation_uid, dataset.job.result.generation_uid)
    assert.deepEqual(
      job.progresses.map(({ step }) => step),
      ['expose'],
    )
  }
  const fieldOf = async () => (await server.expect(200, 'GET', `${explorePath}/one`)).json.fields[0]
  await server.expect(200, 'PUT', `${base}/metadata/default/title`, { body: { value: 'New' } })
  await publishReused()
  assert.equal((await server.expect(200, 'GET', `${explorePath}/one`)).json.metas.default.title, 'New')

  const specifications = `${base}/fields_specifications/`
  const label = (
    await server.expect(201, 'POST', specifications, {
      body: { name: 'rename', args: { from_name: 'n', label: 'Number' } },
    })
  ).json
  const description = (
    await server.expect(201, 'POST', specifications, {
      body: { name: 'description', args: { field: 'n', description: 'Counts' } },
    })
  ).json
  await publishReused()
  assert.deepEqual([(await fieldOf()).label, (await fieldOf()).description], ['Number', 'Counts'])
  // A version keeps the labels it was saved with; a restore brings them back.
  const saved = await server.jobDone(await server.order('PUT', `${base}/save_version`))
  for (const step of [label, description]) {
    await server.expect(204, 'DELETE', `${specifications}${step.processor_uid}`)
  }
  await publishReused()
  assert.deepEqual([(await fieldOf()).label, (await fieldOf()).description], ['n', null])
  await server.jobDone(await server.order('PUT', `${base}/versions/${saved.result.version_uid}/restore`))
  assert.deepEqual([(await fieldOf()).label, (await fieldOf()).description], ['Number', 'Counts'])

  // A label of a field that is not there fails as it would in a build.
  await server.expect(201, 'POST', specifications, {
    body: { name: 'rename', args: { from_name: 'nothing', label: 'X' } },
  })
  const failed = await server.waitForJob(await server.publish(dataset.datasetUid))
  assert.equal(failed.error.error_id, 'ingest.processor_failed')
  assert.equal((await fieldOf()).label, 'Number')
})
