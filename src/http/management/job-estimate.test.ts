import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../../kernel/index.ts'
import { estimateOf } from './job-estimate.ts'
import { phasesOf } from './job-phases.ts'

const start = Date.parse('2031-05-09T10:00:00.000Z')
const at = (ms: number) => new Date(start + ms).toISOString()
const lastRun = {
  source_bytes: 2_000,
  last_run: { job_id: 'j', source_bytes: 1_000, duration_ms: 1000, steps: { extract: 600, index: 400 } },
}
const extracting = (share: number): JsonObject[] => [
  { step: 'extract', started_at: at(0), finished_at: null, bytes_read: share * 1000, bytes_total: 1000 },
]

test('before anything has begun: the last run, scaled by the size of the sources', () => {
  assert.deepEqual(estimateOf(lastRun, [], start), {
    basis: 'last_run',
    total_ms: 2000,
    seconds_left: 2,
    source_bytes: 2000,
    last_job_id: 'j',
  })
})

test('without a last run: the size; without either: nothing', () => {
  const estimate = estimateOf({ source_bytes: 200_000_000, last_run: null }, [], start)
  assert.equal(estimate?.basis, 'source_size')
  assert.equal(estimate?.total_ms, 10_500)
  assert.equal(estimateOf({ source_bytes: null, last_run: null }, [], start), null)
  assert.equal(estimateOf(null, [], start), null)
})

test('with the first phase begun but nothing read, what was expected less what has passed', () => {
  assert.equal(estimateOf(lastRun, extracting(0), start + 200)?.seconds_left, 1.8)
  assert.equal(estimateOf(lastRun, extracting(0), start + 200)?.total_ms, 2000)
})

test('once some has been read, what has been measured; later phases in the proportion of the last run', () => {
  const estimate = estimateOf(lastRun, extracting(0.5), start + 3000)
  assert.equal(estimate?.basis, 'progress')
  assert.equal(estimate?.total_ms, 6000 + 4000)
  // A source that was never seen before gets its estimate with the first bytes.
  assert.equal(estimateOf(null, extracting(0.5), start + 3000)?.total_ms, 6000 + 4000)
})

test('the estimate never asks for negative time', () => {
  for (const steps of [extracting(0), extracting(1), extracting(2)]) {
    assert.ok(Number(estimateOf(lastRun, steps, start + 60_000)?.seconds_left) >= 0)
  }
})

test('fetches are added up, what never happens is skipped, what failed says so', () => {
  const fetches: JsonObject[] = [1, 2].map((n) => ({
    step: 'fetch',
    resource_uid: `re_${n}`,
    started_at: at(n),
    finished_at: at(n + 1),
    bytes_read: n * 100,
    duration_ms: 100,
  }))
  const states = (steps: JsonObject[], jobState: string) =>
    phasesOf(steps, jobState).map(({ state }) => state)
  const [fetch] = phasesOf([...fetches, ...extracting(0)], 'running')
  assert.deepEqual([fetch?.bytes_read, fetch?.duration_ms, fetch?.bytes_per_second], [300, 200, 1500])
  assert.deepEqual(states([], 'waiting'), Array(6).fill('waiting'))
  assert.deepEqual(states(extracting(0), 'running'), ['skipped', 'running', ...Array(4).fill('waiting')])
  assert.deepEqual(states(extracting(0), 'error'), ['skipped', 'failed', ...Array(4).fill('skipped')])
  const reused: JsonObject[] = [{ step: 'expose', started_at: at(0), finished_at: at(1), duration_ms: 1 }]
  assert.deepEqual(states(reused, 'done'), [...Array(5).fill('skipped'), 'done'])
})
