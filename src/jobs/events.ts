/**
 * What happened to a subject and its jobs, in order. An event is written in the transaction that makes it true, numbered
 * by a counter of its subject in the same transaction: the counter's row is locked until the commit, so that numbers
 * appear in the order of commits, and a reader that has seen n has seen all before n. (A sequence or a serial would not
 * do: its values are taken before the commit, and a reader could pass over a number that is committed later.)
 *
 * Lock order on PostgreSQL: subject's own row, job rows, then the counter. Whoever writes an event and locks a job that
 * a worker may hold must lock the job first.
 *
 * Progress is a state in passing: the next progress of a job takes the place of the last, so that a job leaves a dozen
 * rows however long it runs (docs/decisions/0009-events-in-a-table.md).
 */
import { setImmediate } from 'node:timers/promises'
import type { Expression, ExpressionBuilder, SqlBool } from 'kysely'
import { type ControlDb, type ControlSchema, notify } from '../control/index.ts'
import type { JsonObject } from '../kernel/index.ts'

export const eventKinds = [
  'job.waiting',
  'job.started',
  'job.progress',
  'job.abort_requested',
  'job.retry',
  'job.parked',
  'job.done',
  'job.error',
  'publication.switched',
  'dataset.deleted',
] as const
export type EventKind = (typeof eventKinds)[number]

/** Payload: the subject that has a new event. */
export const eventsChannel = 'broadsheet_events'
/** As `eventsChannel`, but not for states in passing, of which a running job tells several a second. */
export const factsChannel = 'broadsheet_facts'

export interface NewEvent {
  readonly subject: string
  /** Empty when no job did it. */
  readonly jobUid: string
  readonly kind: EventKind
  readonly data: JsonObject
  readonly now: number
  /** Takes the place of the job's last event that was written so, and yields its own to the next. */
  readonly isInPassing?: boolean
}

/** Part of the caller's transaction; readers hear of it when that has been committed. */
export async function appendEvent(db: ControlDb, event: NewEvent): Promise<void> {
  if (event.isInPassing) {
    await db
      .deleteFrom('job_events')
      .where('job_uid', '=', event.jobUid)
      .where('is_superseded', '=', 1)
      .execute()
  }
  const { last_number } = await db
    .insertInto('event_counters')
    .values({ subject: event.subject, last_number: 1 })
    .onConflict((conflict) =>
      conflict
        .column('subject')
        .doUpdateSet((eb) => ({ last_number: eb('event_counters.last_number', '+', 1) })),
    )
    .returning('last_number')
    .executeTakeFirstOrThrow()
  await db
    .insertInto('job_events')
    .values({
      subject: event.subject,
      number: last_number,
      job_uid: event.jobUid,
      kind: event.kind,
      data_json: JSON.stringify(event.data),
      is_superseded: event.isInPassing ? 1 : 0,
      at: event.now,
    })
    .execute()
  await notify(db, eventsChannel, event.subject)
  if (!event.isInPassing) await notify(db, factsChannel, event.subject)
}

export interface JobEvent {
  readonly number: number
  readonly subject: string
  readonly jobUid: string
  readonly kind: EventKind
  readonly data: JsonObject
  /** Milliseconds since the epoch. */
  readonly at: number
  /** Of the job, while it is kept. */
  readonly function: string | null
  readonly username: string | null
  readonly expectation: JsonObject | null
}

export interface EventQuery {
  readonly subject: string
  /** Only this job's. */
  readonly jobUid?: string
  readonly kinds?: readonly EventKind[]
  /** Number of the last event already seen. */
  readonly after: number
  readonly limit: number
}

/** Oldest first. */
export async function listEvents(db: ControlDb, query: EventQuery): Promise<JobEvent[]> {
  let select = db
    .selectFrom('job_events')
    .leftJoin('jobs', 'jobs.job_uid', 'job_events.job_uid')
    .selectAll('job_events')
    .select(['jobs.function', 'jobs.username', 'jobs.expectation_json'])
    .where('job_events.subject', '=', query.subject)
    .where('job_events.number', '>', query.after)
    .orderBy('job_events.number')
    .limit(query.limit)
  if (query.jobUid !== undefined) select = select.where('job_events.job_uid', '=', query.jobUid)
  if (query.kinds !== undefined) select = select.where('job_events.kind', 'in', query.kinds)
  return (await select.execute()).map((row) => ({
    number: row.number,
    subject: row.subject,
    jobUid: row.job_uid,
    kind: row.kind as EventKind,
    data: JSON.parse(row.data_json),
    at: row.at,
    function: row.function,
    username: row.username,
    expectation: row.expectation_json === null ? null : JSON.parse(row.expectation_json),
  }))
}

/** The number of a subject's last event; 0 when it has none. */
export async function lastEventNumber(db: ControlDb, subject: string): Promise<number> {
  const row = await db
    .selectFrom('event_counters')
    .select('last_number')
    .where('subject', '=', subject)
    .executeTakeFirst()
  return row?.last_number ?? 0
}

/** Readers do not wait for the last of a month's events. */
const forgottenAtOnce = 5000

/** Forgets what happened before `before`. Counters stay: a number is never given twice. */
export async function deleteEvents(db: ControlDb, before: number): Promise<void> {
  for (;;) {
    const beyond = await db
      .selectFrom('job_events')
      .select('at')
      .where('at', '<', before)
      .orderBy('at')
      .limit(1)
      .offset(forgottenAtOnce)
      .executeTakeFirst()
    await db
      .deleteFrom('job_events')
      .where('at', '<', beyond ? beyond.at + 1 : before)
      .execute()
    if (!beyond) return
    await setImmediate()
  }
}

/** Forgets the counters of subjects that nothing is known of any more: such a one has no events, and never will. */
export async function deleteCounters(
  db: ControlDb,
  isKnown: (eb: ExpressionBuilder<ControlSchema, 'event_counters'>) => Expression<SqlBool>,
): Promise<void> {
  await db
    .deleteFrom('event_counters')
    .where((eb) =>
      eb.and([
        eb.not(
          eb.exists(
            eb
              .selectFrom('job_events')
              .select('number')
              .whereRef('job_events.subject', '=', 'event_counters.subject'),
          ),
        ),
        eb.not(isKnown(eb)),
      ]),
    )
    .execute()
}
