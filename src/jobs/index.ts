export { type Job, type JobOutcome, type JobState, unfinishedStates } from './job.ts'
export * from './store.ts'
export { type JobContext, type JobHandler, startWorker, type Worker, type WorkerEvent } from './worker.ts'
