/**
 * What browsers are told about everything that the server sends. Each answer begins with the strictest: it runs nothing,
 * loads nothing and stands in no frame; a page says for itself what it needs more, by headers of its own.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'

/** Data for others: pages of other sites may load it, as CORS says too. */
const dataForAll = /^\/api\/(explore|v2|records|datasets|odsql|feeds|openapi\.json|notifications)\b/

/** An answer that is data, whatever a browser may take it for: XML can be a page with scripts. */
const dataPolicy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

export function setSecurityHeaders(
  request: FastifyRequest,
  reply: FastifyReply,
  { hstsSeconds }: { readonly hstsSeconds: number },
): void {
  reply.header('X-Content-Type-Options', 'nosniff')
  reply.header('Referrer-Policy', 'no-referrer')
  reply.header('Content-Security-Policy', dataPolicy)
  reply.header('Cross-Origin-Opener-Policy', 'same-origin')
  reply.header('Cross-Origin-Resource-Policy', dataForAll.test(request.url) ? 'cross-origin' : 'same-origin')
  reply.header('X-Permitted-Cross-Domain-Policies', 'none')
  if (hstsSeconds > 0 && request.protocol === 'https')
    reply.header('Strict-Transport-Security', `max-age=${hstsSeconds}`)
}

/** For files of users: even where one is opened as a page, it is of no origin, runs nothing and stands in no frame. */
export function sandboxFile(reply: FastifyReply): FastifyReply {
  return reply.header('Content-Security-Policy', `sandbox; ${dataPolicy}`)
}

/** The same for pictures that browsers show by themselves: an SVG brings its styles and pictures along. */
export function sandboxPicture(reply: FastifyReply): FastifyReply {
  const own = "style-src 'unsafe-inline'; img-src data:"
  return reply.header('Content-Security-Policy', `sandbox; ${dataPolicy}; ${own}`)
}
