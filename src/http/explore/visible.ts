import { createHmac } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { canSeePublication, ownDatasets, type Principal, rulesetsOf, securityOf } from '../../access/index.ts'
import { findVersion } from '../../actions/index.ts'
import { findPublication, listPublications } from '../../catalog/index.ts'
import type { PublicationsTable } from '../../control/index.ts'
import { AppError, type Field } from '../../kernel/index.ts'
import {
  type CatalogReader,
  disjunctiveFields,
  hierarchiesOf,
  keyOfRules,
  type Publication,
  publicationFor,
  type Reader,
} from '../../records/index.ts'
import { countDatasetCall } from '../quotas.ts'
import type { HttpServices } from '../services.ts'
import { datasetHref } from './links.ts'
import { noteUse } from './uses.ts'

/**
 * The publication as the reader sees it; one that the reader may not see answers like an unknown one. `?version=` answers
 * from a saved one, by the rules of today.
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
  const reader = row && (await readerOf(services, request.principal, row))
  if (!row || !reader) throw new AppError('records.unknown_dataset', { dataset_id: dataset_id.slice(0, 300) })
  await countDatasetCall(services, request, row.dataset_uid)
  noteUse(request, row.dataset_uid)
  const seen =
    version === undefined || version === '' ? row : await versionOf(services, request, row, version)
  // A version that was saved while it was restricted is nobody's to keep either.
  const isPublic = reader.isPublic && seen.visibility === 'domain'
  if (!isPublic)
    request.audited = { readsRestricted: true, target: { type: 'dataset', id: seen.dataset_uid } }
  const publication = publicationFor({ ...reader, isPublic }, seen, fieldsOf(seen))
  if (!publication.fields.some(({ type }) => type === 'file')) return publication
  const after = version === undefined || version === '' ? '' : `?version=${encodeURIComponent(version)}`
  const before = `${datasetHref(request, seen.dataset_id)}/files/`
  return { ...publication, files: { before, after } }
}

/** Null: to this reader there is no such dataset. */
async function readerOf(
  services: HttpServices,
  principal: Principal,
  row: Pick<PublicationsTable, 'dataset_uid' | 'visibility'>,
): Promise<Reader | null> {
  const { db } = services.control
  const { dataset_uid: datasetUid, visibility } = row
  // The publication says itself whether it is restricted, whatever is remembered of the dataset.
  if (!(await canSeePublication(db, principal, row))) return null
  const rulesets = await rulesetsOf(db, principal, datasetUid)
  const security = await securityOf(db, datasetUid)
  if (rulesets.length === 0 || security === null) return null
  const key = keyOfRules(rulesets)
  return {
    rules: key === '' ? null : rulesets,
    isPublic: visibility === 'domain' && !security.isRestricted && key === keyOfRules([security.default]),
    nowMs: services.clock.now(),
    idKey: key === '' ? '' : idKeyOf(services.recordIdSecret, datasetUid),
  }
}

/**
 * Of any state that the dataset has or had, for who may read it in the management API. It may have been restricted then.
 * Errors: access.records_hidden.
 */
export async function readerOfStates(
  services: HttpServices,
  principal: Principal,
  datasetUid: string,
): Promise<Reader> {
  const reader = await readerOf(services, principal, { dataset_uid: datasetUid, visibility: 'restricted' })
  if (reader === null) throw new AppError('access.records_hidden', { dataset_uid: datasetUid })
  return reader
}

/** Ids of one dataset must tell nothing of those of another. */
function idKeyOf(secret: string, datasetUid: string): string {
  return createHmac('sha256', secret).update(datasetUid).digest('hex')
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
  { principal }: FastifyRequest,
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
  const { visibility } = saved
  const { dataset_uid } = row
  if (!(await canSeePublication(services.control.db, principal, { dataset_uid, visibility }))) throw unknown
  return { ...saved, dataset_id: row.dataset_id }
}

/** Whose catalog is asked for. */
export async function catalogReaderOf(
  services: HttpServices,
  { principal }: FastifyRequest,
): Promise<CatalogReader> {
  const own = new Map<string, Reader | null>()
  if (principal.kind === 'anonymous') return { seesEverything: false, own }
  const { permissions, keyLimits } = principal
  if (permissions.has('explore_restricted_dataset') || permissions.has('edit_dataset'))
    return { seesEverything: true, own }
  const uids = new Set([
    ...(await ownDatasets(services.control.db, principal)).keys(),
    ...(keyLimits?.datasets?.uids ?? []),
  ])
  for (const row of uids.size > 0 ? await listPublications(services.control.db, [...uids]) : []) {
    const reader = await readerOf(services, principal, row)
    if (!reader?.isPublic) own.set(row.dataset_uid, reader)
  }
  return { seesEverything: false, own }
}

/** A query's text with what the fields say of refinements. */
export function withFields<T>(
  text: T,
  fields: readonly Field[],
): T & { hierarchies: Record<string, string>; disjunctive: string[] } {
  return { ...text, hierarchies: hierarchiesOf(fields), disjunctive: disjunctiveFields(fields) }
}
