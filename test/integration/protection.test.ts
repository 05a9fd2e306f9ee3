/**
 * One heavy client and the others: who is served next, who is refused, and that nothing is left of those who leave. Clients
 * are told apart by the address that a proxy on this machine says they have.
 */
import assert from 'node:assert/strict'
import { get, type IncomingMessage } from 'node:http'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type Answer, explorePath, managementPath } from '../support/http-client.ts'
import { startServer, type TestServer } from '../support/server.ts'

const records = 200_000
const table = `id,name,grp\n${Array.from({ length: records }, (_, n) => `${n},name of number ${n},${n % 7}`).join('\n')}\n`

/** Takes the engine many seconds, unless it is stopped. */
const heavy = (n: number) =>
  `${explorePath}/crowded/records?where=${encodeURIComponent(
    Array.from({ length: 1500 }, (_, term) => `startswith(name,"${n} ${term}")`).join(' or '),
  )}`
const page = `${explorePath}/crowded/records?limit=3`
/** More than the buffers of two sockets hold unread. */
const wide = `${explorePath}/crowded/exports/json?select=${Array.from({ length: 12 }, (_, n) => `name as n${n}`).join(',')}`
const groups = `${explorePath}/crowded/records?select=count(*)&group_by=grp`

const from = (address: string) => ({ 'X-Forwarded-For': address })

/** A question that a client asks until the test lets it leave. */
function ask(server: TestServer, path: string, address: string) {
  const leaving = new AbortController()
  const answer = server.request('GET', path, { headers: from(address), signal: leaving.signal })
  const left = answer.then(
    () => 'answered' as const,
    () => 'left' as const,
  )
  return { answer, left, leave: () => leaving.abort() }
}

/** Gauges and counters of /metrics, by name with labels. */
async function metricsOf(server: TestServer): Promise<Record<string, number>> {
  const { text } = await server.expect(200, 'GET', '/metrics')
  const lines = text.split('\n').filter((line) => line.startsWith('broadsheet_'))
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  )
}

async function until(server: TestServer, expected: Readonly<Record<string, number>>): Promise<void> {
  // A statement that is stopped may be within a row group of the table, which it reads to the end: 4 s of a processor.
  const deadline = performance.now() + 120_000
  for (;;) {
    const metrics = await metricsOf(server)
    const seen = Object.fromEntries(Object.keys(expected).map((name) => [name, metrics[name] ?? 0]))
    if (Object.entries(expected).every(([name, value]) => seen[name] === value)) return
    if (performance.now() > deadline) assert.deepEqual(seen, expected)
    await delay(10)
  }
}

const waiting = (kind: string) => `broadsheet_queue_waiting{class="${kind}"}`
const running = (kind: string) => `broadsheet_queue_running{class="${kind}"}`
const idle = Object.fromEntries(
  ['short', 'long', 'export'].flatMap((kind) => [
    [waiting(kind), 0],
    [running(kind), 0],
  ]),
)

function assertRefused(answer: Answer, limit: number, key: string): void {
  assert.equal(answer.status, 429, answer.text)
  assert.match(answer.headers.get('Retry-After') ?? '', /^[1-9]\d*$/)
  const { errorcode, reset_time, limit_time_unit, call_limit, error, ...own } = answer.json
  assert.deepEqual([errorcode, call_limit, own.key], [10002, limit, key])
  assert.match(reset_time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  assert.match(limit_time_unit, /^(day|concurrent)$/)
  assert.equal(typeof error, 'string')
}

/** An export whose answer has begun and is not read. */
async function openUnread(server: TestServer, address: string): Promise<IncomingMessage> {
  const url = new URL(wide, server.url)
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    get(url, { headers: from(address), agent: false }, resolve).on('error', reject)
  })
  answer.on('error', () => {})
  assert.equal(answer.statusCode, 200)
  return answer
}

