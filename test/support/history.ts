/** Judges a recorded history of concurrent orders: is there an order of the datasets' jobs that explains every answer? */
import assert from 'node:assert/strict'
import type { JobAnswer } from './http-client.ts'

export type OrderName = 'publish' | 'unpublish' | 'save_version' | 'restore' | 'abort_processing'

/** One call of a client, with the instants at which it was sent and answered. */
export interface Call {
  readonly client: number
  readonly datasetUid: string
  readonly name: OrderName
  readonly sentAt: number
  readonly answeredAt: number
  readonly status: number
  /** Of an accepted one. */
  readonly jobId?: string
  /** Of a refused one: what it says of the dataset. */
  readonly refusal?: { readonly key: string; readonly status: string; readonly allowed: string }
}

const rests: readonly string[] = ['idle', 'error', 'limit_reached']

/**
 * The jobs of one dataset run one after another, so their order is known: it must be one in which every refusal names a
 * status that some job gave the dataset while the call was under way, and no two accepted orders overlap.
 * `jobs` oldest first, all ended.
 */
export function assertExplained(calls: readonly Call[], jobs: readonly JobAnswer[]): void {
  const byId = new Map(jobs.map((job) => [job.job_id, job]))
  const accepted = calls.filter((call) => call.status === 200)
  const ids = accepted.map((call) => call.jobId!)
  assert.equal(new Set(ids).size, ids.length, 'no two calls got one job')
  for (const id of ids) assert.ok(byId.has(id), `the acknowledged job ${id} is lost`)
  assert.equal(ids.length, jobs.length, 'every job was ordered by a call')
  for (const job of jobs) {
    assert.equal((job.result === undefined) !== (job.error === undefined), true, JSON.stringify(job))
  }
  assertNoOverlap(jobs.filter((job) => job.function !== 'abort_processing'))
  for (const call of calls) {
    if (call.status === 200) continue
    assert.equal(call.status, 400, JSON.stringify(call))
    assertRefusedRightly(call, accepted, byId)
  }
}

/** One action at a time: each was ordered after the one before had ended. */
function assertNoOverlap(jobs: readonly JobAnswer[]): void {
  for (const [index, job] of jobs.entries()) {
    const next = jobs[index + 1]
    if (!next) break
    assert.ok(
      Date.parse(next.created_at) >= Math.floor(Date.parse(job.finished_at!) / 1000) * 1000,
      `${next.function} began before ${job.function} had ended`,
    )
  }
}

function assertRefusedRightly(
  call: Call,
  accepted: readonly Call[],
  jobs: ReadonlyMap<string, JobAnswer>,
): void {
  const { refusal } = call
  assert.equal(refusal?.key, 'actions.invalid_status', JSON.stringify(call))
  const named = refusal!.status
  assert.ok(!refusal!.allowed.split(', ').includes(named), `refused in ${named}, which is allowed`)
  if (call.name === 'abort_processing') {
    // Also an abort that came while another one was at work.
    if (named === 'aborting_processing') return
    // Nothing to abort: at rest, or something that takes milliseconds and is not aborted.
    assert.ok([...rests, 'deleting', 'saving_version'].includes(named), `an abort was refused in ${named}`)
    return
  }
  assert.ok(!rests.includes(named), `${call.name} was refused at rest`)
  // Some order that had been sent by then, and whose job had not ended when this call was sent, made it so.
  const cause = accepted.find((other) => {
    const endedAt = Date.parse(jobs.get(other.jobId!)!.finished_at!) + 1000
    return other.name !== 'abort_processing' && other.sentAt <= call.answeredAt && endedAt >= call.sentAt
  })
  assert.ok(cause, `nothing explains that ${call.name} was refused in ${named}: ${JSON.stringify(call)}`)
}
