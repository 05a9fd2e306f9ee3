/** Objects of users, groups and rulesets, as printed. Field names are the platform's: management API sections 18 and 19. */
import type { Group, Ruleset, User } from '../../access/index.ts'
import { formatInstant, type JsonObject } from '../../kernel/index.ts'

const orNull = (at: number | null) => (at === null ? null : formatInstant(at))

export const displayName = ({ firstName, lastName, username }: User) =>
  [firstName, lastName].filter((name) => name !== '').join(' ') || username

/** `groups`: all that there are. */
export function printUser(user: User, groups: readonly Group[]): JsonObject {
  return {
    ...printShortUser(user),
    account_type: user.accountType,
    display_name: displayName(user),
    auth_provider_types: [],
    permissions: [...user.permissions],
    groups: groups.filter(({ groupId }) => user.groups.includes(groupId)).map(printGroup),
    has_password: user.hasPassword,
    date_joined: formatInstant(user.createdAt),
    last_seen: orNull(user.lastSeenAt),
    expires_at: orNull(user.expiresAt),
    quotas: { ...user.quotas },
    limits: { ...user.limits },
    datasets_index_filters: [],
  }
}

/** As members of groups are listed. */
export function printShortUser(user: User): JsonObject {
  return {
    username: user.username,
    first_name: user.firstName,
    last_name: user.lastName,
    is_ods: false,
    is_active: user.isActive,
    email: user.email,
  }
}

/** As `expand=user` shows it in rulesets. */
export function printRulesetUser(user: User): JsonObject {
  return {
    ...printShortUser(user),
    account_type: user.accountType,
    display_name: displayName(user),
    auth_provider_types: [],
  }
}

export function printGroup(group: Group): JsonObject {
  return {
    group_id: group.groupId,
    title: group.title,
    description: group.description,
    user_count: group.userCount,
    permissions: [...group.permissions],
    quotas: { ...group.quotas },
    limits: { ...group.limits },
    created_at: formatInstant(group.createdAt),
    updated_at: formatInstant(group.updatedAt),
  }
}

export function printRuleset(ruleset: Ruleset): JsonObject {
  return {
    is_data_visible: ruleset.isDataVisible,
    visible_fields: [...(ruleset.visibleFields ?? ['*'])],
    filter_query: ruleset.filterQuery,
    permissions: [...ruleset.permissions],
    api_calls_quota: ruleset.apiCallsQuota === null ? null : { ...ruleset.apiCallsQuota },
  }
}
