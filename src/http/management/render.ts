/** Objects of the management API, as printed. Field names are the platform's: management API sections 2, 3, 8 to 14. */
import { isDeepStrictEqual } from 'node:util'
import type { ApiKey } from '../../access/index.ts'
import {
  type ConfiguredResource,
  type Connection,
  type DatasetRow,
  filePrefix,
  type MetadataEntry,
  purposeOf,
  templateIn,
  withoutSealed,
} from '../../catalog/index.ts'
import type { FilesTable, HeldPublishesTable } from '../../control/index.ts'
import { extractorIn, extractors } from '../../ingest/index.ts'
import {
  type ConfiguredStep,
  type ErrorValue,
  errorSpec,
  type Field,
  formatInstant,
  fromErrorValue,
  type JsonObject,
  type JsonValue,
  type Language,
  wordsOf,
} from '../../kernel/index.ts'
import { definitionOf } from './definition.ts'
import { shortUser, type UserPrinter } from './expanded-users.ts'
import { gateFailuresIn } from './gate-failures.ts'

/** There is one domain to a server. */
export const domainId = 'broadsheet'

export interface Expansion {
  has(attribute: string): boolean
}

/** `expand`, repeated or separated by commas; names that mean nothing here are ignored. */
export function expansionOf(expand: readonly string[] | undefined): Expansion {
  return new Set((expand ?? []).flatMap((text) => text.split(',')).map((name) => name.trim()))
}

/** `edited`: uids of datasets with edits that readers do not see yet; only asked for with expand=publication. */
export function printDataset(
  row: DatasetRow,
  expand: Expansion,
  language: Language,
  edited: ReadonlySet<string> = new Set(),
): JsonObject {
  const stored = JSON.parse(row.metas_json) as Record<string, JsonObject>
  const modified = formatInstant(row.last_modified_at)
  return {
    dataset_uid: row.dataset_uid,
    dataset_id: row.dataset_id,
    metas: {
      ...stored,
      default: { modified, ...stored.default },
      publishing: { ...stored.publishing, published: row.is_published },
    },
    last_modified: modified,
    visibility: row.visibility,
    created_at: formatInstant(row.created_at),
    owner: { username: row.owner },
    ...(row.is_partial ? { partial: true } : {}),
    ...(row.is_stale ? { stale: true } : {}),
    ...(expand.has('publication') ? { publication: printPublication(row, edited) } : {}),
    status: expand.has('status') ? printStatus(row, language) : { name: row.status },
  }
}

function printPublication(row: DatasetRow, edited: ReadonlySet<string>): JsonObject | null {
  if (row.published_at === null) return null
  return {
    published_at: formatInstant(row.published_at),
    records_count: row.published_records_count ?? 0,
    edited_since: edited.has(row.dataset_uid),
  }
}

/** Both `name` and `status` carry the status: clients of either generation of the platform find theirs. */
export function printStatus(
  row: DatasetRow,
  language: Language,
  recordErrors: JsonValue = row.record_errors_count,
  users: UserPrinter = shortUser,
): JsonObject {
  const error = row.status_error_json === null ? null : (JSON.parse(row.status_error_json) as ErrorValue)
  return {
    name: row.status,
    status: row.status,
    published: row.is_published,
    since: formatInstant(row.status_since_at),
    ...(row.status_user === null ? {} : { user: users('user', row.status_user) }),
    ...(row.active_job_uid === null ? {} : { job_id: row.active_job_uid }),
    ...(row.status === 'idle' && row.is_published ? { records_errors: recordErrors } : {}),
    ...(row.is_partial ? { partial: true } : {}),
    ...(row.is_stale ? { stale: true } : {}),
    ...(row.is_published || row.undo_expires_at === null
      ? {}
      : { undo_unpublish_until: formatInstant(row.undo_expires_at) }),
    ...(row.held ? { held: printHeld(row.held, language) } : {}),
    ...(row.status === 'error' && error ? printFault(error, language) : {}),
  }
}

