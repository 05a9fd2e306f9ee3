import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type Control, openControl } from '../../src/control/index.ts'
import {
  claimNextJob,
  deleteFinishedJobs,
  expireLeases,
  findJob,
  finishJob,
  finishUnclaimedJob,
  insertJob,
  type JobContext,
  type JobOutcome,
  parkJob,
  renewLease,
  requestCancel,
  startWorker,
  type WorkerEvent,
} from '../../src/jobs/index.ts'
import { AppError, createIds, toErrorValue } from '../../src/kernel/index.ts'

const ids = createIds()
let time = 10_000
const clock = { now: () => time++ }

async function openTestControl(t: TestContext): Promise<Control> {
  const directory = mkdtempSync(join(tmpdir(), 'broadsheet-jobs-'))
  const control = await openControl({ databaseUrl: null, sqlitePath: join(directory, 'control.sqlite') })
  t.after(async () => {
    await control.close()
    rmSync(directory, { recursive: true })
  })
  return control
}

async function addJob(control: Control, subject: string, now = 1000, priority = 0): Promise<string> {
  const jobUid = ids.hex(20)
  const params = { dataset_uid: subject }
  await insertJob(control.db, { jobUid, function: 'work', subject, params, username: 'admin', now, priority })
  return jobUid
}

const claim = (owner: string, now: number) => ({ owner, now, leaseMs: 15_000, functions: ['work'] })
const isLeaseLost = (error: unknown) => error instanceof AppError && error.key === 'jobs.lease_lost'

test('jobs are claimed oldest first, higher priority before, each by one owner only', async (t) => {
  const control = await openTestControl(t)
  const first = await addJob(control, 'a')
  const second = await addJob(control, 'b')
  const urgent = await addJob(control, 'c', 1000, 5)
  const order = []
  for (const owner of ['x', 'y', 'x', 'y'])
    order.push((await claimNextJob(control.db, claim(owner, 2000), false))?.jobUid)
  assert.deepEqual(order, [urgent, first, second, undefined])
})

test('a job whose lease has expired is taken over as the next attempt and the old owner can write nothing more', async (t) => {
  const control = await openTestControl(t)
  const jobUid = await addJob(control, 'a')
  await claimNextJob(control.db, claim('dead', 2000), false)
  assert.equal(await claimNextJob(control.db, claim('other', 16_999), false), null)
  const taken = await claimNextJob(control.db, claim('other', 17_000), false)
  assert.equal(taken?.jobUid, jobUid)
  assert.equal(taken?.attempt, 2)
  const outcome = { result: {} }
  await assert.rejects(finishJob(control.db, { jobUid, owner: 'dead', now: 17_001, outcome }), isLeaseLost)
  const renewal = { jobUid, owner: 'dead', expiresAt: 99_000, progresses: [] }
  await assert.rejects(renewLease(control.db, renewal), isLeaseLost)
  await finishJob(control.db, { jobUid, owner: 'other', now: 17_002, outcome })
  assert.equal((await findJob(control.db, jobUid))?.state, 'done')
})

test('a finished job has one outcome for ever', async (t) => {
  const control = await openTestControl(t)
  const jobUid = await addJob(control, 'a')
  await claimNextJob(control.db, claim('x', 2000), false)
  await finishJob(control.db, { jobUid, owner: 'x', now: 3000, outcome: { result: { n: 1 } } })
  const again = { jobUid, owner: 'x', now: 3001, outcome: { result: { n: 2 } } }
  await assert.rejects(finishJob(control.db, again), isLeaseLost)
  assert.equal(await finishUnclaimedJob(control.db, again), false)
  await requestCancel(control.db, jobUid, 'keep', 3002)
  const job = await findJob(control.db, jobUid)
  assert.deepEqual([job?.result, job?.finishedAt, job?.cancelRequested], [{ n: 1 }, 3000, null])
})

test('a parked job keeps its place and does not lose an attempt', async (t) => {
  const control = await openTestControl(t)
  const jobUid = await addJob(control, 'a')
  await addJob(control, 'b')
  await claimNextJob(control.db, claim('x', 2000), false)
  await parkJob(control.db, { jobUid, owner: 'x', now: 2500 })
  const again = await claimNextJob(control.db, claim('y', 2500), false)
  assert.deepEqual([again?.jobUid, again?.attempt], [jobUid, 1])
})

test('leases of a process known to be dead can be taken over at once', async (t) => {
  const control = await openTestControl(t)
  const jobUid = await addJob(control, 'a')
  await claimNextJob(control.db, claim('dead', 2000), false)
  await expireLeases(control.db, 2001)
  assert.equal((await claimNextJob(control.db, claim('new', 2001), false))?.jobUid, jobUid)
})

interface Harness {
  readonly events: WorkerEvent[]
  readonly next: (kind: WorkerEvent['kind']) => Promise<WorkerEvent>
  readonly worker: ReturnType<typeof startWorker>
}

function work(control: Control, run: (context: JobContext) => Promise<void>): Harness {
  const events: WorkerEvent[] = []
  const waiting: { kind: string; resolve: (event: WorkerEvent) => void }[] = []
  const worker = startWorker({
    db: control.db,
    clock,
    owner: ids.hex(4),
    handlers: {
      work: {
        run,
        fail: async (context, error) => {
          const finish = {
            jobUid: context.job.jobUid,
            owner: context.owner,
            now: clock.now(),
            outcome: { error },
          }
          await finishJob(control.db, finish)
        },
      },
    },
    pools: [{ functions: ['work'], slots: 1 }],
    retryDelayMs: () => null,
    canSkipLocked: false,
    leaseMs: 15_000,
    pollMs: 1000,
    flushMs: 10,
    onEvent: (event) => {
      events.push(event)
      const index = waiting.findIndex((waiter) => waiter.kind === event.kind)
      if (index >= 0) waiting.splice(index, 1)[0]!.resolve(event)
    },
  })
  const next = (kind: WorkerEvent['kind']) =>
    new Promise<WorkerEvent>((resolve) => {
      const seen = events.find((event) => event.kind === kind)
      if (seen) resolve(seen)
      else waiting.push({ kind, resolve })
    })
  return { events, next, worker }
}

