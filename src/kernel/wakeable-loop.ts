/**
 * Work that is done again and again: soon when somebody says that there is some, else after a rest. Rounds follow each
 * other; one that is under way when it is woken is followed by another, so that nothing that was said is passed over.
 */
export interface WakeableLoop {
  /** Begins the first round. What wakes the loop earlier is in it. */
  start(): void
  wake(): void
  /** No further round begins; resolves when the one under way has ended. */
  stop(): Promise<void>
}

export interface WakeableLoopOptions {
  /** Answers how long to rest, in milliseconds, unless woken. The signal is aborted when the loop is to stop. */
  round(stopping: AbortSignal): Promise<number>
  /** What a round throws, unless it was cut off by the stop. */
  onError(cause: unknown): void
  /** After a round that throws. */
  errorRestMs: number
  /** Between two rounds, however often it is woken. Default: none. */
  leastRestMs?: number
}

export function createWakeableLoop(options: WakeableLoopOptions): WakeableLoop {
  const { round, onError, errorRestMs, leastRestMs = 0 } = options
  const stopping = new AbortController()
  let isWoken = false
  let endRest: () => void = () => {}
  let wakeUp: () => void = () => {}

  async function loop(): Promise<void> {
    while (!stopping.signal.aborted) {
      isWoken = false
      const restMs = await round(stopping.signal).catch((cause) => {
        if (!stopping.signal.aborted) onError(cause)
        return errorRestMs
      })
      if (leastRestMs > 0) await rest(leastRestMs)
      if (isWoken) continue
      const resting = rest(restMs - leastRestMs)
      wakeUp = endRest
      await resting
      wakeUp = () => {}
    }
  }

  function rest(ms: number): Promise<void> {
    if (stopping.signal.aborted) return Promise.resolve()
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, ms)
    endRest = () => {
      clearTimeout(timer)
      resolve()
    }
    return promise
  }

  let ended = Promise.resolve()
  return {
    start() {
      ended = loop()
    },
    wake() {
      isWoken = true
      wakeUp()
    },
    stop() {
      stopping.abort()
      endRest()
      return ended
    },
  }
}