/** The publish that waits for a human's word. */
function printHeld(held: HeldPublishesTable, language: Language): JsonObject {
  return {
    generation_uid: held.generation_uid,
    job_id: held.job_uid,
    gates: gateFailuresIn(language, JSON.parse(held.failures_json)),
    since: formatInstant(held.held_at),
    kept_until: formatInstant(held.kept_until_at),
  }
}

function printFault(value: ErrorValue, language: Language): JsonObject {
  const error = fromErrorValue(value)
  return {
    message: wordsOf(error, language).message,
    raw_message: errorSpec(error.key).message,
    raw_params: { ...error.params },
    error_id: error.key,
  }
}

export function printMetadata(entry: MetadataEntry, expand: Expansion, language: Language): JsonObject {
  const { value, remote } = entry
  const template = templateIn(language, entry.template)
  const field = template.fields.find(({ name }) => name === entry.field.name) ?? entry.field
  const isOverridden = remote !== null && !isDeepStrictEqual(value, remote)
  return {
    name: field.name,
    template: { name: template.name, label: template.label, purpose: purposeOf(template) },
    definition: expand.has('definition') ? definitionOf(field, language) : {},
    // Of what comes from elsewhere, only what was set here is its own.
    value: remote === null || isOverridden ? value : null,
    remote_value: remote,
    override_remote_value: isOverridden,
  }
}

export function printResource(resource: ConfiguredResource): JsonObject {
  const { resource_uid, url, title, type, params } = resource
  return { resource_uid, url, title, type, params: withoutSealed(params) }
}

export function printConnection(connection: Connection): JsonObject {
  return {
    connection_uid: connection.connectionUid,
    name: connection.name,
    kind: connection.kind,
    url: connection.url,
    username: connection.username,
    has_secret: connection.hasSecret,
    params: connection.params,
    created_at: formatInstant(connection.createdAt),
    changed_at: formatInstant(connection.changedAt),
    user: { username: connection.owner },
  }
}

export function printFile(file: FilesTable): JsonObject {
  return {
    file_id: file.file_id,
    url: `${filePrefix}${file.file_id}`,
    filename: file.filename,
    properties: { mimetype: file.mimetype, size: file.bytes },
    created: formatInstant(file.created_at),
  }
}

export function printStep(step: ConfiguredStep): JsonObject {
  const { processor_uid, name, args } = step
  const printed: JsonObject = { processor_uid, name, args: args as JsonValue }
  if (typeof step.label === 'string') printed.label = step.label
  return printed
}

/** A field as previews and guesses show it. */
export function printPreviewField({ name, label, type, description }: Field): JsonObject {
  return { name, original_name: label, label, type, description, annotations: [] }
}

export function printApiKey(key: ApiKey & { readonly key?: string }, callsUsed: number): JsonObject {
  return {
    // Only a hash is stored: after creation the key goes by its uid.
    key: key.key ?? key.keyUid,
    key_uid: key.keyUid,
    label: key.label,
    permissions: [...key.permissions],
    datasets: key.datasets === null ? null : [...key.datasets],
    quotas: { ...key.quotas },
    calls_used: callsUsed,
    created_at: formatInstant(key.createdAt),
    expires_at: key.expiresAt === null ? null : formatInstant(key.expiresAt),
  }
}

export function printExtractors(language: Language): JsonObject[] {
  const inWords = [...extractors.values()].map((extractor) => extractorIn(language, extractor))
  return inWords.map((extractor) => ({
    type: extractor.type,
    label: extractor.label,
    authentication: {},
    parameters: extractor.parameters.map(
      ({ name, label, type, description, default: fallback, is_mandatory, choices }) => ({
        name,
        label,
        type,
        description,
        default: fallback,
        is_mandatory,
        ...(choices ? { choices: [...choices] } : {}),
      }),
    ),
  }))
}
