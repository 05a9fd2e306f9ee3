/**
 * The worker loop: claims jobs into a bounded number of slots, keeps their leases alive, and lets go of them cleanly.
 *
 * A handler finishes its job itself, inside the transaction that makes the outcome true (`finishJob`). What the loop
 * adds: progress is stored with each renewal; a cancel request reaches the handler at once from this process and with
 * the next renewal from another; a lost lease or a stop aborts the handler's signal. A handler that throws has its
 * job failed through `fail`, unless the job turns out to be finished: an error after a commit whose answer was lost is
 * not a failure (read back, never guess).
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { ControlDb } from '../control/index.ts'
import {
  AppError,
  type Clock,
  createWakeableLoop,
  diskFault,
  type ErrorValue,
  type JsonValue,
  toErrorValue,
} from '../kernel/index.ts'
import type { Job } from './job.ts'
import { findJob } from './read-jobs.ts'
import { claimNextJob, parkJob, renewLease, retryJob } from './store.ts'

export interface JobContext {
  readonly job: Job
  readonly owner: string
  /** Aborted when the handler must let go: the process stops (`parked`) or the lease is lost. */
  readonly signal: AbortSignal
  /** Calls `listener` once with what was asked of this job, now or later. */
  onCancel(listener: (request: string) => void): void
  /** Sets what `GET /jobs/{id}` shows as progress; cheap, stored with the next renewal. */
  report(progresses: readonly JsonValue[]): void
  progresses(): readonly JsonValue[]
  /** What goes on after the job has ended, and takes its place among the running ones until then. It does not reject. */
  linger(rest: Promise<void>): void
}

export interface JobHandler {
  run(context: JobContext): Promise<void>
  /** Writes the job's end and what follows from it, in one transaction. */
  fail(context: JobContext, error: ErrorValue): Promise<void>
}

export type WorkerEvent =
  | { readonly kind: 'job_claimed'; readonly job: Job }
  | {
      readonly kind: 'job_ended'
      readonly jobUid: string
      readonly function: string
      /** `left`: parked, to be tried again, or another process's by now. */
      readonly outcome: 'done' | 'error' | 'left'
      readonly durationMs: number
    }
  | { readonly kind: 'job_parked'; readonly jobUid: string }
  | {
      readonly kind: 'job_retried'
      readonly jobUid: string
      readonly attempt: number
      readonly error: ErrorValue
      readonly delayMs: number
    }
  | {
      readonly kind: 'job_failed'
      readonly jobUid: string
      readonly error: ErrorValue
      readonly cause: unknown
    }
  | { readonly kind: 'worker_error'; readonly cause: unknown }

export interface WorkerPool {
  readonly functions: readonly string[]
  /** Jobs that run at once. */
  readonly slots: number
  /** Of these, how many large jobs never take, so that small ones find one. Default: none. */
  readonly smallSlots?: number
}

export interface WorkerOptions {
  readonly db: ControlDb
  readonly clock: Clock
  /** Unique to this process. */
  readonly owner: string
  readonly handlers: Readonly<Record<string, JobHandler>>
  /** Each pool claims only its own functions. */
  readonly pools: readonly WorkerPool[]
  /** How long to wait before the attempt after `attempt`; null: the cause will not pass, the job fails. */
  readonly retryDelayMs: (error: ErrorValue, attempt: number) => number | null
  readonly canSkipLocked: boolean
  readonly leaseMs: number
  readonly pollMs: number
  readonly flushMs: number
  readonly onEvent: (event: WorkerEvent) => void
}

export interface Worker {
  /** Looks for work now; call after inserting a job. */
  wake(): void
  /** Passes a request to a job that runs in this process; false when it does not. */
  cancel(jobUid: string, request: string): boolean
  runningJobs(): number
  /** Claims nothing more, asks handlers to let go, resolves when they have: their jobs are parked, not lost. */
  stop(): Promise<void>
}

/** Between two tries to write how a job ended. */
const mostPauseMs = 3_000

interface Running {
  readonly controller: AbortController
  cancelRequest: string | null
  readonly listeners: ((request: string) => void)[]
  progresses: readonly JsonValue[]
  isDirty: boolean
  /** How many steps the stored progress has. */
  stepsStored: number
  readonly settled: Promise<void>
}