test('heavy clients', { timeout: 400_000 }, async (t) => {
  const env = {
    BROADSHEET_RESPONSE_CACHE_MB: '0',
    BROADSHEET_QUERY_CONNECTIONS: '4',
    BROADSHEET_LONG_QUERIES: '2',
    BROADSHEET_WAITING_PER_CLIENT: '5',
    BROADSHEET_EXPORTS_PER_CLIENT: '3',
    BROADSHEET_QUERY_TIMEOUT_MS: '300000',
  }
  const server = await startServer(t, { env })
  await server.publishFile('crowded', { filename: 'crowded.csv', content: table, extractor: 'csvfile' })
  const [crowd, other, guest] = ['203.0.113.1', '203.0.113.2', '198.51.100.7']

  await t.test('of two waiting clients the one whose line is not full is served next', async () => {
    // A page with a filter asks twice: for the records and for their number.
    const first = ask(server, heavy(0), crowd)
    await until(server, { [running('long')]: 1, [waiting('long')]: 1 })
    const second = ask(server, heavy(1), other)
    await until(server, { [running('long')]: 2, [waiting('long')]: 2 })
    const rest = [2, 3].map((n) => ask(server, heavy(n), crowd))
    await until(server, { [waiting('long')]: 6 })

    assertRefused(await ask(server, heavy(4), crowd).answer, 5, 'engine.too_many_waiting')
    const guests = ask(server, groups, guest)
    await until(server, { [waiting('long')]: 7 })
    // Short work is done meanwhile, for the crowd too.
    for (const address of [crowd, other, guest])
      assert.equal((await ask(server, page, address).answer).status, 200)

    second.leave()
    const answer = await guests.answer
    assert.equal(answer.status, 200)
    assert.equal(answer.json.results.length, 7)
    const { [waiting('long')]: left } = await metricsOf(server)
    assert.equal(left, 5, 'what the crowd asked earlier still waits')

    for (const asked of [first, ...rest]) asked.leave()
    for (const asked of [first, second, ...rest]) assert.equal(await asked.left, 'left')
    await until(server, idle)
  })

  await t.test('a client that leaves frees its places in the line', async () => {
    const asked = [0, 1, 2].map((n) => ask(server, heavy(n), crowd))
    await until(server, { [running('long')]: 1, [waiting('long')]: 5 })
    assertRefused(await ask(server, groups, crowd).answer, 5, 'engine.too_many_waiting')
    for (const one of asked) one.leave()
    await until(server, idle)
    assert.equal((await ask(server, groups, crowd).answer).status, 200)
  })

  await t.test('exports that nobody reads hold a bounded number of places and no turn', async () => {
    const open = [
      await openUnread(server, crowd),
      await openUnread(server, crowd),
      await openUnread(server, crowd),
    ]
    await until(server, { broadsheet_open_exports: 3, ...idle })
    const path = `${explorePath}/crowded/exports/json?limit=1`
    assertRefused(await ask(server, path, crowd).answer, 3, 'exports.too_many_own')
    assert.equal((await ask(server, path, guest).answer).status, 200)

    open[0]!.destroy()
    await until(server, { broadsheet_open_exports: 2 })
    assert.equal((await ask(server, path, crowd).answer).status, 200)
    for (const answer of open) answer.destroy()
    await until(server, { broadsheet_open_exports: 0, ...idle })
  })

  await t.test('an export waits for its turns like everybody, and is whole', async () => {
    const busy = ask(server, heavy(0), other)
    await until(server, { [running('long')]: 1 })
    const { text } = await ask(server, `${explorePath}/crowded/exports/csv`, guest).answer
    assert.equal(text.trimEnd().split('\n').length, records + 1)
    busy.leave()
    await until(server, idle)
  })

  await t.test('what waited and what was refused is counted', async () => {
    const metrics = await metricsOf(server)
    assert.equal(metrics['broadsheet_queue_refused_total{class="long",reason="client"}']! >= 2, true)
    assert.equal(metrics['broadsheet_refused_requests_total{error="engine.too_many_waiting"}'], 2)
    assert.equal(metrics['broadsheet_refused_requests_total{error="exports.too_many_own"}'], 1)
    for (const kind of ['short', 'long', 'export'])
      assert.ok(metrics[`broadsheet_queue_wait_seconds_count{class="${kind}"}`]! > 0, kind)
  })

  await t.test('links name the address that a trusted proxy was asked for', async () => {
    const forwarded = { 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'data.example.org' }
    const linked = await server.request('GET', `${explorePath}/crowded?include_links=true`, {
      headers: forwarded,
    })
    assert.equal(
      linked.json._links[0].href,
      `https://data.example.org${explorePath}/crowded?include_links=true`,
    )
    const odd = { 'X-Forwarded-Proto': 'javascript' }
    assert.equal((await server.request('GET', explorePath, { headers: odd })).status, 400)
  })

  await server.stop()
  const strict = await server.startAgain({
    BROADSHEET_DAILY_CALLS: '6',
    BROADSHEET_STALLED_SECONDS: '1',
    BROADSHEET_TRUSTED_PROXIES: 'none',
  })

  await t.test('a reader that takes nothing loses its connection, and its export ends', async () => {
    const answer = await openUnread(strict, crowd)
    await until(strict, { broadsheet_open_exports: 0, ...idle })
    // What had been sent is read now, and it is not all.
    const end = new Promise((resolve) => answer.once('close', resolve))
    answer.resume()
    await end
    assert.equal(answer.complete, false)
  })

  await t.test('calls are counted down, then refused; each user has calls of its own', async () => {
    const call = (auth: 'admin' | 'none', address: string) =>
      strict.request('GET', page, { auth, headers: from(address) })
    // The export was the first; who nobody vouches for cannot be another by saying so.
    for (const left of [4, 3, 2, 1, 0]) {
      const answer = await call('none', `203.0.113.${left}`)
      assert.equal(answer.status, 200)
      assert.equal(answer.headers.get('X-RateLimit-Limit'), '6')
      assert.equal(answer.headers.get('X-RateLimit-Remaining'), String(left))
      assert.ok(Number(answer.headers.get('X-RateLimit-Reset')) * 1000 > Date.now())
    }
    const refused = await call('none', '203.0.113.9')
    assertRefused(refused, 6, 'http.too_many_calls')
    assert.equal(refused.json.limit_time_unit, 'day')
    assert.equal(refused.headers.get('X-RateLimit-Remaining'), '0')
    assert.equal((await strict.request('GET', '/api/v2/catalog/datasets')).status, 429)
    assert.equal((await strict.request('GET', '/api/records/1.0/search?dataset=crowded')).status, 429)
    assert.equal((await call('admin', '203.0.113.9')).headers.get('X-RateLimit-Remaining'), '5')
    const managed = await strict.expect(200, 'GET', `${managementPath}/datasets`)
    assert.equal(managed.headers.get('X-RateLimit-Limit'), null)
    assert.equal((await strict.request('GET', '/healthz')).status, 200)
  })
})
