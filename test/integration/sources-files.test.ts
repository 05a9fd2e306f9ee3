/** Files by FTP, FTPS, SFTP and S3, from real local servers, kind ones and others. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { FetchConnection } from '../../src/ingest/index.ts'
import { certificate } from '../support/certificate.ts'
import { assertFails, fetchFrom, guarded, lookupOf, serve } from '../support/fetching.ts'
import { type FtpOptions, startFtpServer } from '../support/ftp-server.ts'
import { s3Keys, startS3Server } from '../support/s3-server.ts'
import { makeSshKey, type SftpOptions, startSftpServer } from '../support/sftp-server.ts'

const modified = new Date('2031-05-09T10:00:00Z')
const csv = Buffer.from('a,b\n1,2\n')
const files = { '/data/été 1.csv': { content: csv, modified } }
const path = '/data/%C3%A9t%C3%A9%201.csv'

function connect(kind: string, url: string, changes: Partial<FetchConnection> = {}): FetchConnection {
  return { kind, url, username: 'reader', secret: 'pa ss', params: {}, ...changes }
}

const ftpWith = async (t: TestContext, options: Partial<FtpOptions> = {}) => {
  const server = await startFtpServer(t, { files, user: 'reader', password: 'pa ss', ...options })
  const scheme = options.tls ? 'ftps' : 'ftp'
  const base = `${scheme}://127.0.0.1:${server.port}`
  return { ...server, base, url: `${base}${path}` }
}

test('a file by FTP, and not again while its size and time are the same', async (t) => {
  const { url, base, commands } = await ftpWith(t)
  const connection = connect('ftp', base)
  const { fetched, content } = await fetchFrom(t, url, { connection })
  assert.deepEqual(content, csv)
  assert.ok(fetched.kind === 'fetched')
  assert.equal(fetched.filename, 'été 1.csv')
  const conditional = { etag: fetched.etag, lastModified: fetched.lastModified }
  const again = await fetchFrom(t, url, { connection, conditional })
  assert.deepEqual(again.fetched, { kind: 'not_modified' })
  assert.equal(commands.filter((line) => line.startsWith('RETR')).length, 1)
})

test('FTP without a connection is anonymous', async (t) => {
  const server = await startFtpServer(t, { files })
  assert.deepEqual((await fetchFrom(t, `ftp://127.0.0.1:${server.port}${path}`)).content, csv)
})

for (const tls of ['explicit', 'implicit'] as const) {
  test(`FTPS (${tls}): certificates are judged, and may be trusted by the connection`, async (t) => {
    const { url, base } = await ftpWith(t, { tls })
    const params = { ...(tls === 'implicit' ? { implicit: true } : {}) }
    await assertFails(
      fetchFrom(t, url, { connection: connect('ftps', base, { params }) }),
      'ingest.fetch_failed',
      { reason: 'its certificate is not valid' },
    )
    const trusting = connect('ftps', base, { params: { ...params, ca: certificate } })
    assert.deepEqual((await fetchFrom(t, url, { connection: trusting })).content, csv)
    const named = url.replace('127.0.0.1', 'files.example')
    const policy = { lookup: lookupOf('127.0.0.1') }
    assert.deepEqual((await fetchFrom(t, named, { connection: trusting, policy })).content, csv)
    const other = url.replace('127.0.0.1', 'other.example')
    await assertFails(fetchFrom(t, other, { connection: trusting, policy }), 'ingest.fetch_failed', {
      reason: 'its certificate is not valid',
    })
  })
}

test('FTP: a wrong password, a file that is not there and a directory have names', async (t) => {
  const { url, base } = await ftpWith(t)
  const wrong = connect('ftp', base, { secret: 'wrong' })
  await assertFails(fetchFrom(t, url, { connection: wrong }), 'ingest.fetch_denied')
  const connection = connect('ftp', base)
  await assertFails(fetchFrom(t, `${base}/none.csv`, { connection }), 'ingest.fetch_not_found')
  await assertFails(fetchFrom(t, `${base}/data/`, { connection }), 'ingest.fetch_invalid_url')
  await assertFails(fetchFrom(t, `${base}/a%0D%0ADELE%20b`, { connection }), 'ingest.fetch_invalid_url')
  for (const path of ['..%2fa', 'data/..%2F..%2fa', '%2e%2e%5ca'])
    await assertFails(fetchFrom(t, `${base}/${path}`, { connection }), 'ingest.fetch_invalid_url')
  await assertFails(fetchFrom(t, `${base.replace('//', '//u:p@')}/a`), 'ingest.fetch_invalid_url')
})

test('FTP: sizes that are lies, silence and a body without an end', async (t) => {
  for (const [announcedBytes, reason] of [
    [3, 'more arrived than was announced'],
    [1000, 'less arrived than was announced'],
  ] as const) {
    const { url, base } = await ftpWith(t, { announcedBytes })
    const connection = connect('ftp', base)
    await assertFails(fetchFrom(t, url, { connection }), 'ingest.fetch_failed', { reason })
  }
  const silent = await ftpWith(t, { isSilent: true })
  const policy = { idleTimeoutMs: 100 }
  await assertFails(
    fetchFrom(t, silent.url, { connection: connect('ftp', silent.base), policy }),
    'ingest.fetch_failed',
    { reason: 'the host stopped sending' },
  )
  const endless = await ftpWith(t, { isEndless: true })
  const connection = connect('ftp', endless.base)
  await assertFails(fetchFrom(t, endless.url, { connection }), 'ingest.source_too_large')
  const stop = new AbortController()
  const stopped = fetchFrom(t, silent.url, { connection: connect('ftp', silent.base), signal: stop.signal })
  stop.abort()
  await assertFails(stopped, 'ingest.fetch_aborted')
})

test('FTP: an address that is not public is refused, and so is a data connection to another one', async (t) => {
  const { url, base, commands } = await ftpWith(t)
  const connection = connect('ftp', base)
  await assertFails(fetchFrom(t, url, { connection, base: guarded }), 'ingest.fetch_refused')
  const lookup = lookupOf('10.0.0.5', '8.8.8.8')
  const named = url.replace('127.0.0.1', 'rebinding.example')
  await assertFails(
    fetchFrom(t, named, { connection, base: guarded, policy: { lookup } }),
    'ingest.fetch_refused',
    {
      address: '10.0.0.5',
    },
  )
  assert.deepEqual(commands, [])
  const elsewhere = await ftpWith(t, { passiveHost: '10.9.8.7' })
  await assertFails(
    fetchFrom(t, elsewhere.url, { connection: connect('ftp', elsewhere.base) }),
    'ingest.fetch_failed',
  )
})

const sftpWith = async (t: TestContext, options: Partial<SftpOptions> = {}) => {
  const server = await startSftpServer(t, { files, password: 'pa ss', ...options })
  const base = `sftp://127.0.0.1:${server.port}`
  const params = { host_key: server.fingerprint }
  return { ...server, base, url: `${base}${path}`, connection: connect('sftp', base, { params }) }
}

test('a file by SFTP, with a password or a key, and not again while it is the same', async (t) => {
  const { url, connection, reads } = await sftpWith(t)
  const { fetched, content } = await fetchFrom(t, url, { connection })
  assert.deepEqual(content, csv)
  assert.ok(fetched.kind === 'fetched')
  assert.equal(fetched.filename, 'été 1.csv')
  const before = reads()
  const conditional = { etag: fetched.etag, lastModified: fetched.lastModified }
  assert.deepEqual((await fetchFrom(t, url, { connection, conditional })).fetched, { kind: 'not_modified' })
  assert.equal(reads(), before)

  const key = makeSshKey()
  const keyed = await sftpWith(t, { password: undefined, publicKey: key.public } as Partial<SftpOptions>)
  const params = { ...keyed.connection.params, authentication: 'key' }
  const withKey = { ...keyed.connection, secret: key.private, params }
  assert.deepEqual((await fetchFrom(t, keyed.url, { connection: withKey })).content, csv)
  const bad = { ...withKey, secret: 'no key' }
  await assertFails(fetchFrom(t, keyed.url, { connection: bad }), 'ingest.fetch_denied')
})

test('a large file by SFTP is whole, whatever the server gives at once', async (t) => {
  const content = Buffer.from(Array.from({ length: 150_000 }, (_, n) => `${n}\n`).join(''))
  const file = { '/large.csv': { content, modified } }
  const { base, connection, reads } = await sftpWith(t, { files: file, mostPerRead: 20_000 })
  const fetched = await fetchFrom(t, `${base}/large.csv`, { connection })
  assert.ok(fetched.content!.equals(content))
  assert.ok(reads() > content.length / 20_000)
})

test('SFTP: no password is given to a server with another host key, or while none is known', async (t) => {
  const { url, connection, fingerprint, passwords } = await sftpWith(t)
  await assertFails(
    fetchFrom(t, url, { connection: { ...connection, params: {} } }),
    'ingest.host_key_differs',
    { presented: fingerprint },
  )
  const other = { host_key: `SHA256:${'A'.repeat(43)}` }
  await assertFails(
    fetchFrom(t, url, { connection: { ...connection, params: other } }),
    'ingest.host_key_differs',
  )
  assert.deepEqual(passwords, [])
})

test('SFTP: what is wrong has a name', async (t) => {
  const { url, base, connection } = await sftpWith(t)
  await assertFails(fetchFrom(t, url), 'ingest.fetch_needs_connection', { kind: 'sftp' })
  const wrong = { ...connection, secret: 'wrong' }
  await assertFails(fetchFrom(t, url, { connection: wrong }), 'ingest.fetch_denied')
  await assertFails(fetchFrom(t, `${base}/none.csv`, { connection }), 'ingest.fetch_not_found')
  await assertFails(fetchFrom(t, url, { connection, base: guarded }), 'ingest.fetch_refused')
  for (const [announcedBytes, reason] of [
    [3, 'more arrived than was announced'],
    [1000, 'less arrived than was announced'],
  ] as const) {
    const liar = await sftpWith(t, { announcedBytes })
    await assertFails(fetchFrom(t, liar.url, { connection: liar.connection }), 'ingest.fetch_failed', {
      reason,
    })
  }
  const endless = await sftpWith(t, { isEndless: true })
  await assertFails(fetchFrom(t, endless.url, { connection: endless.connection }), 'ingest.source_too_large')
  const silent = await sftpWith(t, { isSilent: true })
  await assertFails(
    fetchFrom(t, silent.url, { connection: silent.connection, policy: { idleTimeoutMs: 300 } }),
    'ingest.fetch_failed',
    { reason: 'the host stopped sending' },
  )
  const { port } = await serve(t, (_, response) => response.end('no SSH'))
  const http = `sftp://127.0.0.1:${port}/a.csv`
  await assertFails(fetchFrom(t, http, { connection, policy: { idleTimeoutMs: 500 } }), 'ingest.fetch_failed')
})

test('an object by S3, its request signed, and not again while its ETag is the same', async (t) => {
  const { url } = await startS3Server(t, { "/open-data/a b/é+(1)'*.csv": csv })
  const params = { region: s3Keys.region }
  const connection = connect('s3', url, { username: s3Keys.id, secret: s3Keys.secret, params })
  const address = "s3://open-data/a%20b/%C3%A9+(1)'*.csv"
  const { fetched, content } = await fetchFrom(t, address, { connection })
  assert.deepEqual(content, csv)
  assert.ok(fetched.kind === 'fetched')
  assert.equal(fetched.filename, "é+(1)'*.csv")
  const conditional = { etag: fetched.etag, lastModified: null }
  assert.deepEqual((await fetchFrom(t, address, { connection, conditional })).fetched, {
    kind: 'not_modified',
  })

  const host = new URL(url)
  host.hostname = 'storage.example'
  const virtual = { ...connection, url: host.href, params: { ...params, path_style: false } }
  const asked = await startS3Server(t, { "/a b/é+(1)'*.csv": csv })
  const target = { ...virtual, url: `http://storage.example:${asked.port}` }
  const policy = { lookup: lookupOf('127.0.0.1') }
  assert.deepEqual((await fetchFrom(t, address, { connection: target, policy })).content, csv)
})

test('S3: what is wrong has a name', async (t) => {
  const { url } = await startS3Server(t, { '/open-data/a.csv': csv })
  const params = { region: s3Keys.region }
  const connection = connect('s3', url, { username: s3Keys.id, secret: s3Keys.secret, params })
  await assertFails(fetchFrom(t, 's3://open-data/a.csv'), 'ingest.fetch_needs_connection', { kind: 's3' })
  for (const wrong of [
    { ...connection, secret: 'wrong' },
    { ...connection, secret: null },
    { ...connection, params: {} },
  ])
    await assertFails(fetchFrom(t, 's3://open-data/a.csv', { connection: wrong }), 'ingest.fetch_denied')
  await assertFails(fetchFrom(t, 's3://open-data/b.csv', { connection }), 'ingest.fetch_not_found')
  await assertFails(
    fetchFrom(t, 's3://open-data/a.csv', { connection, base: guarded }),
    'ingest.fetch_refused',
  )
  // A redirect to another server is judged, and gets no signature.
  const seen: (string | undefined)[] = []
  const other = await serve(t, (request, response) => {
    seen.push(request.headers.authorization)
    response.end('elsewhere')
  })
  const redirecting = await serve(t, (_, response) =>
    response.writeHead(307, { location: `${other.url}/x` }).end(),
  )
  const { content } = await fetchFrom(t, 's3://open-data/a.csv', {
    connection: { ...connection, url: redirecting.url },
  })
  assert.equal(String(content), 'elsewhere')
  assert.deepEqual(seen, [undefined])
})
