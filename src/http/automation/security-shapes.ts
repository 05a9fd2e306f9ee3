/** What somebody sees of a dataset. Nested and with null for all fields here: automation API section 12. */
import { Type } from 'typebox'
import type { Quota, Ruleset, RulesetChange } from '../../access/index.ts'
import type { JsonObject, JsonValue } from '../../kernel/index.ts'
import { invalid } from './scope.ts'

export const securitySchema = Type.Unsafe<JsonObject | null>({
  type: ['object', 'null'],
  description: 'is_data_visible, visible_fields (null: all), filter_query, api_calls_quota {unit, limit}',
})

export function printSecurity(ruleset: Ruleset): JsonObject {
  return {
    is_data_visible: ruleset.isDataVisible,
    visible_fields: ruleset.visibleFields === null ? null : [...ruleset.visibleFields],
    filter_query: ruleset.filterQuery,
    api_calls_quota: ruleset.apiCallsQuota === null ? null : { ...ruleset.apiCallsQuota },
  }
}

/** What is left out stays. `property`: what the body calls it. Errors: http.invalid_parameter. */
export function readSecurity(property: string, given: JsonObject): RulesetChange {
  const { is_data_visible, visible_fields, filter_query, api_calls_quota } = given
  const at = (name: string) => `${property}.${name}`
  if (is_data_visible !== undefined && is_data_visible !== null && typeof is_data_visible !== 'boolean')
    throw invalid(at('is_data_visible'), is_data_visible, 'it must be true or false')
  if (filter_query !== undefined && filter_query !== null && typeof filter_query !== 'string')
    throw invalid(at('filter_query'), filter_query, 'it must be a text')
  return {
    ...(typeof is_data_visible === 'boolean' ? { isDataVisible: is_data_visible } : {}),
    ...(visible_fields === undefined
      ? {}
      : { visibleFields: readFields(at('visible_fields'), visible_fields) }),
    ...(typeof filter_query === 'string' ? { filterQuery: filter_query } : {}),
    ...(api_calls_quota === undefined
      ? {}
      : { apiCallsQuota: readQuota(at('api_calls_quota'), api_calls_quota) }),
  }
}

function readFields(property: string, value: JsonValue): string[] | null {
  if (value === null) return null
  if (!Array.isArray(value) || value.length > 10_000 || value.some((name) => typeof name !== 'string'))
    throw invalid(property, value, 'it must be an array of names of fields, or null for all')
  return value.includes('*') ? null : [...new Set(value as string[])]
}

const units = ['second', 'minute', 'hour', 'day', 'month']

function readQuota(property: string, value: JsonValue): Quota | null {
  if (value === null) return null
  const { unit, limit } = typeof value === 'object' && !Array.isArray(value) ? value : {}
  if (!units.includes(String(unit)))
    throw invalid(`${property}.unit`, unit, `it must be one of ${units.join(', ')}`)
  if (!Number.isSafeInteger(limit) || (limit as number) < 0)
    throw invalid(`${property}.limit`, limit, 'it must be a whole number')
  return { unit, limit } as Quota
}
