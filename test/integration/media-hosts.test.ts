/** Files of hosts that do not answer: a builder must not wait for each of thousands. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { createBlobStore, createMedia } from '../../src/ingest/index.ts'
import { createIds } from '../../src/kernel/index.ts'
import { tempDirectory } from '../support/builder.ts'

test('a host that fails again and again is left alone, by the next question too, and asked again after a while', async (t) => {
  let asked = 0
  let isWell = false
  const server = createServer((_request, response) => {
    asked++
    if (isWell) response.end('fine')
    else response.destroy()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const root = tempDirectory(t)
  let now = 1_000_000
  const media = createMedia({
    policy: {
      allowPrivateAddresses: true,
      timeoutMs: 5000,
      idleTimeoutMs: 5000,
      maxBytes: 1000,
      maxRedirects: 1,
    },
    blobs: createBlobStore({
      directory: join(root, 'blobs'),
      tmpDirectory: join(root, 'tmp'),
      ids: createIds(),
    }),
    memory: { find: async () => null, keep: async () => {} },
    clock: { now: () => now },
    maxBytes: 1000,
  })
  const { port } = server.address() as AddressInfo
  const ask = (question: number) =>
    media.answer(
      Array.from({ length: 30 }, (_, n) => `http://127.0.0.1:${port}/${question}/${n}`),
      {},
      new AbortController().signal,
    )
  assert.ok((await ask(1)).every((answer) => 'error' in answer))
  const first = asked
  assert.ok(first >= 10 && first < 20, String(first))
  await ask(2)
  assert.equal(asked, first)
  now += 120_000
  isWell = true
  assert.ok((await ask(3)).every((answer) => 'value' in answer))
})
