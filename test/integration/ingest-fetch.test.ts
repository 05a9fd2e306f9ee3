/** Fetching from real local servers: refusals, limits, redirects, conditions. */
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { isPublicAddress } from '../../src/ingest/fetch/address-guard.ts'
import type { FetchPolicy } from '../../src/ingest/index.ts'
import { assertFails, fetchFrom, guarded, type Handler, lookupOf, serve } from '../support/fetching.ts'

test('a resource is fetched into the blob store with what its headers say', async (t) => {
  const { url } = await serve(t, (_, response) => {
    response.writeHead(200, {
      'content-type': 'text/csv',
      etag: '"v1"',
      'last-modified': 'Fri, 09 May 2031 10:00:00 GMT',
      'content-disposition': "attachment; filename*=UTF-8''%C3%A9t%C3%A9.csv",
    })
    response.end('a,b\n1,2\n')
  })
  const { fetched, content } = await fetchFrom(t, `${url}/x?y=1#part`)
  assert.equal(String(content), 'a,b\n1,2\n')
  assert.deepEqual(fetched, {
    kind: 'fetched',
    sha256: fetched.kind === 'fetched' ? fetched.sha256 : '',
    bytes: 8,
    filename: 'été.csv',
    contentType: 'text/csv',
    etag: '"v1"',
    lastModified: 'Fri, 09 May 2031 10:00:00 GMT',
  })
})

const literals = [
  '127.0.0.1',
  '127.1',
  '2130706433',
  '0x7f000001',
  '0177.0.0.1',
  '[::1]',
  '[::ffff:127.0.0.1]',
  '[::7f00:1]',
  '0.0.0.0',
  '[::]',
  '10.0.0.1',
  '192.168.0.1',
  '169.254.169.254',
  '[fe80::1]',
  '[fd00:ec2::254]',
  '[64:ff9b::7f00:1]',
  '100.64.0.1',
]
test('no spelling of a local, private or metadata address is connected to', async (t) => {
  const { port, hits } = await serve(t, (_, response) => response.end('inside'))
  for (const host of literals)
    await assertFails(fetchFrom(t, `http://${host}:${port}/`, { base: guarded }), 'ingest.fetch_refused')
  assert.deepEqual(hits, [])
})

test("a name that resolves to this host is refused by the system's own lookup", async (t) => {
  const { port, hits } = await serve(t, (_, response) => response.end('inside'))
  for (const name of ['localhost', 'LOCALHOST'])
    await assertFails(fetchFrom(t, `http://${name}:${port}/`, { base: guarded }), 'ingest.fetch_refused')
  assert.deepEqual(hits, [])
})

test('a name is judged by the address of the connection itself: answers that change do not help', async (t) => {
  const { port, hits } = await serve(t, (_, response) => response.end('inside'))
  const url = `http://rebinding.example:${port}/`
  await assertFails(
    fetchFrom(t, url, { base: guarded, policy: { lookup: lookupOf('10.0.0.5', '8.8.8.8') } }),
    'ingest.fetch_refused',
    { address: '10.0.0.5' },
  )
  await assertFails(
    fetchFrom(t, url, { base: guarded, policy: { lookup: lookupOf('127.0.0.1') } }),
    'ingest.fetch_refused',
    { address: '127.0.0.1' },
  )
  assert.deepEqual(hits, [])
})

test('with private addresses allowed, names and addresses of this host work', async (t) => {
  const { port } = await serve(t, (_, response) => response.end('inside'))
  const { content } = await fetchFrom(t, `http://some.example:${port}/`, {
    policy: { lookup: lookupOf('127.0.0.1') },
  })
  assert.equal(String(content), 'inside')
})

test('redirects are followed, relative ones too, up to the limit', async (t) => {
  const { url, hits } = await serve(t, (request, response) => {
    const left = Number(request.url!.slice(1))
    if (left === 0) response.end('there')
    else response.writeHead(302, { location: left % 2 ? `${left - 1}` : `${url}/${left - 1}` }).end('moved')
  })
  const { fetched, content } = await fetchFrom(t, `${url}/3`)
  assert.equal(String(content), 'there')
  assert.equal(fetched.kind === 'fetched' && fetched.filename, '0')
  assert.deepEqual(hits, ['/3', '/2', '/1', '/0'])
  await assertFails(fetchFrom(t, `${url}/4`), 'ingest.fetch_too_many_redirects', { max: 3 })
})

