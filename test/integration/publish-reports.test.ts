/** What a publish says of fields that changed and rows that could not be read, and how those come back. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { tempDirectory } from '../support/builder.ts'
import { asAdmin, callCli } from '../support/cli.ts'
import { basicAuthorization, readEvents } from '../support/event-source.ts'
import { explorePath, managementPath } from '../support/http-client.ts'
import { shareServer } from '../support/server.ts'

const theServer = shareServer()

test('fields added, removed, retyped and relabelled since the last publication are in the job, in events and on the command line', async (t) => {
  const server = await theServer()
  const first = { filename: 'trees.csv', content: 'code,Kind,height\na,oak,12\n' }
  const dataset = await server.publishFile('drifting', first)
  const base = `${managementPath}/datasets/${dataset.datasetUid}`
  const { job } = dataset
  assert.equal(job.result.schema_changes, undefined, 'there is nothing to compare with')

  await server.replaceFile(dataset, 'trees.csv', 'code,KIND,height,planted\na,oak,12.5,2031-01-02\n')
  const stream = await readEvents(`${server.url}${base}/events`, {
    authorization: basicAuthorization(server.admin),
  })
  t.after(() => stream.close())
  const drifted = await server.jobDone(await server.publish(dataset.datasetUid))
  const expected = {
    from: job.result.generation_uid,
    added: [{ name: 'planted', label: 'planted', type: 'date' }],
    removed: [],
    retyped: [{ name: 'height', from: 'int', to: 'double' }],
    relabelled: [{ name: 'kind', from: 'Kind', to: 'KIND' }],
  }
  assert.deepEqual(drifted.result.schema_changes, expected)
  const done = await stream.find((event) => event.event === 'job.done')
  assert.deepEqual(done.data.result.schema_changes, expected)
  const switched = stream.events.find(({ event }) => event === 'publication.switched')!
  assert.deepEqual(switched.data.schema_changes, expected)

  const same = await server.jobDone(await server.publish(dataset.datasetUid))
  assert.equal(same.result.schema_changes, undefined)

  // What was unpublished is still what readers had last.
  await server.jobDone(await server.order('PUT', `${base}/unpublish`))
  const path = join(tempDirectory(t), 'trees.csv')
  writeFileSync(path, 'code,KIND\nb,elm\n')
  const run = await callCli(['publish', path, '--id', 'drifting'], asAdmin(server))
  assert.match(run.stderr, /^broadsheet: Fields that are gone: height, planted$/m)
  const [last] = (await server.expect(200, 'GET', `${base}/jobs`)).json
  assert.deepEqual(
    last.result.schema_changes.removed.map(({ name }: { name: string }) => name),
    ['height', 'planted'],
  )
})

test('rejected rows that are corrected and given back are in the next publish', async (t) => {
  const server = await theServer()
  const dataset = await server.publishFile('mended', {
    filename: 'shops.csv',
    content: 'id;Shop name;price\n1;Ash;2\n2;Birch;3;4\n3;"Ce"dar;5\n4;Elm;6\n',
  })
  const base = `${managementPath}/datasets/${dataset.datasetUid}`
  const lines = {
    filename: 'more.jsonl',
    content: '{"id": 5, "shop_name": "Fir", "price": 1}\n{"id": 6, oops}\n',
  }
  const file = await server.upload(lines.filename, lines.content)
  const added = { url: file.url, title: lines.filename, type: 'jsonl', params: {} }
  await server.expect(201, 'POST', `${base}/resources/`, { body: added })
  const { result } = await server.jobDone(await server.publish(dataset.datasetUid))
  assert.deepEqual([result.records_count, result.rows_rejected], [3, 3])

  const rejects = (await server.expect(200, 'GET', `${base}/rejects`)).text
  const corrected = rejects
    .replace('2;Birch;3;4', '2;Birch;3')
    .replace(/"3;""Ce""dar;5"/, '3;Cedar;5')
    .replace(/"\{""id"": 6, oops\}"/, '"{""id"": 6, ""shop_name"": ""Gum"", ""price"": 9}"')
  const path = join(tempDirectory(t), 'rejects.csv')
  writeFileSync(path, corrected)
  const run = await callCli(['rejects', 'mended', '--submit', path], asAdmin(server))
  assert.equal(run.code, 0, run.stderr)
  assert.match(run.stdout, /^re_\w+\tshops-corrected\.csv\nre_\w+\tmore-corrected\.jsonl\n$/)
  const next = await server.jobDone(await server.publish(dataset.datasetUid))
  assert.equal(next.result.records_count, 6)
  assert.equal(next.result.schema_changes, undefined, 'the columns are those of the source')
  const records = (await server.expect(200, 'GET', `${explorePath}/mended/records?order_by=id`)).json.results
  assert.deepEqual(
    records.map((record: { id: number; shop_name: string }) => [record.id, record.shop_name]),
    [
      [1, 'Ash'],
      [2, 'Birch'],
      [3, 'Cedar'],
      [4, 'Elm'],
      [5, 'Fir'],
      [6, 'Gum'],
    ],
  )

  const before = (await server.expect(200, 'GET', `${base}/resources/`)).json.length
  const refuse = async (content: string, reason: RegExp) => {
    const { url } = await server.upload('rejects.csv', content)
    const answer = await server.expect(400, 'POST', `${base}/rejects`, { body: { url } })
    assert.match(answer.json.message, reason)
  }
  await refuse('a,b\n1,2\n', /needs the columns resource_uid and raw/)
  await refuse(`resource_uid,raw\n${dataset.resourceUid},x\nre_nosuch,y\n`, /no resource re_nosuch/)
  await server.expect(404, 'POST', `${base}/rejects`, { body: { url: 'odsfile://nosuch' } })
  assert.equal((await server.expect(200, 'GET', `${base}/resources/`)).json.length, before)
})
