import type { FastifyRequest } from 'fastify'
import type { Credentials } from '../accounts/index.ts'
import { networkOf } from './client-of.ts'
import { cookieOf, sessionCookie } from './session-cookie.ts'

/** What a request shows of who sends it, for `accounts` to judge: when it comes in, and again while a stream is open. */
export function credentialsOf(request: FastifyRequest): Credentials {
  return {
    authorization: named(request.headers.authorization),
    apikey: apikeyOf(request),
    sessionToken: request.routeOptions.config?.ignoresSession ? undefined : cookieOf(request, sessionCookie),
    address: request.ip,
    network: networkOf(request.ip),
  }
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
