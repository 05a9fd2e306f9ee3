import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { type ErrorKey, type ErrorValue, errorCatalogue } from '../kernel/index.ts'
import { isTransient, retryDelayMs } from './transient.ts'

const value = (key: ErrorKey, params: ErrorValue['params'] = {}): ErrorValue => ({ key, params })

test('what passes by itself is tried again, what does not is not', () => {
  const passing = [
    ...[408, 425, 429, 500, 502, 503, 504].map((status) => value('ingest.fetch_status', { status })),
    value('ingest.fetch_timed_out', { timeoutMs: 1 }),
    value('ingest.fetch_failed', { reason: 'the host refuses connections' }),
    value('ingest.fetch_failed', { reason: 'the connection was cut' }),
    value('actions.builder_died', { cause: 'SIGKILL' }),
    value('jobs.interrupted', { attempt: 1 }),
  ]
  const lasting = [
    ...[301, 400, 401, 403, 404, 410].map((status) => value('ingest.fetch_status', { status })),
    value('ingest.fetch_failed', { reason: 'the host name is not known' }),
    value('ingest.fetch_failed', { reason: 'its certificate is not valid' }),
    value('ingest.fetch_refused', { address: '127.0.0.1' }),
    value('actions.builder_died', { cause: 'SIGSEGV' }),
    value('actions.builder_died', { cause: 'SIGABRT' }),
    value('actions.builder_died', { cause: 'exit code 1' }),
    value('ingest.unclosed_quote'),
    value('jobs.unexpected', { reason: 'the disk is full' }),
  ]
  for (const error of passing) assert.ok(isTransient(error), JSON.stringify(error))
  for (const error of lasting) assert.ok(!isTransient(error), JSON.stringify(error))
})

test('docs/jobs.md lists every error that may be tried again, and no other', () => {
  const text = readFileSync(new URL('../../docs/jobs.md', import.meta.url), 'utf8')
  const section = text.slice(text.indexOf('| error | tried again |'))
  const listed = [...section.matchAll(/^\| `([\w.]+)` \|/gm)].map(([, key]) => key)
  // Whatever the parameters: one set of them for each thing that the table asks about.
  const ways = [{ status: 503, reason: 'x', cause: 'SIGKILL' }]
  const all = Object.keys(errorCatalogue) as ErrorKey[]
  const transient = all.filter((key) => ways.some((params) => isTransient(value(key, params))))
  assert.deepEqual(listed.sort(), transient.sort())
})

test('each attempt waits twice as long as the last, or as the source asks, up to ten minutes', () => {
  const delay = retryDelayMs(2000)
  const busy = (retry_after_s: number) => value('ingest.fetch_status', { status: 503, retry_after_s })
  assert.deepEqual(
    [0, 1, 30, 7200].map((seconds) => delay(busy(seconds), 1)),
    [2000, 2000, 30_000, 600_000],
  )
  const error = value('jobs.interrupted', { attempt: 1 })
  assert.deepEqual(
    [1, 2, 3, 20].map((attempt) => delay(error, attempt)),
    [2000, 4000, 8000, 600_000],
  )
  assert.equal(delay(value('ingest.unclosed_quote'), 1), null)
})
