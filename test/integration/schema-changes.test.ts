/** A publish says how its fields differ from those that readers had last. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { tempDirectory } from '../support/builder.ts'
import { asAdmin, callCli } from '../support/cli.ts'
import { basicAuthorization, readEvents } from '../support/event-source.ts'
import { managementPath } from '../support/http-client.ts'
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
