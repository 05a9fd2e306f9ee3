/** Connections that are tried: what is told of servers of every kind, right and wrong, and what is never told. */
import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { addressWithin } from '../../shared/address-within.ts'
import { type FetchConnection, type FetchPolicy, tryConnection } from '../../src/ingest/index.ts'
import type { JsonObject } from '../../src/kernel/index.ts'
import { guarded, open, serve } from '../support/fetching.ts'
import { startFtpServer } from '../support/ftp-server.ts'
import { s3Keys, startS3Server } from '../support/s3-server.ts'
import { startSftpServer } from '../support/sftp-server.ts'

const modified = new Date('2031-05-09T10:00:00Z')
const secret = 'hush-7c1d/é'
const connectionOf = (kind: string, url: string, more: Partial<FetchConnection> = {}): FetchConnection => ({
  kind,
  url,
  username: 'reader',
  secret,
  params: {},
  ...more,
})

async function look(connection: FetchConnection, path = '', policy: FetchPolicy = open) {
  const url = addressWithin(connection, path)
  const signal = new AbortController().signal
  const { outcome, isReached, signIn, found, error } = await tryConnection({
    url,
    connection,
    policy,
    signal,
  })
  const told = JSON.stringify([found, error?.message, error?.params])
  assert.ok(!told.includes(secret), told)
  return { said: [outcome, isReached, signIn, error?.key ?? null], found, error }
}

test('an address below a connection is complete, or a path', () => {
  const http = { kind: 'http', url: 'https://a.example/base/' }
  assert.equal(addressWithin(http, ' /b.csv '), 'https://a.example/base/b.csv')
  assert.equal(addressWithin(http, 'b.csv?x=1'), 'https://a.example/base/b.csv?x=1')
  assert.equal(addressWithin(http, 'ftp://other/b'), 'ftp://other/b')
  assert.equal(addressWithin(http, ''), 'https://a.example/base/')
  assert.equal(addressWithin({ kind: 's3', url: 'https://s3.example' }, 'bucket/a'), 's3://bucket/a')
})

test('by http: accepted with its first bytes, refused, nothing there, elsewhere', async (t) => {
  const basic = `Basic ${Buffer.from(`reader:${secret}`).toString('base64')}`
  const other = await serve(t, (request, response) => {
    assert.equal(request.headers.authorization, undefined)
    response.end('page')
  })
  const { url } = await serve(t, (request, response) => {
    if (request.url === '/away') return void response.writeHead(302, { location: other.url }).end()
    if (request.headers.authorization !== basic) return void response.writeHead(401).end()
    if (request.url === '/gone') return void response.writeHead(404).end()
    if (request.url === '/broken') return void response.writeHead(503).end()
    if (request.url === '/binary') return void response.end(Buffer.from([0, 1, 255]))
    // One that says back what it was sent, again and again.
    response.writeHead(200, { 'content-type': 'text/csv' })
    response.end(`a,b\n${basic},${secret}\n`.repeat(10_000))
  })
  const connection = connectionOf('http', url)
  const good = await look(connection, 'a.csv')
  assert.deepEqual(good.said, ['ok', true, 'accepted', null])
  assert.ok(good.found?.kind === 'content' && good.found.contentType === 'text/csv')
  assert.match(good.found.sample!, /^a,b\nBasic \*\*\*,\*\*\*\na,b/)
  assert.ok(!good.found.sample!.includes(basic.slice(6)))
  const binary = await look(connection, 'binary')
  assert.ok(binary.found?.kind === 'content' && binary.found.sample === null && binary.found.bytes === 3)

  const echo = await serve(t, (request, response) => void response.end(`asked for ${request.url}`))
  const inQuery = { authentication: 'query', parameter: 'key' }
  const asked = await look({ ...connectionOf('http', echo.url), secret: "it's (hush)", params: inQuery })
  assert.ok(asked.found?.kind === 'content')
  assert.equal(asked.found.sample, 'asked for /?key=***')

  const wrong = await look({ ...connection, secret: 'another' }, 'a.csv')
  assert.deepEqual(wrong.said, ['failed', true, 'refused', 'ingest.fetch_status'])
  assert.deepEqual((await look(connection, 'gone')).said, ['unclear', true, 'unknown', 'ingest.fetch_status'])
  assert.deepEqual((await look(connection, 'broken')).said, [
    'failed',
    true,
    'unknown',
    'ingest.fetch_status',
  ])
  // What another server answers says nothing of the secret, which it was not sent.
  assert.deepEqual((await look(connection, 'away')).said, ['ok', true, 'unknown', null])
  const open = { ...connection, url: other.url, username: null, secret: null }
  assert.deepEqual((await look(open)).said, ['ok', true, 'not_asked', null])
})

