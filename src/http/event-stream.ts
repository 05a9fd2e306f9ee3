/**
 * Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html), pulled: the next event is read
 * from the database when the last one has gone to the socket, so that a slow reader waits for itself and the heap holds
 * one page of events at most.
 */
import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type EventBell, followEvents, type JobEvent } from '../jobs/index.ts'
import { AppError, type JsonObject } from '../kernel/index.ts'
import { disconnectSignal, onClose } from './disconnect.ts'
import type { HttpServices } from './services.ts'
import { usernameOf } from './username-of.ts'

/** How long a client waits before it connects again, as `retry:` tells it. */
const retryMs = 1000
/** A reader whose socket takes nothing for this long is gone. */
const stalledMs = 120_000
const maxStreams = 1000
/** One reader, with whatever key, leaves room for the others. */
const maxStreamsOfUser = 100

export interface EventStream {
  readonly subject: string
  readonly jobUid?: string
  /** Number of the last event that the reader has. */
  readonly after: number
  readonly print: (event: JobEvent) => JsonObject
  isLast(event: JobEvent): boolean
  /** Asked every now and then: throws when the reader may not read any more. */
  check(): Promise<void>
}

export interface EventStreams {
  open(request: FastifyRequest, reply: FastifyReply, stream: EventStream): FastifyReply
  /** Ends all streams as if nothing more were to come; their readers connect again. */
  close(): void
}

/** Errors of `open`: http.too_many_streams, http.too_many_own_streams. */
export function createEventStreams(
  services: Pick<HttpServices, 'control' | 'stopwatch' | 'heartbeatMs'>,
  bell: EventBell,
): EventStreams {
  const closing = new AbortController()
  let open = 0
  const openByUser = new Map<string, number>()

  function enter(user: string): () => void {
    const own = openByUser.get(user) ?? 0
    if (own >= maxStreamsOfUser) throw new AppError('http.too_many_own_streams', { max: maxStreamsOfUser })
    if (open >= maxStreams) throw new AppError('http.too_many_streams', { max: maxStreams })
    open++
    openByUser.set(user, own + 1)
    return () => {
      open--
      const left = openByUser.get(user)! - 1
      if (left === 0) openByUser.delete(user)
      else openByUser.set(user, left)
    }
  }

  async function* write(stream: EventStream, signal: AbortSignal): AsyncGenerator<string> {
    const { subject, jobUid, after } = stream
    yield `retry: ${retryMs}\nid: ${after}\n\n`
    const own = jobUid === undefined ? {} : { jobUid }
    const events = followEvents(services.control.db, bell, {
      subject,
      ...own,
      after,
      signal,
      idleMs: services.heartbeatMs,
      isLast: stream.isLast,
    })
    let checkedAt = services.stopwatch()
    for await (const event of events) {
      if (services.stopwatch() - checkedAt >= services.heartbeatMs) {
        checkedAt = services.stopwatch()
        const mayRead = await stream.check().then(
          () => true,
          () => false,
        )
        if (!mayRead) return
      }
      yield event === null
        ? ': still here\n\n'
        : `id: ${event.number}\nevent: ${event.kind}\ndata: ${JSON.stringify(stream.print(event))}\n\n`
    }
  }

  return {
    open(request, reply, stream) {
      const leave = request.method === 'HEAD' ? null : enter(usernameOf(request))
      reply.type('text/event-stream; charset=utf-8')
      reply.header('Cache-Control', 'no-store')
      // The stream's end is the connection's: a stopping server does not wait for it to be used again.
      reply.header('Connection', 'close')
      reply.header('X-Accel-Buffering', 'no')
      if (leave === null) return reply.send('')
      const signal = AbortSignal.any([disconnectSignal(reply), closing.signal])
      onClose(reply, leave)
      request.raw.socket.setTimeout(Math.max(stalledMs, 2 * services.heartbeatMs), () =>
        request.raw.socket.destroy(),
      )
      return reply.send(Readable.from(write(stream, signal), { highWaterMark: 1 }))
    },
    close: () => closing.abort(),
  }
}

/** `Last-Event-ID` of a client that connects again; null at its first time. Errors: http.invalid_parameter. */
export function lastEventIdOf(request: FastifyRequest): number | null {
  const text = request.headers['last-event-id']
  if (text === undefined || text === '') return null
  if (typeof text !== 'string' || !/^\d{1,15}$/.test(text)) {
    throw new AppError('http.invalid_parameter', {
      parameter: 'Last-Event-ID',
      value: String(text).slice(0, 60),
      expected: 'it must be the id of an event that this stream has sent',
    })
  }
  return Number(text)
}
