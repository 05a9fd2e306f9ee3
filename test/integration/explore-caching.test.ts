/** Caching of answers, outside (ETag) and inside (the response cache): always right, never for other eyes. */
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { type CreatedDataset, explorePath, managementPath } from '../support/http-client.ts'
import { startServer, type TestServer } from '../support/server.ts'

const csv = (word: string) =>
  `id;word\n${Array.from({ length: 300 }, (_, id) => `${id};${word} number ${id % 10}`).join('\n')}\n`
const path = `${explorePath}/notes`
let server: TestServer
let dataset: CreatedDataset
before(async (t) => {
  server = await startServer(t as never, { env: { BROADSHEET_RESPONSE_CACHE_MB: '1' } })
  dataset = await server.publishFile('notes', { filename: 'notes.csv', content: csv('old') })
})

const get = (query: string, headers: Record<string, string> = {}, status = 200) =>
  server.expect(status, 'GET', `${path}/${query}`, { headers: { 'Accept-Encoding': 'identity', ...headers } })
const isHit = (answer: { headers: Headers }) =>
  answer.headers.get('server-timing')?.startsWith('cache;dur=') ?? false
async function metric(name: string): Promise<number> {
  const { text } = await server.expect(200, 'GET', '/metrics')
  const line = text.split('\n').find((candidate) => candidate.startsWith(name))
  return Number(line?.split(' ').at(-1) ?? 0)
}

describe('the response cache', () => {
  test('answers a repeated question with the same bytes, and counts it', async () => {
    const hits = await metric('broadsheet_response_cache_total{outcome="hit"}')
    const first = await get('records?where=id%20%3E%205&limit=3')
    const second = await get('records?limit=3&where=id+%3E+5&nonsense=1')
    assert.deepEqual([isHit(first), isHit(second)], [false, true])
    assert.equal(second.text, first.text)
    assert.match(first.headers.get('server-timing')!, /plan;dur=[\d.]+, execute;dur=/)
    for (const header of [
      'content-type',
      'cache-control',
      'vary',
      'last-modified',
      'access-control-allow-origin',
    ])
      assert.equal(second.headers.get(header), first.headers.get(header), header)
    assert.equal(await metric('broadsheet_response_cache_total{outcome="hit"}'), hits + 1)
    assert.ok((await metric('broadsheet_response_cache_bytes')) > 0)
  })

  test('keeps what differs apart', async () => {
    const texts = new Set<string>()
    const queries = [
      'limit=2',
      'limit=3',
      'limit=2&offset=1',
      'limit=2&select=id',
      'limit=2&include_app_metas=true',
    ]
    for (const query of [
      ...queries,
      'limit=2&include_links=true',
      'limit=2&where=id>1',
      'limit=2&order_by=id+desc',
    ])
      for (const turn of [1, 2]) {
        const answer = await get(`records?${query}`)
        if (turn === 1) texts.add(answer.text)
        else assert.ok(texts.has(answer.text))
      }
    assert.equal(texts.size, 8)
  })

  test('gives every client its encoding', async () => {
    const plain = (await get('records?limit=100&order_by=id')).text
    for (const _ of [1, 2]) {
      // fetch() unpacks both; what came is told by the header.
      for (const encoding of ['br', 'gzip', 'gzip;q=0.5, br;q=0', 'br, gzip']) {
        const answer = await get('records?limit=100&order_by=id', { 'Accept-Encoding': encoding })
        assert.equal(answer.text, plain)
        assert.equal(answer.headers.get('content-encoding'), encoding.startsWith('br') ? 'br' : 'gzip')
      }
    }
    assert.equal((await get('records?limit=100&order_by=id')).headers.get('content-encoding'), null)
  })

  test('does not keep what the time decides, nor refusals', async () => {
    for (const _ of [1, 2]) {
      assert.ok(!isHit(await get('records?where=now()%20is%20not%20null')))
      await get('records?where=nothing%20%3D%201', {}, 400)
      assert.ok(!isHit(await get('records?where=nothing%20%3D%201', {}, 400)))
    }
  })

  test('facets are kept too', async () => {
    const first = await get('facets?facet=word')
    const second = await get('facets?facet=word')
    assert.deepEqual([isHit(first), isHit(second)], [false, true])
    assert.equal(second.text, first.text)
  })

  test('stays within its bounds', async () => {
    for (let limit = 1; limit <= 100; limit++)
      for (const offset of [0, 50]) await get(`records?limit=${limit}&offset=${offset}`)
    const bytes = await metric('broadsheet_response_cache_bytes')
    assert.ok(bytes > 100_000 && bytes <= 1 << 20, String(bytes))
  })
})

describe('ETags', () => {
  test('If-None-Match compares weakly, takes lists and the star, and goes before If-Modified-Since', async () => {
    const { headers } = await get('records?limit=1')
    const etag = headers.get('etag')!
    assert.match(etag, /^W\/"ge_/)
    for (const tag of [etag, etag.slice(2), `"x", ${etag}`, '*', ` ${etag} `]) {
      const answer = await get('records?limit=1', { 'If-None-Match': tag }, 304)
      assert.equal(answer.text, '')
      assert.equal(answer.headers.get('etag'), etag)
    }
    const since = headers.get('last-modified')!
    await get('records?limit=1', { 'If-None-Match': '"x"', 'If-Modified-Since': since }, 200)
    await get(
      'records?limit=1',
      { 'If-None-Match': etag, 'If-Modified-Since': new Date(0).toUTCString() },
      304,
    )
  })
})

test('another publication has other answers at once', async () => {
  const old = await get('records?limit=1')
  await get('records?limit=1')
  await server.replaceFile(dataset, 'notes.csv', csv('new'))
  await server.jobDone(await server.publish(dataset.datasetUid))
  const fresh = await get('records?limit=1', { 'If-None-Match': old.headers.get('etag')! })
  assert.match(fresh.text, /new number 0/)
  assert.ok(!isHit(fresh))
})

test('what a restricted dataset answers is kept for nobody', async () => {
  await get('records?limit=7')
  assert.ok(isHit(await get('records?limit=7')))
  const policy = `${managementPath}/datasets/${dataset.datasetUid}/security/access_policy`
  await server.expect(200, 'PUT', `${policy}/`, {
    body: '"restricted"',
    headers: { 'Content-Type': 'application/json' },
  })
  await get('records?limit=7', {}, 404)
  const admin = { auth: 'admin' as const }
  for (const _ of [1, 2]) {
    const answer = await server.expect(200, 'GET', `${path}/records?limit=7`, admin)
    assert.ok(!isHit(answer))
    assert.match(answer.headers.get('cache-control')!, /private/)
  }
  await get('records?limit=7', {}, 404)
})
