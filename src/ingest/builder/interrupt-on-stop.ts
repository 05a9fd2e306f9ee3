import type { Connection } from '../../engine/index.ts'

const everyMs = 20

/**
 * From the stop on, interrupts what runs on the connections until the returned function is called. Once is not enough: an
 * interrupt that comes between two statements stops neither, and the work would go on to its end.
 */
export function interruptOnStop(
  connections: readonly Connection[],
  stop: AbortSignal | undefined,
): () => void {
  let timer: NodeJS.Timeout | undefined
  const interrupt = () => {
    for (const connection of connections) connection.interrupt()
  }
  const onStop = () => {
    interrupt()
    timer = setInterval(interrupt, everyMs)
  }
  stop?.addEventListener('abort', onStop)
  if (stop?.aborted) onStop()
  return () => {
    stop?.removeEventListener('abort', onStop)
    clearInterval(timer)
  }
}
