/** Errors to answers, in one place: an envelope for each of the three APIs. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AppError, diskFault, errorSpec, type Language, wordsOf } from '../kernel/index.ts'
import { automationError } from './automation/errors.ts'
import { discardBody } from './discard-body.ts'
import { tellLanguage } from './language.ts'
import type { HttpServices } from './services.ts'

/** Management API section 6.2; `hint` and `error_id` are ours. */
export function managementError(error: AppError, language: Language): Record<string, unknown> {
  const spec = errorSpec(error.key)
  const { message, hint } = wordsOf(error, language)
  return {
    status_code: spec.status,
    error_key: spec.errorKey,
    message,
    raw_message: spec.message,
    raw_params: error.params,
    error_id: error.key,
    ...(hint === '' ? {} : { hint }),
    ...(error.errors.length > 0 ? { errors: error.errors.map((one) => managementError(one, language)) } : {}),
  }
}

/** The one answer of the search API that has other keys: section 1.3, status 429. `key` and `hint` are ours. */
function tooManyError(error: AppError, language: Language, nowMs: number): Record<string, unknown> {
  const resetMs = nowMs + retryAfterOf(error)! * 1000
  const { message, hint } = wordsOf(error, language)
  return {
    errorcode: 10002,
    reset_time: new Date(resetMs).toISOString().replace(/\.\d+Z$/, 'Z'),
    // Calls are counted by the day; everything else is a number of what is under way at once.
    limit_time_unit: error.params.unit ?? (error.key === 'http.too_many_calls' ? 'day' : 'concurrent'),
    call_limit: error.params.max,
    error: message,
    key: error.key,
    ...(hint === '' ? {} : { hint }),
  }
}

/** Seconds; null for errors that do not pass by themselves. */
function retryAfterOf(error: AppError): number | null {
  const { retryAfterSeconds } = error.params
  return typeof retryAfterSeconds === 'number' ? retryAfterSeconds : null
}

/** Explore API section 1.3; what is behind the message comes as further keys. */
export function exploreError(error: AppError, language: Language): Record<string, unknown> {
  const spec = errorSpec(error.key)
  const { message, hint } = wordsOf(error, language)
  const { position, clause } = error.params
  return {
    error_code: spec.exploreCode ?? fallbackCodes[spec.status] ?? 'Error',
    message,
    key: error.key,
    ...(clause === undefined ? {} : { clause }),
    ...(position === undefined ? {} : { position }),
    ...(hint === '' ? {} : { hint }),
  }
}

const fallbackCodes: Readonly<Record<number, string>> = {
  400: 'InvalidRESTParameterError',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  500: 'InternalServerError',
  503: 'ServiceUnavailable',
}

export function isManagementPath(url: string): boolean {
  return url.startsWith('/api/management/')
}

export function isAutomationPath(url: string): boolean {
  return url.startsWith('/api/automation/')
}

/** Sign-in and notifications are ours: they say no as the management API does. */
function hasManagementErrors(url: string): boolean {
  return isManagementPath(url) || url.startsWith('/api/auth/') || url.startsWith('/api/notifications/')
}

/** A browser that is asked for basic authentication shows a window of its own, over the page whose script is asking. */
function challengeOf({ headers }: FastifyRequest): string {
  const isScript = headers['sec-fetch-site'] !== undefined && headers['sec-fetch-mode'] !== 'navigate'
  return !isScript ? 'Basic realm="broadsheet", charset="UTF-8"' : 'Apikey realm="broadsheet"'
}

/** What a route may have said before it failed. */
const headersOfSuccess = [
  'Broadsheet-Partial',
  'Content-Disposition',
  'Content-Length',
  'ETag',
  'Last-Modified',
  'Server-Timing',
]

