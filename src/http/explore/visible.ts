import type { FastifyRequest } from 'fastify'
import { canSeePublication, type SeenRestricted, seenRestricted } from '../../access/index.ts'
import { findVersion } from '../../actions/index.ts'
import { findPublication } from '../../catalog/index.ts'
import type { PublicationsTable } from '../../control/index.ts'
import { AppError, type Field } from '../../kernel/index.ts'
import { disjunctiveFields, hierarchiesOf, type Publication } from '../../records/index.ts'
import { countDatasetCall } from '../quotas.ts'
import type { HttpServices } from '../services.ts'

/**
 * The publication that the reader may see; others answer like unknown ones. `?version=` answers from a saved one.
 * Errors: records.unknown_dataset, records.unknown_version.
 */
export async function findVisible(services: HttpServices, request: FastifyRequest): Promise<Publication> {
  const { dataset_id } = request.params as { dataset_id: string }
  const { version } = request.query as { version?: string }
  return findVisibleById(services, request, dataset_id, version)
}

/** The same for a dataset that is not named in the path. */
export async function findVisibleById(
  services: HttpServices,
  request: FastifyRequest,
  dataset_id: string,
  version?: string,
): Promise<Publication> {
  const row = await findPublication(services.control.db, dataset_id)
  if (!row || !(await canSeePublication(services.control.db, request.principal, row)))
    throw new AppError('records.unknown_dataset', { dataset_id: dataset_id.slice(0, 300) })
  await countDatasetCall(services, request, row.dataset_uid)
  const seen =
    version === undefined || version === '' ? row : await versionOf(services, request, row, version)
  if (seen.visibility !== 'domain')
    request.audited = { readsRestricted: true, target: { type: 'dataset', id: seen.dataset_uid } }
  return { row: seen, fields: fieldsOf(seen) }
}

/** Fields that were parsed lately, by dataset: a page of a wide dataset need not begin with parsing them again. */
const parsed = new Map<string, { readonly text: string; readonly fields: readonly Field[] }>()
const maxParsed = 200
/** Longer ones are rare, and would be most of the memory. */
const maxParsedLength = 50_000

function fieldsOf({ dataset_uid, fields_json: text }: PublicationsTable): readonly Field[] {
  const known = parsed.get(dataset_uid)
  if (known?.text === text) return known.fields
  const fields = JSON.parse(text) as Field[]
  if (text.length > maxParsedLength) return fields
  if (parsed.size >= maxParsed) parsed.clear()
  parsed.set(dataset_uid, { text, fields })
  return fields
}

async function versionOf(
  services: HttpServices,
  request: FastifyRequest,
  row: PublicationsTable,
  versionUid: string,
): Promise<PublicationsTable> {
  const unknown = new AppError('records.unknown_version', { version: versionUid.slice(0, 60) })
  const version = await findVersion(services.control.db, row.dataset_uid, versionUid).catch((error) => {
    throw error instanceof AppError && error.key === 'actions.unknown_version' ? unknown : error
  })
  if (version.publication_json === null) throw unknown
  const saved = JSON.parse(version.publication_json) as PublicationsTable
  // The present decides who may see it; what was saved while restricted is not opened by that.
  const isRestricted = row.visibility !== 'domain' || saved.visibility !== 'domain'
  const seen = {
    ...saved,
    visibility: isRestricted ? 'restricted' : 'domain',
    dataset_id: row.dataset_id,
  }
  if (!(await canSeePublication(services.control.db, request.principal, seen))) throw unknown
  return seen
}

/** Which restricted datasets the catalog's lists show this reader beside the open ones. */
export async function readerOf(
  services: HttpServices,
  request: FastifyRequest,
): Promise<{ readonly restricted: SeenRestricted }> {
  return { restricted: await seenRestricted(services.control.db, request.principal) }
}

/** A query's text with what the fields say of refinements. */
export function withFields<T>(
  text: T,
  fields: readonly Field[],
): T & { hierarchies: Record<string, string>; disjunctive: string[] } {
  return { ...text, hierarchies: hierarchiesOf(fields), disjunctive: disjunctiveFields(fields) }
}
