import type { FastifyRequest } from 'fastify'

/** What a request shows of who sends it, for `access` to judge: when it comes in, and again while a stream is open. */
export function credentialsOf(request: FastifyRequest): {
  readonly authorization: string | undefined
  readonly apikey: string | undefined
} {
  return { authorization: request.headers.authorization, apikey: apikeyOf(request) }
}

function apikeyOf(request: FastifyRequest): string | undefined {
  const query = request.query as Record<string, unknown>
  // Several keys are no key: which one counts must not depend on who reads them.
  return Array.isArray(query.apikey) ? 'several' : (query.apikey as string | undefined)
}
