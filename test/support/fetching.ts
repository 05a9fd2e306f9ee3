/** Fetching in the test's own process, from servers of the test: what every test of a source needs. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import {
  createBlobStore,
  type FetchConnection,
  type FetchPolicy,
  fetchResource,
} from '../../src/ingest/index.ts'
import { AppError, createIds, type ErrorKey, type JsonObject } from '../../src/kernel/index.ts'
import { tempDirectory } from './builder.ts'
import { certificate, certificateKey } from './certificate.ts'

export type Handler = (request: IncomingMessage, response: ServerResponse) => void

/** Serves on a free port of 127.0.0.1; `hits`: what was asked for. */
export async function serve(
  t: TestContext,
  handler: Handler,
  { secure = false } = {},
): Promise<{ url: string; port: number; hits: string[] }> {
  const hits: string[] = []
  const listener: Handler = (request, response) => {
    hits.push(request.url ?? '')
    handler(request, response)
  }
  const server = secure
    ? createSecureServer({ cert: certificate, key: certificateKey }, listener)
    : createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  const { port } = server.address() as AddressInfo
  return { url: `http${secure ? 's' : ''}://127.0.0.1:${port}`, port, hits }
}

function openBlobs(t: TestContext) {
  const directory = tempDirectory(t)
  return {
    directory,
    store: createBlobStore({ directory, tmpDirectory: join(directory, 'tmp'), ids: createIds() }),
  }
}

export const open: FetchPolicy = {
  allowPrivateAddresses: true,
  timeoutMs: 20_000,
  idleTimeoutMs: 10_000,
  maxBytes: 1 << 20,
  maxRedirects: 3,
}
export const guarded: FetchPolicy = { ...open, allowPrivateAddresses: false }

export interface FetchOptions {
  readonly policy?: Partial<FetchPolicy>
  readonly base?: FetchPolicy
  readonly conditional?: { etag: string | null; lastModified: string | null }
  readonly signal?: AbortSignal
  readonly params?: JsonObject
  readonly connection?: FetchConnection
}

export async function fetchFrom(t: TestContext, url: string, options: FetchOptions = {}) {
  const blobs = openBlobs(t)
  try {
    const fetched = await fetchResource({
      url,
      conditional: options.conditional ?? null,
      params: options.params ?? {},
      connection: options.connection ?? null,
      policy: { ...(options.base ?? open), ...options.policy },
      blobs: blobs.store,
      signal: options.signal ?? new AbortController().signal,
    })
    const content = fetched.kind === 'fetched' ? readFileSync(blobs.store.path(fetched.sha256)) : null
    return { fetched, content }
  } finally {
    // Whatever happens, nothing unfinished stays behind.
    assert.deepEqual(
      readdirSync(blobs.directory).includes('tmp') ? readdirSync(join(blobs.directory, 'tmp')) : [],
      [],
    )
  }
}

export async function assertFails(
  work: Promise<unknown>,
  key: ErrorKey,
  params: Record<string, unknown> = {},
): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(error instanceof AppError, String(error))
    assert.equal(error.key, key, error.message)
    for (const [name, value] of Object.entries(params)) assert.equal(error.params[name], value)
    return true
  })
}

/** Resolves every name to what `answers` gives, one answer per call. */
export function lookupOf(...answers: string[]): NonNullable<FetchPolicy['lookup']> {
  let call = 0
  const answer = (_name: string, options: { all?: boolean }, callback: (...args: unknown[]) => void) => {
    const address = answers[Math.min(call++, answers.length - 1)]!
    if (options.all) callback(null, [{ address, family: 4 }])
    else callback(null, address, 4)
  }
  return answer as unknown as NonNullable<FetchPolicy['lookup']>
}
