/** An attacker on a thread of its own: what it does with its answers must not hold up who measures. */
import { setMaxListeners } from 'node:events'
import { parentPort, workerData } from 'node:worker_threads'
import { attacks } from './attacks.ts'

const { url, path, index } = workerData as { url: string; path: string; index: number }
const stop = new AbortController()
setMaxListeners(0, stop.signal)
const outcomes: Record<string, number> = {}
parentPort!.once('message', () => stop.abort())
await attacks[index]!.run({
  url,
  path,
  stop: stop.signal,
  count(outcome) {
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
  },
})
parentPort!.postMessage(outcomes)
