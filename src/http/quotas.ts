/** Calls against the quotas of users, of readers of a dataset, and of the domain. docs/security.md. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import {
  type CallCount,
  countDatasets,
  domainSubject,
  findAllowance,
  type Quota,
  rulesetsOf,
  smallest,
} from '../access/index.ts'
import { AppError, formatInstant, type JsonObject } from '../kernel/index.ts'
import { clientOf } from './client-of.ts'
import type { HttpServices } from './services.ts'

export const keySubjectOf = (keyUid: string) => `key ${keyUid}`
export const subjectOf = (username: string) => `user ${username}`

/** Of the quota that a request is counted against, for its answer's headers. */
export interface QuotaState {
  readonly limit: number
  readonly remaining: number
  /** Milliseconds. */
  readonly resetsAt: number
}

/**
 * Every call of a user counts, whatever key it comes with; of a key that is used up none counts against its owner. Errors:
 * access.quota_exceeded.
 */
export async function countUserCall(services: HttpServices, request: FastifyRequest): Promise<void> {
  const { principal } = request
  if (principal.kind === 'anonymous') return
  services.callHistory.count(
    subjectOf(principal.username),
    ...(principal.keyUid === null ? [] : [keySubjectOf(principal.keyUid)]),
  )
  if (principal.keyUid !== null) {
    const used = await services.callCounts.count(keySubjectOf(principal.keyUid), 'day')
    const limit = principal.keyLimits?.callsPerDay ?? null
    if (limit !== null) judge(services, request, used, { limit, unit: 'day' }, 'calls of this key')
  }
  const count = await services.callCounts.count(subjectOf(principal.username), 'day')
  if (principal.callsPerDay === null) return
  judge(services, request, count, { limit: principal.callsPerDay, unit: 'day' }, 'calls of your account')
}

/** What is asked to sign in, and to show where that is done: whoever may raise the quota must get there. */
const uncounted = ['/api/auth/', '/api/portal/']

/**
 * Every call of an API counts that nothing else has refused, whoever asks; who administers the domain is never refused.
 * Errors: access.quota_exceeded.
 */
export async function countDomainCall(services: HttpServices, request: FastifyRequest): Promise<void> {
  const { url } = request.routeOptions
  if (!url?.startsWith('/api/') || uncounted.some((prefix) => url.startsWith(prefix))) return
  services.callHistory.count(domainSubject)
  const count = await services.callCounts.count(domainSubject, 'day')
  const limit = await services.domainQuota.callsPerDay()
  const { principal } = request
  if (limit === null || (principal.kind === 'user' && principal.permissions.has('edit_domain'))) return
  judge(services, request, count, { limit, unit: 'day' }, 'calls of this server')
}

/**
 * A call that reads a dataset, against the quota of what the reader sees of it; of several rulesets the largest counts.
 * Errors: access.quota_exceeded.
 */
export async function countDatasetCall(
  services: HttpServices,
  request: FastifyRequest,
  datasetUid: string,
): Promise<void> {
  const rulesets = await rulesetsOf(services.control.db, request.principal, datasetUid)
  const quota = largest(rulesets.map(({ apiCallsQuota }) => apiCallsQuota))
  if (quota === null) return
  const count = await services.callCounts.count(`dataset ${datasetUid} ${clientOf(request)}`, quota.unit)
  judge(services, request, count, quota, 'calls of this dataset')
}

/** What is left, in the headers that the platform has for it. */
export function tellQuota({ quotaState }: FastifyRequest, reply: FastifyReply): void {
  if (quotaState === null) return
  reply.header('X-RateLimit-Limit', quotaState.limit)
  reply.header('X-RateLimit-Remaining', quotaState.remaining)
  // The instant in seconds, as the platform says it.
  reply.header('X-RateLimit-Reset', Math.ceil(quotaState.resetsAt / 1000))
}

/** Null: one of them has none. */
function largest(quotas: readonly (Quota | null)[]): Quota | null {
  let found: Quota | null = null
  for (const quota of quotas) {
    if (quota === null) return null
    if (found === null || perDay(quota) > perDay(found)) found = quota
  }
  return found
}

const daysOf: Readonly<Record<string, number>> = {
  second: 1 / 86_400,
  minute: 1 / 1440,
  hour: 1 / 24,
  day: 1,
  month: 30,
  year: 365,
}
const perDay = ({ limit, unit }: Quota) => limit / (daysOf[unit] ?? 1)

function judge(
  { clock }: HttpServices,
  request: FastifyRequest,
  { used, resetsAt }: CallCount,
  { limit, unit }: Quota,
  subject: string,
): void {
  const remaining = Math.max(0, limit - used)
  const told = request.quotaState
  if (told === null || remaining < told.remaining) request.quotaState = { limit, remaining, resetsAt }
  if (used <= limit) return
  const retryAfterSeconds = Math.max(1, Math.ceil((resetsAt - clock.now()) / 1000))
  throw new AppError('access.quota_exceeded', { max: limit, unit, subject, retryAfterSeconds })
}

/** Calls with a key in the day that goes on. */
export async function callsOfKey({ callCounts }: HttpServices, keyUid: string): Promise<number> {
  return (await callCounts.look(keySubjectOf(keyUid), 'day')).used
}

export async function usageOf(services: HttpServices, username: string): Promise<JsonObject> {
  const { db } = services.control
  const allowance = await findAllowance(db, username)
  const { callCounts, domainQuota } = services
  const print = ({ used, resetsAt }: CallCount, limit: number | null) => ({
    used,
    limit,
    unit: 'day',
    resets_at: formatInstant(resetsAt),
  })
  return {
    username,
    calls: print(await callCounts.look(subjectOf(username), 'day'), allowance.callsPerDay),
    domain_calls: print(await callCounts.look(domainSubject, 'day'), await domainQuota.callsPerDay()),
    datasets: { used: await countDatasets(db, username), limit: allowance.maxDatasets },
    max_records_by_dataset: smallest([allowance.maxRecordsByDataset, services.limits.maxRecordsByDataset]),
  }
}
