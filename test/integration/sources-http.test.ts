/** HTTP sources that are asked for in a certain way, by the page, and in spite of themselves. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { gzipSync } from 'node:zlib'
import { validateSourceOptions } from '../../src/ingest/index.ts'
import { AppError, type JsonObject, type JsonValue } from '../../src/kernel/index.ts'
import { tempDirectory } from '../support/builder.ts'
import { certificate } from '../support/certificate.ts'
import { assertFails, fetchFrom, guarded, type Handler, lookupOf, serve } from '../support/fetching.ts'

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`
const textOf = async (request: AsyncIterable<Buffer>) => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

test('headers, method, body and credentials are sent as the parameters say', async (t) => {
  const asked: unknown[] = []
  const { url } = await serve(t, async (request, response) => {
    const { authorization, accept, 'x-tenant': tenant, 'content-type': type } = request.headers
    asked.push([request.method, authorization, accept, tenant, type, await textOf(request)])
    response.end('x')
  })
  const headers = { Accept: 'text/csv', 'X-Tenant': 'a' }
  await fetchFrom(t, url, { params: { headers } })
  const authentication = { type: 'basic', username: 'ada', password: 'päss' }
  await fetchFrom(t, url, { params: { method: 'POST', body: { a: [1] }, authentication } })
  const bearer = { type: 'bearer', token: 'abc' }
  await fetchFrom(t, url, { params: { method: 'POST', body: 'a=1', authentication: bearer } })
  const connection = { kind: 'http', url, username: 'ada', secret: 'pw', params: {} }
  await fetchFrom(t, url, { connection })
  await fetchFrom(t, url, { connection: { ...connection, params: { authentication: 'bearer' } } })
  const inHeader = { authentication: 'header', parameter: 'X-Tenant' }
  await fetchFrom(t, url, { connection: { ...connection, params: inHeader } })
  assert.deepEqual(asked, [
    ['GET', undefined, 'text/csv', 'a', undefined, ''],
    ['POST', basic('ada:päss'), '*/*', undefined, 'application/json', '{"a":[1]}'],
    ['POST', 'Bearer abc', '*/*', undefined, 'application/x-www-form-urlencoded', 'a=1'],
    ['GET', basic('ada:pw'), '*/*', undefined, undefined, ''],
    ['GET', 'Bearer pw', '*/*', undefined, undefined, ''],
    ['GET', undefined, '*/*', 'pw', undefined, ''],
  ])
})

test('a secret that belongs into the query is in no error', async (t) => {
  const { url, hits } = await serve(t, (_, response) => response.writeHead(403).end())
  const params = { authentication: 'query', parameter: 'k' }
  const connection = { kind: 'http', url, username: null, secret: 'topsecret', params }
  await assertFails(fetchFrom(t, `${url}/a?b=1`, { connection }), 'ingest.fetch_status', {
    url: `${url}/a?b=1`,
    status: 403,
  })
  assert.deepEqual(hits, ['/a?b=1&k=topsecret'])
})

test('credentials, headers and bodies do not follow a redirect to another origin', async (t) => {
  const seen: unknown[] = []
  const other = await serve(t, async (request, response) => {
    const { authorization, 'x-key': key } = request.headers
    seen.push([request.method, authorization, key, await textOf(request)])
    response.end('there')
  })
  for (const status of [302, 307]) {
    const { url } = await serve(t, (_, response) => response.writeHead(status, { location: other.url }).end())
    const authentication = { type: 'bearer', token: 'abc' }
    const params = { method: 'POST', body: 'secret=1', headers: { 'X-Key': '1' }, authentication }
    assert.equal(String((await fetchFrom(t, url, { params })).content), 'there')
  }
  assert.deepEqual(seen, [
    ['GET', undefined, undefined, ''],
    ['GET', undefined, undefined, ''],
  ])
})

const rows = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => ({ n: from + index }))
const linesOf = (content: Buffer | null) =>
  String(content)
    .trimEnd()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line).n)
const counting = (count: number) => rows(0, count).map(({ n }) => n)

/** Serves a JSON answer made of the request's address. */
function serveJson(
  t: TestContext,
  answer: (at: URL, body: JsonValue) => JsonValue,
  status?: (at: URL) => number,
) {
  return serve(t, async (request, response) => {
    const at = new URL(request.url!, 'http://x')
    const text = await textOf(request)
    response.writeHead(status?.(at) ?? 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(answer(at, text === '' ? null : JSON.parse(text))))
  })
}

