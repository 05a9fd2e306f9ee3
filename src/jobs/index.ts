export * from './events.ts'
export { createEventBell, type EventBell, followEvents } from './follow-events.ts'
export { type EndedAttempt, type Job, type JobOutcome, type JobState, unfinishedStates } from './job.ts'
export { countJobsByState, findJob, type JobFilter, listJobs } from './read-jobs.ts'
export * from './store.ts'
export { unfinishedLiterals } from './unfinished.ts'
export { listUntold, takeUntold } from './untold.ts'
export {
  type JobContext,
  type JobHandler,
  startWorker,
  type Worker,
  type WorkerEvent,
  type WorkerOptions,
} from './worker.ts'
