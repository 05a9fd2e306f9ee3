/** In which language an answer speaks: what `Accept-Language` prefers of those that there are. docs/api.md. */

import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Language, preferredLanguage } from '../kernel/index.ts'

/** Of a good answer. The operation's answer has to be one that speaks, or caches would not know of it. */
export function spokenLanguage({ headers, routeOptions }: FastifyRequest): Language {
  if (!routeOptions.config?.operation?.answer.speaks)
    throw new Error(`${routeOptions.url} answers nothing that is in a language`)
  return preferredLanguage(headers['accept-language'])
}

/** Says in the headers that the answer depends on the language asked for, and which it is. */
export function tellLanguage({ headers }: FastifyRequest, reply: FastifyReply): Language {
  const language = preferredLanguage(headers['accept-language'])
  reply.header('Content-Language', language)
  const vary = String(reply.getHeader('Vary') ?? '')
  if (!/\baccept-language\b/i.test(vary))
    reply.header('Vary', vary === '' ? 'Accept-Language' : `${vary}, Accept-Language`)
  return language
}