export function startWorker(options: WorkerOptions): Worker {
  const running = new Map<string, Running>()
  const stopping = new AbortController()
  const pools = options.pools.map(startPool)

  function startPool(pool: WorkerPool) {
    const active = new Set<Promise<void>>()
    const largeSlots = pool.slots - (pool.smallSlots ?? 0)
    let largeJobs = 0

    const loop = createWakeableLoop({
      async round(isStopping) {
        while (active.size < pool.slots && !isStopping.aborted) {
          const job = await claimNextJob(
            options.db,
            {
              owner: options.owner,
              now: options.clock.now(),
              leaseMs: options.leaseMs,
              functions: pool.functions,
              isSmallOnly: largeJobs >= largeSlots,
            },
            options.canSkipLocked,
          )
          if (!job) break
          // Its lease ran out while it could not be renewed; this claim has renewed it.
          if (running.has(job.jobUid)) continue
          if (job.isLarge) largeJobs++
          const work: Promise<void> = runJob(job).finally(() => {
            if (job.isLarge) largeJobs--
            active.delete(work)
            loop.wake()
          })
          active.add(work)
        }
        return options.pollMs
      },
      onError: (cause) => options.onEvent({ kind: 'worker_error', cause }),
      errorRestMs: options.pollMs,
    })
    loop.start()
    return {
      wake: loop.wake,
      async stop() {
        await loop.stop()
        await Promise.all(active)
      },
    }
  }

  async function runJob(job: Job): Promise<void> {
    const controller = new AbortController()
    let settle: () => void = () => {}
    const entry: Running = {
      controller,
      cancelRequest: job.cancelRequested,
      listeners: [],
      progresses: job.progresses,
      isDirty: false,
      stepsStored: job.progresses.length,
      settled: new Promise((resolve) => {
        settle = resolve
      }),
    }
    running.set(job.jobUid, entry)
    // It was being claimed when the stop came.
    if (stopping.signal.aborted) controller.abort('stop')
    const startedAt = options.clock.now()
    options.onEvent({ kind: 'job_claimed', job })
    const context: JobContext = {
      job,
      owner: options.owner,
      signal: controller.signal,
      onCancel(listener) {
        if (entry.cancelRequest !== null) listener(entry.cancelRequest)
        else entry.listeners.push(listener)
      },
      report(progresses) {
        entry.progresses = progresses
        entry.isDirty = true
        if (progresses.length > entry.stepsStored) renewal.hurry()
      },
      progresses: () => entry.progresses,
      linger(work) {
        rest = work
      },
    }
    let rest: Promise<void> | undefined
    const renewal = keepLease(job.jobUid, entry)
    try {
      const outcome = await attempt(context, entry)
      options.onEvent({
        kind: 'job_ended',
        jobUid: job.jobUid,
        function: job.function,
        outcome,
        durationMs: options.clock.now() - startedAt,
      })
      renewal.stop()
      await rest
    } catch (cause) {
      // Nothing more can be written (the database is away, or the job is another's): the lease runs out by itself.
      options.onEvent({ kind: 'worker_error', cause })
    } finally {
      renewal.stop()
      running.delete(job.jobUid)
      settle()
    }
  }

  async function attempt(context: JobContext, entry: Running): Promise<'done' | 'error' | 'left'> {
    const { job } = context
    const handler = options.handlers[job.function]!
    if (job.attempt > job.maxAttempts) {
      const error = new AppError('jobs.attempts_exhausted', { attempts: job.maxAttempts })
      await handler.fail(context, toErrorValue(error))
      return 'error'
    }
    try {
      await handler.run(context)
      return 'done'
    } catch (cause) {
      const now = await findJob(options.db, job.jobUid)
      if (!now) return 'left'
      if (now.state === 'done' || now.state === 'error') return now.state
      if (entry.controller.signal.aborted) {
        if (entry.controller.signal.reason === 'stop') {
          await parkJob(options.db, { jobUid: job.jobUid, owner: options.owner, now: options.clock.now() })
          options.onEvent({ kind: 'job_parked', jobUid: job.jobUid })
        }
        return 'left'
      }
      const error =
        cause instanceof AppError
          ? toErrorValue(cause)
          : toErrorValue(diskFault(cause) ?? new AppError('jobs.unexpected', { reason: 'an internal error' }))
      const delayMs = job.attempt < job.maxAttempts ? options.retryDelayMs(error, job.attempt) : null
      if (delayMs !== null && entry.cancelRequest === null) {
        if (await tryAgain(job, error, delayMs)) return 'left'
      }
      options.onEvent({ kind: 'job_failed', jobUid: job.jobUid, error, cause })
      await insist(() => handler.fail(context, error), context.signal)
      return 'error'
    }
  }

  /** Writes what must be written, however long that takes: the disk may be full for a while, or the database away. */
  async function insist(write: () => Promise<void>, signal: AbortSignal): Promise<void> {
    for (let pauseMs = 200; ; pauseMs = Math.min(2 * pauseMs, mostPauseMs)) {
      try {
        return await write()
      } catch (cause) {
        if (cause instanceof AppError || signal.aborted) throw cause
        options.onEvent({ kind: 'worker_error', cause })
      }
      await sleep(pauseMs, undefined, { signal, ref: false })
    }
  }

  /** False: somebody has asked it to stop, or taken it over, in this very moment. */
  async function tryAgain({ jobUid, attempt }: Job, error: ErrorValue, delayMs: number): Promise<boolean> {
    const now = options.clock.now()
    try {
      await retryJob(options.db, { jobUid, owner: options.owner, now, runAfterAt: now + delayMs, error })
    } catch (cause) {
      if (cause instanceof AppError && cause.key === 'jobs.lease_lost') return false
      throw cause
    }
    options.onEvent({ kind: 'job_retried', jobUid, attempt, error, delayMs })
    return true
  }

  /**
   * Renews at a third of the lease, or when there is progress to store: at most every `flushMs`, and soon when a step has
   * begun, which readers wait for.
   */
  function keepLease(jobUid: string, entry: Running): { hurry(): void; stop(): void } {
    let isStopped = false
    let renewedAt = options.clock.now()
    let hurried: NodeJS.Timeout | undefined
    async function renew(): Promise<void> {
      const now = options.clock.now()
      const isDirty = entry.isDirty
      if (isStopped || (!isDirty && now - renewedAt < options.leaseMs / 3)) return
      const isMilestone = entry.progresses.length > entry.stepsStored
      entry.isDirty = false
      entry.stepsStored = entry.progresses.length
      renewedAt = now
      try {
        const { cancelRequested } = await renewLease(options.db, {
          jobUid,
          owner: options.owner,
          expiresAt: now + options.leaseMs,
          ...(isDirty ? { progress: { now, progresses: entry.progresses, isMilestone } } : {}),
        })
        if (cancelRequested !== null) passRequest(entry, cancelRequested)
      } catch (cause) {
        if (isStopped) return
        if (cause instanceof AppError) entry.controller.abort('lease lost')
        else options.onEvent({ kind: 'worker_error', cause })
      }
    }
    const timer = setInterval(renew, options.flushMs)
    return {
      hurry() {
        hurried ??= setTimeout(() => {
          hurried = undefined
          void renew()
        }, options.flushMs / 5)
      },
      stop() {
        isStopped = true
        clearInterval(timer)
        clearTimeout(hurried)
      },
    }
  }

  function passRequest(entry: Running, request: string): void {
    if (entry.cancelRequest !== null) return
    entry.cancelRequest = request
    for (const listener of entry.listeners.splice(0)) listener(request)
  }

  return {
    wake: () => {
      for (const pool of pools) pool.wake()
    },
    cancel(jobUid, request) {
      const entry = running.get(jobUid)
      if (!entry) return false
      passRequest(entry, request)
      return true
    },
    runningJobs: () => running.size,
    async stop() {
      stopping.abort()
      const ended = Promise.all(pools.map((pool) => pool.stop()))
      for (const entry of running.values()) entry.controller.abort('stop')
      await Promise.race([ended, sleep(10_000, undefined, { ref: false })])
    },
  }
}
