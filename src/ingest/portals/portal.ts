/** A kind of data portal: how an address of one of its datasets looks, and what its API says of the dataset. */
import type { JsonObject, JsonValue } from '../../kernel/index.ts'

export interface Portal {
  readonly kind: string
  /** Null: the address is not of this kind, whoever answers there. No request is made. */
  recognise(url: URL): PortalDataset | null
}

export interface PortalDataset {
  /** Null: whoever answers there is no portal of this kind. Errors: those of `ask`, ingest.portal_has_no_file. */
  describe(ask: AskPortal): Promise<PortalDescription | null>
}

/** GET of a JSON document. Errors: those of fetchDocument. */
export type AskPortal = (url: URL) => Promise<JsonValue>

export interface PortalDescription {
  readonly title: string | null
  readonly metadata: PortalMetadata
  readonly downloadUrl: string
  readonly extractor: string
  readonly params: JsonObject
}

/** Names of the default template (management API section 10); what the portal does not say is missing. */
export interface PortalMetadata {
  readonly description?: string
  readonly license?: string
  readonly keyword?: readonly string[]
  readonly publisher?: string
  readonly language?: string
  readonly theme?: readonly string[]
  readonly modified?: string
}

const maxCharacters = 20_000
const maxItems = 200

/** What is said, as metadata: texts that are texts, lists without repetitions, neither without bound. */
export function metadataOf(said: Readonly<Record<keyof PortalMetadata, unknown>>): PortalMetadata {
  const entries = Object.entries(said).flatMap(([name, value]) => {
    const known = name === 'keyword' || name === 'theme' ? textsOf(value) : textOf(value)
    return known === null || known.length === 0 ? [] : [[name, known]]
  })
  return Object.fromEntries(entries) as PortalMetadata
}

export function textOf(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value.trim().slice(0, maxCharacters) : null
}

function textsOf(value: unknown): string[] {
  const items = Array.isArray(value) ? value : [value]
  return [...new Set(items.slice(0, maxItems).map(textOf))].filter((text) => text !== null)
}

export function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {}
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** Segments of the path, decoded; null when they cannot be. */
export function segmentsOf(url: URL): string[] | null {
  try {
    return url.pathname.split('/').filter(Boolean).map(decodeURIComponent)
  } catch {
    return null
  }
}