test('numbered pages are joined until one is empty; a short page is no end', async (t) => {
  const sizes = [10, 4, 10, 1, 0]
  const { url, hits } = await serveJson(t, (at) => {
    const page = Number(at.searchParams.get('page'))
    const before = sizes.slice(0, page - 1).reduce((sum, size) => sum + size, 0)
    return { data: { items: rows(before, sizes[page - 1]!) } }
  })
  const paging = { type: 'page', items: 'data.items', size_parameter: 'per_page', size: 10 }
  const { fetched, content } = await fetchFrom(t, `${url}/things?q=a`, { params: { paging } })
  assert.deepEqual(linesOf(content), counting(25))
  assert.equal(fetched.kind === 'fetched' && fetched.filename, 'things.jsonl')
  assert.deepEqual(hits.slice(0, 2), ['/things?q=a&per_page=10&page=1', '/things?q=a&per_page=10&page=2'])
  assert.equal(hits.length, 5)
})

test('an offset goes on by what came, not by what was asked for, and a total ends it', async (t) => {
  const { url, hits } = await serveJson(t, (at) => {
    const offset = Number(at.searchParams.get('start'))
    return { total: 11, results: rows(offset, Math.min(4, 11 - offset)) }
  })
  const paging = {
    type: 'offset',
    parameter: 'start',
    items: 'results',
    total: 'total',
    size_parameter: 'rows',
    size: 5,
  }
  assert.deepEqual(linesOf((await fetchFrom(t, url, { params: { paging } })).content), counting(11))
  assert.deepEqual(
    hits.map((hit) => new URL(hit, url).searchParams.get('start')),
    ['0', '4', '8'],
  )
})

test('a cursor is handed on as it came, in the query or in the body, until there is none or nothing more', async (t) => {
  const cursors: JsonValue[] = ['a/b=', '12345678901234567890', 'last', null]
  const { url } = await serveJson(t, (at, body) => {
    const given = body === null ? at.searchParams.get('after') : ((body as JsonObject).cursor ?? null)
    const at2 = given === null ? 0 : cursors.indexOf(given) + 1
    const hasMore = at2 < 3
    return {
      rows: rows(at2 * 2, 2),
      meta: { next: body === null ? cursors[at2]! : (cursors[at2] ?? 'stale'), more: hasMore },
    }
  })
  const paging = { type: 'cursor', parameter: 'after', items: 'rows', next: 'meta.next' }
  assert.deepEqual(linesOf((await fetchFrom(t, url, { params: { paging } })).content), counting(8))
  const inBody = { ...paging, parameter: 'cursor', in: 'body', more: 'meta.more' }
  const params = { method: 'POST', body: { q: 'all' }, paging: inBody }
  assert.deepEqual(linesOf((await fetchFrom(t, url, { params })).content), counting(8))
})

test('next addresses are followed, in the body or in a Link header, relative ones too', async (t) => {
  const seen: (string | undefined)[] = []
  const handler: Handler = (request, response) => {
    seen.push(request.headers.authorization)
    const page = Number(new URL(request.url!, 'http://x').searchParams.get('p') ?? 0)
    const next = page < 2 ? `/list?p=${page + 1}` : null
    response.setHeader(
      'link',
      next ? `</list?p=0>; rel="first", <${next}>; title="a, b"; rel="next last"` : '<x>; rel=prev',
    )
    const records = rows(page * 3, 3)
    response.end(JSON.stringify(request.url!.startsWith('/list') ? { links: { next }, records } : records))
  }
  const { url } = await serve(t, handler)
  const authentication = { type: 'bearer', token: 'abc' }
  const paging = { type: 'next', items: 'records', next: 'links.next' }
  const followed = await fetchFrom(t, `${url}/list`, { params: { paging, authentication } })
  assert.deepEqual(linesOf(followed.content), counting(9))
  assert.deepEqual(seen, ['Bearer abc', 'Bearer abc', 'Bearer abc'])
  const array = await serve(t, (request, response) => {
    const page = Number(request.url!.slice(1))
    if (page < 2) response.setHeader('link', `<${page + 1}>; rel=next`)
    response.end(JSON.stringify(rows(page * 3, 3)))
  })
  const byHeader = await fetchFrom(t, `${array.url}/0`, { params: { paging: { type: 'link' } } })
  assert.deepEqual(linesOf(byHeader.content), counting(9))
})

