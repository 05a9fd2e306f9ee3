/** Exports over HTTP: what proves that one is whole. */
import { pipeline, Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ExportFormat, ExportOrder } from '../../exports/index.ts'
import { AppError } from '../../kernel/index.ts'
import type { HttpServices } from '../services.ts'
import { sendFile } from './file-answers.ts'

export interface ExportAnswer {
  readonly order: ExportOrder
  readonly filename: string
  readonly isCompressed: boolean
  /** Of the tag of a whole file; null: it gets none. */
  readonly tagPrefix: string | null
  /** The engine could not read what the export is made from. */
  onUnreadable?(): void
}

/**
 * Sends an export. A whole file has its length, its tag and ranges. A stream ends with a trailer that counts the records;
 * one that fails is cut off with a reset, so that nobody, proxies that know no chunks included, takes it for complete.
 */
export async function sendExported(
  services: HttpServices,
  request: FastifyRequest,
  reply: FastifyReply,
  { order, filename, isCompressed, tagPrefix, onUnreadable }: ExportAnswer,
): Promise<FastifyReply> {
  const { mediaType, kind } = order.format
  reply.type(isCompressed ? 'application/gzip' : mediaType)
  reply.header('Content-Disposition', `attachment; filename="${filename}${isCompressed ? '.gz' : ''}"`)
  // The length of a file is known only when it is written: whoever asks for it alone wants to read ranges next.
  if (request.method === 'HEAD' && (isCompressed || (kind !== 'file' && !order.isWhole))) {
    services.exports.check(order)
    // Of no payload at all the framework would say that its length is 0.
    return reply.send(Readable.from([]))
  }
  const exported = await services.exports.open(order)
  if (exported.kind === 'stream') {
    if (request.raw.httpVersion !== '1.0') {
      reply.trailer('Broadsheet-Records', async () => String(exported.records()))
    }
    exported.body.once('error', (error) => {
      if (error instanceof AppError && error.key === 'engine.unreadable_file') onUnreadable?.()
    })
    return sendStream(reply, isCompressed ? gzipped(exported.body) : exported.body)
  }
  const { handle, bytes, instance } = exported.file
  if (isCompressed) return sendStream(reply, gzipped(handle.createReadStream()))
  const etag = tagPrefix === null ? null : `${tagPrefix}${instance}"`
  return sendFile(request, reply, { handle, bytes, etag })
}

/**
 * Whether a part of a stream is wanted, or its length by a program that reads parts next: then it is written before it is
 * sent, as a file. `bytes=0-` is all of it; who has the weak tag of a stream, or a date, has nothing to join a part to.
 */
export function isWantedInParts(request: FastifyRequest, { isReadInParts }: ExportFormat): boolean {
  const { range, 'if-range': condition = '"' } = request.headers
  if (range === undefined) return request.method === 'HEAD' && isReadInParts === true
  return /^bytes=(?!0-$)/i.test(range) && String(condition).startsWith('"')
}

function sendStream(reply: FastifyReply, body: Readable): FastifyReply {
  body.once('error', () => {
    if (reply.raw.headersSent) reply.raw.socket?.resetAndDestroy()
  })
  return reply.send(body)
}

const gzipped = (body: Readable): Readable => pipeline(body, createGzip(), () => {})
