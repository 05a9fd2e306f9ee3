/** Calls against the quotas of users, and of readers of a dataset. docs/security.md. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import {
  type CallCount,
  countDatasets,
  findAllowance,
  type Quota,
  rulesetsOf,
  smallest,
} from '../access/index.ts'
import { AppError, formatInstant, type JsonObject } from '../kernel/index.ts'
import { clientOf } from './client-of.ts'
import type { HttpServices } from './services.ts'

const subjectOf = (username: string) => `user ${username}`

/** Of the quota that a request is counted against, for its answer's headers. */
export interface QuotaState {
  readonly limit: number
  readonly remaining: number
  /** Milliseconds. */
  readonly resetsAt: number
}

/** Every call of a user counts, whatever key it comes with. Errors: access.quota_exceeded. */
export async function countUserCall(services: HttpServices, request: FastifyRequest): Promise<void> {
  const { principal } = request
  if (principal.kind === 'anonymous') return
  const count = await services.callCounts.count(subjectOf(principal.username), 'day')
  if (principal.callsPerDay === null) return
  judge(services, request, count, { limit: principal.callsPerDay, unit: 'day' }, 'calls of your account')
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

export async function usageOf(services: HttpServices, username: string): Promise<JsonObject> {
  const { db } = services.control
  const allowance = await findAllowance(db, username)
  const calls = await services.callCounts.look(subjectOf(username), 'day')
  return {
    username,
    calls: {
      used: calls.used,
      limit: allowance.callsPerDay,
      unit: 'day',
      resets_at: formatInstant(calls.resetsAt),
    },
    datasets: { used: await countDatasets(db, username), limit: allowance.maxDatasets },
    max_records_by_dataset: smallest([allowance.maxRecordsByDataset, services.limits.maxRecordsByDataset]),
  }
}
