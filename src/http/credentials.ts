import type { FastifyRequest } from 'fastify'

/** What a request shows of who sends it, for `access` to judge: when it comes in, and again while a stream is open. */
export function credentialsOf(request: FastifyRequest): {
  readonly authorization: string | undefined
  readonly apikey: string | undefined
} {
  return { authorization: named(request.headers.authorization), apikey: apikeyOf(request) }
}

/** Clients of the Automation API that are set up without a scheme send the bare key: its section 2.1. */
function named(authorization: string | undefined): string | undefined {
  return authorization !== undefined && /^[A-Za-z0-9]{20,200}$/.test(authorization)
    ? `Apikey ${authorization}`
    : authorization
}

function apikeyOf(request: FastifyRequest): string | undefined {
  const query = request.query as Record<string, unknown>
  // Several keys are no key: which one counts must not depend on who reads them.
  return Array.isArray(query.apikey) ? 'several' : (query.apikey as string | undefined)
}