export function sendError(
  services: HttpServices,
  request: FastifyRequest,
  reply: FastifyReply,
  error: unknown,
): FastifyReply {
  const known = toAppError(error, request)
  if (known.key === 'http.internal') {
    services.log({
      kind: 'request_failed',
      requestId: request.id,
      route: request.routeOptions.url ?? 'unknown',
      cause: error,
    })
  }
  discardBody(request.raw)
  // The framework would close the connection under a client that is still sending, which then loses its answer.
  if (known.key === 'http.payload_too_large') reply.removeHeader('Connection')
  const { status } = errorSpec(known.key)
  if (status === 401) reply.header('WWW-Authenticate', challengeOf(request))
  for (const name of headersOfSuccess) reply.removeHeader(name)
  reply.header('Cache-Control', 'no-store')
  const retryAfter = retryAfterOf(known)
  if (retryAfter !== null) reply.header('Retry-After', retryAfter)
  if (status === 429) services.metrics.observeRefused(known.key)
  const language = tellLanguage(request, reply)
  const explore = () =>
    retryAfter === null ? exploreError(known, language) : tooManyError(known, language, services.clock.now())
  const body = hasManagementErrors(request.url)
    ? managementError(known, language)
    : isAutomationPath(request.url)
      ? automationError(known, language, request.id)
      : explore()
  return reply.status(status).type('application/json; charset=utf-8').send(JSON.stringify(body))
}

interface FastifyFault {
  readonly code?: string
  readonly statusCode?: number
  readonly message?: string
  readonly validation?: readonly {
    readonly instancePath: string
    readonly message?: string
    readonly params?: Record<string, unknown>
  }[]
  readonly validationContext?: string
}

/** What a validator complains of. `path`: a JSON pointer into the part of the request that `context` names. */
function valueAt(request: FastifyRequest, context: string | undefined, path: string): unknown {
  const parts: Readonly<Record<string, unknown>> = {
    querystring: request.query,
    params: request.params,
    headers: request.headers,
    body: request.body,
  }
  const names = path.split('/').slice(1)
  return names.reduce<unknown>(
    (value, name) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, name)
        ? (value as Record<string, unknown>)[name]
        : undefined,
    parts[context ?? 'body'],
  )
}

function toAppError(error: unknown, request: FastifyRequest): AppError {
  if (error instanceof AppError) return error
  const fault = error as FastifyFault
  if (fault.validation) {
    const [first] = fault.validation
    const missing = first?.params?.missingProperty
    if (typeof missing === 'string') return new AppError('http.missing_parameter', { parameter: missing })
    const parameter =
      first?.instancePath.replace(/^\//, '').replaceAll('/', '.') || fault.validationContext || 'body'
    const allowed = first?.params?.allowedValues
    if (first && Array.isArray(allowed)) {
      const value = String(valueAt(request, fault.validationContext, first.instancePath)).slice(0, 60)
      return new AppError('http.invalid_parameter', {
        parameter,
        value,
        expected: `it must be one of ${allowed.join(', ')}`,
      })
    }
    return new AppError('http.invalid_parameter', {
      parameter,
      value: 'as given',
      expected: first?.message ?? 'it does not fit',
    })
  }
  if (fault.code === 'FST_ERR_BAD_URL' || fault.code === 'FST_ERR_MAX_PARAM_LENGTH') {
    const reason =
      fault.code === 'FST_ERR_BAD_URL' ? 'the address is not valid' : 'a part of the address is too long'
    return new AppError('http.bad_request', { reason })
  }
  if (fault.code === 'FST_ERR_CTP_BODY_TOO_LARGE' || fault.statusCode === 413) {
    return new AppError('http.payload_too_large', { maxBytes: request.routeOptions.bodyLimit ?? 0 })
  }
  if (fault.statusCode !== undefined && fault.statusCode >= 400 && fault.statusCode < 500) {
    return new AppError('http.bad_request', { reason: (fault.message ?? 'it cannot be read').slice(0, 200) })
  }
  return diskFault(error) ?? new AppError('http.internal', {})
}
