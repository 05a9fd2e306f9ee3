/**
 * When a schedule runs: five fields of cron in a time zone. What happens when clocks are put forward or back is the
 * library's doing and held by cron.test.ts: a time that is left out comes at the end of the gap, a time that comes twice
 * is run once, and what runs every so many minutes or hours goes on through both.
 */
import { Cron } from 'croner'
import { AppError } from '../kernel/index.ts'

export interface CronSchedule {
  readonly cron: string
  readonly timezone: string
}

const minuteMs = 60_000
const maxCharacters = 200
/** Enough to meet every distance that a day and the turns of days, months and years make. */
const judgedRuns = 500

/** The expression as it is kept. Errors: schedules.invalid_cron, invalid_timezone, too_often. */
export function readCron(given: CronSchedule, minMinutes: number, now: number): CronSchedule {
  const cron = given.cron.trim().replace(/\s+/g, ' ')
  const shown = cron.slice(0, 60)
  const refuse = (reason: string) => new AppError('schedules.invalid_cron', { cron: shown, reason })
  // The library takes dates and words like @daily too, which are not what other clients can read.
  if (cron.length > maxCharacters) throw refuse(`it has more than ${maxCharacters} characters`)
  const fields = cron === '' ? 0 : cron.split(' ').length
  if (fields !== 5) throw refuse(`it has ${fields} fields`)
  const timezone = readTimezone(given.timezone)
  let schedule: Cron
  try {
    schedule = parse({ cron, timezone: 'UTC' })
  } catch (error) {
    throw refuse((error as Error).message.replace(/^Cron\w+: /, '').slice(0, 200))
  }
  // On the clock of UTC: a day that a change of clocks makes shorter is no shorter distance.
  const runs = schedule.nextRuns(judgedRuns, new Date(now)).map((run) => run.getTime())
  if (runs.length === 0) throw refuse('its day never comes')
  const minutes = Math.min(...runs.slice(1).map((run, index) => (run - runs[index]!) / minuteMs))
  if (minutes < minMinutes)
    throw new AppError('schedules.too_often', { cron: shown, minutes, min_minutes: minMinutes })
  return { cron, timezone }
}

function readTimezone(timezone: string): string {
  try {
    new Intl.DateTimeFormat('en', { timeZone: timezone })
    return timezone
  } catch {
    throw new AppError('schedules.invalid_timezone', { timezone: timezone.slice(0, 60) })
  }
}

function parse({ cron, timezone }: CronSchedule): Cron {
  return new Cron(cron, { timezone, mode: '5-part', paused: true })
}

/** The next runs after an instant, milliseconds since the epoch. */
export function nextRuns(schedule: CronSchedule, after: number, count: number): number[] {
  return parse(schedule)
    .nextRuns(count, new Date(after))
    .map((run) => run.getTime())
}

/** As told of a server that was away: beyond it the number says nothing more. */
const countedMisses = 1000

/** How many runs lie after `first` and not after `until`. */
export function countRuns(schedule: CronSchedule, first: number, until: number): number {
  const cron = parse(schedule)
  let count = 0
  for (let run = cron.nextRun(new Date(first)); run !== null; run = cron.nextRun(run)) {
    if (run.getTime() > until || count === countedMisses) break
    count++
  }
  return count
}
