import type { JsonObject, JsonValue } from '../../kernel/index.ts'

/** What the formats of the catalog say of a dataset: from its object in the search API. */
export interface DatasetFacts {
  readonly id: string
  readonly uid: string
  readonly title: string
  /** Never empty: the title, where there is no description. Descriptions may hold HTML. */
  readonly description: string
  readonly keywords: readonly string[]
  readonly themes: readonly string[]
  readonly publisher: string | null
  readonly license: string | null
  readonly licenseUrl: string | null
  readonly language: string | null
  /** Addresses that may stand in a document as they are. */
  readonly references: readonly string[]
  readonly territory: readonly string[]
  readonly temporal: string | null
  /** ISO 8601 instants. */
  readonly modified: string
  /** When its description was last published. */
  readonly describedAt: string
  readonly issued: string | null
  readonly frequency: string | null
  readonly creator: string | null
  readonly contributors: readonly string[]
  readonly contactName: string | null
  readonly contactEmail: string | null
  readonly isRestricted: boolean
  readonly fieldTypes: readonly string[]
  /** Otherwise nothing of it can be downloaded. */
  readonly isDataVisible: boolean
  readonly recordsCount: number
}

/** `json`: the dataset object as text. */
export function datasetFacts(json: string, isRestricted: boolean): DatasetFacts {
  const object = JSON.parse(json) as JsonObject
  const metas = object.metas as Record<string, JsonObject | undefined>
  const values = metas.default ?? {}
  const dcat = metas.dcat ?? {}
  const id = String(object.dataset_id)
  const title = text(values.title) ?? id
  return {
    id,
    uid: String(object.dataset_uid),
    title,
    description: text(values.description) ?? title,
    keywords: list(values.keyword),
    themes: list(values.theme),
    publisher: text(values.publisher),
    license: text(values.license),
    licenseUrl: webAddress(values.license_url) ?? webAddress(values.license),
    language: text(values.language),
    references: list(values.references).flatMap((item) => webAddress(item) ?? []),
    territory: [...list(values.territory), ...list(dcat.spatial)],
    temporal: text(dcat.temporal),
    modified: String(values.modified ?? values.data_processed),
    describedAt: String(values.metadata_processed ?? values.modified ?? values.data_processed),
    issued: text(dcat.issued) ?? text(dcat.created),
    frequency: text(dcat.accrualperiodicity),
    creator: text(dcat.creator),
    contributors: list(dcat.contributor),
    contactName: text(dcat.contact_name),
    contactEmail: text(dcat.contact_email),
    isRestricted,
    fieldTypes: (object.fields as JsonObject[]).map(({ type }) => String(type)),
    isDataVisible: object.data_visible !== false,
    recordsCount: Number(values.records_count ?? 0),
  }
}

function text(value: JsonValue | undefined): string | null {
  if (Array.isArray(value)) return text(value.join(', '))
  return typeof value === 'string' && value.trim() !== '' ? value : null
}

function list(value: JsonValue | undefined): string[] {
  return [value].flat().flatMap((item) => {
    const one = text(item as JsonValue)
    return one === null ? [] : [one]
  })
}

/** An address that may stand in a document as it is, or null: people write what they like there. */
export function webAddress(value: JsonValue | undefined): string | null {
  if (typeof value !== 'string' || !/^https?:\/\//i.test(value)) return null
  return URL.parse(value.trim())?.href.replace(/[<>"{}|\\^`\s]/g, (c) => encodeURIComponent(c)) ?? null
}
