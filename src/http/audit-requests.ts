import type { FastifyContextConfig, FastifyInstance, FastifyRequest } from 'fastify'
import { securityOf } from '../access/index.ts'
import type { AuditOutcome, AuditRecord } from '../audit/index.ts'
import { findDataset } from '../catalog/index.ts'
import type { JsonObject } from '../kernel/index.ts'
import { keyOfRules } from '../records/index.ts'
import type { HttpServices } from './services.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * Whether calls of the route go into the audit log. Left out: those that change something do. `restricted`: only
     * those that read what not everybody may see.
     */
    audit?: boolean | 'restricted'
  }
  interface FastifyRequest {
    /** What the handler knows of its entry in the audit log that the address does not say. */
    audited: {
      target?: AuditRecord['target']
      details?: JsonObject
      readsRestricted?: boolean
      isWritten?: boolean
    }
  }
}

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])
/** Classes whose routes change nothing, whatever their method. */
const readingClasses = new Set(['public', 'READ', 'TOOLS'])
const secretParameters = new Set(['apikey', 'pushkey', 'token'])

/** Route options with another rule for the audit log than the usual one. */
export function auditing<const O extends { readonly config: object }>(
  audit: NonNullable<FastifyContextConfig['audit']>,
  options: O,
): O & { readonly config: { readonly audit: typeof audit } } {
  return { ...options, config: { ...options.config, audit } }
}

/** For an export by the management API: it reads what is restricted where not everybody sees all of the dataset. */
export async function noteExport(
  services: HttpServices,
  request: FastifyRequest,
  datasetUid: string,
): Promise<void> {
  const security = await securityOf(services.control.db, datasetUid)
  if (security === null || (!security.isRestricted && keyOfRules([security.default]) === '')) return
  request.audited = { readsRestricted: true, target: { type: 'dataset', id: datasetUid } }
}

/**
 * Writes what was asked for, and how it ended, before it is answered. Orders of jobs are answered first: what has been
 * acknowledged is committed, and a worker may be at it already; its entry follows.
 */
export function auditRequests(app: FastifyInstance, services: HttpServices): void {
  app.decorateRequest('audited')
  app.addHook('onSend', async (request, reply) => {
    if (!isAudited(request) || request.audited.isWritten) return
    request.audited.isWritten = true
    const written = write(request, reply.statusCode)
    if (request.routeOptions.config.permission !== 'PUBLISH') await written
  })

  async function write(request: FastifyRequest, status: number): Promise<void> {
    try {
      await services.audit.record(await entryOf(services, request, status))
    } catch (cause) {
      const route = request.routeOptions.url ?? 'unknown'
      services.log({ kind: 'request_failed', requestId: request.id, route, cause })
    }
  }
}

function isAudited(request: FastifyRequest): boolean {
  const { config } = request.routeOptions
  // An address that could not be read has not got as far as being anybody's.
  if (request.principal?.kind !== 'user' || config?.permission === undefined) return false
  if (config.audit === 'restricted') return request.audited.readsRestricted === true
  if (config.audit !== undefined) return config.audit !== false
  return !safeMethods.has(request.method) && !readingClasses.has(config.permission)
}

async function entryOf(
  services: HttpServices,
  request: FastifyRequest,
  status: number,
): Promise<AuditRecord> {
  const { principal, audited } = request
  const operationId = (request.routeOptions.schema as { operationId?: string } | undefined)?.operationId
  const { target, others } = await targetOf(services, request)
  const query = withoutSecrets(request.query as JsonObject)
  const body: JsonObject = keepsBody(request) ? { body: withoutPasswords(request.body as JsonObject) } : {}
  return {
    action: operationId ?? `${request.method} ${request.routeOptions.url}`,
    outcome: outcomeOf(status),
    ...(principal.kind === 'user'
      ? { username: principal.username, via: principal.via, keyUid: principal.keyUid }
      : {}),
    address: request.ip,
    target: audited.target ?? target,
    details: {
      ...others,
      ...(Object.keys(query).length > 0 ? { query } : {}),
      ...body,
      ...audited.details,
      ...(status >= 400 ? { status } : {}),
    },
  }
}

/** Where it says who may do what: rules of datasets and pages, users, groups, and what else administrators set. */
function keepsBody({ routeOptions, body }: FastifyRequest): boolean {
  const { permission } = routeOptions.config
  const saysWho =
    permission === 'SECURITY' || permission === 'ADMIN' || routeOptions.url?.includes('/security/') === true
  return saysWho && body !== null && body !== undefined
}

const secretNames = /passw|secret|token|apikey/i

const withoutPasswords = (body: JsonObject): JsonObject =>
  JSON.parse(JSON.stringify(body, (name, value) => (secretNames.test(name) ? '...' : value)))

/** The first thing that the address names, and the others. A dataset is named by its uid, whatever it was called. */
async function targetOf(
  { control }: HttpServices,
  request: FastifyRequest,
): Promise<{ target: AuditRecord['target']; others: JsonObject }> {
  const [first, ...others] = Object.entries((request.params ?? {}) as Record<string, string>)
  if (first === undefined) return { target: undefined, others: {} }
  const [name, value] = first
  const type = name.replace(/_u?id$/, '')
  // A key may be named by itself.
  if (name === 'key' && !value.startsWith('ak_')) return { target: undefined, others: {} }
  const id =
    type !== 'dataset'
      ? value
      : await findDataset(control.db, value).then(
          (dataset) => dataset.dataset_uid,
          () => value,
        )
  return { target: { type, id }, others: Object.fromEntries(others) }
}

function outcomeOf(status: number): AuditOutcome {
  if (status < 400) return 'done'
  return status === 401 || status === 403 || status === 429 ? 'refused' : 'failed'
}

function withoutSecrets(query: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(query ?? {}).filter(([name]) => !secretParameters.has(name)))
}
