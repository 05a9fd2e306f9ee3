/**
 * The loop that fires what is due. A run is taken, ordered and written down in one transaction, in which the time of the
 * next run replaces the one that was seen: of several processes that see it pass, one changes it and the others find
 * nothing to change. What was due while nobody was there is fired once, and says how many runs it stands for.
 */
import { type Control, type ControlDb, notify } from '../control/index.ts'
import { AppError, type Clock, createWakeableLoop, toErrorValue } from '../kernel/index.ts'
import { countRuns, nextRuns } from './cron.ts'
import { dueSchedules, insertRun, nextDueAt, type Schedule, type Target, takeRun } from './store.ts'

/** What can be scheduled, in the transaction of the run. */
export interface Runner {
  /** Takes the target's row, before anything of its schedules is locked; false: it is gone. */
  lock(trx: ControlDb, uid: string): Promise<boolean>
  /** Orders a run; answers the job. What it throws as AppError is why the run is skipped: nothing is written then. */
  order(trx: ControlDb, schedule: Schedule): Promise<string>
}

export type ScheduleEvent =
  | {
      readonly kind: 'schedule_fired'
      readonly scheduleUid: string
      readonly target: string
      readonly jobUid: string
      readonly missed: number
    }
  | {
      readonly kind: 'schedule_skipped'
      readonly scheduleUid: string
      readonly target: string
      readonly reason: string
      readonly missed: number
    }
  | { readonly kind: 'schedule_failed'; readonly cause: unknown }

export interface FireDeps {
  readonly control: Control
  readonly clock: Clock
  readonly runners: Readonly<Record<Target['kind'], Runner>>
  readonly onEvent: (event: ScheduleEvent) => void
}

const pageSize = 100
/** Where no run comes any more, in a thousand years: the date is checked when a schedule is made. */
const never = 8_640_000_000_000

/** Fires all that is due by the clock. */
export async function fireDue(deps: FireDeps): Promise<void> {
  for (;;) {
    const due = await dueSchedules(deps.control.db, deps.clock.now(), pageSize)
    for (const schedule of due) await fire(deps, schedule)
    if (due.length < pageSize) return
  }
}

async function fire(deps: FireDeps, schedule: Schedule): Promise<void> {
  const { scheduleUid, target, dueAt } = schedule
  const runner = deps.runners[target.kind]
  const now = deps.clock.now()
  const event = await deps.control.db.transaction().execute(async (trx): Promise<ScheduleEvent | null> => {
    if (!(await runner.lock(trx, target.uid))) return null
    const next = nextRuns(schedule, now, 1)[0] ?? never
    if (!(await takeRun(trx, { scheduleUid, dueAt, nextDueAt: next }))) return null
    const missed = countRuns(schedule, dueAt, now)
    const run = { dueAt, firedAt: now, missedCount: missed }
    const told = { scheduleUid, target: target.uid, missed }
    try {
      const jobUid = await runner.order(trx, schedule)
      await insertRun(trx, scheduleUid, { ...run, outcome: 'ordered', jobUid, reason: null })
      return { kind: 'schedule_fired', ...told, jobUid }
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      const reason = toErrorValue(error)
      await insertRun(trx, scheduleUid, { ...run, outcome: 'skipped', jobUid: null, reason })
      return { kind: 'schedule_skipped', ...told, reason: error.message }
    }
  })
  if (event) deps.onEvent(event)
}

/** Payload: none. A schedule has been made or changed. */
export const schedulesChannel = 'broadsheet_schedules'

export async function tellSchedules(trx: ControlDb): Promise<void> {
  await notify(trx, schedulesChannel)
}

/** Clocks are set, notices are missed: it looks at least this often. */
const longestPauseMs = 30_000
const pauseAfterErrorMs = 2_000

export interface Firing {
  stop(): Promise<void>
}

export async function startFiring(deps: FireDeps): Promise<Firing> {
  const loop = createWakeableLoop({
    async round() {
      await fireDue(deps)
      const dueAt = await nextDueAt(deps.control.db)
      if (dueAt === null) return longestPauseMs
      return Math.min(longestPauseMs, Math.max(0, dueAt - deps.clock.now()))
    },
    onError: (cause) => deps.onEvent({ kind: 'schedule_failed', cause }),
    errorRestMs: pauseAfterErrorMs,
  })
  await deps.control.listen(schedulesChannel, loop.wake)
  loop.start()
  return { stop: loop.stop }
}