test('a stop parks the running job; the next worker finishes it', async (t) => {
  const control = await openTestControl(t)
  const jobUid = await addJob(control, 'a')
  const first = work(control, (context) => {
    return new Promise((_resolve, reject) =>
      context.signal.addEventListener('abort', () => reject(new Error('let go'))),
    )
  })
  await first.next('job_claimed')
  await first.worker.stop()
  assert.deepEqual(
    first.events.map((event) => event.kind),
    ['job_claimed', 'job_parked', 'job_ended'],
  )
  const second = work(control, async (context) => {
    await finishJob(control.db, { jobUid, owner: context.owner, now: 1, outcome: { result: {} } })
  })
  await second.next('job_ended')
  await second.worker.stop()
  const job = await findJob(control.db, jobUid)
  assert.deepEqual([job?.state, job?.attempt], ['done', 1])
})

test('a job that is claimed in the moment of the stop is let go of at once, too', async (t) => {
  const control = await openTestControl(t)
  const jobUid = await addJob(control, 'a')
  const { worker, events } = work(control, (context) => {
    return new Promise((_resolve, reject) => {
      const letGo = () => reject(new Error('let go'))
      if (context.signal.aborted) letGo()
      else context.signal.addEventListener('abort', letGo)
    })
  })
  const beganAt = performance.now()
  await worker.stop()
  assert.ok(performance.now() - beganAt < 5000)
  assert.ok(events.some(({ kind }) => kind === 'job_parked'))
  const job = await findJob(control.db, jobUid)
  assert.deepEqual([job?.state, job?.attempt], ['started', 0])
})

test('people are told of errors, and of what says so: of nothing else is there anything to look at', async (t) => {
  const control = await openTestControl(t)
  const end = async (outcome: JobOutcome) => {
    const jobUid = await addJob(control, ids.hex(4))
    await claimNextJob(control.db, claim('x', 2000), false)
    await finishJob(control.db, { jobUid, owner: 'x', now: 3000, outcome })
    return jobUid
  }
  const error = toErrorValue(new AppError('jobs.unknown_job', { job_id: 'q' }))
  await end({ result: {} })
  const partial = await end({ result: { partial: true }, isTold: true })
  const failed = await end({ error })
  const untold = await control.db
    .selectFrom('jobs')
    .select('job_uid')
    .where('is_untold', '=', 1)
    .orderBy('seq')
    .execute()
  assert.deepEqual(
    untold.map(({ job_uid }) => job_uid),
    [partial, failed],
  )
})

test('a cancel request reaches the running handler at once, and one made earlier as it starts', async (t) => {
  const control = await openTestControl(t)
  const jobUid = await addJob(control, 'a')
  const early = await addJob(control, 'b')
  await requestCancel(control.db, early, 'discard', 1001)
  const asked: string[] = []
  const { next, worker } = work(control, async (context) => {
    const request = await new Promise<string>((resolve) => {
      context.onCancel(resolve)
      if (context.job.jobUid === jobUid) worker.cancel(jobUid, 'keep')
    })
    asked.push(request)
    const finish = { jobUid: context.job.jobUid, owner: context.owner, now: 1, outcome: { result: {} } }
    await finishJob(control.db, finish)
    if (context.job.jobUid === early) throw new Error('after the commit')
  })
  await next('job_ended')
  while ((await findJob(control.db, early))?.state !== 'done') await next('job_ended')
  await worker.stop()
  assert.deepEqual(asked, ['keep', 'discard'])
  assert.equal((await findJob(control.db, early))?.error, null, 'an error after the commit is not a failure')
})

test('a handler that throws fails its job once, with the error by key', async (t) => {
  const control = await openTestControl(t)
  const known = await addJob(control, 'a')
  const unknown = await addJob(control, 'b')
  const { events, worker } = work(control, async (context) => {
    if (context.job.jobUid === known) throw new AppError('jobs.unknown_job', { job_id: 'q' })
    throw new TypeError('secret internals')
  })
  await new Promise<void>((resolve) => {
    const check = setInterval(() => {
      if (events.filter((event) => event.kind === 'job_ended').length === 2) {
        clearInterval(check)
        resolve()
      }
    }, 5)
  })
  await worker.stop()
  assert.equal((await findJob(control.db, known))?.error?.key, 'jobs.unknown_job')
  const hidden = await findJob(control.db, unknown)
  assert.equal(hidden?.error?.key, 'jobs.unexpected')
  assert.doesNotMatch(JSON.stringify(hidden), /secret/)
})

test('finished jobs are forgotten after their time, unfinished ones never', async (t) => {
  const control = await openTestControl(t)
  const old = await addJob(control, 'a')
  const recent = await addJob(control, 'b')
  const waiting = await addJob(control, 'c')
  await finishUnclaimedJob(control.db, { jobUid: old, now: 2000, outcome: { result: {} } })
  await finishUnclaimedJob(control.db, { jobUid: recent, now: 3000, outcome: { result: {} } })
  await deleteFinishedJobs(control.db, 3000)
  const found = await Promise.all([old, recent, waiting].map((jobUid) => findJob(control.db, jobUid)))
  assert.deepEqual(
    found.map((job) => job?.jobUid),
    [undefined, recent, waiting],
  )
})
