/** Users, groups and keys. Automation API section 14. */
import type { AccountLimits, AccountQuotas, ApiKey, Group, User } from '../../access/index.ts'
import { formatInstant, type JsonObject, type JsonValue } from '../../kernel/index.ts'
import { displayName } from '../management/print-account.ts'
import { invalid } from './scope.ts'

const orNull = (at: number | null) => (at === null ? null : formatInstant(at))

/** A key `groups` that is empty, or holds more than uids, no client can read: section 1, rule 7. */
export function printUser(user: User): JsonObject {
  return {
    username: user.username,
    display_name: displayName(user),
    first_name: user.firstName,
    last_name: user.lastName,
    is_active: user.isActive,
    email: user.email ?? '',
    is_ods: false,
    account_type: 'local',
    permissions: [...user.permissions],
    joined_at: formatInstant(user.createdAt),
    last_seen_at: orNull(user.lastSeenAt),
    last_login_at: orNull(user.lastSeenAt),
    expires_at: orNull(user.expiresAt),
    ...printLimits(user),
    ...(user.groups.length > 0 ? { groups: user.groups.map((uid) => ({ uid })) } : {}),
    identity_providers: [],
  }
}

export function printGroup(group: Group): JsonObject {
  return {
    uid: group.groupId,
    title: group.title,
    description: group.description,
    user_count: group.userCount,
    permissions: [...group.permissions],
    ...printLimits(group),
    created_at: formatInstant(group.createdAt),
    created_by: { username: group.createdBy },
    updated_at: formatInstant(group.updatedAt),
    updated_by: { username: group.updatedBy },
  }
}

/** `explore_limits` only where there is one: in it, the calls are no option to clients. */
function printLimits({ quotas, limits }: { quotas: AccountQuotas; limits: AccountLimits }): JsonObject {
  return {
    ...('limit' in quotas
      ? { explore_limits: { api_calls: { limit: quotas.limit, unit: quotas.unit } } }
      : {}),
    management_limits: { ...limits },
  }
}

/** What is left out stays; an empty or null limit of calls is none. Errors: http.invalid_parameter. */
export function readLimits(body: JsonObject): { quotas?: AccountQuotas; limits?: AccountLimits } {
  const { explore_limits, management_limits } = body
  return {
    ...(explore_limits === undefined ? {} : { quotas: readCalls(explore_limits) }),
    ...(management_limits === undefined || management_limits === null
      ? {}
      : { limits: readManaged(management_limits) }),
  }
}

function readCalls(value: JsonValue): AccountQuotas {
  const { api_calls = null } = objectAt('explore_limits', value ?? {})
  if (api_calls === null) return {}
  const { limit, unit } = objectAt('explore_limits.api_calls', api_calls)
  if (unit !== 'day') throw invalid('explore_limits.api_calls.unit', unit, 'calls are counted by the day')
  return { limit: wholeAt('explore_limits.api_calls.limit', limit), unit }
}

function readManaged(value: JsonValue): AccountLimits {
  const { max_datasets, max_records_by_dataset } = objectAt('management_limits', value)
  const named = (name: string, given: JsonValue | undefined) =>
    given === undefined || given === null ? {} : { [name]: wholeAt(`management_limits.${name}`, given) }
  return {
    ...named('max_datasets', max_datasets),
    ...named('max_records_by_dataset', max_records_by_dataset),
  }
}

function objectAt(property: string, value: JsonValue): JsonObject {
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw invalid(property, value, 'it must be an object')
  return value
}

function wholeAt(property: string, value: JsonValue | undefined): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0)
    throw invalid(property, value, 'it must be a whole number')
  return value as number
}

/** Errors: http.invalid_parameter. */
export function readNames(property: string, value: JsonValue | undefined): string[] | undefined {
  if (value === undefined || value === null) return undefined
  if (!Array.isArray(value) || value.length > 1000 || value.some((name) => typeof name !== 'string'))
    throw invalid(property, value, 'it must be an array of texts')
  return value as string[]
}

/** A key is shown whole once. */
export function printKey(key: ApiKey & { readonly key?: string }): JsonObject {
  return {
    uid: key.keyUid,
    label: key.label ?? '',
    ...(key.key === undefined ? {} : { key: key.key }),
    permissions: [...key.permissions],
    created_at: formatInstant(key.createdAt),
    user: { username: key.owner },
    is_revoked: key.revoked !== null,
    ...(key.revoked === null
      ? {}
      : {
          revocation_status: {
            revoked_at: formatInstant(key.revoked.at),
            revocation_reason: key.revoked.reason ?? '',
          },
        }),
  }
}
