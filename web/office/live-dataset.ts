/**
 * What happens to a dataset, as it happens: its server-sent events, and, where they do not come through, a look every
 * few seconds. Whoever listens asks for the status itself: an event says that it is time to.
 */
import type { Job } from './types.ts'
import { apiPath } from './types.ts'

const kinds = [
  'job.waiting',
  'job.started',
  'job.progress',
  'job.abort_requested',
  'job.retry',
  'job.parked',
  'job.done',
  'job.error',
  'publication.switched',
  'dataset.deleted',
] as const
const pollMs = 2_000

export interface LiveListener {
  /** The job as the event has it; null: something else happened, or nothing is known. */
  onEvent(job: Job | null, isProgress: boolean): void
}

/** Answers how to stop listening. */
export function followDataset(uid: string, listener: LiveListener): () => void {
  let timer = 0
  const stopPolling = () => {
    clearInterval(timer)
    timer = 0
  }
  const poll = () => {
    if (timer === 0) timer = window.setInterval(() => listener.onEvent(null, false), pollMs)
  }
  if (!('EventSource' in window)) {
    poll()
    return stopPolling
  }
  const source = new EventSource(apiPath(uid, '/events'))
  // What happened before the stream was open is asked for once it is.
  source.onopen = () => {
    stopPolling()
    listener.onEvent(null, false)
  }
  source.onerror = poll
  for (const kind of kinds) {
    source.addEventListener(kind, ({ data }: MessageEvent<string>) => {
      const event = JSON.parse(data) as Job & { readonly type: string }
      listener.onEvent(kind.startsWith('job.') ? event : null, kind === 'job.progress')
    })
  }
  return () => {
    source.close()
    stopPolling()
  }
}
