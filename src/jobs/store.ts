import { setImmediate } from 'node:timers/promises'
import { type Selectable, sql } from 'kysely'
import { type ControlDb, type JobsTable, notify } from '../control/index.ts'
import { crashPoint } from '../faults/index.ts'
import { AppError, type ErrorValue, type JsonObject, type JsonValue, toErrorValue } from '../kernel/index.ts'
import { appendEvent, deleteEvents, type EventKind } from './events.ts'
import { type EndedAttempt, type Job, type JobOutcome, unfinishedStates } from './job.ts'
import { toJob } from './read-jobs.ts'
import { unfinishedLiterals } from './unfinished.ts'

export interface NewJob {
  readonly jobUid: string
  readonly function: string
  readonly subject: string
  readonly params: JsonObject
  readonly username: string
  readonly now: number
  readonly priority?: number
  readonly maxAttempts?: number
  /** False: completed by another job's transaction, never claimed. */
  readonly isClaimable?: boolean
  /** True: leaves the slots alone that a pool keeps for small work. */
  readonly isLarge?: boolean
  /** False: nobody can follow it, nothing is told of it. */
  readonly hasEvents?: boolean
  /** Kept for whoever shows the job. */
  readonly expectation?: JsonObject | null
}

/** Inserts a job; part of the caller's transaction, so that an acknowledged id is never lost. */
export async function insertJob(db: ControlDb, job: NewJob): Promise<void> {
  const isClaimable = job.isClaimable ?? true
  const hasEvents = job.hasEvents ?? true
  await db
    .insertInto('jobs')
    .values({
      job_uid: job.jobUid,
      function: job.function,
      subject: job.subject,
      params_json: JSON.stringify(job.params),
      username: job.username,
      state: isClaimable ? 'waiting' : 'running',
      priority: job.priority ?? 0,
      attempt: isClaimable ? 0 : 1,
      max_attempts: job.maxAttempts ?? 3,
      // At once, also when the clock is set back before anybody claims it.
      run_after_at: 0,
      lease_owner: null,
      lease_expires_at: null,
      cancel_requested: null,
      progress_json: '[]',
      created_at: job.now,
      started_at: isClaimable ? null : job.now,
      is_large: job.isLarge ? 1 : 0,
      has_events: hasEvents ? 1 : 0,
      expectation_json: job.expectation ? JSON.stringify(job.expectation) : null,
    })
    .execute()
  if (!hasEvents) return
  const [kind, state] = isClaimable
    ? (['job.waiting', 'waiting'] as const)
    : (['job.started', 'running'] as const)
  const { jobUid, subject, now } = job
  await appendEvent(db, { subject, jobUid, kind, now, data: { state, attempt: isClaimable ? 0 : 1 } })
}

/** Tells of a job what its row says now. */
async function tell(
  db: ControlDb,
  row: Selectable<JobsTable>,
  kind: EventKind,
  now: number,
  facts: JsonObject = {},
  isInPassing = false,
): Promise<void> {
  if (row.has_events !== 1) return
  const { subject, job_uid: jobUid, state, attempt } = row
  const data: JsonObject = {
    state,
    attempt,
    progresses: JSON.parse(row.progress_json),
    ...(row.result_json === null ? {} : { result: JSON.parse(row.result_json) }),
    ...(row.error_json === null ? {} : { error: JSON.parse(row.error_json) }),
    ...facts,
  }
  await appendEvent(db, { subject, jobUid, kind, now, data, isInPassing })
}

/** One transaction: the caller's, if it has one. */
async function together<T>(db: ControlDb, run: (trx: ControlDb) => Promise<T>): Promise<T> {
  return db.isTransaction ? run(db) : db.transaction().execute(run)
}

export interface Claim {
  readonly owner: string
  readonly now: number
  readonly leaseMs: number
  readonly functions: readonly string[]
  /** Passes over large jobs: the last free slots are kept for small work. */
  readonly isSmallOnly?: boolean
}

/**
 * Takes the next job: the oldest that waits, or one whose owner's lease has expired (that attempt is then recorded as
 * interrupted). One transaction; on PostgreSQL rows that another worker is claiming are skipped, so that workers do not
 * queue behind each other.
 */
