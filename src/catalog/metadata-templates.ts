/** The system's metadata templates: what can be said of a dataset, and of what type. Management API section 10. */
import type { JsonValue } from '../kernel/index.ts'

export type MetadataType = 'text' | 'html' | 'multitext' | 'date' | 'datetime' | 'boolean' | 'object'

export interface MetadataField {
  readonly name: string
  readonly label: string
  readonly type: MetadataType
  readonly choices?: readonly string[]
}

export interface MetadataTemplate {
  readonly name: string
  readonly label: string
  readonly purpose: 'general' | 'interop' | 'admin'
  readonly fields: readonly MetadataField[]
}

const languages = ['en', 'fr', 'nl', 'pt', 'it', 'ar', 'de', 'es', 'ca', 'eu', 'sv'] as const

export const metadataTemplates: readonly MetadataTemplate[] = [
  {
    name: 'default',
    label: 'Standard',
    purpose: 'general',
    fields: [
      { name: 'title', label: 'Title', type: 'text' },
      { name: 'description', label: 'Description', type: 'html' },
      { name: 'keyword', label: 'Keywords', type: 'multitext' },
      { name: 'theme', label: 'Themes', type: 'multitext' },
      { name: 'license', label: 'Licence', type: 'text' },
      { name: 'license_url', label: 'Address of the licence', type: 'text' },
      { name: 'language', label: 'Language', type: 'text', choices: languages },
      { name: 'metadata_languages', label: 'Languages of the metadata', type: 'multitext' },
      { name: 'timezone', label: 'Time zone', type: 'text' },
      { name: 'modified', label: 'Last modification', type: 'datetime' },
      {
        name: 'modified_updates_on_metadata_change',
        label: 'Metadata edits count as modification',
        type: 'boolean',
      },
      {
        name: 'modified_updates_on_data_change',
        label: 'Data processing counts as modification',
        type: 'boolean',
      },
      { name: 'geographic_reference', label: 'Geographic reference', type: 'multitext' },
      { name: 'geographic_reference_auto', label: 'Automatic geographic reference', type: 'boolean' },
      { name: 'territory', label: 'Territory', type: 'multitext' },
      { name: 'publisher', label: 'Publisher', type: 'text' },
      { name: 'references', label: 'Source', type: 'text' },
      { name: 'attributions', label: 'Attributions', type: 'multitext' },
    ],
  },
  {
    name: 'dcat',
    label: 'DCAT',
    purpose: 'interop',
    fields: [
      { name: 'created', label: 'Creation date', type: 'datetime' },
      { name: 'issued', label: 'Issue date', type: 'datetime' },
      { name: 'creator', label: 'Creator', type: 'text' },
      { name: 'contributor', label: 'Contributor', type: 'text' },
      { name: 'contact_name', label: 'Contact name', type: 'text' },
      { name: 'contact_email', label: 'Contact e-mail', type: 'text' },
      { name: 'accrualperiodicity', label: 'Frequency of updates', type: 'text' },
      { name: 'spatial', label: 'Spatial coverage', type: 'text' },
      { name: 'temporal', label: 'Temporal coverage', type: 'text' },
      { name: 'granularity', label: 'Granularity', type: 'text' },
      { name: 'dataquality', label: 'Data quality', type: 'text' },
    ],
  },
  {
    name: 'internal',
    label: 'Internal',
    purpose: 'admin',
    fields: [
      { name: 'license_id', label: 'Licence identifier', type: 'text' },
      { name: 'theme_id', label: 'Theme identifiers', type: 'multitext' },
      { name: 'draft', label: 'Draft', type: 'boolean' },
    ],
  },
]

export function findMetadataField(template: string, name: string): MetadataField | null {
  const found = metadataTemplates.find((candidate) => candidate.name === template)
  return found?.fields.find((field) => field.name === name) ?? null
}

/** Templates that readers never see. */
export function isAdminTemplate(template: string): boolean {
  return metadataTemplates.find((candidate) => candidate.name === template)?.purpose === 'admin'
}

/** What a value should have been, or null when it fits. Null always fits: it unsets. */
export function metadataFault(field: MetadataField, value: JsonValue): string | null {
  if (value === null) return null
  switch (field.type) {
    case 'text':
    case 'html':
      if (typeof value !== 'string') return 'it must be text'
      return field.choices && !field.choices.includes(value)
        ? `it must be one of ${field.choices.join(', ')}`
        : null
    case 'multitext':
      return Array.isArray(value) && value.every((item) => typeof item === 'string')
        ? null
        : 'it must be a list of texts'
    case 'date':
    case 'datetime':
      return typeof value === 'string' && isDate(value) ? null : 'it must be an ISO 8601 date'
    case 'boolean':
      return typeof value === 'boolean' ? null : 'it must be true or false'
    case 'object':
      return typeof value === 'object' && !Array.isArray(value) ? null : 'it must be an object'
    default:
      return field.type satisfies never
  }
}

/** A day that exists, perhaps with a time. `Date.parse` alone takes February 31 for March 3. */
function isDate(text: string): boolean {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})(?:$|[T ])/.exec(text) ?? []
  if (day === undefined || Number.isNaN(Date.parse(text))) return false
  return new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDate() === Number(day)
}
