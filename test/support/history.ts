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
 * status that some job gave the dataset while the call was under way. Judged by the clients' clock alone: what a job says
 * of its times is read before its transactions wait for each other. `jobs` oldest first, all ended.
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
  const byJob = new Map(accepted.map((call) => [call.jobId!, call]))
  const orders = jobs
    .filter((job) => job.function !== 'abort_processing')
    .map((job) => byJob.get(job.job_id)!)
  for (const call of calls) {
    if (call.status === 200) continue
    assert.equal(call.status, 400, JSON.stringify(call))
    assertRefusedRightly(call, orders)
  }
}

/** `orders`: the accepted ones in the order of their jobs. */
function assertRefusedRightly(call: Call, orders: readonly Call[]): void {
  const { refusal } = call
  assert.equal(refusal?.key, 'actions.invalid_status', JSON.stringify(call))
  const named = refusal!.status
  assert.ok(!refusal!.allowed.split(', ').includes(named), `refused in ${named}, which is allowed`)
  if (call.name === 'abort_processing') {
    // Nothing to abort: at rest, something that takes milliseconds, or another abort is at work.
    const others = ['deleting', 'saving_version', 'aborting_processing']
    assert.ok([...rests, ...others].includes(named), `an abort was refused in ${named}`)
    return
  }
  assert.ok(!rests.includes(named), `${call.name} was refused at rest`)
  // Some order made it so: sent before this answer, and not known to be over (by the next one) when this call was sent.
  const cause = orders.find((order, index) => {
    const next = orders[index + 1]
    return order.sentAt <= call.answeredAt && (!next || next.answeredAt >= call.sentAt)
  })
  assert.ok(cause, `nothing explains that ${call.name} was refused in ${named}: ${JSON.stringify(call)}`)
}
