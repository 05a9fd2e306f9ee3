import { AppError } from '../kernel/index.ts'
import type { Connection, Engine } from './engine.ts'

/** A bounded number of connections; callers wait their turn, first come, first served. */
export interface Pool {
  /** Errors: engine.query_cancelled when the signal aborts before its turn, or the pool is closed. */
  use<T>(work: (connection: Connection) => Promise<T>, signal?: AbortSignal): Promise<T>
  /** Refuses those who wait; connections in use are closed when they are given back. */
  close(): void
}

interface Waiting {
  receive(connection: Connection): void
  refuse(): void
}

export function createPool(engine: Engine, size: number): Pool {
  const idle: Connection[] = []
  const waiting: Waiting[] = []
  let opened = 0
  let isClosed = false

  async function open(): Promise<Connection> {
    opened++
    try {
      return await engine.connect()
    } catch (error) {
      opened--
      throw error
    }
  }

  async function take(signal: AbortSignal | undefined): Promise<Connection> {
    if (isClosed || signal?.aborted) throw cancelled(signal)
    const free = idle.pop()
    if (free) return free
    if (opened < size) return open()
    const turn = Promise.withResolvers<Connection>()
    const entry: Waiting = { receive: turn.resolve, refuse: () => turn.reject(cancelled(signal)) }
    const giveUp = () => {
      waiting.splice(waiting.indexOf(entry), 1)
      entry.refuse()
    }
    signal?.addEventListener('abort', giveUp, { once: true })
    waiting.push(entry)
    try {
      return await turn.promise
    } finally {
      signal?.removeEventListener('abort', giveUp)
    }
  }

  function give(connection: Connection): void {
    if (isClosed) return connection.close()
    const next = waiting.shift()
    if (next) next.receive(connection)
    else idle.push(connection)
  }

  return {
    async use(work, signal) {
      const connection = await take(signal)
      try {
        return await work(connection)
      } finally {
        give(connection)
      }
    },
    close() {
      isClosed = true
      for (const connection of idle.splice(0)) connection.close()
      for (const entry of waiting.splice(0)) entry.refuse()
    },
  }
}

/** The signal's own reason (a deadline names itself), else engine.query_cancelled. */
function cancelled(signal: AbortSignal | undefined): AppError {
  return signal?.reason instanceof AppError ? signal.reason : new AppError('engine.query_cancelled', {})
}

/** A signal that is aborted with `parent`, or after `timeoutMs` (then the reason is engine.query_timed_out). */
export function deadline(
  parent: AbortSignal | undefined,
  timeoutMs: number,
): { signal: AbortSignal; clear(): void } {
  const controller = new AbortController()
  const onAbort = () => controller.abort(parent?.reason)
  const timer = setTimeout(
    () => controller.abort(new AppError('engine.query_timed_out', { timeoutMs })),
    timeoutMs,
  )
  if (parent?.aborted) onAbort()
  else parent?.addEventListener('abort', onAbort, { once: true })
  return {
    signal: controller.signal,
    clear() {
      clearTimeout(timer)
      parent?.removeEventListener('abort', onAbort)
    },
  }
}