test('a redirect to a private address is refused on its own hop', async (t) => {
  const inside = await serve(t, (_, response) => response.end('inside'))
  // The first hop has to reach a server of this test, so that one address is let through; all others are judged as ever.
  const isAllowedAddress = (address: string) => address === '127.0.0.1' || isPublicAddress(address)
  const policy = { isAllowedAddress, lookup: lookupOf('10.0.0.5') }
  for (const host of [
    '10.9.8.7',
    '169.254.169.254',
    '[::1]',
    '[::ffff:127.0.0.1]',
    'inside.example',
    '0.0.0.0',
  ]) {
    const target = `http://${host}:${inside.port}/`
    const last = await serve(t, (_, response) => response.writeHead(307, { location: target }).end())
    const first = await serve(t, (_, response) => response.writeHead(302, { location: last.url }).end())
    await assertFails(fetchFrom(t, first.url, { base: guarded, policy }), 'ingest.fetch_refused', {
      url: first.url,
    })
    assert.deepEqual([first.hits.length, last.hits.length], [1, 1])
  }
  assert.deepEqual(inside.hits, [])
})

test('a redirect to another scheme is refused', async (t) => {
  for (const target of [
    'file:///etc/passwd',
    'ftp://example.org/x',
    'gopher://127.0.0.1/',
    'data:text/csv,a',
  ]) {
    const { url } = await serve(t, (_, response) => response.writeHead(301, { location: target }).end())
    await assertFails(fetchFrom(t, url), 'ingest.fetch_invalid_url')
  }
})

test('addresses that are none, of other schemes or with passwords are refused', async (t) => {
  for (const url of [
    '',
    'nonsense',
    '//example.org/',
    'file:///etc/passwd',
    'gopher://example.org/',
    'javascript:1',
    'http://',
    'http://user:secret@example.org/',
  ])
    await assertFails(fetchFrom(t, url), 'ingest.fetch_invalid_url')
})

test('an error never shows a key that is part of the address', async (t) => {
  const { url } = await serve(t, (_, response) => response.writeHead(404).end())
  await assertFails(fetchFrom(t, `${url}/x?apikey=topsecret&page=1`), 'ingest.fetch_status', {
    status: 404,
    url: `${url}/x?apikey=...&page=1`,
  })
})

for (const status of [201, 204, 206, 400, 401, 403, 404, 410, 500, 503]) {
  test(`an answer of ${status} is no resource`, async (t) => {
    const { url } = await serve(t, (_, response) =>
      response.writeHead(status).end(status === 204 ? undefined : 'x'),
    )
    await assertFails(fetchFrom(t, url), 'ingest.fetch_status', { status })
  })
}

test('more bytes than allowed are not stored, announced or not, packed or not', async (t) => {
  const large = Buffer.alloc(3 << 20, 'a,b\n')
  const answers: Handler[] = [
    (_, response) => response.writeHead(200, { 'content-length': large.length }).end(large),
    (_, response) => response.writeHead(200).end(large),
    (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(large)),
    (_, response) => response.writeHead(200, { 'content-encoding': 'br' }).end(brotliCompressSync(large)),
  ]
  for (const handler of answers) {
    const { url } = await serve(t, handler)
    await assertFails(fetchFrom(t, url), 'ingest.source_too_large', { maxBytes: 1 << 20 })
  }
})

test('a compressed transfer is stored unpacked, a compressed file as it is', async (t) => {
  const packed = gzipSync('a,b\n')
  const transfer = await serve(t, (_, response) =>
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(packed),
  )
  assert.equal(String((await fetchFrom(t, transfer.url)).content), 'a,b\n')
  const file = await serve(t, (_, response) =>
    response.writeHead(200, { 'content-type': 'application/gzip' }).end(packed),
  )
  assert.deepEqual((await fetchFrom(t, file.url)).content, packed)
})

