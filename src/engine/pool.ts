import { setTimeout as delay } from 'node:timers/promises'
import { AppError } from '../kernel/index.ts'
import { serverItself } from './asking.ts'
import type { Connection, Engine } from './engine.ts'
import type { Engines } from './engines.ts'
import type { FairQueue, WorkKind } from './fair-queue.ts'

/** Connections, lent in the order of the fair queue; as many as it has slots at most. */
export interface Pool {
  /**
   * `kind`: what the work may cost, `long` where nobody says; it decides on which engine the work is done. Short work that needs
   * more memory than its engine has is done over as long work. Errors: those of `FairQueue.run`.
   */
  use<T>(
    work: (connection: Connection) => Promise<T>,
    signal?: AbortSignal,
    kind?: WorkKind,
    client?: string,
  ): Promise<T>
  /**
   * The same work on each engine, in a short turn of the server's own: tables that statements of any kind read. What fails on
   * one is done on the other all the same. Errors: the first of them.
   */
  useEach(work: (connection: Connection) => Promise<void>): Promise<void>
  /** Closes the connections; those in use when they are given back. */
  close(): void
}

export function createPool(engines: Engines, queue: FairQueue): Pool {
  const short = createIdle(engines.short)
  const long = engines.long === engines.short ? short : createIdle(engines.long)
  const both = [...new Set([short, long])]
  return {
    async use(work, signal, kind = 'long', client) {
      const ask = { signal, ...(client === undefined ? {} : { client }) }
      const asLong = (of: WorkKind) => queue.run({ ...ask, kind: of }, () => long.lend(work))
      if (kind !== 'short') return asLong(kind)
      try {
        return await queue.run({ ...ask, kind }, () =>
          patiently(() => short.lend(work), { signal, mostTries: fewTries }),
        )
      } catch (error) {
        if (!isOutOfMemory(error) || signal?.aborted) throw error
        return asLong('long')
      }
    },
    useEach: (work) =>
      queue.run({ kind: 'short', client: serverItself }, async () => {
        const failures: unknown[] = []
        for (const idle of both)
          await patiently(() => idle.lend(work)).catch((error: unknown) => failures.push(error))
        if (failures.length > 0) throw failures[0]
      }),
    close() {
      for (const idle of both) idle.close()
    },
  }
}

/** Connections of one engine that are kept open. */
function createIdle(engine: Engine) {
  const idle: Connection[] = []
  let isClosed = false
  return {
    async lend<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
      const connection = idle.pop() ?? (await engine.connect())
      try {
        return await work(connection)
      } finally {
        if (isClosed) connection.close()
        else idle.push(connection)
      }
    },
    close() {
      isClosed = true
      for (const connection of idle.splice(0)) connection.close()
    },
  }
}

const isOutOfMemory = (error: unknown) => error instanceof AppError && error.key === 'engine.out_of_memory'

/**
 * Work that needs hardly any memory: what takes all of it beside is about to end or to fail. It is tried again, so that the
 * one who is refused is not the one who asked for little.
 */
export async function patiently<T>(
  work: () => Promise<T>,
  {
    signal,
    mostTries = manyTries,
  }: { readonly signal?: AbortSignal | undefined; readonly mostTries?: number } = {},
): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work()
    } catch (error) {
      if (!isOutOfMemory(error) || tries === mostTries || signal?.aborted) throw error
      await delay(Math.min(10 * tries, 100))
    }
  }
}

/** Beside other short work: a page of large values may be too large for its engine, whoever is there. */
const fewTries = 4
/** Beside long work. Five seconds together. */
const manyTries = 55

/** A signal that is aborted with `parent`, or after `timeoutMs` (then the reason is engine.query_timed_out). */
export function deadline(
  parent: AbortSignal | undefined,
  timeoutMs: number,
): { signal: AbortSignal; clear(): void } {
  const controller = new AbortController()
  const onAbort = () => {
    clearTimeout(timer)
    controller.abort(parent?.reason)
  }
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
