/** What a dataset's records are made of: generations, manifests, rejected rows. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { flipByte } from '../support/damage.ts'
import { managementPath } from '../support/http-client.ts'
import { forEachDatabase } from '../support/postgres.ts'
import { shareServer } from '../support/server.ts'

const first = 'n,word\n1,a\n2,"b, ""quoted""",too,many\n3,c\n3,d\n'
const second = 'n,word\n1,a\n'
const byNumber = [{ name: 'annotate', args: { field: 'n', annotation: 'id', args: [] } }]

const shared = {
  sqlite: shareServer({ database: 'sqlite' }),
  postgres: shareServer({ database: 'postgres' }),
}

forEachDatabase(
  (database, options) => {
    test(
      `generations say what they are made of, and every row is accounted for (${database})`,
      options,
      async () => {
        const server = await shared[database]()
        const dataset = await server.publishFile('books', {
          filename: 'b.csv',
          content: first,
          extractor: 'csvfile',
          fieldSpecifications: byNumber,
        })
        const base = `${managementPath}/datasets/${dataset.datasetUid}`
        const list = async () => (await server.expect(200, 'GET', `${base}/generations`)).json
        const [only, ...none] = await list()
        assert.deepEqual(none, [])
        const uid = String(dataset.job.result.generation_uid)
        assert.deepEqual(
          [only.generation_uid, only.state, only.versions, only.retired_at],
          [uid, 'current', [], null],
        )
        assert.equal(only.content_hash, dataset.job.result.content_hash)
        const [{ rows_read, rows_kept, rows_rejected, rows_filtered, rows_replaced }] = only.sources
        assert.deepEqual([rows_read, rows_kept, rows_rejected, rows_filtered, rows_replaced], [4, 2, 1, 0, 1])

        const directory = join(server.dataDirectory, 'generations', uid)
        const manifest = await server.expect(200, 'GET', `${base}/generations/${uid}/manifest`)
        assert.deepEqual(manifest.json, JSON.parse(readFileSync(join(directory, 'manifest.json'), 'utf8')))

        const csv = await server.expect(200, 'GET', `${base}/rejects`)
        assert.match(csv.headers.get('content-type')!, /^text\/csv/)
        assert.match(csv.headers.get('content-disposition')!, /books-rejects\.csv/)
        const [header, row] = csv.text.split('\n')
        assert.equal(header, 'resource_uid,line,reason,raw')
        assert.ok(row!.startsWith(`${dataset.resourceUid},3,`) && row!.includes('too,many'), row)
        const lines = (await server.expect(200, 'GET', `${base}/rejects?format=jsonl`)).text
          .trim()
          .split('\n')
        assert.deepEqual(
          lines.map((line) => JSON.parse(line)).map(({ line, raw }) => [line, raw]),
          [[3, '2,"b, ""quoted""",too,many']],
        )
        assert.equal((await server.request('GET', `${base}/rejects?format=xml`)).status, 400)

        await server.jobDone(await server.order('PUT', `${base}/save_version`))
        await server.replaceFile(dataset, 'b.csv', second)
        await server.jobDone(await server.publish(dataset.datasetUid))
        assert.deepEqual(
          (await list()).map((entry: { state: string; versions: string[] }) => [
            entry.state,
            entry.versions.length,
          ]),
          [
            ['current', 0],
            ['pinned', 1],
          ],
        )
        assert.equal(
          (await server.expect(200, 'GET', `${base}/rejects`)).text,
          'resource_uid,line,reason,raw\n',
        )
        assert.equal((await server.expect(200, 'GET', `${base}/rejects?format=jsonl`)).text, '')
      },
    )
  },
  { isLong: true },
)

test('who may not edit learns nothing, and what is not there is not there', async () => {
  const server = await shared.sqlite()
  const dataset = await server.publishFile('closed', {
    filename: 'b.csv',
    content: first,
    extractor: 'csvfile',
  })
  const other = await server.createDataset('other', { filename: 'o.csv', content: second })
  const uid = String(dataset.job.result.generation_uid)
  const base = `${managementPath}/datasets/${dataset.datasetUid}`
  const apikey = await server.createApiKey(['create_dataset'])
  for (const path of ['generations', `generations/${uid}/manifest`, 'rejects']) {
    assert.equal((await server.request('GET', `${base}/${path}`, { auth: 'none' })).status, 401, path)
    assert.equal((await server.request('GET', `${base}/${path}`, { auth: { apikey } })).status, 403, path)
  }
  const ofOther = `${managementPath}/datasets/${other.datasetUid}`
  const answers = [
    await server.request('GET', `${ofOther}/generations/${uid}/manifest`),
    await server.request('GET', `${base}/generations/ge_nothing/manifest`),
    await server.request('GET', `${ofOther}/rejects`),
  ]
  assert.deepEqual(
    answers.map(({ status, json }) => [status, json.error_id]),
    [
      [404, 'catalog.unknown_generation'],
      [404, 'catalog.unknown_generation'],
      [404, 'catalog.not_published'],
    ],
  )
  flipByte(join(server.dataDirectory, 'generations', uid, 'rejects.parquet'))
  const damaged = await server.request('GET', `${base}/rejects`)
  assert.deepEqual([damaged.status, damaged.json.error_id], [500, 'records.generation_damaged'])
  assert.match(damaged.json.message, /rejects\.parquet/)
})
