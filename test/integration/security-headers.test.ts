/** What browsers are told about answers, and that nothing a user has uploaded runs as a page of ours. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explorePath, managementPath } from '../support/http-client.ts'
import { shareServer } from '../support/server.ts'

const shared = shareServer()

test('everything runs nothing, loads nothing and stands in no frame, unless it says so itself', async () => {
  const server = await shared()
  const addresses = [
    explorePath,
    `${explorePath}/unknown`,
    `${managementPath}/datasets`,
    `${managementPath}/unknown`,
    '/api/auth/v1/session',
    '/api/openapi.json',
    '/api/docs',
    '/healthz',
    '/nothing/here',
    `/%zz`,
    `/api/datasets/1.0/search?format=rss`,
  ]
  for (const address of addresses) {
    for (const auth of ['none', 'admin'] as const) {
      const { headers } = await server.request('GET', address, { auth })
      const policy = headers.get('content-security-policy')!
      assert.match(policy, /default-src 'none'/, address)
      assert.match(policy, /frame-ancestors 'none'/, address)
      assert.doesNotMatch(policy, /unsafe/, address)
      assert.equal(headers.get('x-content-type-options'), 'nosniff', address)
      assert.equal(headers.get('referrer-policy'), 'no-referrer', address)
      assert.equal(headers.get('cross-origin-opener-policy'), 'same-origin', address)
      const isForAll = address.startsWith('/api/explore') || /openapi|rss/.test(address)
      const resource = isForAll ? 'cross-origin' : 'same-origin'
      assert.equal(headers.get('cross-origin-resource-policy'), resource, address)
      assert.equal(headers.get('strict-transport-security'), null, 'not without TLS')
    }
  }
  const overTls = await server.request('GET', explorePath, { headers: { 'X-Forwarded-Proto': 'https' } })
  assert.equal(overTls.headers.get('strict-transport-security'), 'max-age=31536000')
})

test('an uploaded page or picture with scripts is a file to keep, of no origin', async () => {
  const server = await shared()
  for (const [filename, mimetype, content] of [
    ['page.html', 'text/html', '<script>alert(document.domain)</script>'],
    ['picture.svg', 'image/svg+xml', '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'],
    ['page.xhtml', 'application/xhtml+xml', '<html xmlns="http://www.w3.org/1999/xhtml"/>'],
    ['"; filename="x.html', 'text/html; charset=x', 'x'],
  ] as const) {
    const body = { content, filename, mimetype }
    const { json } = await server.expect(200, 'POST', `${managementPath}/files`, { body })
    const { headers } = await server.expect(
      200,
      'GET',
      `${managementPath}/download_file/${encodeURIComponent(json.file_id)}`,
    )
    assert.match(headers.get('content-disposition')!, /^attachment/, filename)
    assert.match(headers.get('content-security-policy')!, /^sandbox; default-src 'none'/, filename)
    assert.equal(headers.get('x-content-type-options'), 'nosniff')
  }
})
