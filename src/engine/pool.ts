import { AppError } from '../kernel/index.ts'
import type { Connection, Engine } from './engine.ts'

/** A bounded number of connections; callers wait their turn, first come, first served. */
export interface Pool {
  use<T>(work: (connection: Connection) => Promise<T>, signal?: AbortSignal): Promise<T>
  close(): void
}

export function createPool(engine: Engine, size: number): Pool {
  const idle: Connection[] = []
  const waiting: ((connection: Connection) => void)[] = []
  let opened = 0

  async function take(signal: AbortSignal | undefined): Promise<Connection> {
    if (signal?.aborted) throw new AppError('engine.query_cancelled', {})
    const free = idle.pop()
    if (free) return free
    if (opened < size) {
      opened++
      return engine.connect()
    }
    return new Promise((resolve, reject) => {
      const receive = (connection: Connection) => {
        signal?.removeEventListener('abort', giveUp)
        resolve(connection)
      }
      const giveUp = () => {
        waiting.splice(waiting.indexOf(receive), 1)
        reject(new AppError('engine.query_cancelled', {}))
      }
      signal?.addEventListener('abort', giveUp, { once: true })
      waiting.push(receive)
    })
  }

  function give(connection: Connection): void {
    const next = waiting.shift()
    if (next) next(connection)
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
      for (const connection of idle.splice(0)) connection.close()
    },
  }
}

/** A signal that is aborted with `parent`, or after `timeoutMs` (then the reason is engine.query_timed_out). */
export function deadline(parent: AbortSignal | undefined, timeoutMs: number): { signal: AbortSignal; clear(): void } {
  const controller = new AbortController()
  const onAbort = () => controller.abort(parent?.reason)
  const timer = setTimeout(() => controller.abort(new AppError('engine.query_timed_out', { timeoutMs })), timeoutMs)
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
