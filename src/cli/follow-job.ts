import { setTimeout as delay } from 'node:timers/promises'
import type { Client } from './client.ts'
import { UnreachableError } from './client-errors.ts'
import type { JobObject } from './wire.ts'

export interface FollowOptions {
  /** Called with every state that is seen, the last one included. */
  readonly onJob?: (job: JobObject) => void
  readonly signal?: AbortSignal
}

const firstPollMs = 20
const slowestPollMs = 500
/** A server that restarts takes its jobs up again: a break shorter than this is waited out. */
const toleratedBreakMs = 30_000

/**
 * Follows a job to its end; both `done` and `error` are answers. Short jobs are seen at once, long ones twice a second.
 * Errors: those of Client; the signal's reason.
 */
export async function followJob(
  client: Client,
  jobId: string,
  options: FollowOptions = {},
): Promise<JobObject> {
  let pollMs = firstPollMs
  let brokenMs = 0
  for (;;) {
    options.signal?.throwIfAborted()
    try {
      const job = await client.job(jobId)
      brokenMs = 0
      options.onJob?.(job)
      if (job.state === 'done' || job.state === 'error') return job
    } catch (error) {
      brokenMs += pollMs
      if (!(error instanceof UnreachableError) || brokenMs > toleratedBreakMs) throw error
    }
    await delay(pollMs, undefined, options.signal ? { signal: options.signal } : {})
    pollMs = Math.min(slowestPollMs, pollMs * 1.5)
  }
}
