export type { ScheduleEvent } from './fire.ts'
export { type Schedules, startSchedules } from './schedules.ts'
export type { Schedule, ScheduleRun, Target } from './store.ts'
