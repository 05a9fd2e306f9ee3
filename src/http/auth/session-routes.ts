import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { Session, SignedIn } from '../../accounts/index.ts'
import { AppError, formatInstant, type JsonObject } from '../../kernel/index.ts'
import { auditing } from '../audit-requests.ts'
import { originOf } from '../client-of.ts'
import type { RegisterRoutes } from '../management/scope.ts'
import { answerList, answerOf, noContent, operation } from '../openapi/index.ts'
import { comesWithKey, refuseKey } from '../refuse-key.ts'
import {
  clearSessionCookie,
  cookieOf,
  csrfToken,
  refuseForeignOrigin,
  sessionCookie,
  setSessionCookie,
} from '../session-cookie.ts'
import { usernameOf } from '../username-of.ts'

const tags = ['sign-in']
const signOutHeader = 'Broadsheet-Sign-Out'
const sessionParams = Type.Object({ session_uid: Type.String() })
const userParams = Type.Object({ username: Type.String() })
const userSessionParams = Type.Object({ ...userParams.properties, ...sessionParams.properties })

/** Signing in and out with a browser, and the sessions that this makes. docs/security.md. */
export const registerSessions: RegisterRoutes = (scope, services) => {
  const { sessions } = services.accounts
  const { db } = services.control

  const signIn = operation('public', 'signIn', 'Sign in; the answer sets the cookie', answerOf('SignedIn'), {
    tags,
    body: Type.Object({
      username: Type.String({ maxLength: 300 }),
      password: Type.String({ maxLength: 1000 }),
    }),
  })
  scope.post(
    '/session',
    { ...signIn, config: { ...signIn.config, ignoresSession: true } },
    async (request, reply) => {
      refuseForeignOrigin(request)
      const signedIn = await services.accounts.signIn(request.body, {
        ...originOf(request),
        replaced: cookieOf(request, sessionCookie),
      })
      setSessionCookie(request, reply, signedIn)
      return sendSignedIn(reply, signedIn)
    },
  )
  scope.get(
    '/session',
    operation('public', 'readSession', 'Who is signed in', answerOf('SignedIn'), { tags }),
    async (request, reply) => {
      if (request.signedIn !== null) return sendSignedIn(reply, request.signedIn)
      if (cookieOf(request, sessionCookie) !== undefined) clearSessionCookie(request, reply)
      throw new AppError('access.not_signed_in', {})
    },
  )
  scope.delete(
    '/session',
    auditing(
      true,
      operation('public', 'signOut', 'Sign out', noContent, {
        tags,
        description: `The session ends. If it was begun with an OpenID provider that takes sign-outs, the header ${signOutHeader} says where the browser signs out of that too; from there it comes back to /login.`,
      }),
    ),
    async (request, reply) => {
      clearSessionCookie(request, reply)
      if (request.signedIn !== null) {
        const { session } = request.signedIn
        await sessions.end(session.username, session.sessionUid)
        const location = await services.accounts.openid?.signOutLocation(session)
        if (location) reply.header(signOutHeader, location)
      }
      return reply.status(204).send()
    },
  )

  scope.get(
    '/sessions',
    operation('SELF', 'listSessions', 'Your sessions, newest first; a key has none', answerList('Session'), {
      tags,
    }),
    async (request) => {
      if (comesWithKey(request)) return []
      const own = await sessions.list(usernameOf(request))
      return own.map((session) => printSession(session, request))
    },
  )
  scope.delete(
    '/sessions',
    operation('SELF', 'endSessions', 'End all your sessions but this one; not with a key', noContent, {
      tags,
    }),
    async (request, reply) => {
      refuseKey(request, 'access.account_needs_password')
      await sessions.endAll(usernameOf(request), request.signedIn?.session.sessionUid)
      return reply.status(204).send()
    },
  )
  scope.delete(
    '/sessions/:session_uid',
    operation('SELF', 'endSession', 'End one of your sessions; not with a key', noContent, {
      tags,
      params: sessionParams,
    }),
    async (request, reply) => {
      refuseKey(request, 'access.account_needs_password')
      await sessions.end(usernameOf(request), request.params.session_uid)
      return reply.status(204).send()
    },
  )

  scope.get(
    '/users/:username/sessions',
    operation('ADMIN', 'listUserSessions', 'Sessions of a user, newest first', answerList('Session'), {
      tags,
      params: userParams,
    }),
    async (request) => {
      const { username } = request.params
      await requireUser(username)
      return (await sessions.list(username)).map((session) => printSession(session, request))
    },
  )
  scope.delete(
    '/users/:username/sessions',
    operation('ADMIN', 'endUserSessions', 'End all sessions of a user', noContent, {
      tags,
      params: userParams,
    }),
    async (request, reply) => {
      await requireUser(request.params.username)
      await sessions.endAll(request.params.username)
      return reply.status(204).send()
    },
  )
  scope.delete(
    '/users/:username/sessions/:session_uid',
    operation('ADMIN', 'endUserSession', 'End a session of a user', noContent, {
      tags,
      params: userSessionParams,
    }),
    async (request, reply) => {
      await sessions.end(request.params.username, request.params.session_uid)
      return reply.status(204).send()
    },
  )

  /** Errors: access.unknown_user. */
  async function requireUser(username: string): Promise<void> {
    const user = await db
      .selectFrom('users')
      .select('username')
      .where('username', '=', username)
      .executeTakeFirst()
    if (!user) throw new AppError('access.unknown_user', { username: username.slice(0, 100) })
  }
}

/** What a page needs to know of who is signed in. Never to be kept by a cache. */
export function sendSignedIn(reply: FastifyReply, { principal, session, token }: SignedIn): FastifyReply {
  return reply.header('Cache-Control', 'no-store').send({
    username: principal.username,
    permissions: [...principal.permissions],
    csrf_token: csrfToken(token),
    session_uid: session.sessionUid,
    expires_at: formatInstant(session.expiresAt),
  })
}

function printSession(session: Session, request: FastifyRequest): JsonObject {
  return {
    session_uid: session.sessionUid,
    method: session.method,
    address: session.address,
    user_agent: session.userAgent,
    created_at: formatInstant(session.createdAt),
    last_seen_at: formatInstant(session.lastSeenAt),
    expires_at: formatInstant(session.expiresAt),
    is_current: session.sessionUid === request.signedIn?.session.sessionUid,
  }
}
