import compress from '@fastify/compress'
import cors from '@fastify/cors'
import multipart from '@fastify/multipart'
import swagger from '@fastify/swagger'
import fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type RouteOptions,
} from 'fastify'
import manifest from '../../package.json' with { type: 'json' }
import { anonymous, authorize, type Principal } from '../access/index.ts'
import type { SignedIn } from '../accounts/index.ts'
import { askedBy } from '../engine/index.ts'
import { AppError } from '../kernel/index.ts'
import { auditRequests } from './audit-requests.ts'
import { registerAuth } from './auth/index.ts'
import { registerAutomation } from './automation/index.ts'
import { clientOf } from './client-of.ts'
import { credentialsOf } from './credentials.ts'
import { createDailyCalls } from './daily-calls.ts'
import { isAutomationPath, isManagementPath, sendError } from './error-rendering.ts'
import { registerExplore } from './explore/index.ts'
import { countUses } from './explore/uses.ts'
import { registerExploreV1 } from './explore-v1/index.ts'
import { registerReaderFeedback } from './feedback-routes.ts'
import { createKnownRoutes } from './known-routes.ts'
import { tellLanguage } from './language.ts'
import { compileOnFirstUse } from './lazy-schemas.ts'
import { registerManagement } from './management/index.ts'
import { registerNotifications } from './notifications/index.ts'
import { openApiOptions, registerDocs } from './openapi/index.ts'
import { registerOperations } from './operations.ts'
import { registerPortal } from './portal-routes.ts'
import { isPush, registerPush } from './push-routes.ts'
import { countDomainCall, countUserCall, type QuotaState, tellQuota } from './quotas.ts'
import { readJson } from './read-json.ts'
import { setSecurityHeaders } from './security-headers.ts'
import type { HttpServices } from './services.ts'
import { refuseForeignPassword, refuseForgery } from './session-cookie.ts'
import { closeWhenStalled } from './stalled.ts'
import { answerUnreadable } from './unreadable.ts'
import { type PageNotFound, registerWeb } from './web/index.ts'

declare module 'fastify' {
  interface FastifyRequest {
    principal: Principal
    /** The session that says who asks; null: none, or something else says it. */
    signedIn: SignedIn | null
    startedAt: number
    quotaState: QuotaState | null
  }
}

const maxBodyBytes = 8 << 20
/**
 * Of one who has not said who they are: a password, a token or an address. Pushes show their key before they are read.
 */
const strangersBodyBytes = 64 << 10
/** What is compressed where a route asks for that; the table of media types does not know vector tiles. */
const compressible = /^text\/(?!event-stream)|[+/](?:json|xml|javascript)\b|vector-tile$/
/** A query is part of the address: several clauses of 64 KiB each, percent-encoded, must come through to be judged. */
const maxHeaderBytes = 256 << 10
/** Whoever sends a header byte by byte holds a socket for no longer. */
const headersTimeoutMs = 20_000

