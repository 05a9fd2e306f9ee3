import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { openidMinutes } from '../../accounts/index.ts'
import { AppError } from '../../kernel/index.ts'
import { originOf } from '../client-of.ts'
import type { RegisterRoutes } from '../management/scope.ts'
import { type Answer, answerOf, operation } from '../openapi/index.ts'
import { cookieOf, sessionCookie, setCookie, setSessionCookie } from '../session-cookie.ts'

const tags = ['sign-in']
const keptCookie = { name: 'broadsheet_openid', path: '/api/auth/v1/openid' }
const redirect: Answer = { status: 302, description: 'The browser goes on elsewhere' }

/** Signing in by an OpenID provider. docs/security.md. */
export const registerOpenid: RegisterRoutes = (scope, services) => {
  const { openid } = services.accounts

  scope.get(
    '/methods',
    operation('public', 'listSignInMethods', 'How people can sign in', answerOf('SignInMethods'), { tags }),
    async () => ({
      password: true,
      is_mail_configured: services.accounts.sendsMail,
      openid: openid === null ? null : { name: openid.name, url: '/api/auth/v1/openid/start' },
    }),
  )
  scope.get(
    '/openid/start',
    operation('public', 'startOpenid', 'Sign in with the OpenID provider', redirect, {
      tags,
      querystring: Type.Object({
        back: Type.Optional(Type.String({ maxLength: 2000, description: 'Path to go to afterwards' })),
      }),
    }),
    async (request, reply) => {
      const { location, kept } = await required().begin({ returnTo: request.query.back ?? '/', linkTo: null })
      keep(request, reply, kept)
      return reply.header('Cache-Control', 'no-store').redirect(location, 302)
    },
  )
  scope.post(
    '/openid/links',
    operation(
      'SELF',
      'linkOpenid',
      'Link the identity at the OpenID provider to your account; only with a session',
      answerOf('OpenidLink'),
      { tags, body: Type.Object({ back: Type.Optional(Type.String({ maxLength: 2000 })) }) },
    ),
    async (request, reply) => {
      if (request.signedIn === null) throw new AppError('access.not_signed_in', {})
      const { location, kept } = await required().begin({
        returnTo: request.body.back ?? '/',
        linkTo: request.signedIn,
      })
      keep(request, reply, kept)
      return reply.header('Cache-Control', 'no-store').send({ location })
    },
  )
  scope.get(
    '/openid/callback',
    operation('public', 'finishOpenid', 'Where the OpenID provider sends the browser back to', redirect, {
      tags,
    }),
    async (request, reply) => {
      const provider = required()
      const kept = cookieOf(request, keptCookie.name)
      const back = provider.returnTo(kept)
      setCookie(request, reply, { ...keptCookie, value: '', maxAgeSeconds: 0 })
      reply.header('Cache-Control', 'no-store')
      try {
        const signedIn = await provider.finish({
          query: request.url.split('?')[1] ?? '',
          kept,
          signedIn: request.signedIn,
          from: { ...originOf(request), replaced: cookieOf(request, sessionCookie) },
        })
        setSessionCookie(request, reply, signedIn)
        return reply.redirect(back, 302)
      } catch (error) {
        // Who sits there sees a page, not an answer in JSON.
        if (!(error instanceof AppError)) throw error
        const query = new URLSearchParams({ error: error.key, back })
        return reply.redirect(`/login?${query}`, 302)
      }
    },
  )

  /** Errors: access.openid_off. */
  function required() {
    if (openid === null) throw new AppError('access.openid_off', {})
    return openid
  }
}

function keep(request: FastifyRequest, reply: FastifyReply, kept: string): void {
  setCookie(request, reply, { ...keptCookie, value: kept, maxAgeSeconds: openidMinutes * 60 })
}
