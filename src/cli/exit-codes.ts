import { NotBroadsheetError, ServerError, UnreachableError } from './client-errors.ts'
import type { Output } from './output.ts'
import type { JobObject } from './wire.ts'

/** What the command ends with; docs/cli.md lists them. */
export const exitCodes = {
  ok: 0,
  /** The server said no, the job ended badly, a gate holds the publish, or what was verified is damaged. */
  refused: 1,
  /** The command line makes no sense, or names a file that is not there. */
  usage: 2,
  /** Nobody answers at the server's address. */
  unreachable: 3,
  /** Ctrl-C while a job was followed; the job goes on. */
  interrupted: 130,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** The command line makes no sense. */
export class UsageError extends Error {
  readonly hint: string | undefined
  constructor(message: string, hint?: string) {
    super(message)
    this.hint = hint
  }
}

/** The job that was followed ended in `error`. */
export class JobFailedError extends ServerError {}

/** A gate holds the publish that was followed: readers see what they saw before. */
export class HeldError extends Error {
  readonly job: JobObject
  constructor(dataset: string, job: JobObject) {
    const reasons = (job.result?.gates ?? []).map(({ message }) => message)
    super(`${dataset} is held: ${reasons.join('; ')}`)
    this.job = job
  }
}

/** What was looked at is damaged; the problems have been listed. */
export class ProblemsFoundError extends Error {}

/** Ctrl-C while a job was followed. */
export class InterruptedError extends Error {
  readonly jobId: string
  readonly dataset: string
  constructor(jobId: string, dataset: string) {
    super(`Job ${jobId} goes on without you`)
    this.jobId = jobId
    this.dataset = dataset
  }
}

/** Says what went wrong and answers the exit code. What is not one of these is a bug and is thrown on. */
export function reportFailure(output: Output, error: unknown): ExitCode {
  if (error instanceof UsageError) {
    output.fail(error.message, error.hint, { event: 'error', kind: 'usage', message: error.message })
    return exitCodes.usage
  }
  if (error instanceof HeldError) {
    const { job } = error
    const hint = 'Readers see what they saw before. Publish it all the same with --override-gates'
    output.fail(error.message, hint, { event: 'held', job_id: job.job_id, result: job.result })
    return exitCodes.refused
  }
  if (error instanceof ProblemsFoundError) {
    output.fail(error.message, undefined, { event: 'error', kind: 'damaged', message: error.message })
    return exitCodes.refused
  }
  if (error instanceof InterruptedError) {
    const { jobId, dataset } = error
    const hint = `Stop it: broadsheet abort ${dataset}. Look at it again: broadsheet jobs ${jobId} --follow`
    output.fail(error.message, hint, { event: 'interrupted', job_id: jobId, dataset })
    return exitCodes.interrupted
  }
  if (error instanceof ServerError) {
    const { envelope } = error
    const several = (envelope.errors ?? []).map((one) => one.message).join('; ')
    const hint =
      envelope.status_code === 401
        ? loginHint
        : [several, envelope.hint, error.next].filter(Boolean).join('. ')
    output.fail(error.message, hint === '' ? undefined : hint, {
      event: 'error',
      kind: error instanceof JobFailedError ? 'job_failed' : 'refused',
      message: error.message,
      error: envelope,
    })
    return exitCodes.refused
  }
  if (error instanceof UnreachableError || error instanceof NotBroadsheetError) {
    const hint = 'Is it running? `npm start` starts one; --server or BROADSHEET_SERVER names another'
    output.fail(error.message, hint, { event: 'error', kind: 'unreachable', message: error.message })
    return exitCodes.unreachable
  }
  throw error
}

const loginHint =
  'Give an API key (--apikey or BROADSHEET_APIKEY) or --user name:password; the admin’s password was printed at the first start'
