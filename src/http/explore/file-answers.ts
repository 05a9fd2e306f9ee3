/** Whole files over HTTP, with ranges: RFC 9110, sections 13 and 14. */
import type { FileHandle } from 'node:fs/promises'
import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import rangeParser from 'range-parser'
import { AppError } from '../../kernel/index.ts'

export interface SentFile {
  readonly handle: FileHandle
  readonly bytes: number
  /** Strong: the same tag is the same bytes. Null: the file may be another the next time, and is sent whole only. */
  readonly etag: string | null
  /** Called when the body has been sent or given up. */
  onEnd?(): void
}

/**
 * Sends a file, or the one range of it that is asked for. Several ranges at once are answered by the whole, as the
 * standard allows; `If-Range` with another tag too, so that halves of two files never meet. Errors: http.range_not_satisfiable.
 */
export async function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  file: SentFile,
): Promise<FastifyReply> {
  const { bytes, etag } = file
  let isOver = false
  const end = async () => {
    if (isOver) return
    isOver = true
    await file.handle.close().catch(() => {})
    file.onEnd?.()
  }
  reply.header('Accept-Ranges', etag === null ? 'none' : 'bytes')
  if (etag !== null) reply.header('ETag', etag)
  const range = etag === null ? 'whole' : rangeOf(request, bytes, etag)
  if (range === 'unsatisfiable') {
    await end()
    reply.header('Content-Range', `bytes */${bytes}`)
    throw new AppError('http.range_not_satisfiable', { bytes })
  }
  const { start, length } = range === 'whole' ? { start: 0, length: bytes } : range
  if (range !== 'whole') {
    reply.status(206).header('Content-Range', `bytes ${start}-${start + length - 1}/${bytes}`)
  }
  reply.header('Content-Length', length)
  if (request.method === 'HEAD' || length === 0) {
    await end()
    // Of no payload at all the framework would say that its length is 0.
    return reply.send(Readable.from([]))
  }
  const body = file.handle.createReadStream({
    start,
    end: start + length - 1,
    highWaterMark: 1 << 18,
  })
  body.once('close', () => void end())
  return reply.send(body)
}

function rangeOf(
  request: FastifyRequest,
  bytes: number,
  etag: string,
): 'whole' | 'unsatisfiable' | { readonly start: number; readonly length: number } {
  const { range, 'if-range': condition } = request.headers
  if (range === undefined || !/^bytes=/i.test(range)) return 'whole'
  if (condition !== undefined && condition !== etag) return 'whole'
  const ranges = rangeParser(bytes, range)
  if (ranges === -1) return 'unsatisfiable'
  if (ranges === -2 || ranges.length !== 1) return 'whole'
  const [{ start, end } = { start: 0, end: 0 }] = ranges
  return { start, length: end - start + 1 }
}
