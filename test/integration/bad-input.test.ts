/**
 * Bad input on the real server: whatever is published over a dataset that readers have, it ends in a job with a named
 * outcome, the server stays up, and what was published is untouched. How each format is judged in detail:
 * ingest-bad-input.test.ts.
 */
import assert from 'node:assert/strict'
import { readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { tempDirectory } from '../support/builder.ts'
import { explorePath, managementPath } from '../support/http-client.ts'
import { shareServer, startServer } from '../support/server.ts'
import { isWhole } from '../support/tiers.ts'

const theServer = shareServer()

const good = 'code,name\n0007,Brie\n0012,Roquefort\n'
const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
const page = '<!DOCTYPE html>\n<html><body><h1>Sign in</h1></body></html>\n'
const packed = gzipSync(Array.from({ length: 50_000 }, (_, n) => `${n},${(n * 7919) % 1000}`).join('\n'))

/** What comes in, and the key of the error in which its job ends. */
const refused: readonly (readonly [what: string, filename: string, content: string | Buffer, key: string])[] =
  [
    ['an empty file', 'empty.csv', '', 'ingest.source_is_empty'],
    [
      'a quote that is never closed',
      'quote.csv',
      `a,b\n1,"x\n${'2,y\n'.repeat(1000)}`,
      'ingest.unclosed_quote',
    ],
    ['a web page named .csv', 'page.csv', page, 'ingest.looks_like_html'],
    [
      'a truncated gzip file',
      'cut.csv.gz',
      packed.subarray(0, packed.length / 2),
      'ingest.truncated_archive',
    ],
    [
      'a gzip bomb',
      'bomb.csv.gz',
      gzipSync(Buffer.alloc(96 << 20, 'a,b\n')),
      'ingest.decompressed_too_large',
    ],
    ['JSON nested 100,000 deep', 'deep.json', `[${deep}]`, 'ingest.too_deep'],
    ['JSON that ends too early', 'cut.json', '[{"a": 1}, {"a": ', 'ingest.invalid_json'],
    ['a Parquet file that is none', 'none.parquet', 'PAR1, or not', 'ingest.invalid_parquet'],
  ]

/** What comes in, how many records and rejected rows it gives, and the names of its fields. */
const accepted: readonly (readonly [
  what: string,
  filename: string,
  content: string | Buffer,
  expected: { records: number; rejected: number; errors?: number; fields?: readonly string[] },
])[] = [
  ['a header alone', 'header.csv', 'a,b\n', { records: 0, rejected: 0, fields: ['a', 'b'] }],
  ['ragged rows', 'ragged.csv', 'a,b\n1\n1,2\n1,2,3\n', { records: 2, rejected: 1 }],
  ['a cell of 2 MB', 'cell.csv', `a,b\n1,"${'x'.repeat(2 << 20)}"\n`, { records: 1, rejected: 0 }],
  [
    'duplicate and hostile headings',
    'hostile.csv',
    `a,a,"""); DROP TABLE records; --","x\ny",__proto__,${'h'.repeat(300)},,constructor\n1,2,3,4,5,6,7,8\n`,
    { records: 1, rejected: 0 },
  ],
  ['NUL bytes', 'nul.csv', 'a,b\n1,x\0y\n2,z\n', { records: 2, rejected: 0 }],
  [
    'Latin-1 without saying so',
    'latin1.csv',
    Buffer.from('pr\xe9nom;ann\xe9e\nRen\xe9;1931\n', 'latin1'),
    { records: 1, rejected: 0, fields: ['prenom', 'annee'] },
  ],
  [
    'GeoJSON with null and invalid geometries',
    'odd.geojson',
    JSON.stringify({
      type: 'FeatureCollection',
      features: [
        { type: 'Feature', properties: { a: 1 }, geometry: null },
        { type: 'Feature', properties: { a: 2 }, geometry: { type: 'Point', coordinates: ['x', 'y'] } },
        { type: 'Feature', properties: { a: 3 }, geometry: { type: 'Point', coordinates: [2, 48] } },
      ],
    }),
    { records: 3, rejected: 0, errors: 1 },
  ],
]

test('bad input ends in a named outcome and touches nothing that is published', async (t) => {
  const server = await startServer(t, { env: { BROADSHEET_MAX_SOURCE_MB: '64' } })
  const dataset = await server.publishFile('cheeses', { filename: 'cheeses.csv', content: good })
  const bystander = await server.publishFile('bystander', { filename: 'other.csv', content: 'n\n1\n' })
  const path = `${managementPath}/datasets/${dataset.datasetUid}`
  const resource = `${path}/resources/${dataset.resourceUid}`
  const read = async (id: string) => {
    const { text, headers } = await server.expect(
      200,
      'GET',
      `${explorePath}/${id}/records?include_app_metas=1`,
    )
    return { text, etag: headers.get('etag') }
  }
  const published = await read('cheeses')
  const others = await read('bystander')
  async function pointAt(filename: string, content: string | Buffer) {
    const { url } = await server.upload(filename, content)
    await server.expect(200, 'PUT', resource, { body: { url, title: filename, params: {} } })
  }

  for (const [what, filename, content, key] of refused) {
    await t.test(`${what} ends in ${key}`, async () => {
      await pointAt(filename, content)
      const job = await server.waitForJob(await server.publish(dataset.datasetUid))
      assert.equal(job.state, 'error')
      assert.equal(job.error.error_id, key)
      assert.ok(job.error.message.length > 10)
      const { json: status } = await server.expect(200, 'GET', `${path}/status`)
      assert.equal(status.name, 'error')
      assert.equal(status.published, true)
      assert.equal(status.message, job.error.message)
      assert.deepEqual(await read('cheeses'), published)
    })
  }

  const inside = createServer((_request, response) => response.end(good))
  let connections = 0
  inside.on('connection', () => connections++)
  await new Promise<void>((resolve) => inside.listen(0, '127.0.0.1', resolve))
  t.after(() => inside.close())
  const { port } = inside.address() as AddressInfo
  for (const host of [
    `127.0.0.1:${port}`,
    `0x7f000001:${port}`,
    `[::ffff:127.0.0.1]:${port}`,
    '169.254.169.254',
  ]) {
    await t.test(`a resource at ${host.replace(/:\d+$/, '')} is refused`, async () => {
      const body = { url: `http://${host}/a.csv`, title: 'inside', type: 'csvfile', params: {} }
      const answer = await server.request('PUT', resource, { body })
      if (answer.status === 200) {
        const job = await server.waitForJob(await server.publish(dataset.datasetUid))
        assert.equal(job.state, 'error')
        assert.equal(job.error.error_id, 'ingest.fetch_refused')
      } else assert.equal(answer.status, 400)
      assert.equal(connections, 0)
      assert.deepEqual(await read('cheeses'), published)
    })
  }

  for (const [what, filename, content, expected] of accepted) {
    await t.test(`${what} becomes records, and what could not be read is counted`, async () => {
      const made = await server.publishFile(filename.replace(/\W/g, '-'), { filename, content })
      assert.equal(made.job.result.records_count, expected.records)
      assert.equal(made.job.result.rows_rejected, expected.rejected)
      assert.equal(made.job.result.records_errors, expected.errors ?? 0)
      const { json } = await server.expect(200, 'GET', `${explorePath}/${made.datasetId}`)
      const names = json.fields.map((field: { name: string }) => field.name)
      if (expected.fields) assert.deepEqual(names, expected.fields)
      assert.equal(new Set(names).size, names.length)
      for (const name of names) assert.match(name, /^[a-z0-9][a-z0-9_]{0,254}$/)
      await server.expect(200, 'GET', `${explorePath}/${made.datasetId}/records?limit=5`)
    })
  }

  await t.test('and the same dataset publishes good input afterwards', async () => {
    await pointAt('cheeses.csv', good)
    await server.jobDone(await server.publish(dataset.datasetUid))
    assert.equal((await read('cheeses')).text, published.text)
    assert.deepEqual(await read('bystander'), others)
    assert.equal((await server.expect(200, 'GET', '/readyz')).status, 200)
    const { text: metrics } = await server.expect(200, 'GET', '/metrics')
    const failed = metrics.match(/broadsheet_jobs_finished_total\{function="publish",outcome="error"\} (\d+)/)
    assert.ok(Number(failed?.[1]) >= refused.length, 'failed jobs are counted as such')
    assert.ok(bystander.job.result.published)
    assert.equal(server.stderr().includes('request_failed'), false)
  })
})

test('requests with impossible characters are refused before anything is done with them', async () => {
  const server = await theServer()
  const catalog = `${explorePath}?limit=1`
  const { port } = new URL(server.url)
  for (const host of ['a b', 'x"><script>', 'evil.example/path', 'a:123456']) {
    const status = await new Promise((resolve, reject) => {
      const asked = request({ port, host: '127.0.0.1', path: catalog, headers: { host } }, (answer) => {
        answer.resume().on('end', () => resolve(answer.statusCode))
      })
      asked.on('error', reject).end()
    })
    assert.equal(status, 400, host)
  }
  await server.expect(400, 'GET', `${catalog}&where=a%00b`)
  const headers = { 'content-type': 'application/json' }
  const half = '{"dataset_id": "half", "metas": {"default": {"title": "a\\ud800b"}}}'
  const refused = await server.expect(400, 'POST', `${managementPath}/datasets`, { body: half, headers })
  assert.match(refused.text, /surrogate/)
  await server.expect(200, 'GET', catalog)
})

/** npm run test:all takes the whole gigabyte. */
const largeBytes = isWhole ? 1 << 30 : 1 << 28

test('a large file is uploaded in flat memory', async (t) => {
  const server = await theServer()
  const path = join(tempDirectory(t), 'large.csv')
  writeFileSync(path, 'a,b\n')
  truncateSync(path, largeBytes)
  const peakMb = () =>
    Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))![1]) / 1024
  const before = peakMb()
  const file = await server.upload('large.csv', { path })
  assert.ok(peakMb() - before < 150, `the server grew from ${before} to ${peakMb()} MiB`)
  const { json } = await server.expect(200, 'GET', `${managementPath}/files/${file.file_id}`)
  assert.equal(json.properties.size, largeBytes)
})
