/** Jobs as they are: one, lists, numbers. What changes them is in store.ts. */
import type { Selectable } from 'kysely'
import { among, type ControlDb, type JobsTable } from '../control/index.ts'
import type { Job, JobState } from './job.ts'

export async function findJob(db: ControlDb, jobUid: string): Promise<Job | null> {
  const row = await db.selectFrom('jobs').selectAll().where('job_uid', '=', jobUid).executeTakeFirst()
  return row ? toJob(row) : null
}

export interface JobFilter {
  readonly username?: string
  readonly subject?: string
  /** Of any of these. */
  readonly subjects?: readonly string[]
  readonly functions?: readonly string[]
  readonly states?: readonly JobState[]
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
  if (filter.subjects !== undefined) {
    if (filter.subjects.length === 0) return []
    query = query.where(among('subject', filter.subjects))
  }
  if (filter.functions !== undefined) query = query.where('function', 'in', filter.functions)
  if (filter.states !== undefined) query = query.where('state', 'in', filter.states)
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

export function toJob(row: Selectable<JobsTable>): Job {
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
    attempts: JSON.parse(row.attempts_json),
    expectation: row.expectation_json === null ? null : JSON.parse(row.expectation_json),
    runAfterAt: row.run_after_at,
    isLarge: row.is_large === 1,
    createdAt: row.created_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
  }
}
