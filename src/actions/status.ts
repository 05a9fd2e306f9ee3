/**
 * The status machine of a dataset, as one total table: every status against every event. `null` is impossible and
 * raises. Source: management API section 3.4; design decisions beyond it: a queued order can be cancelled (it returns
 * to the resting status it came from, the caller knows which), a dataset may rest again on `limit_reached` when the
 * limit was hit before an abort took effect, and a dry run or a publish that is held returns to where it began.
 *
 *   idle | error | limit_reached --order--> queued --start--> processing | deleting | saving_version --> rest
 *                                              |                  |
 *                                              +--cancel--> rest  +--abort--> aborting_processing --> rest
 */
import { AppError } from '../kernel/index.ts'

export const statuses = [
  'idle',
  'error',
  'limit_reached',
  'queued',
  'processing',
  'deleting',
  'aborting_processing',
  'saving_version',
] as const
export type Status = (typeof statuses)[number]

export const statusEvents = [
  'order',
  'start_processing',
  'start_dry_run',
  'start_deleting',
  'start_saving',
  'abort',
  'cancel',
  'succeed',
  'fail',
  'reach_limit',
  'return',
] as const
export type StatusEvent = (typeof statusEvents)[number]

/** `rest`: back to the resting status the order found; the caller names it. */
type Next = Status | 'rest' | null

const resting: Readonly<Record<StatusEvent, Next>> = {
  order: 'queued',
  start_processing: null,
  start_dry_run: null,
  start_deleting: null,
  start_saving: null,
  abort: null,
  cancel: null,
  succeed: null,
  fail: null,
  reach_limit: null,
  return: null,
}

/** The whole machine; docs/status-machine.md is drawn from it. */
export const transitions: Readonly<Record<Status, Readonly<Record<StatusEvent, Next>>>> = {
  idle: resting,
  error: resting,
  limit_reached: resting,
  queued: {
    order: null,
    start_processing: 'processing',
    start_dry_run: 'processing',
    start_deleting: 'deleting',
    start_saving: 'saving_version',
    abort: null,
    cancel: 'rest',
    succeed: null,
    fail: 'error',
    reach_limit: null,
    return: 'rest',
  },
  // A job taken over from a dead process starts again where its dataset already is.
  processing: {
    order: null,
    start_processing: 'processing',
    start_dry_run: 'processing',
    start_deleting: null,
    start_saving: null,
    abort: 'aborting_processing',
    cancel: null,
    succeed: 'idle',
    fail: 'error',
    reach_limit: 'limit_reached',
    return: 'rest',
  },
  deleting: {
    order: null,
    start_processing: null,
    start_dry_run: null,
    start_deleting: 'deleting',
    start_saving: null,
    abort: null,
    cancel: null,
    succeed: 'idle',
    fail: 'error',
    reach_limit: null,
    return: null,
  },
  aborting_processing: {
    order: null,
    start_processing: 'aborting_processing',
    start_dry_run: 'aborting_processing',
    start_deleting: null,
    start_saving: null,
    abort: null,
    cancel: null,
    succeed: 'idle',
    fail: 'error',
    reach_limit: 'limit_reached',
    return: 'rest',
  },
  saving_version: {
    order: null,
    start_processing: null,
    start_dry_run: null,
    start_deleting: null,
    start_saving: 'saving_version',
    abort: null,
    cancel: null,
    succeed: 'idle',
    fail: 'error',
    reach_limit: null,
    return: null,
  },
}

export function isResting(status: Status): boolean {
  return transitions[status].order !== null
}

/** The statuses in which `event` is possible: what an error message offers. */
export function statusesAccepting(event: StatusEvent): Status[] {
  return statuses.filter((status) => transitions[status][event] !== null)
}

/**
 * The status after `event`. `restsAs` is where a cancelled order returns to.
 * Errors: actions.invalid_status when the event is impossible in `status`.
 */
export function nextStatus(status: Status, event: StatusEvent, restsAs: Status = 'idle'): Status {
  const next = transitions[status][event]
  if (next === null) {
    throw new AppError('actions.invalid_status', { status, allowed: statusesAccepting(event).join(', ') })
  }
  return next === 'rest' ? restsAs : next
}
