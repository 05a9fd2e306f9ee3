import type { Selectable } from 'kysely'
import type { ControlDb, SchedulesTable } from '../control/index.ts'
import { AppError, type ErrorValue } from '../kernel/index.ts'
import type { CronSchedule } from './cron.ts'

/** What is run: a dataset is published, a harvester started. */
export interface Target {
  readonly kind: 'dataset' | 'harvester'
  readonly uid: string
}

export interface ScheduleRun {
  /** When it was to be, and when it was; milliseconds since the epoch. */
  readonly dueAt: number
  readonly firedAt: number
  /** `skipped`: nothing was ordered, `reason` says why. */
  readonly outcome: 'ordered' | 'skipped'
  readonly jobUid: string | null
  /** Of the job, while it is kept. */
  readonly jobState: string | null
  readonly reason: ErrorValue | null
  /** Later runs that this one stands for: the server was away. */
  readonly missedCount: number
}

export interface Schedule extends CronSchedule {
  readonly scheduleUid: string
  readonly target: Target
  readonly username: string
  readonly createdAt: number
  /** The next run, milliseconds since the epoch. */
  readonly dueAt: number
  readonly lastRun: ScheduleRun | null
}

export const maxPerTarget = 20
const keptRuns = 100

const columnOf = (target: Target) => (target.kind === 'dataset' ? 'dataset_uid' : 'harvester_uid')

/** Errors: schedules.too_many, schedules.duplicate. */
export async function insertSchedule(
  trx: ControlDb,
  schedule: Schedule,
  maxSchedules = maxPerTarget,
): Promise<void> {
  const present = await rowsOf(trx, schedule.target)
  if (present.length >= maxSchedules) throw new AppError('schedules.too_many', { max: maxSchedules })
  refuseSame(present, schedule)
  await trx
    .insertInto('schedules')
    .values({
      schedule_uid: schedule.scheduleUid,
      dataset_uid: schedule.target.kind === 'dataset' ? schedule.target.uid : null,
      harvester_uid: schedule.target.kind === 'harvester' ? schedule.target.uid : null,
      cron_schedule: schedule.cron,
      timezone: schedule.timezone,
      username: schedule.username,
      created_at: schedule.createdAt,
      due_at: schedule.dueAt,
    })
    .execute()
}

/** Errors: schedules.unknown_schedule, schedules.duplicate. */
export async function updateSchedule(
  trx: ControlDb,
  schedule: Pick<Schedule, 'scheduleUid' | 'target' | 'cron' | 'timezone' | 'username' | 'dueAt'>,
): Promise<void> {
  refuseSame(await rowsOf(trx, schedule.target), schedule)
  const updated = await trx
    .updateTable('schedules')
    .set({
      cron_schedule: schedule.cron,
      timezone: schedule.timezone,
      username: schedule.username,
      due_at: schedule.dueAt,
    })
    .where('schedule_uid', '=', schedule.scheduleUid)
    .where(columnOf(schedule.target), '=', schedule.target.uid)
    .returning('schedule_uid')
    .executeTakeFirst()
  if (!updated) throw unknown(schedule.scheduleUid)
}

export async function deleteSchedule(trx: ControlDb, scheduleUid: string): Promise<void> {
  await trx.deleteFrom('schedules').where('schedule_uid', '=', scheduleUid).execute()
}

function rowsOf(trx: ControlDb, target: Target): Promise<SchedulesTable[]> {
  return trx.selectFrom('schedules').selectAll().where(columnOf(target), '=', target.uid).execute()
}

function refuseSame(
  present: readonly SchedulesTable[],
  { scheduleUid, cron, timezone }: Pick<Schedule, 'scheduleUid' | 'cron' | 'timezone'>,
): void {
  const same = present.find(
    (row) => row.schedule_uid !== scheduleUid && row.cron_schedule === cron && row.timezone === timezone,
  )
  if (same) throw new AppError('schedules.duplicate', { schedule_uid: same.schedule_uid })
}

function unknown(scheduleUid: string): AppError {
  return new AppError('schedules.unknown_schedule', { schedule_uid: scheduleUid.slice(0, 64) })
}

/** Oldest first; null: of all targets. */
export async function listSchedules(db: ControlDb, target: Target | null): Promise<Schedule[]> {
  let query = db.selectFrom('schedules').selectAll().orderBy('created_at').orderBy('schedule_uid')
  if (target !== null) query = query.where(columnOf(target), '=', target.uid)
  return Promise.all((await query.execute()).map((row) => complete(db, row)))
}

