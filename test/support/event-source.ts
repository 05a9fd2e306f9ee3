/** Reads server-sent events the way a client does: over HTTP, field by field, keeping the last id for the next time. */

export interface SentEvent {
  readonly id: number
  readonly event: string
  // biome-ignore lint/suspicious/noExplicitAny: an event's shape is what a test is there to check
  readonly data: any
}

export interface EventReader {
  readonly status: number
  readonly headers: Headers
  /** What has come so far. */
  readonly events: readonly SentEvent[]
  readonly comments: readonly string[]
  /** Milliseconds that the server wants to be left alone before the next connection; null until it has said so. */
  retryMs(): number | null
  /** The id to connect again with, as the last block said it. */
  lastEventId(): string
  /** Resolves with the first event that fits, also one that has come already. Fails when the stream ends without. */
  find(fits: (event: SentEvent) => boolean): Promise<SentEvent>
  /** Resolves once a comment has come after this call. */
  nextComment(): Promise<string>
  /** Resolves when the server has ended the stream; rejects when the connection broke. */
  readonly ended: Promise<void>
  close(): void
}

export async function readEvents(
  url: string,
  options: { readonly authorization: string; readonly lastEventId?: string },
): Promise<EventReader> {
  const closing = new AbortController()
  const response = await fetch(url, {
    headers: {
      authorization: options.authorization,
      ...(options.lastEventId === undefined ? {} : { 'last-event-id': options.lastEventId }),
    },
    signal: closing.signal,
  })
  const events: SentEvent[] = []
  const comments: string[] = []
  const watchers = new Set<() => void>()
  let retryMs: number | null = null
  let lastId = options.lastEventId ?? ''

  function take(block: string): void {
    let event = 'message'
    const data: string[] = []
    for (const line of block.split('\n')) {
      const [name = '', value = ''] = [line.split(':', 1)[0], line.slice(line.indexOf(':') + 1).trimStart()]
      if (name === '') comments.push(value)
      else if (name === 'id') lastId = value
      else if (name === 'event') event = value
      else if (name === 'data') data.push(value)
      else if (name === 'retry') retryMs = Number(value)
      else throw new Error(`not a field of an event stream: ${line}`)
    }
    if (data.length > 0) events.push({ id: Number(lastId), event, data: JSON.parse(data.join('\n')) })
    for (const watch of [...watchers]) watch()
  }

  let isOver = false
  async function pump(): Promise<void> {
    let text = ''
    try {
      for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
        text += Buffer.from(chunk).toString('utf8')
        const blocks = text.split('\n\n')
        text = blocks.pop()!
        for (const block of blocks) take(block)
      }
    } finally {
      isOver = true
      for (const watch of [...watchers]) watch()
    }
  }
  const ended = pump()
  // Whoever waits for the end hears of a broken connection; nobody else has to.
  ended.catch(() => {})

  function until<T>(look: () => T | undefined, what: string): Promise<T> {
    return new Promise((resolve, reject) => {
      const watch = () => {
        const found = look()
        if (found === undefined && !isOver) return
        watchers.delete(watch)
        if (found !== undefined) resolve(found)
        else
          reject(new Error(`the stream ended without ${what}: ${JSON.stringify(events.map((e) => e.event))}`))
      }
      watchers.add(watch)
      watch()
    })
  }

  return {
    status: response.status,
    headers: response.headers,
    events,
    comments,
    retryMs: () => retryMs,
    lastEventId: () => lastId,
    find: (fits) => until(() => events.find(fits), 'such an event'),
    nextComment() {
      const seen = comments.length
      return until(() => comments[seen], 'a comment')
    },
    ended,
    close: () => closing.abort(),
  }
}

export function basicAuthorization(user: { readonly username: string; readonly password: string }): string {
  return `Basic ${Buffer.from(`${user.username}:${user.password}`).toString('base64')}`
}
