/**
 * Who may use the engine next. Work is of three kinds, and the slots are shared out between them so that short work never
 * stands behind long work:
 *
 *   slots      [ short ............... | long ...... ]
 *   long slots                         [ long only 1+ | long or export ]
 *
 * Among those who wait for the same kind the client goes first that has used the engine least; whoever comes anew begins
 * level with the one of them that has used least, so nobody is served twice before it. One client never holds the last slot of a kind, and only
 * a bounded number of its requests may wait; when the whole line is full, the longest waiting line of one client gives way.
 */
import { AppError } from '../kernel/index.ts'
import { currentClient, serverItself } from './asking.ts'
import { cancelled } from './cancelled.ts'

/** `short`: milliseconds. `long`: anything that may read a whole dataset. `export`: pieces of files that go on and on. */
export const workKinds = ['short', 'long', 'export'] as const
export type WorkKind = (typeof workKinds)[number]

export interface FairQueueOptions {
  /** Everything at once. */
  readonly slots: number
  /** Of these, for work that is not short. */
  readonly longSlots: number
  readonly maxWaitingOfClient: number
  readonly maxWaiting: number
  /** Monotonic milliseconds. */
  readonly stopwatch: () => number
  onTurn?(kind: WorkKind, waitedMs: number): void
  onRefused?(kind: WorkKind, reason: RefusalReason): void
}

/** `client`: too many of one client wait. `all`: too many of all. */
export type RefusalReason = 'client' | 'all'

export interface Ask {
  readonly kind: WorkKind
  /** Default: who asks now. */
  readonly client?: string
  readonly signal?: AbortSignal | undefined
  /** A piece of what has begun and is bounded elsewhere: it waits, and is never refused. */
  readonly isUnderWay?: boolean
}

export interface FairQueue {
  /**
   * Runs the work in its turn. Errors: engine.too_many_waiting, engine.queue_full; engine.query_cancelled, or the signal's
   * own reason, when the signal is aborted before its turn or the queue is closed.
   */
  run<T>(ask: Ask, work: () => Promise<T>): Promise<T>
  running(kind: WorkKind): number
  waiting(kind: WorkKind): number
  /** Refuses those who wait and those who come. */
  close(): void
}

interface Entry {
  readonly kind: WorkKind
  readonly client: Client
  readonly since: number
  /** Order of arrival. */
  readonly number: number
  readonly isRefusable: boolean
  receive(): void
  refuse(error: AppError): void
}

/** Known while it waits or runs; nothing is kept of clients that have gone. */
interface Client {
  readonly name: string
  /** Of the engine, by what has ended, in milliseconds; what runs is added when clients are compared. */
  usedMs: number
  readonly running: Record<WorkKind, number>
  /** Sum of the instants at which what runs began. */
  startedSum: number
  readonly waiting: Entry[]
}