test('a next address is judged like the first, and gets no credentials of another origin', async (t) => {
  const inside = await serve(t, (_, response) => response.end('[]'))
  const policy = {
    isAllowedAddress: (address: string) => address === '127.0.0.1',
    lookup: lookupOf('10.0.0.5'),
  }
  for (const next of [
    `http://10.9.8.7:${inside.port}/`,
    `http://inside.example:${inside.port}/`,
    'file:///etc/passwd',
  ]) {
    const { url } = await serveJson(t, () => ({ items: [{ n: 1 }], next }))
    const paging = { type: 'next', items: 'items', next: 'next' }
    const key = next.startsWith('file') ? 'ingest.fetch_invalid_url' : 'ingest.fetch_refused'
    await assertFails(fetchFrom(t, url, { params: { paging }, base: guarded, policy }), key)
  }
  const seen: unknown[] = []
  const other = await serve(t, (request, response) => {
    seen.push(request.headers.authorization)
    response.end('{"items": []}')
  })
  const { url } = await serveJson(t, () => ({ items: [{ n: 1 }], next: other.url }))
  const authentication = { type: 'bearer', token: 'abc' }
  await fetchFrom(t, url, {
    params: { authentication, paging: { type: 'next', items: 'items', next: 'next' } },
  })
  assert.deepEqual(seen, [undefined])
})

test('numbers of a page come out as they were written, and hostile names are members like others', async (t) => {
  const page = '[{"id": 12345678901234567890, "x": 1.0, "y": 1e400, "__proto__": {"z": 1}, "t": "é\\u2028"}]'
  const { url } = await serve(t, (request, response) =>
    response.end(request.url === '/?page=1' ? page : '[]'),
  )
  const { content } = await fetchFrom(t, `${url}/`, { params: { paging: { type: 'page' } } })
  const printed = '{"id":12345678901234567890,"x":1.0,"y":1e400,"__proto__":{"z":1},"t":"é\u2028"}\n'
  assert.equal(String(content), printed)
})

test('more pages than the memory could hold pass through it', async (t) => {
  const pages = 60
  const line = `{"text":"${'x'.repeat(1000)}"}`
  const { url } = await serve(t, (request, response) => {
    const number = Number(new URL(request.url!, 'http://x').searchParams.get('page'))
    const items = number > pages ? [] : [...Array(1000).fill(line), `{"page":${number}}`]
    response.end(`{"items":[${items.join(',')}]}`)
  })
  const worker = new Worker(new URL('../support/fetch-worker.ts', import.meta.url), {
    workerData: { url, params: { paging: { type: 'page', items: 'items' } }, directory: tempDirectory(t) },
    resourceLimits: { maxOldGenerationSizeMb: 40, maxYoungGenerationSizeMb: 8 },
  })
  const [fetched] = await once(worker, 'message')
  await worker.terminate()
  assert.ok(fetched.bytes > pages * 1000 * line.length)
})

const page = (type: string, more: JsonObject = {}) => ({
  params: { paging: { type, items: 'items', ...more } },
})

test('pages for ever are an error, not a dataset without an end', async (t) => {
  let n = 0
  const { url, hits } = await serveJson(t, () => ({ items: [{ n: n++ }], next: `?c=${n}` }))
  const limits = page('page', { max_pages: 5 })
  await assertFails(fetchFrom(t, url, limits), 'ingest.paging_endless', { max: 5 })
  assert.equal(hits.length, 5)
  const ofServer = { ...page('next', { next: 'next' }), policy: { maxPages: 3 } }
  await assertFails(fetchFrom(t, url, ofServer), 'ingest.paging_endless', { max: 3 })
  const large = await serveJson(t, () => ({ items: [{ n: n++, text: 'x'.repeat(300_000) }] }))
  await assertFails(fetchFrom(t, large.url, page('page')), 'ingest.source_too_large')
})

