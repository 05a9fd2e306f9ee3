/** Readers that never stop: each answer is exactly one known publication, and never an older one than the last. */
import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { readEdition } from './editions.ts'
import type { TestServer } from './server.ts'

/** A steady load, not one that starves what it watches. */
const pauseMs = 10

export interface Watch {
  readonly answers: number
  readonly longestMs: number
  /** Fails with the first wrong answer. */
  stop(): Promise<void>
}

export interface Watched {
  readonly datasetId: string
  readonly readers: number
  /** The server to ask. */
  server(): TestServer
  /** Resolves when the server that follows a killed one answers; null: this one is not killed. */
  successor?(killed: TestServer): Promise<unknown> | null
  /** The oldest and the newest edition that may be seen now. */
  oldest(): number
  newest(): number
}

export function watchEditions(watched: Watched): Watch {
  let isStopped = false
  let answers = 0
  let longestMs = 0

  async function read(): Promise<void> {
    let last = 0
    while (!isStopped) {
      const server = watched.server()
      const oldest = Math.max(last, watched.oldest())
      const startedAt = performance.now()
      let seen: number | null
      try {
        seen = await readEdition(server, watched.datasetId)
      } catch (error) {
        const successor = watched.successor?.(server)
        // The connection broke: no answer, which is not a wrong one.
        if (!(error instanceof TypeError) || !successor) throw error
        await successor
        continue
      }
      longestMs = Math.max(longestMs, performance.now() - startedAt)
      answers++
      assert.ok(
        seen !== null && seen >= oldest && seen <= watched.newest(),
        `a reader saw edition ${seen}, not one of ${oldest} to ${watched.newest()}`,
      )
      last = seen
      await delay(pauseMs)
    }
  }

  const reading = Promise.all(Array.from({ length: watched.readers }, read))
  // The failure is told by stop().
  reading.catch(() => {})
  return {
    get answers() {
      return answers
    },
    get longestMs() {
      return longestMs
    },
    async stop() {
      isStopped = true
      await reading
    },
  }
}
