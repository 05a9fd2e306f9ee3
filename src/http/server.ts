import compress from '@fastify/compress'
import cors from '@fastify/cors'
import multipart from '@fastify/multipart'
import swagger from '@fastify/swagger'
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import { anonymous, type PermissionClass, type Principal, requirePermission } from '../access/index.ts'
import { AppError } from '../kernel/index.ts'
import { isManagementPath, sendError } from './error-rendering.ts'
import { registerExplore } from './explore/index.ts'
import { createKnownRoutes } from './known-routes.ts'
import { registerManagement } from './management/index.ts'
import { registerDocs } from './openapi.ts'
import { registerOperations } from './operations.ts'
import type { HttpServices } from './services.ts'

declare module 'fastify' {
  interface FastifyRequest {
    principal: Principal
    startedAt: number
  }
  interface FastifyContextConfig {
    /** Who may call the route; a route without one does not start. */
    permission?: PermissionClass
  }
}

const maxBodyBytes = 8 << 20

/** The HTTP side of the server: every route, with authentication, permissions, errors and logs around it. */
export async function createHttpServer(services: HttpServices): Promise<FastifyInstance> {
  const app = fastify({
    bodyLimit: maxBodyBytes,
    exposeHeadRoutes: true,
    genReqId: () => services.ids.hex(8),
    forceCloseConnections: 'idle',
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 500 },
    ajv: { customOptions: { coerceTypes: 'array', removeAdditional: false, allErrors: false } },
  })
  app.decorateRequest('principal')
  app.decorateRequest('startedAt', 0)

  const knownRoutes = createKnownRoutes()
  app.addHook('onRoute', (route) => {
    knownRoutes.add(route.url, [route.method].flat())
    if (route.config?.permission === undefined && route.method !== 'OPTIONS') {
      throw new Error(`route ${String(route.method)} ${route.url} declares no permission`)
    }
  })
  app.addHook('onRequest', async (request, reply) => {
    request.startedAt = services.stopwatch()
    request.principal = anonymous
    reply.header('X-Content-Type-Options', 'nosniff')
    reply.header('Referrer-Policy', 'no-referrer')
    reply.header('X-Request-Id', request.id)
    request.principal = await services.access.authenticate({
      authorization: request.headers.authorization,
      apikey: apikeyOf(request),
    })
    // An unknown address of the management API tells nobody anything without credentials.
    if (isManagementPath(request.url) && request.principal.kind === 'anonymous') {
      throw new AppError('access.authentication_required', {})
    }
    const permission = request.routeOptions.config?.permission
    if (permission !== undefined) requirePermission(request.principal, permission)
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
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0]!.slice(0, 200)
    const methods = knownRoutes.methodsOf(path)
    if (methods.length > 0) reply.header('Allow', methods.join(', '))
    const error =
      methods.length > 0
        ? new AppError('http.method_not_allowed', { method: request.method })
        : new AppError('http.route_not_found', { method: request.method, path })
    return sendError(services, request, reply, error)
  })
  acceptAnyJson(app)

  await app.register(cors, {
    origin: '*',
    methods: ['GET', 'HEAD'],
    exposedHeaders: ['ETag', 'Broadsheet-Partial', 'Server-Timing', 'Content-Disposition'],
  })
  await app.register(compress, { global: false, threshold: 1024, encodings: ['br', 'gzip'] })
  await app.register(multipart, {
    limits: { files: 1, fields: 10, fileSize: services.limits.maxUploadBytes + 1, headerPairs: 100 },
  })
  await app.register(swagger, openApiOptions)
  registerOperations(app, services)
  await app.register(async (scope) => registerManagement(scope, services), { prefix: '/api/management/v2' })
  await registerExplore(app, services)
  registerDocs(app)
  await app.ready()
  return app
}

const openApiOptions = {
  openapi: {
    openapi: '3.1.0',
    info: {
      title: 'Broadsheet',
      version: '0.1.0',
      description:
        'Publish, unpublish, abort and version open datasets; search and export what is published.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    components: {
      securitySchemes: {
        apikey: { type: 'apiKey' as const, in: 'query' as const, name: 'apikey' },
        apikeyHeader: {
          type: 'apiKey' as const,
          in: 'header' as const,
          name: 'Authorization',
          description: 'Apikey <key>',
        },
        basic: { type: 'http' as const, scheme: 'basic' },
      },
    },
  },
}

function apikeyOf(request: FastifyRequest): string | undefined {
  const query = request.query as Record<string, unknown>
  const value = query.apikey
  return typeof value === 'string' ? value : undefined
}

/** The platform's own samples send JSON as a form; a body is JSON whatever it calls itself, and may be empty. */
function acceptAnyJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => {
    const text = String(body).trim()
    if (text === '') return done(null, {})
    try {
      const value = JSON.parse(text, (key, inner) => {
        if (key === '__proto__') throw new SyntaxError('the key __proto__ is refused')
        return inner
      })
      done(null, value)
    } catch (error) {
      done(new AppError('http.invalid_json', { reason: (error as Error).message.slice(0, 200) }), undefined)
    }
  })
}