test('a transfer that breaks off is a failure, not a short file', async (t) => {
  const cut: Handler[] = [
    (_, response) => {
      response.writeHead(200, { 'content-length': 1000 })
      response.write('only this', () => response.destroy())
    },
    (_, response) => {
      response.writeHead(200)
      response.write('only this', () => response.destroy())
    },
    (_, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('x'.repeat(1000)).subarray(0, 20)),
    (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('not gzip at all'),
  ]
  for (const handler of cut) {
    const { url } = await serve(t, handler)
    await assertFails(fetchFrom(t, url), 'ingest.fetch_failed')
  }
})

test('a host that never answers, or never ends, is given up', async (t) => {
  const silent = await serve(t, () => {})
  await assertFails(fetchFrom(t, silent.url, { policy: { timeoutMs: 100 } }), 'ingest.fetch_timed_out', {
    timeoutMs: 100,
  })
  const endless = await serve(t, (_, response) => {
    response.writeHead(200)
    const timer = setInterval(() => response.write('x'), 5)
    response.on('close', () => clearInterval(timer))
  })
  await assertFails(fetchFrom(t, endless.url, { policy: { timeoutMs: 200 } }), 'ingest.fetch_timed_out')
  const stalled = await serve(t, (_, response) => {
    response.writeHead(200)
    response.write('x')
  })
  await assertFails(fetchFrom(t, stalled.url, { policy: { idleTimeoutMs: 50 } }), 'ingest.fetch_failed')
})

test('a fetch stops when its job is stopped', async (t) => {
  const stop = new AbortController()
  const { url } = await serve(t, () => stop.abort())
  await assertFails(fetchFrom(t, url, { signal: stop.signal }), 'ingest.fetch_aborted')
})

test('hosts that refuse or do not exist are failures with a reason', async (t) => {
  const { url, port } = await serve(t, (_, response) => response.end())
  assert.ok(url)
  const gone = createServer()
  await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve))
  const free = (gone.address() as AddressInfo).port
  await new Promise((resolve) => gone.close(resolve))
  await assertFails(fetchFrom(t, `http://127.0.0.1:${free}/`), 'ingest.fetch_failed', {
    reason: 'the host refuses connections',
  })
  const lookup = ((_name: string, _options: unknown, callback: (error: Error) => void) =>
    callback(Object.assign(new Error('not found'), { code: 'ENOTFOUND' }))) as unknown as NonNullable<
    FetchPolicy['lookup']
  >
  await assertFails(
    fetchFrom(t, `http://no.example:${port}/`, { policy: { lookup } }),
    'ingest.fetch_failed',
    { reason: 'the host name is not known' },
  )
})

test('what has not changed is not fetched again', async (t) => {
  const seen: (string | undefined)[] = []
  const { url } = await serve(t, (request, response) => {
    seen.push(request.headers['if-none-match'], request.headers['if-modified-since'])
    if (request.headers['if-none-match'] === '"v1"') response.writeHead(304).end()
    else response.writeHead(200, { etag: '"v2"' }).end('new')
  })
  const same = await fetchFrom(t, url, {
    conditional: { etag: '"v1"', lastModified: 'Fri, 09 May 2031 10:00:00 GMT' },
  })
  assert.deepEqual(same.fetched, { kind: 'not_modified' })
  const changed = await fetchFrom(t, url, { conditional: { etag: '"v0"', lastModified: null } })
  assert.equal(String(changed.content), 'new')
  await fetchFrom(t, url)
  assert.deepEqual(seen, ['"v1"', 'Fri, 09 May 2031 10:00:00 GMT', '"v0"', undefined, undefined, undefined])
})

test('validators are not sent to where an address redirects, and an unasked 304 is an error', async (t) => {
  const { url } = await serve(t, (request, response) => {
    if (request.url === '/') response.writeHead(302, { location: '/target' }).end()
    else if (request.headers['if-none-match']) response.writeHead(304).end()
    else response.end('content')
  })
  const { content } = await fetchFrom(t, url, { conditional: { etag: '"v1"', lastModified: null } })
  assert.equal(String(content), 'content')
  const odd = await serve(t, (_, response) => response.writeHead(304).end())
  await assertFails(fetchFrom(t, odd.url), 'ingest.fetch_status', { status: 304 })
})

test('a file name is never more than a name', async (t) => {
  const names: [disposition: string, path: string, filename: string][] = [
    ['attachment; filename="../../etc/passwd"', '/x', 'passwd'],
    ['attachment; filename="..\\\\..\\\\boot.ini"', '/x', 'boot.ini'],
    ['attachment; filename=".."', '/x', 'resource'],
    ['', '/data/file.csv', 'file.csv'],
    ['', '/data/%2e%2e%2fpasswd', 'passwd'],
    ['', '/', 'resource'],
    [`attachment; filename="${'x'.repeat(500)}"`, '/x', 'x'.repeat(200)],
  ]
  for (const [disposition, path, filename] of names) {
    const { url } = await serve(t, (_, response) =>
      response.writeHead(200, disposition ? { 'content-disposition': disposition } : {}).end('x'),
    )
    const { fetched } = await fetchFrom(t, `${url}${path}`)
    assert.equal(fetched.kind === 'fetched' && fetched.filename, filename)
  }
})
