import { diffValue, readDomain, recordChange } from '../catalog/index.ts'
import type { ControlDb } from '../control/index.ts'
import { AppError, type Ids, type JsonObject } from '../kernel/index.ts'
import { nextRuns, readCron } from './cron.ts'
import { type FireDeps, startFiring, tellSchedules } from './fire.ts'
import {
  deleteSchedule,
  findSchedule,
  insertSchedule,
  listRuns,
  listSchedules,
  type Schedule,
  type ScheduleRun,
  type Target,
  updateSchedule,
} from './store.ts'

export interface ScheduleInput {
  readonly cron: string
  /** Null: the domain's. */
  readonly timezone: string | null
}

/** Schedules of datasets and harvesters, as the routes see them. A schedule of another target is unknown. */
export interface Schedules {
  /** Oldest first; null: of all. */
  list(target: Target | null): Promise<Schedule[]>
  /** Errors: schedules.unknown_schedule. */
  find(target: Target, scheduleUid: string): Promise<Schedule>
  /** Errors: schedules.invalid_cron, invalid_timezone, too_often, too_many, duplicate. */
  create(target: Target, username: string, input: ScheduleInput): Promise<Schedule>
  /** Who changes it owns it from now on. Errors: those of find and create. */
  update(
    target: Target,
    scheduleUid: string,
    username: string,
    change: Partial<ScheduleInput>,
  ): Promise<Schedule>
  /** Errors: schedules.unknown_schedule. */
  delete(target: Target, scheduleUid: string, username: string): Promise<void>
  /** Newest first, the last hundred. Errors: schedules.unknown_schedule. */
  runs(target: Target, scheduleUid: string, page: { limit: number; offset: number }): Promise<ScheduleRun[]>
  /** The next runs, milliseconds since the epoch. */
  nextRuns(schedule: Schedule): number[]
  stop(): Promise<void>
}

export interface ScheduleOptions extends FireDeps {
  readonly ids: Ids
  /** Of a domain that has set none. */
  readonly defaultTimezone: string
  /** Between two runs of one schedule. */
  readonly minMinutes: number
}

const shownRuns = 5
/** The platform's harvesters have one. */
const maxOfHarvester = 1

export async function startSchedules(options: ScheduleOptions): Promise<Schedules> {
  const { control, clock, ids } = options
  const { db } = control
  const firing = await startFiring(options)

  const read = async ({ cron, timezone }: ScheduleInput) => {
    const zone = timezone ?? (await readDomain(db)).timezone ?? options.defaultTimezone
    return readCron({ cron, timezone: zone }, options.minMinutes, clock.now())
  }

  /** An edit of a target's schedules and what is told of it are one transaction. */
  async function edit(
    target: Target,
    username: string,
    scheduleUid: string,
    write: (trx: ControlDb) => Promise<void>,
  ): Promise<void> {
    await db.transaction().execute(async (trx) => {
      if (!(await options.runners[target.kind].lock(trx, target.uid))) {
        throw target.kind === 'dataset'
          ? new AppError('catalog.unknown_dataset', { dataset_uid: target.uid })
          : new AppError('schedules.unknown_schedule', { schedule_uid: scheduleUid })
      }
      const before = await stateOf(trx, scheduleUid)
      await write(trx)
      const after = await stateOf(trx, scheduleUid)
      await tellSchedules(trx)
      if (target.kind !== 'dataset') return
      const diff = { schedules: diffValue([scheduleUid], before, after) }
      await recordChange(trx, { datasetUid: target.uid, username, now: clock.now(), kind: 'edit', diff })
    })
  }

  return {
    list: (target) => listSchedules(db, target),
    find: (target, scheduleUid) => findSchedule(db, target, scheduleUid),
    async create(target, username, input) {
      const cron = await read(input)
      const now = clock.now()
      const schedule: Schedule = {
        ...cron,
        scheduleUid: ids.uid('sc'),
        target,
        username,
        createdAt: now,
        dueAt: nextRuns(cron, now, 1)[0]!,
        lastRun: null,
      }
      const most = target.kind === 'harvester' ? maxOfHarvester : undefined
      await edit(target, username, schedule.scheduleUid, (trx) => insertSchedule(trx, schedule, most))
      return schedule
    },
    async update(target, scheduleUid, username, change) {
      const before = await findSchedule(db, target, scheduleUid)
      const cron = await read({
        cron: change.cron ?? before.cron,
        timezone: change.timezone === undefined ? before.timezone : change.timezone,
      })
      const dueAt = nextRuns(cron, clock.now(), 1)[0]!
      await edit(target, username, scheduleUid, (trx) =>
        updateSchedule(trx, { scheduleUid, target, ...cron, username, dueAt }),
      )
      return findSchedule(db, target, scheduleUid)
    },
    async delete(target, scheduleUid, username) {
      await findSchedule(db, target, scheduleUid)
      await edit(target, username, scheduleUid, (trx) => deleteSchedule(trx, scheduleUid))
    },
    async runs(target, scheduleUid, page) {
      await findSchedule(db, target, scheduleUid)
      return listRuns(db, scheduleUid, page)
    },
    nextRuns: (schedule) => [
      schedule.dueAt,
      ...nextRuns(schedule, Math.max(schedule.dueAt, clock.now()), shownRuns - 1),
    ],
    stop: () => firing.stop(),
  }
}

/** What the history of a dataset says of a schedule. */
async function stateOf(trx: ControlDb, scheduleUid: string): Promise<JsonObject | null> {
  const row = await trx
    .selectFrom('schedules')
    .select(['cron_schedule', 'timezone'])
    .where('schedule_uid', '=', scheduleUid)
    .executeTakeFirst()
  return row ? { cron_schedule: row.cron_schedule, timezone: row.timezone } : null
}
