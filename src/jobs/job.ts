/**
 * A job and its life.
 *
 *   waiting --claim--> started --report--> running --finish--> done | error
 *      ^                  |                   |
 *      +-- park, retry ---+-------------------+   (a clean stop gives the job back; a transient cause tries it again later)
 *
 * A claim is a lease: owner and expiry, renewed while the work goes on. An unfinished job whose lease has expired may be
 * claimed by anyone (attempt + 1); when its attempts are used up it ends in `error`. A job that nobody claims because
 * somebody else completes it (abort orders) is inserted as `running` without a lease.
 * A finished job never changes again: every write names the state it expects.
 */
import type { ErrorValue, JsonObject, JsonValue } from '../kernel/index.ts'

export type JobState = 'waiting' | 'started' | 'running' | 'done' | 'error'

export const unfinishedStates = ['waiting', 'started', 'running'] as const

export interface Job {
  /** 40 hex digits. */
  readonly jobUid: string
  readonly function: string
  readonly subject: string
  readonly params: JsonObject
  readonly username: string
  readonly state: JobState
  readonly attempt: number
  readonly maxAttempts: number
  /** What somebody asked of the running job, e.g. `keep` or `discard`. */
  readonly cancelRequested: string | null
  readonly progresses: JsonValue[]
  readonly result: JsonObject | null
  readonly error: ErrorValue | null
  /** Attempts that ended without an outcome, in order. */
  readonly attempts: readonly EndedAttempt[]
  /** What whoever ordered it knew of the work; null when nothing. */
  readonly expectation: JsonObject | null
  /** Earliest start, milliseconds since the epoch. */
  readonly runAfterAt: number
  readonly isLarge: boolean
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  readonly startedAt: number | null
  readonly finishedAt: number | null
}

/** `error`: why it ended; `at`: when that was noticed, milliseconds since the epoch. */
export interface EndedAttempt {
  readonly attempt: number
  readonly at: number
  readonly error: ErrorValue
}

/** `isTold`: people are told of it, as of every error. */
export type JobOutcome =
  | { readonly result: JsonObject; readonly isTold?: boolean }
  | { readonly error: ErrorValue }
