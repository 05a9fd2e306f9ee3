/** A remote source with manners to be afraid of: it never answers, or sends a byte now and then. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'

export interface SlowSource {
  readonly url: string
  /** Resolves when somebody asks for the path; the answer says when they hang up. */
  asked(path: string): Promise<{ readonly hungUp: Promise<void> }>
}

/**
 * `/silent`: the connection is accepted and nothing comes. `/trickle`: a header line of CSV, then a row every 50 ms, for
 * ever. Anything else: the given content at once.
 */
export async function startSlowSource(t: TestContext, content: string): Promise<SlowSource> {
  const waiting = new Map<string, ((ask: { hungUp: Promise<void> }) => void)[]>()
  const server = createServer((request, response) => {
    const path = request.url!.split('?')[0]!
    const hungUp = once(response, 'close').then(() => {})
    for (const tell of waiting.get(path) ?? []) tell({ hungUp })
    waiting.delete(path)
    if (path === '/silent') return
    response.writeHead(200, { 'content-type': 'text/csv' })
    if (path !== '/trickle') return void response.end(content)
    response.write('number,name\n')
    let row = 0
    const timer = setInterval(() => response.write(`${row},row ${row++}\n`), 50)
    void hungUp.then(() => clearInterval(timer))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: (path) =>
      new Promise((resolve) => {
        waiting.set(path, [...(waiting.get(path) ?? []), resolve])
      }),
  }
}
