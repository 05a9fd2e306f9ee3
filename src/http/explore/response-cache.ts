/**
 * Answers to repeated questions, kept as bytes. A generation never changes, so neither does an answer from it: the key
 * is the generation and the question, and nothing is ever invalidated; what is not asked for any more is pushed out.
 * Only answers that every reader gets are kept: those of public datasets to whoever sees of them what everybody does.
 */
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Publication } from '../../records/index.ts'
import { dependsOnTime } from './answers.ts'

type Encoding = 'br' | 'gzip' | 'identity'

export interface ResponseCache {
  /** Whether an answer is kept; counted as asked. */
  has(key: string): boolean
  /** Sends the answer that is kept under the key; false when there is none. */
  sendKept(key: string, request: FastifyRequest, reply: FastifyReply): Promise<boolean>
  /** Keeps an answer, JSON unless it says so. One that is larger than an eighth of the cache is not kept. */
  keep(key: string, body: string | Uint8Array, mediaType?: string): void
  /** Bytes in use. */
  size(): number
}

interface Entry {
  readonly mediaType: string
  readonly bytes: Map<Encoding, Buffer>
  size: number
}

const compressedFrom = 1024
/** What an entry costs beside its bytes: key, map, headers of buffers. */
const overhead = 500
const compressors: Readonly<Record<Exclude<Encoding, 'identity'>, (bytes: Buffer) => Promise<Buffer>>> = {
  gzip: promisify<Buffer, Buffer>((bytes, done) => gzip(bytes, { level: 6 }, done)),
  br: promisify<Buffer, Buffer>((bytes, done) =>
    brotliCompress(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }, done),
  ),
}

export function createResponseCache(options: {
  readonly maxBytes: number
  readonly onAsked: (outcome: 'hit' | 'miss') => void
}): ResponseCache {
  const { maxBytes, onAsked } = options
  /** The least recently used first. */
  const entries = new Map<string, Entry>()
  let used = 0

  function pushOut(): void {
    for (const [key, entry] of entries) {
      if (used <= maxBytes) return
      entries.delete(key)
      used -= entry.size
    }
  }

  async function encoded(key: string, entry: Entry, encoding: Encoding): Promise<Buffer> {
    const known = entry.bytes.get(encoding)
    if (known) return known
    const bytes = await compressors[encoding as 'br' | 'gzip'](entry.bytes.get('identity')!)
    // Another request may have done the same meanwhile, or the entry may have been pushed out.
    if (entries.get(key) === entry && !entry.bytes.has(encoding)) {
      entry.bytes.set(encoding, bytes)
      entry.size += bytes.length
      used += bytes.length
      pushOut()
    }
    return bytes
  }

  return {
    has(key) {
      const isKept = entries.has(key)
      onAsked(isKept ? 'hit' : 'miss')
      return isKept
    },
    async sendKept(key, request, reply) {
      const entry = entries.get(key)
      if (!entry) return false
      entries.delete(key)
      entries.set(key, entry)
      const identity = entry.bytes.get('identity')!
      const encoding = identity.length < compressedFrom ? 'identity' : encodingFor(request)
      const bytes = encoding === 'identity' ? identity : await encoded(key, entry, encoding)
      if (encoding !== 'identity') reply.header('Content-Encoding', encoding)
      reply.header('Server-Timing', `cache;dur=${reply.elapsedTime.toFixed(1)}`)
      if (identity.length === 0) reply.status(204)
      else reply.type(entry.mediaType)
      void reply.send(identity.length === 0 ? undefined : bytes)
      return true
    },
    keep(key, body, mediaType = 'application/json; charset=utf-8') {
      const bytes = Buffer.from(body as Uint8Array)
      const size = bytes.length + key.length + overhead
      if (size > maxBytes / 8 || entries.has(key)) return
      entries.set(key, { mediaType, bytes: new Map([['identity', bytes]]), size })
      used += size
      pushOut()
    },
    size: () => used,
  }
}

function encodingFor(request: FastifyRequest): Encoding {
  const accepted = new Map<string, number>()
  for (const part of (request.headers['accept-encoding'] ?? '').toLowerCase().split(',')) {
    const [name, weight] = part.trim().split(/\s*;\s*q=/)
    accepted.set(name!, weight === undefined ? 1 : Number(weight))
  }
  const takes = (name: string) => (accepted.get(name) ?? accepted.get('*') ?? 0) > 0
  return takes('br') ? 'br' : takes('gzip') ? 'gzip' : 'identity'
}

/**
 * The key of a question about a publication: the route, its parameters in any order, the generation. `known`: the
 * parameters that the route reads; others change nothing. Null when the answer must not be kept: not everybody may see
 * it, or it depends on the time.
 */
export function cacheKey(
  request: FastifyRequest,
  publication: Publication,
  known: readonly string[],
): string | null {
  const { row, view, reader } = publication
  if (!reader.isPublic || dependsOnTime(request, publication)) return null
  const query = request.query as Record<string, unknown>
  const params = request.params as Record<string, string>
  const parts: unknown[] = [
    row.generation_uid,
    row.metadata_processed_at,
    view?.key ?? '',
    request.routeOptions.url,
    params,
  ]
  for (const name of known) if (query[name] !== undefined) parts.push(name, query[name])
  // Links, and those of files, say by which address the server was asked.
  if (query.include_links !== undefined || row.fields_json.includes('"type":"file"'))
    parts.push(request.protocol, request.host, request.url)
  return JSON.stringify(parts)
}
