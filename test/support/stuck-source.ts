/** A source that a test opens, holds and lets go of: what a publish waits for, it decides. */
import { createServer, type ServerResponse } from 'node:http'
import type { TestContext } from 'node:test'

export interface StuckSource {
  /** Each path is a source of its own. */
  url(path: string): string
  /** Resolves when so many requests for a path have come in all. */
  asked(path: string, times?: number): Promise<void>
  /** Answers what waits, and from now on, in this way. */
  release(path: string, how: (response: ServerResponse) => void): void
}

export async function startStuckSource(t: TestContext): Promise<StuckSource> {
  const waiting = new Map<string, ServerResponse[]>()
  const ways = new Map<string, (response: ServerResponse) => void>()
  const counts = new Map<string, number>()
  const watchers = new Set<() => void>()
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    counts.set(path, (counts.get(path) ?? 0) + 1)
    const how = ways.get(path)
    if (how) how(response)
    else waiting.set(path, [...(waiting.get(path) ?? []), response])
    for (const watch of [...watchers]) watch()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as { port: number }
  return {
    url: (path) => `http://127.0.0.1:${port}${path}`,
    asked: (path, times = 1) =>
      new Promise((resolve) => {
        const watch = () => {
          if ((counts.get(path) ?? 0) < times) return
          watchers.delete(watch)
          resolve()
        }
        watchers.add(watch)
        watch()
      }),
    release(path, how) {
      ways.set(path, how)
      for (const response of waiting.get(path) ?? []) how(response)
      waiting.delete(path)
    },
  }
}