test('a page that repeats itself and addresses that go round are errors', async (t) => {
  const same = await serveJson(t, () => ({ items: [{ n: 1 }, { n: 2 }] }))
  await assertFails(fetchFrom(t, same.url, page('page')), 'ingest.paging_repeats', { page: 2 })
  await assertFails(fetchFrom(t, same.url, page('offset')), 'ingest.paging_repeats', { page: 2 })
  let n = 0
  const round = await serveJson(t, (at) => {
    const next = at.searchParams.get('c') === 'a' ? 'b' : 'a'
    return { items: [{ n: n++ }], next: `?c=${next}`, cursor: next }
  })
  await assertFails(fetchFrom(t, round.url, page('next', { next: 'next' })), 'ingest.paging_repeats', {
    page: 4,
  })
  const byCursor = page('cursor', { parameter: 'c', next: 'cursor' })
  await assertFails(fetchFrom(t, round.url, byCursor), 'ingest.paging_repeats', { page: 4 })
})

test('a source that changes between two pages is an error to be tried again', async (t) => {
  const totals = [5, 4]
  const changing = await serveJson(t, (at) => {
    const number = Number(at.searchParams.get('page'))
    return { items: rows(number * 2, 2), total: totals[number - 1] ?? 4 }
  })
  await assertFails(fetchFrom(t, changing.url, page('page', { total: 'total' })), 'ingest.paging_changed', {
    was: 5,
    is: 4,
  })
  const short = await serveJson(t, (at) => ({
    items: at.searchParams.get('page') === '1' ? rows(0, 2) : [],
    total: 5,
  }))
  await assertFails(fetchFrom(t, short.url, page('page', { total: 'total' })), 'ingest.paging_changed', {
    was: 5,
    is: 2,
  })
})

test('what is no page says what it is instead', async (t) => {
  const cases: [body: string, reason: string][] = [
    ['<!doctype html><title>Sign in</title>', 'it is a web page, not JSON'],
    ['{"items": [', 'it is not valid JSON'],
    ['{"error": "quota"}', 'there is no array at items'],
    ['{"items": {"a": 1}}', 'there is no array at items'],
    [`{"items": [${'['.repeat(100_000)}${']'.repeat(100_000)}]}`, 'it is nested too deep'],
  ]
  for (const [body, reason] of cases) {
    const { url } = await serve(t, (_, response) => response.end(body))
    await assertFails(fetchFrom(t, url, page('page')), 'ingest.page_unreadable', { page: 1, reason })
  }
  const bomb = await serve(t, (_, response) =>
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(33 << 20, ' '))),
  )
  await assertFails(fetchFrom(t, bomb.url, page('page')), 'ingest.page_unreadable')
  const later = await serveJson(
    t,
    (at): JsonValue => (at.searchParams.get('page') === '1' ? { items: rows(0, 1) } : { error: 'x' }),
  )
  await assertFails(fetchFrom(t, later.url, page('page')), 'ingest.page_unreadable', { page: 2 })
})

test('a source that asks for patience gets it for a while; an answer that is an error never is an end', async (t) => {
  let asked = 0
  const patient = await serve(t, (request, response) => {
    const number = new URL(request.url!, 'http://x').searchParams.get('page')
    if (number === '2' && asked++ < 3) return void response.writeHead(429, { 'retry-after': '0' }).end()
    response.end(JSON.stringify({ items: number === '3' ? [] : rows(Number(number), 1) }))
  })
  assert.deepEqual(linesOf((await fetchFrom(t, patient.url, page('page'))).content), [1, 2])
  for (const status of [401, 404, 500]) {
    const { url } = await serveJson(
      t,
      () => ({ items: rows(0, 1) }),
      (at) => (at.searchParams.get('page') === '2' ? status : 200),
    )
    await assertFails(fetchFrom(t, url, page('page')), 'ingest.fetch_status', { status })
  }
  const long = await serve(t, (_, response) => response.writeHead(503, { 'retry-after': '3600' }).end())
  await assertFails(fetchFrom(t, long.url, page('page')), 'ingest.fetch_status', {
    status: 503,
    retry_after_s: 3600,
  })
  assert.equal(long.hits.length, 1)
})

test('when to come again is told in seconds or by the source’s own clock', async (t) => {
  const headers = [
    { 'retry-after': '120' },
    { date: 'Fri, 09 May 2031 10:00:00 GMT', 'retry-after': 'Fri, 09 May 2031 10:02:00 GMT' },
  ]
  for (const header of headers) {
    const { url } = await serve(t, (_, response) => response.writeHead(429, header).end())
    await assertFails(fetchFrom(t, url), 'ingest.fetch_status', { status: 429, retry_after_s: 120 })
  }
})

