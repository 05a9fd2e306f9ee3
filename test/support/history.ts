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
  /** When the client saw that the job had ended. */
  readonly seenEndedAt?: number
  /** Of a refused one: what it says of the dataset. */
  readonly refusal?: { readonly key: string; readonly status: string; readonly allowed: string }
}

/** What readers have: whether there is anything, and how many records. */
export interface Shown {
  readonly published: boolean
  readonly recordsCount: number
}

/** An accepted order that works on a dataset, with its job. */
interface Order {
  readonly call: Call
  readonly job: JobAnswer
  /** Accepted orders to abort it. */
  readonly aborts: readonly Call[]
}

const rests: readonly string[] = ['idle', 'error', 'limit_reached']
/** Which orders bring a dataset into a status; what is not listed is at rest. */
const causes: Readonly<Record<string, readonly OrderName[]>> = {
  queued: ['publish', 'unpublish', 'save_version', 'restore'],
  processing: ['publish', 'restore'],
  aborting_processing: ['publish', 'restore'],
  deleting: ['unpublish'],
  saving_version: ['save_version'],
}

/**
 * The jobs of one dataset run one after another, so their order is known: it must be one in which every acceptance finds
 * the dataset at rest, every refusal names a status that some job gave it while the call was under way, and every result
 * follows from the ones before it. `jobs` oldest first, all ended. `start`: what readers had before them; `restored`: what
 * a restore brings back.
 */
export function assertExplained(
  calls: readonly Call[],
  jobs: readonly JobAnswer[],
  { start, restored }: { readonly start: Shown; readonly restored: Shown },
): void {
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
  const aborts = jobs.filter((job) => job.function === 'abort_processing')
  const orders = jobs
    .filter((job) => job.function !== 'abort_processing')
    .map((job): Order => {
      const own = aborts.filter((abort) => abort.result?.aborted_job_id === job.job_id)
      return { call: byJob.get(job.job_id)!, job, aborts: own.map((abort) => byJob.get(abort.job_id)!) }
    })
  assert.equal(
    orders.reduce((total, order) => total + order.aborts.length, 0),
    aborts.length,
    'every abort names an order of this dataset',
  )
  assertInOrder(orders)
  for (const call of calls) {
    if (call.status === 200) assertAcceptedRightly(call, orders)
    else assertRefusedRightly(call, orders)
  }
  replay(orders, start, restored)
}

/** An order that was answered before another one was sent comes first. */
function assertInOrder(orders: readonly Order[]): void {
  for (const [index, { call }] of orders.entries()) {
    const later = orders.slice(index + 1).find((other) => other.call.answeredAt < call.sentAt)
    assert.equal(
      later,
      undefined,
      `${JSON.stringify(later?.call)} was answered before ${JSON.stringify(call)}`,
    )
  }
}

/**
 * Whether the order held the dataset all the while the call was under way, as far as the clocks can tell: it was answered
 * before, and its end was written after the instant that its job names.
 */
function heldThroughout({ call: { answeredAt }, job }: Order, call: Call): boolean {
  return answeredAt < call.sentAt && Date.parse(job.finished_at!) > call.answeredAt
}

function assertAcceptedRightly(call: Call, orders: readonly Order[]): void {
  if (call.name === 'abort_processing') return
  const holder = orders.find((order) => heldThroughout(order, call))
  assert.equal(holder, undefined, `${JSON.stringify(call)} was accepted beside ${JSON.stringify(holder)}`)
}

function assertRefusedRightly(call: Call, orders: readonly Order[]): void {
  assert.equal(call.status, 400, JSON.stringify(call))
  const { refusal } = call
  assert.equal(refusal?.key, 'actions.invalid_status', JSON.stringify(call))
  const named = refusal!.status
  assert.ok(!refusal!.allowed.split(', ').includes(named), `refused in ${named}, which is allowed`)
  if (rests.includes(named)) {
    assert.equal(call.name, 'abort_processing', `${call.name} was refused at rest`)
    const holder = orders.find((order) => heldThroughout(order, call))
    assert.equal(
      holder,
      undefined,
      `${JSON.stringify(call)} was refused at rest beside ${JSON.stringify(holder)}`,
    )
    return
  }
  const kinds = causes[named]
  assert.ok(kinds, `${named} is no status`)
  // Some order made it so: of a kind that does, sent before this answer, and not known to be over when this call was sent.
  const cause = orders.find(({ call: order, aborts }, index) => {
    const next = orders[index + 1]?.call
    const endedBy = Math.min(
      next?.answeredAt ?? Number.POSITIVE_INFINITY,
      order.seenEndedAt ?? Number.POSITIVE_INFINITY,
    )
    return (
      kinds.includes(order.name) &&
      order.sentAt <= call.answeredAt &&
      endedBy >= call.sentAt &&
      (named !== 'aborting_processing' || aborts.some((abort) => abort.sentAt <= call.answeredAt))
    )
  })
  assert.ok(cause, `nothing explains that ${call.name} was refused in ${named}: ${JSON.stringify(call)}`)
}

/** Every result follows from what the orders before it left. */
function replay(orders: readonly Order[], start: Shown, restored: Shown): void {
  let shown = start
  for (const { call, job, aborts } of orders) {
    const { result } = job
    const told = JSON.stringify(job)
    if (result === undefined) continue
    if (result.aborted === true) assert.ok(aborts.length > 0, `nobody aborted ${told}`)
    const isCancelled = result.aborted === true && result.status === undefined
    if (isCancelled) continue
    const before = shown
    if (call.name === 'unpublish') shown = { published: false, recordsCount: 0 }
    else if (call.name === 'restore') shown = restored
    else if (call.name === 'publish' && result.generation_uid !== undefined) {
      // An abort before the first record shows nothing.
      const isShown = result.aborted !== true || result.partial !== true || result.records_count > 0
      if (isShown) shown = { published: true, recordsCount: result.records_count }
    }
    if (call.name !== 'save_version') assert.equal(result.published, shown.published, told)
    if (call.name !== 'unpublish')
      assert.equal(result.records_count, shown.recordsCount, `${told} after ${JSON.stringify(before)}`)
  }
}