test('what cannot be reached, or must not be, is told with its reason', async (t) => {
  const { url, hits } = await serve(t, (_request, response) => void response.end('a'))
  const refused = await look(connectionOf('http', url), '', guarded)
  assert.deepEqual(refused.said, ['failed', false, 'unknown', 'ingest.fetch_refused'])
  assert.deepEqual(hits, [])
  for (const kind of ['ftp', 'sftp']) {
    const inside = await look(connectionOf(kind, `${kind}://127.0.0.1:1`), '', guarded)
    assert.deepEqual(inside.said, ['failed', false, 'unknown', 'ingest.fetch_refused'], kind)
  }
  const closed = await look(connectionOf('http', 'http://127.0.0.1:1'))
  assert.deepEqual(closed.said, ['failed', false, 'unknown', 'ingest.fetch_failed'])
  assert.equal(closed.error?.params.reason, 'the host refuses connections')

  const silent = createServer()
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  t.after(() => silent.close())
  const { port } = silent.address() as { port: number }
  const impatient = { ...open, timeoutMs: 100 }
  for (const kind of ['http', 'ftp', 'sftp']) {
    const { said } = await look(connectionOf(kind, `${kind}://127.0.0.1:${port}`), '', impatient)
    assert.deepEqual(said, ['failed', false, 'unknown', 'ingest.fetch_timed_out'], kind)
  }
})

test('by ftp: a listing, a wrong password, no such directory', async (t) => {
  const file = { content: Buffer.from('a\n1\n'), modified }
  const server = await startFtpServer(t, {
    files: { '/in/b.csv': file, '/in/a.csv': file },
    user: 'reader',
    password: secret,
  })
  const connection = connectionOf('ftp', `ftp://127.0.0.1:${server.port}`)
  const good = await look(connection, 'in/')
  assert.deepEqual(good.said, ['ok', true, 'accepted', null])
  assert.deepEqual(good.found, {
    kind: 'listing',
    entries: ['a.csv', 'b.csv'].map((name) => ({ name, kind: 'file', bytes: 4 })),
    hasMore: false,
  })
  assert.deepEqual((await look({ ...connection, secret: 'no' }, 'in')).said, [
    'failed',
    true,
    'refused',
    'ingest.fetch_denied',
  ])
  assert.deepEqual((await look(connection, 'out')).said, [
    'unclear',
    true,
    'accepted',
    'ingest.fetch_not_found',
  ])
})

test('by sftp: a listing, a file, a wrong password, another host key', async (t) => {
  const files = Object.fromEntries(
    Array.from({ length: 25 }, (_, n) => [
      `/in/${String(n).padStart(2, '0')}.csv`,
      { content: Buffer.from('a,b\n1,2\n'), modified },
    ]),
  )
  const server = await startSftpServer(t, { files, password: secret })
  const params: JsonObject = { host_key: server.fingerprint }
  const connection = connectionOf('sftp', `sftp://127.0.0.1:${server.port}`, { params })
  const good = await look(connection, 'in')
  assert.deepEqual(good.said, ['ok', true, 'accepted', null])
  assert.ok(good.found?.kind === 'listing' && good.found.entries.length === 20 && good.found.hasMore)
  assert.deepEqual(good.found.entries[0], { name: '00.csv', kind: 'file', bytes: 8 })
  const { found } = await look(connection, 'in/03.csv')
  assert.deepEqual(found, { kind: 'content', contentType: null, bytes: 8, sample: 'a,b\n1,2\n' })
  assert.deepEqual((await look(connection, 'nothing')).said, [
    'unclear',
    true,
    'accepted',
    'ingest.fetch_not_found',
  ])
  assert.deepEqual((await look({ ...connection, secret: 'no' })).said, [
    'failed',
    true,
    'refused',
    'ingest.fetch_denied',
  ])
  const before = server.passwords.length
  const stranger = await look({ ...connection, params: {} })
  assert.deepEqual(stranger.said, ['failed', true, 'unknown', 'ingest.host_key_differs'])
  assert.equal(stranger.error?.params.presented, server.fingerprint)
  assert.equal(server.passwords.length, before)
})

test('by s3: objects of a bucket, a key that may not list buckets, a wrong key', async (t) => {
  const { url } = await startS3Server(t, { '/data/in/a.csv': Buffer.from('a\n1\n') })
  const connection = connectionOf('s3', url, {
    username: s3Keys.id,
    secret: s3Keys.secret,
    params: { region: s3Keys.region },
  })
  const good = await look(connection, 'data/in/')
  assert.deepEqual(good.said, ['ok', true, 'accepted', null])
  assert.deepEqual(good.found, {
    kind: 'listing',
    entries: [{ name: 'in/a.csv', kind: 'file', bytes: 4 }],
    hasMore: false,
  })
  assert.deepEqual((await look(connection)).said, ['unclear', true, 'accepted', 'ingest.fetch_denied'])
  assert.deepEqual((await look({ ...connection, secret: 'no' }, 'data')).said, [
    'failed',
    true,
    'refused',
    'ingest.fetch_denied',
  ])
})