export function createFairQueue(options: FairQueueOptions): FairQueue {
  const { stopwatch } = options
  const caps = capsOf(options.slots, options.longSlots)
  const clients = new Map<string, Client>()
  const running = zeros()
  const waiting = zeros()
  /** The most that anybody served had used: where newcomers begin when nobody waits. */
  let level = 0
  let numbers = 0
  let isClosed = false
  /** How long a turn takes, by the last ones: for Retry-After only. */
  const meanMs = zeros()

  /**
   * No higher than the least of those who wait: one client with much running beside them lifts the level, and what has to
   * wait until all others have caught up with that would wait for ever.
   */
  function startingLevel(): number {
    let least = level
    for (const client of clients.values()) {
      if (client.name !== serverItself && client.waiting.length > 0) least = Math.min(least, used(client))
    }
    return least
  }

  function enter(name: string): Client {
    let client = clients.get(name)
    if (!client) {
      client = { name, usedMs: startingLevel(), running: zeros(), startedSum: 0, waiting: [] }
      clients.set(name, client)
    }
    return client
  }

  function forgetIfGone(client: Client): void {
    if (client.waiting.length === 0 && total(client.running) === 0) clients.delete(client.name)
  }

  function used(client: Client): number {
    return client.usedMs + total(client.running) * stopwatch() - client.startedSum
  }

  function isFree(kind: WorkKind): boolean {
    if (kind === 'short') return running.short < caps.short.all
    const isLongFree = running.long + running.export < caps.long.all
    return isLongFree && (kind === 'long' || running.export < caps.export.all)
  }

  function mayStart(client: Client, kind: WorkKind): boolean {
    if (client.name === serverItself) return true
    if (kind === 'short') return client.running.short < caps.short.ofClient
    const ownLong = client.running.long + client.running.export
    return ownLong < caps.long.ofClient && (kind === 'long' || client.running.export < caps.export.ofClient)
  }

  function start(client: Client, kind: WorkKind): number {
    const now = stopwatch()
    if (client.name !== serverItself) level = Math.max(level, used(client))
    running[kind]++
    client.running[kind]++
    client.startedSum += now
    return now
  }

  function end(client: Client, kind: WorkKind, startedAt: number): void {
    const tookMs = stopwatch() - startedAt
    running[kind]--
    client.running[kind]--
    client.startedSum -= startedAt
    client.usedMs += tookMs
    meanMs[kind] += (tookMs - meanMs[kind]) / 8
    forgetIfGone(client)
    serve()
  }

  function serve(): void {
    for (const kind of workKinds) {
      while (waiting[kind] > 0 && isFree(kind)) {
        const next = nextOf(kind)
        if (!next) break
        leave(next)
        options.onTurn?.(kind, stopwatch() - next.since)
        next.receive()
      }
    }
  }

  function nextOf(kind: WorkKind): Entry | null {
    let best: { entry: Entry; used: number } | null = null
    for (const client of clients.values()) {
      if (!mayStart(client, kind)) continue
      const entry = client.waiting.find((candidate) => candidate.kind === kind)
      if (!entry) continue
      if (client.name === serverItself) return entry
      const ofClient = used(client)
      const isBetter =
        !best || ofClient < best.used || (ofClient === best.used && entry.number < best.entry.number)
      if (isBetter) best = { entry, used: ofClient }
    }
    return best?.entry ?? null
  }

  function leave(entry: Entry): void {
    const { client, kind } = entry
    client.waiting.splice(client.waiting.indexOf(entry), 1)
    waiting[kind]--
  }

  const refusable = ({ waiting: line }: Client) => line.filter((entry) => entry.isRefusable)

  /** Errors: engine.too_many_waiting, engine.queue_full. */
  function makeRoom(client: Client, kind: WorkKind): void {
    const line = refusable(client).length
    if (line >= options.maxWaitingOfClient) {
      options.onRefused?.(kind, 'client')
      throw new AppError('engine.too_many_waiting', {
        max: options.maxWaitingOfClient,
        retryAfterSeconds: secondsFor(kind, line, caps[kind].ofClient),
      })
    }
    if (total(waiting) < options.maxWaiting) return
    const full = (of: WorkKind) => {
      options.onRefused?.(of, 'all')
      return new AppError('engine.queue_full', {
        max: options.maxWaiting,
        retryAfterSeconds: secondsFor(of, waiting[of], caps[of].all),
      })
    }
    const longest = [...clients.values()].map(refusable).reduce((a, b) => (b.length > a.length ? b : a))
    const youngest = longest.at(-1)
    if (!youngest || longest.length <= line + 1) throw full(kind)
    leave(youngest)
    youngest.refuse(full(youngest.kind))
    forgetIfGone(youngest.client)
  }

  function secondsFor(kind: WorkKind, ahead: number, slots: number): number {
    const seconds = Math.ceil(((ahead + 1) * meanMs[kind]) / slots / 1000)
    return Math.max(1, Math.min(60, seconds))
  }

  /** Answers when it began. */
  async function turn(client: Client, ask: Ask): Promise<number> {
    const { kind, signal } = ask
    const hasWaiting = client.waiting.some((entry) => entry.kind === kind)
    if (!hasWaiting && isFree(kind) && mayStart(client, kind)) {
      options.onTurn?.(kind, 0)
      return start(client, kind)
    }
    const isRefusable = client.name !== serverItself && !ask.isUnderWay
    if (isRefusable) makeRoom(client, kind)
    const begun = Promise.withResolvers<number>()
    const entry: Entry = {
      kind,
      client,
      since: stopwatch(),
      number: numbers++,
      isRefusable,
      receive: () => begun.resolve(start(client, kind)),
      refuse: (error) => begun.reject(error),
    }
    const giveUp = () => {
      if (!client.waiting.includes(entry)) return
      leave(entry)
      entry.refuse(cancelled(signal))
    }
    signal?.addEventListener('abort', giveUp, { once: true })
    client.waiting.push(entry)
    waiting[kind]++
    try {
      return await begun.promise
    } finally {
      signal?.removeEventListener('abort', giveUp)
    }
  }

  return {
    async run(ask, work) {
      if (isClosed || ask.signal?.aborted) throw cancelled(ask.signal)
      const client = enter(ask.client ?? currentClient())
      let startedAt: number
      try {
        startedAt = await turn(client, ask)
      } catch (error) {
        forgetIfGone(client)
        throw error
      }
      try {
        return await work()
      } finally {
        end(client, ask.kind, startedAt)
      }
    },
    running: (kind) => running[kind],
    waiting: (kind) => waiting[kind],
    close() {
      isClosed = true
      for (const client of [...clients.values()]) {
        for (const entry of [...client.waiting]) {
          leave(entry)
          entry.refuse(cancelled(undefined))
        }
      }
    },
  }
}

/** Slots of all clients and of one: everybody else finds one more, wherever there is more than one. */
function capsOf(slots: number, longSlots: number) {
  const fewer = (count: number) => Math.max(1, count - 1)
  const long = Math.max(1, Math.min(longSlots, slots - 1))
  const short = Math.max(1, slots - long)
  const exports = fewer(long)
  return {
    short: { all: short, ofClient: fewer(short) },
    long: { all: long, ofClient: fewer(long) },
    export: { all: exports, ofClient: fewer(exports) },
  }
}

function zeros(): Record<WorkKind, number> {
  return { short: 0, long: 0, export: 0 }
}

function total(counts: Readonly<Record<WorkKind, number>>): number {
  return counts.short + counts.long + counts.export
}