export async function claimNextJob(db: ControlDb, claim: Claim, canSkipLocked: boolean): Promise<Job | null> {
  if (claim.functions.length === 0) return null
  const claimed = await db.transaction().execute(async (trx) => {
    let candidates = trx
      .selectFrom('jobs')
      .selectAll()
      .where('state', 'in', unfinishedLiterals)
      .where('function', 'in', claim.functions)
      .where((eb) =>
        eb.or([
          eb.and([eb('state', '=', 'waiting'), eb('run_after_at', '<=', claim.now)]),
          eb.and([eb('state', 'in', ['started', 'running']), eb('lease_expires_at', '<=', claim.now)]),
        ]),
      )
      .orderBy('priority', 'desc')
      .orderBy('seq')
      .limit(1)
    if (claim.isSmallOnly) candidates = candidates.where('is_large', '=', 0)
    if (canSkipLocked) candidates = candidates.forUpdate().skipLocked()
    const row = await candidates.executeTakeFirst()
    if (!row) return null
    // A parked job has no owner: its attempt did not end, it goes on.
    const wasInterrupted = row.state !== 'waiting' && row.lease_owner !== null
    const interruption = toErrorValue(new AppError('jobs.interrupted', { attempt: row.attempt }))
    const updated = await trx
      .updateTable('jobs')
      .set({
        state: 'started',
        attempt: row.attempt + 1,
        lease_owner: claim.owner,
        lease_expires_at: claim.now + claim.leaseMs,
        started_at: row.started_at ?? claim.now,
        progress_json: '[]',
        ...(wasInterrupted ? { attempts_json: withAttempt(row, claim.now, interruption) } : {}),
      })
      .where('job_uid', '=', row.job_uid)
      .returningAll()
      .executeTakeFirstOrThrow()
    await tell(trx, updated, 'job.started', claim.now, {
      ...(wasInterrupted ? { cause: interruption as unknown as JsonObject } : {}),
    })
    crashPoint('claim.before')
    return toJob(updated)
  })
  if (claimed) crashPoint('claim.after')
  return claimed
}

function withAttempt(row: { attempts_json: string; attempt: number }, at: number, error: ErrorValue): string {
  const ended: EndedAttempt[] = JSON.parse(row.attempts_json)
  return JSON.stringify([...ended, { attempt: row.attempt, at, error }])
}

export interface Renewal {
  readonly jobUid: string
  readonly owner: string
  readonly expiresAt: number
  /** What is new; without it the lease alone is extended. */
  readonly progress?: {
    readonly now: number
    readonly progresses: readonly JsonValue[]
    /** A step has begun or ended: its event stays. */
    readonly isMilestone: boolean
  }
}

/**
 * Extends the lease and stores progress, if there is any. Returns what has been asked of the job meanwhile.
 * Errors: jobs.lease_lost.
 */
export async function renewLease(db: ControlDb, lease: Renewal): Promise<{ cancelRequested: string | null }> {
  const { progress } = lease
  return together(db, async (trx) => {
    const row = await trx
      .updateTable('jobs')
      .set({
        lease_expires_at: lease.expiresAt,
        ...(progress ? { progress_json: JSON.stringify(progress.progresses), state: 'running' } : {}),
      })
      .where('job_uid', '=', lease.jobUid)
      .where('lease_owner', '=', lease.owner)
      .where('state', 'in', ['started', 'running'])
      .returningAll()
      .executeTakeFirst()
    if (!row) throw new AppError('jobs.lease_lost', { job_id: lease.jobUid })
    if (progress) await tell(trx, row, 'job.progress', progress.now, {}, !progress.isMilestone)
    return { cancelRequested: row.cancel_requested }
  })
}

/**
 * Takes a job's row for the rest of the transaction. Whoever ends a job and writes an event before does this first: a
 * renewal locks the job and then the counter of events, and on PostgreSQL the other order would meet it half-way.
 */
export async function lockJob(trx: ControlDb, jobUid: string): Promise<void> {
  await trx
    .updateTable('jobs')
    .set((eb) => ({ job_uid: eb.ref('job_uid') }))
    .where('job_uid', '=', jobUid)
    .execute()
}

/**
 * Writes a job's one terminal outcome; part of the transaction that makes the outcome true.
 * Errors: jobs.lease_lost when `owner` no longer holds the job (the transaction must then roll back).
 */
export async function finishJob(
  db: ControlDb,
  finish: {
    jobUid: string
    owner: string
    now: number
    outcome: JobOutcome
    progresses?: readonly JsonValue[]
  },
): Promise<void> {
  await together(db, async (trx) => {
    const row = await trx
      .updateTable('jobs')
      .set({
        ...outcomeColumns(finish.outcome),
        ...(finish.progresses ? { progress_json: JSON.stringify(finish.progresses) } : {}),
        finished_at: finish.now,
        lease_owner: null,
        lease_expires_at: null,
      })
      .where('job_uid', '=', finish.jobUid)
      .where('lease_owner', '=', finish.owner)
      .where('state', 'in', ['started', 'running'])
      .returningAll()
      .executeTakeFirst()
    if (!row) throw new AppError('jobs.lease_lost', { job_id: finish.jobUid })
    await tell(trx, row, outcomeEvent(finish.outcome), finish.now)
  })
}

/** Finishes a job that nobody holds: a waiting order that is cancelled, an abort order that its target completes. */
export async function finishUnclaimedJob(
  db: ControlDb,
  finish: { jobUid: string; now: number; outcome: JobOutcome },
): Promise<boolean> {
  return together(db, async (trx) => {
    const row = await trx
      .updateTable('jobs')
      .set({ ...outcomeColumns(finish.outcome), finished_at: finish.now })
      .where('job_uid', '=', finish.jobUid)
      .where('lease_owner', 'is', null)
      .where('state', 'in', unfinishedStates)
      .returningAll()
      .executeTakeFirst()
    if (row) await tell(trx, row, outcomeEvent(finish.outcome), finish.now)
    return row !== undefined
  })
}

