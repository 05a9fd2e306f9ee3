import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { createBrowserApi } from './browser-api.ts'

test('every call of an island carries the language of the page, and a refusal without words has none', async (t) => {
  const asked: unknown[] = []
  const server = createServer((request, response) => {
    asked.push([request.method, request.headers['accept-language'], request.headers['x-csrf-token']])
    response.writeHead(request.url === '/gone' ? 502 : 200, { 'content-type': 'application/json' })
    response.end(request.url === '/gone' ? 'bad gateway' : '{}')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const at = (path: string) => `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`
  const api = createBrowserApi('fr', 'token')
  await api.get(at('/read'))
  await api.send('PUT', at('/write'), { a: 1 })
  await assert.rejects(api.get(at('/gone')), { message: '', status: 502 })
  assert.deepEqual(asked, [
    ['GET', 'fr', undefined],
    ['PUT', 'fr', 'token'],
    ['GET', 'fr', undefined],
  ])
})