/** The HTTP side of the server: every route, with authentication, permissions, errors and logs around it. */
export async function createHttpServer(services: HttpServices): Promise<FastifyInstance> {
  const app = fastify({
    // Of a proxy that is not trusted, neither for whom it asks nor by which address it was asked is believed.
    trustProxy: services.isTrustedProxy,
    bodyLimit: maxBodyBytes,
    exposeHeadRoutes: true,
    genReqId: () => services.ids.hex(8),
    forceCloseConnections: 'idle',
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    http: {
      maxHeaderSize: maxHeaderBytes,
      headersTimeout: headersTimeoutMs,
      connectionsCheckingInterval: headersTimeoutMs / 4,
    },
    clientErrorHandler: answerUnreadable,
    rewriteUrl: ({ url }) => pathOf(url ?? '/'),
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 500 },
    // An address that cannot be read never reaches the hooks.
    frameworkErrors: (error, request, reply) => {
      setSecurityHeaders(request, reply, services.limits)
      sendError(services, request, reply, error)
    },
    // Said by a hook instead, in the words of the API that is asked.
    return503OnClosing: false,
    ajv: {
      customOptions: { coerceTypes: 'array', removeAdditional: false, allErrors: false },
      onCreate: compileOnFirstUse,
    },
  })
  app.decorateRequest('principal')
  app.decorateRequest('signedIn', null)
  app.decorateRequest('startedAt', 0)
  app.decorateRequest('quotaState', null)
  app.decorateRequest('datasetUse', null)

  const knownRoutes = createKnownRoutes()
  app.addHook('onRoute', (route) => {
    knownRoutes.add(route.url, [route.method].flat())
    checkDeclared(route)
  })
  // Answers are written as they are: schemas of answers describe them, and must not slow or cut them.
  app.setSerializerCompiler(() => (value) => JSON.stringify(value))
  // Before our own hook, so that scripts of other sites can read a refusal too.
  await app.register(cors, {
    origin: '*',
    methods: ['GET', 'HEAD'],
    exposedHeaders: [
      'Accept-Ranges',
      'Broadsheet-Job-Id',
      'Broadsheet-Partial',
      'Content-Disposition',
      'Content-Range',
      'ETag',
      'Ods-Explore-Api-Deprecation',
      'Retry-After',
      'Server-Timing',
      'X-RateLimit-Limit',
      'X-RateLimit-Remaining',
      'X-RateLimit-Reset',
      'X-Request-Id',
    ],
  })
  app.addHook('onRequest', async (request, reply) => {
    request.startedAt = services.stopwatch()
    request.principal = anonymous
    request.audited = {}
    closeWhenStalled(reply, services.limits.stalledMs)
    setSecurityHeaders(request, reply, services.limits)
    refuseTwoHosts(request, reply)
    refuseOddOrigin(request)
    reply.header('X-Request-Id', request.id)
    if (request.routeOptions.config?.operation?.answer.speaks) tellLanguage(request, reply)
    if (services.isDraining() && !isOperationsPath(request.url)) {
      reply.header('Connection', 'close')
      throw new AppError('http.shutting_down', {})
    }
    Object.assign(request, await services.accounts.authenticate(credentialsOf(request)))
    if (request.signedIn !== null) refuseForgery(request, request.signedIn)
    else if (request.principal.kind === 'user' && request.principal.via === 'password')
      refuseForeignPassword(request)
    await countUserCall(services, request)
    // An unknown address of these tells nobody anything without credentials.
    const isClosed = isManagementPath(request.url) || isAutomationPath(request.url)
    if (isClosed && request.principal.kind === 'anonymous') {
      throw new AppError('access.authentication_required', {})
    }
    refuseNul(request.params)
    refuseNul(request.query)
    const permission = request.routeOptions.config?.permission
    if (permission !== undefined && permission !== 'public')
      await authorize(services.control.db, request.principal, permission, datasetOf(request))
  })
  // After all that refuses calls: one who is refused takes nothing from the others.
  app.addHook('preParsing', async (request) => countDomainCall(services, request))
  app.addHook('onSend', (request, reply, _payload, done) => {
    tellQuota(request, reply)
    done()
  })
  auditRequests(app, services)
  // A body may be empty where all of it is optional: an order without one is the platform's own habit.
  app.addHook('preValidation', async (request) => {
    if (request.body === undefined && request.routeOptions.schema?.body !== undefined) request.body = {}
  })
  // Not earlier: reading a body loses whose request it was.
  app.addHook('preHandler', (request, _reply, done) => {
    askedBy(clientOf(request), done)
  })
  app.addHook('onResponse', async (request, reply) => {
    const durationMs = services.stopwatch() - request.startedAt
    const route = request.routeOptions.url ?? 'unknown'
    services.metrics.observeRequest(route, request.method, reply.statusCode, durationMs / 1000)
    services.log({
      kind: 'request',
      requestId: request.id,
      method: request.method,
      route,
      status: reply.statusCode,
      durationMs,
    })
  })
  app.setErrorHandler((error, request, reply) => sendError(services, request, reply, error))
  let answerMissingPage: PageNotFound = async () => false
  app.setNotFoundHandler(async (request, reply) => {
    const path = request.url.split('?')[0]!.slice(0, 200)
    const methods = knownRoutes.methodsOf(path)
    if (methods.length > 0) reply.header('Allow', methods.join(', '))
    if (methods.length === 0 && (await answerMissingPage(request, reply))) return reply
    const error =
      methods.length > 0
        ? new AppError('http.method_not_allowed', { method: request.method })
        : new AppError('http.route_not_found', { method: request.method, path })
    return sendError(services, request, reply, error)
  })
  acceptAnyJson(app)

  await app.register(compress, {
    global: false,
    threshold: 1024,
    encodings: ['br', 'gzip'],
    customTypes: compressible,
  })
  await app.register(multipart, {
    limits: { files: 1, fields: 10, fileSize: services.limits.maxUploadBytes + 1, headerPairs: 100 },
  })
  await app.register(swagger, openApiOptions(manifest.version))
  const countCall = await createDailyCalls(app, {
    max: services.limits.dailyCalls,
    clientOf,
    nowMs: () => services.clock.now(),
  })
  registerOperations(app, services)
  await app.register(async (scope) => registerManagement(scope, services), { prefix: '/api/management/v2' })
  await app.register(async (scope) => registerAutomation(scope, services), { prefix: '/api/automation/v1.0' })
  await app.register(async (scope) => registerAuth(scope, services), { prefix: '/api/auth/v1' })
  await app.register(async (scope) => registerNotifications(scope, services), {
    prefix: '/api/notifications/v1',
  })
  registerPush(app, services)
  registerPortal(app, services)
  registerReaderFeedback(app, services)
  await app.register(async (scope) => {
    if (countCall) scope.addHook('onRequest', countCall)
    countUses(scope, services)
    await registerExplore(scope, services)
    registerExploreV1(scope, services)
  })
  registerDocs(app)
  answerMissingPage = registerWeb(app, services, (cause) =>
    services.log({ kind: 'request_failed', requestId: 'page', route: 'page', cause }),
  )
  await app.ready()
  return app
}

