/** Objects of who may do what: management API sections 18 and 19. */
import { Type } from 'typebox'
import { instant, list, nullable, optional, uid } from './shapes.ts'

const days = Type.Array(Type.Object({ day: Type.String({ format: 'date' }), calls: Type.Integer() }), {
  description: 'Every day in UTC, oldest first; the last is today',
})
const names = (description?: string) => Type.Array(Type.String(), description ? { description } : {})

/** `{}`: none. */
export const callQuota = (description: string) =>
  Type.Unsafe<{ limit: number; unit: 'day' } | Record<string, never>>({
    type: 'object',
    description,
    properties: { limit: { type: 'integer', minimum: 0 }, unit: { type: 'string', enum: ['day'] } },
    additionalProperties: false,
    anyOf: [{ required: ['limit', 'unit'] }, { maxProperties: 0 }],
  })
export const accountQuotas = callQuota('Calls of both APIs in a day; {} for no quota')
export const accountLimits = Type.Unsafe<{ max_datasets?: number; max_records_by_dataset?: number }>({
  type: 'object',
  description: '{} for no limits; of an account, its groups and the domain the smallest holds',
  properties: {
    max_datasets: { type: 'integer', minimum: 0 },
    max_records_by_dataset: { type: 'integer', minimum: 1 },
  },
  additionalProperties: false,
})
export const callsQuota = Type.Unsafe<{ limit: number; unit: 'hour' | 'day' | 'month' } | null>({
  type: ['object', 'null'],
  description: 'Calls that read the dataset, by one user or address; null for no quota',
  properties: {
    limit: { type: 'integer', minimum: 0 },
    unit: { type: 'string', enum: ['hour', 'day', 'month'] },
  },
  required: ['limit', 'unit'],
  additionalProperties: false,
})

const ruleset = {
  is_data_visible: Type.Boolean({ description: 'false: metadata and fields only' }),
  visible_fields: names('["*"]: all'),
  filter_query: Type.String({ description: 'ODSQL; empty: all records' }),
  permissions: names('On this dataset'),
  api_calls_quota: Type.Unsafe({
    type: ['object', 'null'],
    properties: { limit: { type: 'integer' }, unit: { type: 'string' } },
  }),
}
const calls = Type.Object({
  used: Type.Integer(),
  limit: nullable('integer'),
  unit: Type.String(),
  resets_at: instant(),
})
const usage = Type.Object({ used: Type.Integer(), limit: nullable('integer') })

export const accessObjects = {
  User: Type.Object({
    username: Type.String(),
    first_name: Type.String(),
    last_name: Type.String(),
    email: nullable('string'),
    account_type: Type.String(),
    display_name: Type.String(),
    auth_provider_types: names(),
    permissions: names('The own ones; those of the groups come on top'),
    groups: list('Group'),
    is_active: Type.Boolean(),
    has_password: Type.Boolean({ description: 'false: invited, and not come yet' }),
    date_joined: instant(),
    last_seen: nullable('string'),
    expires_at: nullable('string'),
    is_ods: Type.Boolean(),
    quotas: accountQuotas,
    limits: accountLimits,
    datasets_index_filters: Type.Array(Type.Unsafe({})),
  }),
  MemberPage: Type.Object({
    users: Type.Array(
      Type.Object({
        username: Type.String(),
        first_name: Type.String(),
        last_name: Type.String(),
        is_ods: Type.Boolean(),
        is_active: Type.Boolean(),
        email: nullable('string'),
      }),
    ),
    rows: Type.Integer(),
    page: Type.Integer(),
    nhits: Type.Integer(),
  }),
  Group: Type.Object({
    group_id: Type.String(),
    title: Type.String(),
    description: Type.String(),
    user_count: Type.Integer(),
    permissions: names(),
    quotas: accountQuotas,
    limits: accountLimits,
    created_at: instant(),
    updated_at: instant(),
  }),
  Outcomes: Type.Object(
    {},
    { additionalProperties: { type: 'string' }, description: 'What became of each, by name or address' },
  ),
  ApiKey: Type.Object({
    key: Type.String({ description: 'The key itself in the answer that makes it; its uid ever after' }),
    key_uid: uid('ak'),
    label: nullable('string'),
    permissions: names(),
    datasets: Type.Unsafe({
      type: ['array', 'null'],
      items: { type: 'string' },
      description: 'Uids of the datasets it is for, and to all others it is nobody; null: for all',
    }),
    quotas: callQuota('Calls with this key in a day; {} for no quota of its own'),
    calls_used: Type.Integer({ description: 'Of the day that goes on' }),
    created_at: instant(),
    expires_at: nullable('string'),
  }),
  Ruleset: Type.Object(ruleset),
  UserRuleset: Type.Object({
    ...ruleset,
    user: Type.Object({ username: Type.String() }, { additionalProperties: true }),
  }),
  GroupRuleset: Type.Object({
    ...ruleset,
    group: Type.Object({ group_id: Type.String() }, { additionalProperties: true }),
  }),
  CallHistory: Type.Object({
    username: Type.String(),
    days,
    keys: Type.Array(Type.Object({ key_uid: uid('ak'), label: nullable('string'), days }), {
      description: 'Keys of the user that were used in these days',
    }),
  }),
  DomainCallHistory: Type.Object({
    days,
    users: Type.Array(Type.Object({ username: Type.String(), calls: Type.Integer() }), {
      description: 'Those who called most in these days, at most 20',
    }),
  }),
  Usage: Type.Object({
    username: Type.String(),
    calls,
    domain_calls: calls,
    datasets: usage,
    max_records_by_dataset: optional(nullable('integer')),
  }),
}