test('a certificate is judged, and may be trusted by the connection; TLS with a server that has none is told', async (t) => {
  const secure = await serve(t, (_, response) => response.end('safe'), { secure: true })
  const reason = 'its certificate is not valid'
  await assertFails(fetchFrom(t, secure.url), 'ingest.fetch_failed', { reason })
  const connection = {
    kind: 'http',
    url: secure.url,
    username: null,
    secret: null,
    params: { ca: certificate },
  }
  assert.equal(String((await fetchFrom(t, secure.url, { connection })).content), 'safe')
  const other = secure.url.replace('127.0.0.1', 'other.example')
  const policy = { lookup: lookupOf('127.0.0.1') }
  await assertFails(fetchFrom(t, other, { connection, policy }), 'ingest.fetch_failed', { reason })
  const plain = await serve(t, (_, response) => response.end('x'))
  await assertFails(fetchFrom(t, plain.url.replace('http:', 'https:')), 'ingest.fetch_failed', {
    reason: 'no secure connection can be made',
  })
})

test('what is sent beyond the announced length is not taken', async (t) => {
  const { url } = await serve(t, (_, response) => {
    response.socket!.end(
      'HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\na\n1\nand what nobody announced',
    )
  })
  assert.equal(String((await fetchFrom(t, url)).content), 'a\n1\n')
})

const refused: [params: JsonObject, option: string][] = [
  [{ method: 'PUT' }, 'method'],
  [{ headers: ['a'] }, 'headers'],
  [{ headers: { 'a b': '1' } }, 'headers'],
  [{ headers: { Host: 'x' } }, 'headers'],
  [{ headers: { 'If-None-Match': 'x' } }, 'headers'],
  [{ headers: { 'X-A': 'a\r\nX-B: c' } }, 'headers.X-A'],
  [{ headers: Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`x-${n}`, '1'])) }, 'headers'],
  [{ body: 'a' }, 'body'],
  [{ authentication: { type: 'digest' } }, 'authentication.type'],
  [{ authentication: { type: 'constructor' } }, 'authentication.type'],
  [{ authentication: { type: 'bearer' } }, 'authentication.token'],
  [{ authentication: { type: 'bearer', token: 'a', password: 'b' } }, 'authentication.password'],
  [{ paging: {} }, 'paging.type'],
  [{ paging: { type: 'page', pages: 3 } }, 'paging.pages'],
  [{ paging: { type: 'page', size: 3 } }, 'paging.size'],
  [{ paging: { type: 'page', first: -1 } }, 'paging.first'],
  [{ paging: { type: 'cursor' } }, 'paging.next'],
  [{ paging: { type: 'page', in: 'header' } }, 'paging.in'],
  [{ paging: { type: 'page', in: 'body' } }, 'paging.in'],
  [{ paging: { type: 'page', max_pages: 0 } }, 'paging.max_pages'],
  [{ connection: 3 }, 'connection'],
]
for (const [params, option] of refused) {
  test(`parameters that cannot be are refused by name: ${JSON.stringify(params).slice(0, 60)}`, () => {
    const isNamed = (error: unknown) =>
      error instanceof AppError &&
      error.key === 'ingest.invalid_source_option' &&
      error.params.option === option
    assert.throws(() => validateSourceOptions('https://example.org/', 'jsonl', params), isNamed)
  })
}

test('options are for the protocols that have them, and pages for JSON lines', () => {
  const refuse = (url: string, extractor: string, params: JsonObject) =>
    assert.throws(() => validateSourceOptions(url, extractor, params), AppError)
  refuse('odsfile://a.csv', 'csvfile', { headers: {} })
  refuse('odsfile://a.csv', 'csvfile', { connection: 'a' })
  refuse('dataset://a', 'dataset', { connection: 'a' })
  refuse('sftp://h/a.csv', 'csvfile', { method: 'GET' })
  refuse('https://h/a.json', 'jsonfile', { paging: { type: 'page' } })
  validateSourceOptions('sftp://h/a.csv', 'csvfile', { connection: 'a', separator: ';' })
})