/** A route says who may call it and what it answers, or the server does not start. */
function checkDeclared(route: RouteOptions): void {
  if (route.method === 'OPTIONS') return
  const name = `route ${String(route.method)} ${route.url}`
  if (route.config?.permission === undefined) throw new Error(`${name} declares no permission`)
  const schema = route.schema as { hide?: boolean; operationId?: string } | undefined
  if (!schema?.hide && !schema?.operationId) throw new Error(`${name} is not documented`)
}

function isOperationsPath(url: string): boolean {
  return ['/healthz', '/readyz', '/metrics'].some((path) => url.startsWith(path))
}

/** The dataset that the route's address names, of which rights may be held; null: it names none. */
function datasetOf(request: FastifyRequest): string | null {
  return (request.params as { dataset_uid?: string } | undefined)?.dataset_uid ?? null
}

/** What proxies are sent has a host in it too: which one is asked, the header says, and nothing else. RFC 9112, section 3.2. */
function pathOf(target: string): string {
  const path = target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '')
  return path.startsWith('/') ? path : `/${path}`
}

/** Of two, a proxy may go by the one that the server does not: what comes behind is not read. RFC 9112, section 3.2. */
function refuseTwoHosts({ raw }: FastifyRequest, reply: FastifyReply): void {
  const hosts = raw.rawHeaders.filter((text, index) => index % 2 === 0 && text.toLowerCase() === 'host')
  if (hosts.length < 2) return
  reply.header('Connection', 'close')
  throw new AppError('http.bad_request', { reason: 'the header Host is there twice' })
}

/** Addresses in answers begin with it. Errors: http.bad_request. */
function refuseOddOrigin({ host, protocol }: FastifyRequest): void {
  if (protocol !== 'http' && protocol !== 'https')
    throw new AppError('http.bad_request', {
      reason: 'the header X-Forwarded-Proto is neither http nor https',
    })
  if (!host || /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i.test(host)) return
  throw new AppError('http.bad_request', { reason: 'the header Host is not a host' })
}

/** No identifier and no query has one, and PostgreSQL would refuse the text. Errors: http.bad_request. */
function refuseNul(params: unknown): void {
  const values = Object.values((params ?? {}) as Record<string, string | string[]>).flat()
  if (values.some((value) => value.includes('\0'))) {
    throw new AppError('http.bad_request', { reason: 'the address contains the character U+0000' })
  }
}

/** The platform's own samples send JSON as a form; a body is JSON whatever it calls itself, and may be empty. */
function acceptAnyJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string' }, (request, body, done) => {
    const isOfStranger = request.principal.kind === 'anonymous' && !isPush(request)
    if (isOfStranger && body.length > strangersBodyBytes)
      return done(new AppError('http.payload_too_large', { maxBytes: strangersBodyBytes }), undefined)
    const text = String(body).trim()
    if (text === '') return done(null, {})
    try {
      done(null, readJson(text))
    } catch (error) {
      done(new AppError('http.invalid_json', { reason: (error as Error).message.slice(0, 200) }), undefined)
    }
  })
}
