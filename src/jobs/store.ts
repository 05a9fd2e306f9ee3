import type { Selectable } from 'kysely'
import type { ControlDb, JobsTable } from '../control/index.ts'
import { crashPoint } from '../faults/index.ts'
import { AppError, type JsonObject, type JsonValue } from '../kernel/index.ts'
import { type Job, type JobOutcome, unfinishedStates } from './job.ts'

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
}

/** Inserts a job; part of the caller's transaction, so that an acknowledged id is never lost. */
export async function insertJob(db: ControlDb, job: NewJob): Promise<void> {
  const isClaimable = job.isClaimable ?? true
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
      run_after_at: job.now,
      lease_owner: null,
      lease_expires_at: null,
      cancel_requested: null,
      progress_json: '[]',
      created_at: job.now,
      started_at: isClaimable ? null : job.now,
    })
    .execute()
}

export interface Claim {
  readonly owner: string
  readonly now: number
  readonly leaseMs: number
  readonly functions: readonly string[]
}

/**
 * Takes the next job: the oldest that waits, or one whose owner's lease has expired. One transaction; on PostgreSQL
 * rows that another worker is claiming are skipped, so that workers do not queue behind each other.
 */
export async function claimNextJob(db: ControlDb, claim: Claim, canSkipLocked: boolean): Promise<Job | null> {
  if (claim.functions.length === 0) return null
  const claimed = await db.transaction().execute(async (trx) => {
    let candidates = trx
      .selectFrom('jobs')
      .selectAll()
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
    if (canSkipLocked) candidates = candidates.forUpdate().skipLocked()
    const row = await candidates.executeTakeFirst()
    if (!row) return null
    const updated = await trx
      .updateTable('jobs')
      .set({
        state: 'started',
        attempt: row.attempt + 1,
        lease_owner: claim.owner,
        lease_expires_at: claim.now + claim.leaseMs,
        started_at: row.started_at ?? claim.now,
      })
      .where('job_uid', '=', row.job_uid)
      .returningAll()
      .executeTakeFirstOrThrow()
    crashPoint('claim.before')
    return toJob(updated)
  })
  if (claimed) crashPoint('claim.after')
  return claimed
}

/** Extends the lease and stores progress. Returns what has been asked of the job meanwhile. Errors: jobs.lease_lost. */
export async function renewLease(
  db: ControlDb,
  lease: { jobUid: string; owner: string; expiresAt: number; progresses: readonly JsonValue[] },
): Promise<{ cancelRequested: string | null }> {
  const row = await db
    .updateTable('jobs')
    .set({
      lease_expires_at: lease.expiresAt,
      progress_json: JSON.stringify(lease.progresses),
      state: 'running',
    })
    .where('job_uid', '=', lease.jobUid)
    .where('lease_owner', '=', lease.owner)
    .where('state', 'in', ['started', 'running'])
    .returning('cancel_requested')
    .executeTakeFirst()
  if (!row) throw new AppError('jobs.lease_lost', { job_id: lease.jobUid })
  return { cancelRequested: row.cancel_requested }
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
  const row = await db
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
    .returning('job_uid')
    .executeTakeFirst()
  if (!row) throw new AppError('jobs.lease_lost', { job_id: finish.jobUid })
}

/** Finishes a job that nobody holds: a waiting order that is cancelled, an abort order that its target completes. */
export async function finishUnclaimedJob(
  db: ControlDb,
  finish: { jobUid: string; now: number; outcome: JobOutcome },
): Promise<boolean> {
  const row = await db
    .updateTable('jobs')
    .set({ ...outcomeColumns(finish.outcome), finished_at: finish.now })
    .where('job_uid', '=', finish.jobUid)
    .where('lease_owner', 'is', null)
    .where('state', 'in', unfinishedStates)
    .returning('job_uid')
    .executeTakeFirst()
  return row !== undefined
}

function outcomeColumns(outcome: JobOutcome) {
  return 'result' in outcome
    ? { state: 'done', result_json: JSON.stringify(outcome.result) }
    : { state: 'error', error_json: JSON.stringify(outcome.error) }
}

/** Gives a job back unharmed (a clean stop): it keeps its place and this attempt does not count. */
export async function parkJob(
  db: ControlDb,
  park: { jobUid: string; owner: string; now: number },
): Promise<void> {
  await db
    .updateTable('jobs')
    .set((eb) => ({ attempt: eb('attempt', '-', 1), lease_owner: null, lease_expires_at: park.now }))
    .where('job_uid', '=', park.jobUid)
    .where('lease_owner', '=', park.owner)
    .where('state', 'in', ['started', 'running'])
    .execute()
}

/** Asks something of an unfinished job; its worker learns of it at once (same process) or at the next renewal. */
export async function requestCancel(db: ControlDb, jobUid: string, request: string): Promise<void> {
  await db
    .updateTable('jobs')
    .set({ cancel_requested: request })
    .where('job_uid', '=', jobUid)
    .where('state', 'in', unfinishedStates)
    .execute()
}

/** Makes every lease claimable now. Only for the process that knows that no other lives (it holds the data lock). */
export async function expireLeases(db: ControlDb, now: number): Promise<void> {
  await db
    .updateTable('jobs')
    .set({ lease_expires_at: now })
    .where('state', 'in', ['started', 'running'])
    .where('lease_owner', 'is not', null)
    .execute()
}

export async function findJob(db: ControlDb, jobUid: string): Promise<Job | null> {
  const row = await db.selectFrom('jobs').selectAll().where('job_uid', '=', jobUid).executeTakeFirst()
  return row ? toJob(row) : null
}

export interface JobFilter {
  readonly username?: string
  readonly subject?: string
  readonly functions?: readonly string[]
  readonly limit: number
  readonly offset: number
}

/** Newest first. */
export async function listJobs(db: ControlDb, filter: JobFilter): Promise<Job[]> {
  let query = db
    .selectFrom('jobs')
    .selectAll()
    .orderBy('seq', 'desc')
    .limit(filter.limit)
    .offset(filter.offset)
  if (filter.username !== undefined) query = query.where('username', '=', filter.username)
  if (filter.subject !== undefined) query = query.where('subject', '=', filter.subject)
  if (filter.functions !== undefined) query = query.where('function', 'in', filter.functions)
  return (await query.execute()).map(toJob)
}

/** Number of jobs in each state that has any. */
export async function countJobsByState(db: ControlDb): Promise<Record<string, number>> {
  const rows = await db
    .selectFrom('jobs')
    .select((eb) => ['state', eb.fn.countAll<number>().as('count')])
    .groupBy('state')
    .execute()
  return Object.fromEntries(rows.map((row) => [row.state, Number(row.count)]))
}

/** Forgets jobs that finished before `before`. */
export async function deleteFinishedJobs(db: ControlDb, before: number): Promise<void> {
  await db
    .deleteFrom('jobs')
    .where('state', 'in', ['done', 'error'])
    .where('finished_at', '<', before)
    .execute()
}

function toJob(row: Selectable<JobsTable>): Job {
  return {
    jobUid: row.job_uid,
    function: row.function,
    subject: row.subject,
    params: JSON.parse(row.params_json),
    username: row.username,
    state: row.state as Job['state'],
    attempt: row.attempt,
    maxAttempts: row.max_attempts,
    cancelRequested: row.cancel_requested,
    progresses: JSON.parse(row.progress_json),
    result: row.result_json === null ? null : JSON.parse(row.result_json),
    error: row.error_json === null ? null : JSON.parse(row.error_json),
    createdAt: row.created_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
  }
}
