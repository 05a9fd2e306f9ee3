/** What can be said of a dataset, and of what type: the shape of a template and of its fields, and the check of a value. */
import type { JsonValue } from '../kernel/index.ts'

/** Automation API section 10. `object` is for the system's own fields that hold several things. */
export const metadataTypes = [
  'text',
  'longstring',
  'html',
  'multitext',
  'list',
  'date',
  'datetime',
  'boolean',
  'int',
  'double',
  'enum',
  'enumlist',
  'uri_enum',
  'uri_enumlist',
  'geo_shape',
  'geo_area',
] as const
export type MetadataType = (typeof metadataTypes)[number] | 'object'

export const requirementLevels = ['optional', 'recommended', 'mandatory'] as const
export type RequirementLevel = (typeof requirementLevels)[number]

export interface MetadataField {
  readonly name: string
  readonly type: MetadataType
  readonly label: string
  readonly help_text?: string
  /** What a value, or each of its items, must be one of. */
  readonly choices?: readonly string[]
  /** Of the choices, by language: `{language: {choice: label}}`. */
  readonly labels?: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** Values that are offered beside the choices and bind nobody. */
  readonly suggestions?: readonly string[]
  readonly suggest_url?: string
  /** Whether what other datasets have is offered. */
  readonly self_suggest?: boolean
  readonly is_filter?: boolean
  readonly is_hidden?: boolean
  /** Whether a value may be one per language: `{language: value}`. */
  readonly i18n?: boolean
  readonly requirement_level?: RequirementLevel
}

/** basic and admin: whoever runs the domain makes them; extra and interop (norms such as DCAT): the system's. */
export const templateTypes = ['basic', 'admin', 'interop', 'extra'] as const
export type TemplateType = (typeof templateTypes)[number]

export interface MetadataTemplate {
  readonly name: string
  readonly label: string
  readonly type: TemplateType
  readonly fields: readonly MetadataField[]
  readonly isActive: boolean
  readonly isSystem: boolean
  readonly isAlwaysActive: boolean
  /** Milliseconds since the epoch, and who; null: it came with the server and nobody has touched it. */
  readonly created: { readonly at: number; readonly by: string } | null
  readonly updated: { readonly at: number; readonly by: string } | null
}

export type Purpose = 'general' | 'interop' | 'admin'

/** Admin: never shown by the search API. Management API section 10.1, automation API section 10. */
export function purposeOf({ type }: Pick<MetadataTemplate, 'type'>): Purpose {
  return type === 'interop' || type === 'admin' ? type : 'general'
}

/** What a value should have been, or null when it fits. Null always fits: it unsets. */
export function metadataFault(field: MetadataField, value: JsonValue): string | null {
  if (value === null) return null
  if (field.i18n && isPlain(value) && !('type' in value)) return translatedFault(field, value)
  switch (field.type) {
    case 'text':
    case 'longstring':
    case 'html':
    case 'enum':
    case 'uri_enum':
      return typeof value === 'string' ? choiceFault(field, [value]) : 'it must be text'
    case 'multitext':
    case 'list':
    case 'enumlist':
    case 'uri_enumlist':
    case 'geo_area':
      return isTexts(value) ? choiceFault(field, value) : 'it must be a list of texts'
    case 'date':
    case 'datetime':
      return typeof value === 'string' && isDate(value) ? null : 'it must be an ISO 8601 date'
    case 'boolean':
      return typeof value === 'boolean' ? null : 'it must be true or false'
    case 'int':
      return Number.isSafeInteger(value) ? null : 'it must be a whole number'
    case 'double':
      return typeof value === 'number' ? null : 'it must be a number'
    case 'geo_shape':
      return isPlain(value) && typeof value.type === 'string' ? null : 'it must be a GeoJSON object'
    case 'object':
      return typeof value === 'object' ? null : 'it must be an object or a list'
    default:
      return field.type satisfies never
  }
}

function translatedFault(field: MetadataField, values: Record<string, JsonValue>): string | null {
  for (const [language, value] of Object.entries(values)) {
    if (!isLanguageTag(language)) return 'its keys must be languages'
    const fault = metadataFault({ ...field, i18n: false }, value)
    if (fault !== null) return `in ${language}, ${fault}`
  }
  return null
}

function choiceFault({ choices }: MetadataField, values: readonly string[]): string | null {
  if (!choices || values.every((value) => choices.includes(value))) return null
  const shown = choices.slice(0, 50).join(', ')
  return `it must be one of ${shown}${choices.length > 50 ? ' and others' : ''}`
}

/** `fr`, `pt-BR`. */
export function isLanguageTag(text: string): boolean {
  return /^[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$/.test(text) && text.length <= 35
}

function isTexts(value: JsonValue): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

function isPlain(value: JsonValue): value is Record<string, JsonValue> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

/** A day that exists, perhaps with a time. `Date.parse` alone takes February 31 for March 3. */
function isDate(text: string): boolean {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})(?:$|[T ])/.exec(text) ?? []
  if (day === undefined || Number.isNaN(Date.parse(text))) return false
  return new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDate() === Number(day)
}
