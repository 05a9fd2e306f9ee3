/** Fetches in a thread with little memory: what holds more than its share ends it. `workerData`: {url, params, directory}. */
import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { createBlobStore, fetchResource } from '../../src/ingest/index.ts'
import { createIds } from '../../src/kernel/index.ts'

const { url, params, directory } = workerData
const fetched = await fetchResource({
  url,
  conditional: null,
  params,
  policy: {
    allowPrivateAddresses: true,
    timeoutMs: 240_000,
    idleTimeoutMs: 60_000,
    maxBytes: 2 ** 33,
    maxRedirects: 3,
  },
  blobs: createBlobStore({ directory, tmpDirectory: join(directory, 'tmp'), ids: createIds() }),
  signal: new AbortController().signal,
})
parentPort!.postMessage(fetched)
