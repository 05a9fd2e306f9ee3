import { parseCookie, stringifySetCookie } from 'cookie'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { csrfToken, isCsrfToken, type SignedIn } from '../accounts/index.ts'
import { AppError } from '../kernel/index.ts'

export const sessionCookie = 'broadsheet_session'
export const csrfHeader = 'x-csrf-token'

/** A cookie of the request; several of one name are none: which one counts must not depend on who reads them. */
export function cookieOf(request: FastifyRequest, name: string): string | undefined {
  const { cookie } = request.headers
  if (cookie === undefined) return undefined
  const sent = cookie.split(';').filter((pair) => pair.trim().startsWith(`${name}=`))
  return sent.length === 1 ? parseCookie(cookie)[name] || undefined : undefined
}

/** No script of a page can read it, and no other site can send it along with what changes something. */
export function setCookie(
  request: FastifyRequest,
  reply: FastifyReply,
  cookie: { readonly name: string; readonly value: string; readonly maxAgeSeconds?: number; path?: string },
): void {
  const { name, value, maxAgeSeconds, path = '/' } = cookie
  reply.header(
    'Set-Cookie',
    stringifySetCookie({
      name,
      value,
      path,
      httpOnly: true,
      sameSite: 'lax',
      secure: request.protocol === 'https',
      ...(maxAgeSeconds === undefined ? {} : { maxAge: maxAgeSeconds }),
    }),
  )
}

/** Until the browser is closed, or the session ends on the server. */
export function setSessionCookie(request: FastifyRequest, reply: FastifyReply, { token }: SignedIn): void {
  setCookie(request, reply, { name: sessionCookie, value: token })
}

export function clearSessionCookie(request: FastifyRequest, reply: FastifyReply): void {
  setCookie(request, reply, { name: sessionCookie, value: '', maxAgeSeconds: 0 })
}

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * The cookie comes along with what any page makes a browser send: what changes something must show that it comes from a
 * page of ours. Errors: access.csrf_token_needed, access.foreign_origin.
 */
export function refuseForgery(request: FastifyRequest, { token }: SignedIn): void {
  if (safeMethods.has(request.method)) return
  refuseForeignOrigin(request)
  if (!isCsrfToken(token, request.headers[csrfHeader])) {
    throw new AppError('access.csrf_token_needed', {})
  }
}

/**
 * A browser that has once asked for a password by a window of its own adds it by itself from then on, whoever makes it
 * ask. Errors: access.foreign_origin.
 */
export function refuseForeignPassword(request: FastifyRequest): void {
  if (!safeMethods.has(request.method)) refuseForeignOrigin(request)
}

/**
 * Browsers say where a request comes from; programs say nothing and have no cookies that they do not know of. Errors:
 * access.foreign_origin.
 */
export function refuseForeignOrigin(request: FastifyRequest): void {
  const { origin, 'sec-fetch-site': site } = request.headers
  // What the browser itself says holds behind every proxy; the names of hosts need one that passes them on.
  const isForeign =
    site !== undefined
      ? site !== 'same-origin' && site !== 'none'
      : origin !== undefined && origin !== `${request.protocol}://${request.host}`
  if (isForeign) throw new AppError('access.foreign_origin', { origin: String(origin ?? site).slice(0, 200) })
}

export { csrfToken }
