/** publish?dry_run=true builds and compares without showing; what it built is exposed later as it is. Both databases. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { visitsCsv } from '../support/fixtures.ts'
import { type Client, explorePath, managementPath } from '../support/http-client.ts'
import { forEachDatabase } from '../support/postgres.ts'
import { shareServer } from '../support/server.ts'

const idOf = (field: string) => ({ name: 'annotate', args: { field, annotation: 'id' } })
const before = 'code,name,price\na,Ash,1\nb,Birch,2\nc,Cedar,3\n'
const after = 'code,name,price,kind\na,Ash,1,tree\nb,Birch,2.5,tree\nd,Date,4,\n'

async function dryRun(server: Client, datasetUid: string) {
  return server.jobDone(
    await server.order('PUT', `${managementPath}/datasets/${datasetUid}/publish?dry_run=true`),
  )
}
async function statusOf(server: Client, datasetUid: string) {
  return (await server.expect(200, 'GET', `${managementPath}/datasets/${datasetUid}/status`)).json
}
async function recordsOf(server: Client, datasetId: string) {
  return (await server.expect(200, 'GET', `${explorePath}/${datasetId}/records?order_by=code`)).json.results
}

forEachDatabase(
  (database, options) => {
    const theServer = shareServer({ database })

    test(
      `a dry run tells every difference, changes nothing, and is exposed as it is (${database})`,
      options,
      async () => {
        const server = await theServer()
        const dataset = await server.publishFile('trees', {
          filename: 'trees.csv',
          content: before,
          fieldSpecifications: [idOf('code')],
        })
        const base = `${managementPath}/datasets/${dataset.datasetUid}`
        await server.replaceFile(dataset, 'trees.csv', after)
        const shown = await recordsOf(server, 'trees')
        const { result } = await dryRun(server, dataset.datasetUid)
        assert.equal(result.dry_run, true)
        assert.equal(result.held, false)
        assert.equal(result.reused, false)
        assert.equal(result.published, true)
        assert.equal(result.records_count, 3)
        assert.equal(result.built_records_count, 3)
        assert.deepEqual(result.gates, [])
        assert.ok(Date.parse(result.kept_until) > Date.parse('2020-01-01'))
        const { diff } = result
        assert.equal(diff.from, dataset.job.result.generation_uid)
        assert.equal(diff.to, result.generation_uid)
        assert.deepEqual(diff.records, { added: 1, removed: 1, changed: 1, unchanged: 1 })
        assert.deepEqual(diff.fields.added, [{ name: 'kind', label: 'kind', type: 'text' }])
        assert.deepEqual(diff.fields.removed, [])
        assert.deepEqual(diff.fields.retyped, [{ name: 'price', from: 'int', to: 'double' }])
        assert.deepEqual(diff.fields.null_shares, [
          { name: 'code', from: 0, to: 0 },
          { name: 'name', from: 0, to: 0 },
          { name: 'price', from: 0, to: 0 },
          { name: 'kind', from: null, to: 0.333333 },
        ])
        const [added] = diff.samples.added
        assert.match(added._id, /^[0-9a-f]{32}$/)
        assert.deepEqual(added.new, { code: 'd', name: 'Date', price: 4, kind: null })
        assert.equal(added.old, null)
        assert.deepEqual(diff.samples.removed[0].old, { code: 'c', name: 'Cedar', price: 3 })
        assert.deepEqual(
          diff.samples.changed.map(({ key, old, new: fresh }: Record<string, unknown>) => ({
            key,
            old,
            fresh,
          })),
          [{ key: { code: 'b' }, old: { price: 2 }, fresh: { price: 2.5 } }],
        )

        assert.deepEqual(await recordsOf(server, 'trees'), shown)
        const status = await statusOf(server, dataset.datasetUid)
        assert.deepEqual([status.name, status.published, status.records_errors], ['idle', true, 0])

        const generation = result.generation_uid
        const exposed = await server.jobDone(
          await server.order('PUT', `${base}/publish?generation=${generation}`),
        )
        assert.equal(exposed.result.generation_uid, generation)
        assert.equal(exposed.result.reused, true)
        assert.equal(exposed.result.content_hash, result.content_hash)
        assert.ok(!exposed.progresses.some(({ step }) => step === 'extract' || step === 'fetch'))
        assert.deepEqual(
          (await recordsOf(server, 'trees')).map((record: { code: string }) => record.code),
          ['a', 'b', 'd'],
        )
        // Nothing differs any more: the same generation, compared with itself.
        const again = (await dryRun(server, dataset.datasetUid)).result
        assert.equal(again.reused, true)
        assert.deepEqual(again.diff.records, { added: 0, removed: 0, changed: 0, unchanged: 3 })
      },
    )

    test(
      `what is not published yet is compared with nothing, and an error is still there afterwards (${database})`,
      options,
      async () => {
        const server = await theServer()
        const dataset = await server.createDataset('unpublished', { filename: 'trees.csv', content: before })
        const { result } = await dryRun(server, dataset.datasetUid)
        assert.equal(result.published, false)
        assert.equal(result.diff.from, null)
        assert.deepEqual(result.diff.records, { added: 3, removed: 0, changed: 0, unchanged: 0 })
        assert.equal(result.diff.samples.added.length, 3)
        await server.expect(404, 'GET', `${explorePath}/unpublished/records`)

        // A step that fails puts the dataset in error; dry runs, good or bad, leave it there with its reason.
        const base = `${managementPath}/datasets/${dataset.datasetUid}`
        const step = (
          await server.expect(201, 'POST', `${base}/fields_specifications/`, { body: idOf('nothing') })
        ).json
        const failed = await server.waitForJob(await server.publish(dataset.datasetUid))
        assert.equal(failed.state, 'error')
        const broken = await statusOf(server, dataset.datasetUid)
        assert.equal(broken.name, 'error')
        const dryFailed = await server.waitForJob(await server.order('PUT', `${base}/publish?dry_run=true`))
        assert.equal(dryFailed.state, 'error')
        await server.expect(204, 'DELETE', `${base}/fields_specifications/${step.processor_uid}`)
        await dryRun(server, dataset.datasetUid)
        const after = await statusOf(server, dataset.datasetUid)
        assert.deepEqual(
          [after.name, after.message, after.error_id],
          ['error', broken.message, broken.error_id],
        )
      },
    )

    test(`a dry run that fails leaves an idle dataset idle (${database})`, options, async () => {
      const server = await theServer()
      const dataset = await server.publishFile('failing', { filename: 'trees.csv', content: before })
      const base = `${managementPath}/datasets/${dataset.datasetUid}`
      await server.expect(201, 'POST', `${base}/fields_specifications/`, { body: idOf('nothing') })
      const failed = await server.waitForJob(await server.order('PUT', `${base}/publish?dry_run=true`))
      assert.equal(failed.error.error_id, 'ingest.processor_failed')
      assert.equal((await statusOf(server, dataset.datasetUid)).name, 'idle')
    })
  },
  { isLong: true },
)

const theServer = shareServer()

test('values that a dry run could not handle are told of what it built, not of what readers see', async () => {
  const server = await theServer()
  const dataset = await server.publishFile('lossy', { filename: 'trees.csv', content: before })
  const base = `${managementPath}/datasets/${dataset.datasetUid}`
  const toInt = { name: 'type', args: { field: 'name', type: 'int' } }
  await server.expect(201, 'POST', `${base}/fields_specifications/`, { body: toInt })
  const { result } = await dryRun(server, dataset.datasetUid)
  assert.equal(result.built_records_errors, 3)
  const told = (await server.expect(200, 'GET', `${base}/records_errors?generation=${result.generation_uid}`))
    .json
  assert.deepEqual(
    told.map((error: { field_uid: string; raw_params: { value: string } }) => [
      error.field_uid,
      error.raw_params.value,
    ]),
    [
      ['name', 'Ash'],
      ['name', 'Birch'],
      ['name', 'Cedar'],
    ],
  )
  assert.deepEqual((await server.expect(200, 'GET', `${base}/records_errors`)).json, [])

  const other = await server.createDataset('elsewhere', { filename: 'trees.csv', content: before })
  const path = `${managementPath}/datasets/${other.datasetUid}/records_errors`
  const refused = await server.expect(404, 'GET', `${path}?generation=${result.generation_uid}`)
  assert.equal(refused.json.error_id, 'catalog.unknown_generation')
})

test('publish?generation= is refused in words when it cannot be, and the dataset stays at rest', async () => {
  const server = await theServer()
  const trees = await server.publishFile('trees', { filename: 'trees.csv', content: before })
  const other = await server.publishFile('other', { filename: 'other.csv', content: 'a\n1\n' })
  const base = `${managementPath}/datasets/${trees.datasetUid}`
  async function refused(query: string, status: number, errorId: string, auth?: 'none') {
    const answer = await server.expect(status, 'PUT', `${base}/publish?${query}`, auth ? { auth } : {})
    assert.equal(answer.json.error_id, errorId, query)
    assert.equal((await statusOf(server, trees.datasetUid)).name, 'idle')
    return answer.json
  }
  const unknown = await refused('generation=ge_nosuchthing', 404, 'checks.unknown_generation')
  const foreign = other.job.result.generation_uid
  const hidden = await refused(`generation=${foreign}`, 404, 'checks.unknown_generation')
  assert.equal(hidden.message.replace(foreign, ''), unknown.message.replace('ge_nosuchthing', ''))
  for (const query of [
    'generation=../../etc',
    'generation=',
    'dry_run=maybe',
    `dry_run=true&generation=${foreign}`,
    'dry_run=true&override=gates',
    'override=everything',
    'override=recipe',
  ]) {
    await refused(query, 400, 'http.invalid_parameter')
  }

  await server.replaceFile(trees, 'trees.csv', after)
  const { result } = await dryRun(server, trees.datasetUid)
  const exposes = `generation=${result.generation_uid}`
  // Metadata and labels are no part of the recipe; a step is. Taken back, it is the same recipe again.
  await server.expect(200, 'PUT', `${base}/metadata/default/title`, { body: { value: 'Trees' } })
  const step = (
    await server.expect(201, 'POST', `${base}/fields_specifications/`, {
      body: { name: 'type', args: { field: 'price', type: 'text' } },
    })
  ).json
  await refused(exposes, 400, 'checks.recipe_changed')
  const overridden = await server.jobDone(
    await server.order('PUT', `${base}/publish?${exposes}&override=recipe`),
  )
  assert.equal(overridden.result.generation_uid, result.generation_uid)
  const overrides = (await server.expect(200, 'GET', `${base}/gates/overrides`)).json
  assert.deepEqual(
    overrides.map(({ override, user, job_id }: Record<string, unknown>) => ({ override, user, job_id })),
    [{ override: ['recipe'], user: { username: 'admin' }, job_id: overridden.job_id }],
  )
  await server.expect(204, 'DELETE', `${base}/fields_specifications/${step.processor_uid}`)
  // The bytes of the first file under another file id: another configuration, the same recipe.
  await server.replaceFile(trees, 'trees.csv', before)
  const back = await server.jobDone(
    await server.order('PUT', `${base}/publish?generation=${trees.job.result.generation_uid}`),
  )
  assert.equal(back.result.generation_uid, trees.job.result.generation_uid)
  const catalog = (await server.expect(200, 'GET', `${explorePath}/trees`)).json
  assert.equal(catalog.metas.default.title, 'Trees')
})

test('aborting a dry run leaves nothing, whether the records are to be kept or not', async () => {
  const server = await theServer()
  const dataset = await server.publishFile('visits', { filename: 'visits.csv', content: visitsCsv(100) })
  const base = `${managementPath}/datasets/${dataset.datasetUid}`
  await server.replaceFile(dataset, 'visits.csv', visitsCsv(150_000, { edition: 2 }))
  for (const records of ['keep', 'discard']) {
    const jobId = await server.order('PUT', `${base}/publish?dry_run=true`)
    await server.waitForJob(jobId, { until: ({ progresses }) => progresses.length > 0 })
    await server.order('PUT', `${base}/abort_processing?records=${records}`)
    const job = await server.jobDone(jobId)
    assert.equal(job.result.aborted, true)
    assert.equal(job.result.dry_run, true)
    assert.equal(job.result.generation_uid, undefined)
    assert.equal(job.result.records_count, 100)
    const status = await statusOf(server, dataset.datasetUid)
    assert.deepEqual([status.name, status.partial], ['idle', undefined])
  }
  const count = await server.expect(200, 'GET', `${explorePath}/visits/records?limit=0`)
  assert.equal(count.json.total_count, 100)
})
