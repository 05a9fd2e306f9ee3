/** A server that receives webhooks: keeps what came, checks signatures with nothing of the product's code. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { TestContext } from 'node:test'

export interface Received {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: a body's shape is what a test is there to check
  readonly json: any
}

export interface Receiver {
  readonly url: string
  readonly received: readonly Received[]
  /** Resolves when so many requests have come in all. */
  count(requests: number): Promise<void>
  /** What is answered from now on. Default: 204. */
  answer(how: (request: Received, response: ServerResponse) => void): void
}

export async function startReceiver(t: TestContext): Promise<Receiver> {
  const received: Received[] = []
  const watchers = new Set<() => void>()
  let how = (_request: Received, response: ServerResponse) => {
    response.writeHead(204).end()
  }
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const text = Buffer.concat(chunks).toString('utf8')
    const one = { path: request.url ?? '', headers: request.headers, text, json: JSON.parse(text || 'null') }
    received.push(one)
    how(one, response)
    for (const watch of [...watchers]) watch()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    received,
    count: (requests) =>
      new Promise((resolve) => {
        const watch = () => {
          if (received.length < requests) return
          watchers.delete(watch)
          resolve()
        }
        watchers.add(watch)
        watch()
      }),
    answer: (next) => {
      how = next
    },
  }
}

/** As standardwebhooks.com describes it. */
export function hasValidSignature(secret: string, { headers, text }: Received): boolean {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${text}`
  const expected = createHmac('sha256', key).update(signed).digest()
  return String(headers['webhook-signature'])
    .split(' ')
    .some((candidate) => {
      const [version, value = ''] = candidate.split(',')
      const given = Buffer.from(value, 'base64')
      return version === 'v1' && given.length === expected.length && timingSafeEqual(given, expected)
    })
}
