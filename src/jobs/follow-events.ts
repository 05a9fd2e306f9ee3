import type { Control } from '../control/index.ts'
import { type EventQuery, eventsChannel, type JobEvent, listEvents } from './events.ts'

/** Wakes those who follow a subject. One for the process. */
export interface EventBell {
  /** Resolves with the next event of the subject, after `timeoutMs`, or when the signal is aborted. */
  wait(subject: string, timeoutMs: number, signal: AbortSignal): Waiting
}

export interface Waiting {
  /** `event`: look at the table; `silence`: nothing has happened. */
  readonly rung: Promise<'event' | 'silence'>
  /** Stops waiting. */
  cancel(): void
}

export async function createEventBell(control: Pick<Control, 'listen'>): Promise<EventBell> {
  const waiting = new Map<string, Set<() => void>>()
  await control.listen(eventsChannel, (subject) => {
    const rung = subject === '' ? [...waiting.values()] : [waiting.get(subject) ?? []]
    for (const wakers of rung) for (const wake of [...wakers]) wake()
  })
  return {
    wait(subject, timeoutMs, signal) {
      const { promise, resolve } = Promise.withResolvers<'event' | 'silence'>()
      const timer = setTimeout(() => end('silence'), timeoutMs)
      const wake = () => end('event')
      const wakers = waiting.get(subject) ?? new Set()
      waiting.set(subject, wakers.add(wake))
      signal.addEventListener('abort', wake, { once: true })
      if (signal.aborted) wake()
      function end(reason: 'event' | 'silence'): void {
        clearTimeout(timer)
        signal.removeEventListener('abort', wake)
        wakers.delete(wake)
        if (wakers.size === 0 && waiting.get(subject) === wakers) waiting.delete(subject)
        resolve(reason)
      }
      return { rung: promise, cancel: wake }
    },
  }
}

export interface FollowOptions extends Omit<EventQuery, 'limit' | 'kinds'> {
  readonly signal: AbortSignal
  /** Longest silence: then `null` is yielded, and the table is looked at again. */
  readonly idleMs: number
  /** True for the event that is the last of its stream. */
  isLast(event: JobEvent): boolean
}

/** Read at a time: what a slow reader keeps in memory. */
const pageSize = 50

/**
 * The events after `after`, as they happen; `null` for each silence of `idleMs`. Nothing is read ahead of who consumes:
 * a page at a time, the next when the last is used up. Ends after the last event, or with the signal.
 */
export async function* followEvents(
  db: Control['db'],
  bell: EventBell,
  options: FollowOptions,
): AsyncGenerator<JobEvent | null, void, void> {
  const { subject, jobUid, signal } = options
  let { after } = options
  while (!signal.aborted) {
    // Waiting begins before the look: what is committed in between rings.
    const waiting = bell.wait(subject, options.idleMs, signal)
    try {
      const query = { subject, after, limit: pageSize, ...(jobUid === undefined ? {} : { jobUid }) }
      const events = await listEvents(db, query)
      for (const event of events) {
        after = event.number
        yield event
        if (options.isLast(event) || signal.aborted) return
      }
      if (events.length > 0) continue
      if ((await waiting.rung) === 'silence') yield null
    } finally {
      waiting.cancel()
    }
  }
}
