import type { FastifyRequest } from 'fastify'
import type { Credentials } from '../accounts/index.ts'
import { networkOf } from './client-of.ts'
import { cookieOf, sessionCookie } from './session-cookie.ts'

/** What a request shows of who sends it, for `accounts` to judge: when it comes in, and again while a stream is open. */
export function credentialsOf(request: FastifyRequest): Credentials {
  return {
    authorization: request.headers.authorization,
    apikey: apikeyOf(request),
    sessionToken: request.routeOptions.config?.ignoresSession ? undefined : cookieOf(request, sessionCookie),
    address: request.ip,
    network: networkOf(request.ip),
  }
}

function apikeyOf(request: FastifyRequest): string | undefined {
  const query = request.query as Record<string, unknown>
  // Several keys are no key: which one counts must not depend on who reads them.
  return Array.isArray(query.apikey) ? 'several' : (query.apikey as string | undefined)
}
