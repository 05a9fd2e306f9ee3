/** Tables of users, groups, keys and what they may do. */
import type { Generated } from 'kysely'

export interface UsersTable {
  username: string
  /** `scrypt$N$r$p$salt$hash`; null: nobody can sign in with a password. */
  password_hash: string | null
  email: string | null
  first_name: Generated<string>
  last_name: Generated<string>
  /** The user's own; those of groups come on top. */
  permissions_json: string
  is_active: number
  created_at: number
  last_seen_at: Generated<number | null>
  /** From then on as if it were not active. */
  expires_at: Generated<number | null>
  /** local, linked, global */
  account_type: Generated<string>
  quotas_json: Generated<string>
  limits_json: Generated<string>
}

export interface GroupsTable {
  /** Made of the title the group was created with. */
  group_id: string
  title: string
  description: string
  permissions_json: string
  quotas_json: string
  limits_json: string
  created_at: number
  created_by: string
  updated_at: number
  updated_by: string
}

export interface GroupMembersTable {
  group_id: string
  username: string
}

export interface ApiKeysTable {
  /** `ak_...` */
  key_uid: string
  /** sha256 of the key, hex. The key itself is shown once and never stored. */
  key_hash: string
  owner: string
  label: string | null
  permissions_json: string
  created_at: number
  /** Uids of the datasets it is limited to; null: to none. */
  datasets_json: Generated<string | null>
  expires_at: Generated<number | null>
  revoked_at: Generated<number | null>
  revocation_reason: Generated<string | null>
  /** As of a user. */
  quotas_json: Generated<string>
}

/** Who sees what of a dataset, and may do what to it. Management API section 18. */
export interface DatasetRulesetsTable {
  dataset_uid: string
  /** default, user, group */
  target: string
  /** Username or group_id; empty for the default. */
  target_id: string
  /** 0: metadata and fields only */
  is_data_visible: number
  /** Names of fields; null: all. */
  visible_fields_json: string | null
  /** ODSQL; empty: all records. */
  filter_query: string
  permissions_json: string
  /** `{limit, unit}` or null */
  api_calls_quota_json: string | null
  created_at: number
  updated_at: number
}

/** Calls in the present period of whoever has a quota. Written now and then: a crash forgets the last ones. */
export interface CountedCallsTable {
  /** `user ...`, `domain` or a ruleset's */
  subject: string
  unit: string
  began_at: number
  calls: number
}

/** Calls of one day, in UTC: `2031-05-09`. Old days are forgotten. */
export interface DailyCallsTable {
  /** `domain`, `user ...` or `key ...` */
  subject: string
  day: string
  calls: number
}