/** Errors: schedules.unknown_schedule, also for one of another target. */
export async function findSchedule(db: ControlDb, target: Target, scheduleUid: string): Promise<Schedule> {
  const row = await db
    .selectFrom('schedules')
    .selectAll()
    .where('schedule_uid', '=', scheduleUid)
    .where(columnOf(target), '=', target.uid)
    .executeTakeFirst()
  if (!row) throw unknown(scheduleUid)
  return complete(db, row)
}

async function complete(db: ControlDb, row: Selectable<SchedulesTable>): Promise<Schedule> {
  const [lastRun = null] = await listRuns(db, row.schedule_uid, { limit: 1, offset: 0 })
  return { ...toSchedule(row), lastRun }
}

function toSchedule(row: Selectable<SchedulesTable>): Schedule {
  return {
    scheduleUid: row.schedule_uid,
    target:
      row.dataset_uid === null
        ? { kind: 'harvester', uid: row.harvester_uid! }
        : { kind: 'dataset', uid: row.dataset_uid },
    cron: row.cron_schedule,
    timezone: row.timezone,
    username: row.username,
    createdAt: row.created_at,
    dueAt: row.due_at,
    lastRun: null,
  }
}

/** Newest first. */
export async function listRuns(
  db: ControlDb,
  scheduleUid: string,
  page: { limit: number; offset: number },
): Promise<ScheduleRun[]> {
  const rows = await db
    .selectFrom('schedule_runs')
    .leftJoin('jobs', 'jobs.job_uid', 'schedule_runs.job_uid')
    .selectAll('schedule_runs')
    .select('jobs.state')
    .where('schedule_uid', '=', scheduleUid)
    .orderBy('due_at', 'desc')
    .limit(page.limit)
    .offset(page.offset)
    .execute()
  return rows.map((row) => ({
    dueAt: row.due_at,
    firedAt: row.fired_at,
    outcome: row.outcome as ScheduleRun['outcome'],
    jobUid: row.job_uid,
    jobState: row.state,
    reason: row.reason_json === null ? null : JSON.parse(row.reason_json),
    missedCount: row.missed_count,
  }))
}

/** Those whose time has come, the longest overdue first. */
export async function dueSchedules(db: ControlDb, now: number, limit: number): Promise<Schedule[]> {
  const rows = await db
    .selectFrom('schedules')
    .selectAll()
    .where('due_at', '<=', now)
    .orderBy('due_at')
    .orderBy('schedule_uid')
    .limit(limit)
    .execute()
  return rows.map(toSchedule)
}

/** When the next run is due; null: there is none. */
export async function nextDueAt(db: ControlDb): Promise<number | null> {
  const row = await db
    .selectFrom('schedules')
    .select((eb) => eb.fn.min('due_at').as('at'))
    .executeTakeFirst()
  return row?.at === null || row?.at === undefined ? null : Number(row.at)
}

/** Moves a schedule on to its next run. False: another process has, or it was changed meanwhile. */
export async function takeRun(
  trx: ControlDb,
  run: { scheduleUid: string; dueAt: number; nextDueAt: number },
): Promise<boolean> {
  const taken = await trx
    .updateTable('schedules')
    .set({ due_at: run.nextDueAt })
    .where('schedule_uid', '=', run.scheduleUid)
    .where('due_at', '=', run.dueAt)
    .returning('schedule_uid')
    .executeTakeFirst()
  return taken !== undefined
}

export async function insertRun(
  trx: ControlDb,
  scheduleUid: string,
  run: Omit<ScheduleRun, 'jobState'>,
): Promise<void> {
  const row = {
    schedule_uid: scheduleUid,
    due_at: run.dueAt,
    fired_at: run.firedAt,
    outcome: run.outcome,
    job_uid: run.jobUid,
    reason_json: run.reason === null ? null : JSON.stringify(run.reason),
    missed_count: run.missedCount,
  }
  await trx
    .insertInto('schedule_runs')
    .values(row)
    // The clock was set back: the same time comes again.
    .onConflict((conflict) => conflict.columns(['schedule_uid', 'due_at']).doUpdateSet(row))
    .execute()
  const beyond = await trx
    .selectFrom('schedule_runs')
    .select('due_at')
    .where('schedule_uid', '=', scheduleUid)
    .orderBy('due_at', 'desc')
    .limit(1)
    .offset(keptRuns)
    .executeTakeFirst()
  if (!beyond) return
  await trx
    .deleteFrom('schedule_runs')
    .where('schedule_uid', '=', scheduleUid)
    .where('due_at', '<=', beyond.due_at)
    .execute()
}