function outcomeEvent(outcome: JobOutcome): EventKind {
  return 'result' in outcome ? 'job.done' : 'job.error'
}

function outcomeColumns(outcome: JobOutcome) {
  // Nobody follows a job without events.
  const untold = { is_untold: sql<number>`has_events` }
  return 'result' in outcome
    ? {
        state: 'done',
        result_json: JSON.stringify(outcome.result),
        ...(outcome.isTold ? untold : {}),
      }
    : { state: 'error', error_json: JSON.stringify(outcome.error), ...untold }
}

/** Gives a job back unharmed (a clean stop): it keeps its place and this attempt does not count. */
export async function parkJob(
  db: ControlDb,
  park: { jobUid: string; owner: string; now: number },
): Promise<void> {
  await together(db, async (trx) => {
    const row = await trx
      .updateTable('jobs')
      .set((eb) => ({ attempt: eb('attempt', '-', 1), lease_owner: null, lease_expires_at: park.now }))
      .where('job_uid', '=', park.jobUid)
      .where('lease_owner', '=', park.owner)
      .where('state', 'in', ['started', 'running'])
      .returningAll()
      .executeTakeFirst()
    if (row) await tell(trx, row, 'job.parked', park.now)
  })
}

/** Gives a job back for another attempt, not before `runAfterAt`. Errors: jobs.lease_lost. */
export async function retryJob(
  db: ControlDb,
  retry: { jobUid: string; owner: string; now: number; runAfterAt: number; error: ErrorValue },
): Promise<void> {
  await together(db, async (trx) => {
    const held = trx
      .selectFrom('jobs')
      .select(['attempt', 'attempts_json'])
      .where('job_uid', '=', retry.jobUid)
      .where('lease_owner', '=', retry.owner)
    const before = await held.executeTakeFirst()
    const row = before
      ? await trx
          .updateTable('jobs')
          .set({
            state: 'waiting',
            lease_owner: null,
            lease_expires_at: null,
            run_after_at: retry.runAfterAt,
            attempts_json: withAttempt(before, retry.now, retry.error),
          })
          .where('job_uid', '=', retry.jobUid)
          .where('lease_owner', '=', retry.owner)
          .where('state', 'in', ['started', 'running'])
          // Whoever has just asked it to stop shall not wait for another attempt.
          .where('cancel_requested', 'is', null)
          .returningAll()
          .executeTakeFirst()
      : undefined
    if (!row) throw new AppError('jobs.lease_lost', { job_id: retry.jobUid })
    await tell(trx, row, 'job.retry', retry.now, {
      cause: retry.error as unknown as JsonObject,
      next_attempt_at: retry.runAfterAt,
    })
  })
}

/** Payload: `<job_uid> <request>`. */
export const cancelsChannel = 'broadsheet_cancels'

/** Asks something of an unfinished job; its worker learns of it at once, in whichever process it runs. */
export async function requestCancel(
  db: ControlDb,
  jobUid: string,
  request: string,
  now: number,
): Promise<void> {
  await together(db, async (trx) => {
    const row = await trx
      .updateTable('jobs')
      .set({ cancel_requested: request })
      .where('job_uid', '=', jobUid)
      .where('state', 'in', unfinishedStates)
      .returningAll()
      .executeTakeFirst()
    if (!row) return
    await tell(trx, row, 'job.abort_requested', now, { request })
    await notify(trx, cancelsChannel, `${jobUid} ${request}`)
  })
}

/** Makes every lease claimable now. Only for the process that knows that no other lives (it holds the data lock). */
export async function expireLeases(db: ControlDb, now: number): Promise<void> {
  await db
    .updateTable('jobs')
    .set({ lease_expires_at: now })
    .where('state', 'in', unfinishedLiterals)
    .where('state', '!=', 'waiting')
    // A parked one has no owner, and a time that lies ahead if the clock was set back; an abort order has neither.
    .where('lease_expires_at', 'is not', null)
    .execute()
}

/** After a month in which nobody was there all of them may go at once: readers do not wait for the last. */
const forgottenAtOnce = 2000

/** Forgets jobs that finished before `before`, and what happened before it. */
export async function deleteFinishedJobs(db: ControlDb, before: number): Promise<void> {
  for (const state of ['done', 'error'] as const) {
    for (;;) {
      const { numDeletedRows } = await db
        .deleteFrom('jobs')
        .where('seq', 'in', (eb) =>
          eb
            .selectFrom('jobs')
            .select('seq')
            .where('state', '=', state)
            .where('finished_at', '<', before)
            .limit(forgottenAtOnce),
        )
        .executeTakeFirst()
      if (Number(numDeletedRows) < forgottenAtOnce) break
      await setImmediate()
    }
  }
  await deleteEvents(db, before)
}
