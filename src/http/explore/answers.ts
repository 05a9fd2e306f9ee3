import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Publication } from '../../records/index.ts'
import type { Link } from './links.ts'

/** JSON text as it is, compressed when the client takes that and it is worth it. */
export function sendJson(reply: FastifyReply, text: string): FastifyReply {
  reply.type('application/json; charset=utf-8').compress(text)
  return reply
}

/** Rows are JSON texts from the engine: they are joined, never parsed. */
export function sendRows(
  reply: FastifyReply,
  answer: { readonly totalCount: number | null; readonly rows: readonly string[] },
  links: readonly Link[] | null,
): FastifyReply {
  return sendJson(reply, rowsText(answer, links))
}

/** `nextCursor`: undefined where the reader does not page by cursor. */
export function rowsText(
  answer: { readonly totalCount: number | null; readonly rows: readonly string[] },
  links: readonly Link[] | null,
  nextCursor?: string | null,
): string {
  const head = answer.totalCount === null ? '{' : `{"total_count": ${answer.totalCount}, `
  const tail = links === null ? '}' : `, "_links": ${JSON.stringify(links)}}`
  const next = nextCursor === undefined ? '' : `, "next_cursor": ${JSON.stringify(nextCursor)}`
  return `${head}"results": [${answer.rows.join(', ')}]${next}${tail}`
}

/** An object of the engine's with `_links` as its last member. */
export function withLinks(object: string, links: readonly Link[] | null): string {
  if (links === null) return object
  const inside = object.trim().slice(1, -1).trim()
  return `{${inside}${inside === '' ? '' : ', '}"_links": ${JSON.stringify(links)}}`
}

/**
 * Sets the headers that caches need; true when the client already has this answer. A generation never changes, so its
 * name and the question make the tag; a question that says now() has another answer tomorrow and gets none.
 */
export function isUnchanged(request: FastifyRequest, reply: FastifyReply, publication: Publication): boolean {
  setCacheHeaders(reply, publication)
  if (dependsOnTime(request, publication)) return false
  const question = questionOf(request, publication)
  const etag = `W/"${publication.row.generation_uid}.${question}"`
  reply.header('ETag', etag)
  return isKnownTag(request, etag)
}

/**
 * As `isUnchanged`, for files that are sent byte by byte: the start of their strong tag, to which the file adds its own
 * part; null where the answer depends on the time. Any file of the same question is as good as this one.
 */
export function fileTag(
  request: FastifyRequest,
  reply: FastifyReply,
  publication: Publication,
): { readonly prefix: string | null; readonly isUnchanged: boolean } {
  setCacheHeaders(reply, publication)
  if (dependsOnTime(request, publication)) return { prefix: null, isUnchanged: false }
  const prefix = `"${publication.row.generation_uid}.${questionOf(request, publication)}.`
  const known = tagsOf(request).find((tag) => tag.replace(/^W\//, '').startsWith(prefix))
  if (known !== undefined) reply.header('ETag', known)
  return { prefix, isUnchanged: known !== undefined }
}

/**
 * Whether the client has what this tag names. If-None-Match compares weakly, and `*` is any answer there is (RFC 9110
 * section 13.1.2). It goes before If-Modified-Since, which is not looked at: its seconds are too coarse for two publishes
 * in one.
 */
export function isKnownTag(request: FastifyRequest, etag: string): boolean {
  const plain = (tag: string) => tag.replace(/^W\//, '')
  return tagsOf(request).some((tag) => tag === '*' || plain(tag) === plain(etag))
}

const tagsOf = (request: FastifyRequest) =>
  (request.headers['if-none-match'] ?? '').split(',').map((tag) => tag.trim())

/** What caches may do with the answer: keep it, and ask whether it still holds. */
export function setCacheHeaders(reply: FastifyReply, publication: Publication): void {
  const { row, view, reader } = publication
  reply.header('Last-Modified', new Date(row.data_processed_at).toUTCString())
  reply.header('Cache-Control', reader.isPublic ? 'public, no-cache' : 'private, no-cache')
  const isSameForAll = reader.isPublic && view === null
  reply.header(
    'Vary',
    isSameForAll ? 'Authorization, Accept-Encoding' : 'Authorization, Cookie, Accept-Encoding',
  )
  if (row.is_partial === 1) reply.header('Broadsheet-Partial', 'true')
}

function questionOf(request: FastifyRequest, publication: Publication): string {
  return (
    createHash('sha256')
      .update(request.url)
      // Some answers say by which address they were asked.
      .update(`${request.protocol} ${request.host}`)
      .update(`${publication.row.metadata_processed_at} ${publication.view?.key ?? ''}`)
      .digest('base64url')
      .slice(0, 16)
  )
}

/** Whether the same question about the same generation may have another answer later: a comment may stand in `now --\n()`. */
export function dependsOnTime(request: FastifyRequest, { view }: Publication): boolean {
  if (view?.dependsOnTime) return true
  const texts = Object.values(request.query as Record<string, unknown>).flat()
  return texts.some((text) => typeof text === 'string' && /\bnow\b/i.test(text))
}
