import { sql } from 'kysely'
import {
  among,
  type ControlDb,
  type DatasetRecord,
  type HeldPublishesTable,
  notify,
  securityChannel,
} from '../control/index.ts'
import { AppError, type JsonObject, type JsonValue } from '../kernel/index.ts'
import { checkMetas } from './check-metadata.ts'
import { readDomain } from './domain.ts'
import { type CatalogDeps, type EditorDeps, editDataset } from './edit-dataset.ts'
import { notePublicationShown } from './publications.ts'
import { recordChange } from './record-change.ts'
import { readTemplates } from './template-store.ts'

export interface DatasetRow extends DatasetRecord {
  readonly is_published: boolean
  readonly is_partial: boolean
  readonly published_generation_uid: string | null
  /** These three of what readers have; null: nothing. */
  readonly published_records_count: number | null
  readonly data_processed_at: number | null
  readonly metadata_processed_at: number | null
  /** Unpublished, and undo_unpublish works until then. */
  readonly undo_expires_at: number | null
  /** The publish that a gate holds; null: none, or its generation is gone. */
  readonly held: HeldPublishesTable | null
  /** A dataset that its processors joined has another content now than was joined, or none. */
  readonly is_stale: boolean
  readonly published_at: number | null
}

const idPattern = /^[A-Za-z0-9][A-Za-z0-9_.@-]{0,254}$/

export interface NewDataset {
  readonly datasetId: string | undefined
  readonly metas: JsonObject
  readonly owner: string
  readonly isStrict: boolean
}

/** Errors: catalog.dataset_id_mandatory, dataset_id_taken, invalid_dataset_id, invalid_metadata. */
export async function createDataset(deps: CatalogDeps, input: NewDataset): Promise<DatasetRow> {
  const { db } = deps
  const datasetUid = await db.transaction().execute((trx) => createDatasetWithin(trx, deps, input))
  return findDataset(db, datasetUid)
}

/** As `createDataset`, in the caller's transaction; answers the uid. */
export async function createDatasetWithin(
  trx: ControlDb,
  { clock, ids }: Omit<CatalogDeps, 'db'>,
  input: NewDataset,
): Promise<string> {
  if (input.isStrict && !input.datasetId) throw new AppError('catalog.dataset_id_mandatory', {})
  checkMetas(await readTemplates(trx), input.metas)
  const { visibility } = (await readDomain(trx)).default_security
  const now = clock.now()
  const datasetUid = ids.uid('da')
  const wanted = input.datasetId ? checkDatasetId(input.datasetId) : slug(titleOf(input.metas)) || datasetUid
  for (;;) {
    const datasetId = input.isStrict ? wanted : await freeDatasetId(trx, wanted, datasetUid)
    if (input.isStrict && (await isTaken(trx, datasetId, datasetUid)))
      throw new AppError('catalog.dataset_id_taken', { dataset_id: datasetId })
    // Another request may take the id between the look and the insertion; then it is looked for again.
    const inserted = await trx
      .insertInto('datasets')
      .values({
        dataset_uid: datasetUid,
        dataset_id: datasetId,
        metas_json: JSON.stringify(input.metas),
        visibility,
        owner: input.owner,
        created_at: now,
        last_modified_at: now,
        configuration_revision: 1,
        status: 'idle',
        status_since_at: now,
        status_user: input.owner,
        status_error_json: null,
        active_job_uid: null,
      })
      .onConflict((conflict) => conflict.column('dataset_id').doNothing())
      .returning('dataset_uid')
      .executeTakeFirst()
    if (!inserted) continue
    await recordChange(trx, { datasetUid, username: input.owner, now, kind: 'create' })
    return datasetUid
  }
}

function checkDatasetId(datasetId: string): string {
  if (!idPattern.test(datasetId))
    throw new AppError('catalog.invalid_dataset_id', { dataset_id: datasetId.slice(0, 255) })
  return datasetId
}

function titleOf(metas: JsonObject): string {
  const template = metas.default as JsonObject | undefined
  return typeof template?.title === 'string' ? template.title : ''
}

/** "Air quality" becomes `air-quality`. */
export function slug(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 100)
}

/** An id is taken by a dataset that has it, or has it as its uid: either names a dataset in addresses. */
async function isTaken(db: ControlDb, datasetId: string, ownUid: string): Promise<boolean> {
  const row = await db
    .selectFrom('datasets')
    .select('dataset_uid')
    .where('dataset_uid', '!=', ownUid)
    .where((eb) => eb.or([eb('dataset_id', '=', datasetId), eb('dataset_uid', '=', datasetId)]))
    .executeTakeFirst()
  return row !== undefined
}

/** The id itself, or with the first free number behind it. */
async function freeDatasetId(db: ControlDb, wanted: string, ownUid: string): Promise<string> {
  let candidate = wanted
  for (let n = 0; await isTaken(db, candidate, ownUid); n++) candidate = `${wanted}${n}`
  return candidate
}

function selectDatasets(db: ControlDb) {
  return db
    .selectFrom('datasets')
    .leftJoin('publications', 'publications.dataset_uid', 'datasets.dataset_uid')
    .leftJoin('withdrawn_publications', 'withdrawn_publications.dataset_uid', 'datasets.dataset_uid')
    .leftJoin('held_publishes', 'held_publishes.dataset_uid', 'datasets.dataset_uid')
    .leftJoin('generations as held', (join) =>
      join.onRef('held.generation_uid', '=', 'held_publishes.generation_uid').on('held.state', '=', 'sealed'),
    )
    .selectAll('datasets')
    .select([
      'withdrawn_publications.expires_at as undo_expires_at',
      'publications.generation_uid as published_generation_uid',
      'publications.is_partial as publication_is_partial',
      'publications.published_at as published_at',
      'publications.records_count as published_records_count',
      'publications.data_processed_at',
      'publications.metadata_processed_at',
      'held.generation_uid as held_generation_uid',
      'held_publishes.job_uid as held_job_uid',
      'held_publishes.failures_json as held_failures_json',
      'held_publishes.held_at as held_at',
      'held_publishes.kept_until_at as held_until_at',
    ])
    .select((eb) =>
      eb
        .selectFrom('joined_datasets')
        .leftJoin('publications as other', 'other.dataset_uid', 'joined_datasets.joined_uid')
        .leftJoin('generations as joined', 'joined.generation_uid', 'other.generation_uid')
        .whereRef('joined_datasets.dataset_uid', '=', 'publications.dataset_uid')
        .where((changed) =>
          changed.or([
            changed('joined.content_hash', 'is', null),
            changed('joined.content_hash', '!=', changed.ref('joined_datasets.content_hash')),
          ]),
        )
        .select((count) => count.fn.countAll<number>().as('changed'))
        .as('changed_joins'),
    )
}

type SelectedRow = DatasetRecord & {
  published_generation_uid: string | null
  publication_is_partial: number | null
  published_at: number | null
  published_records_count: number | null
  data_processed_at: number | null
  metadata_processed_at: number | null
  undo_expires_at: number | null
  held_generation_uid: string | null
  held_job_uid: string | null
  held_failures_json: string | null
  held_at: number | null
  held_until_at: number | null
  changed_joins: number | string
}

function toDatasetRow(row: SelectedRow): DatasetRow {
  return {
    ...row,
    is_published: row.published_generation_uid !== null,
    is_partial: row.publication_is_partial === 1,
    held: row.held_generation_uid === null ? null : heldOf(row),
    is_stale: Number(row.changed_joins) > 0,
  }
}

function heldOf(row: SelectedRow): HeldPublishesTable {
  return {
    dataset_uid: row.dataset_uid,
    generation_uid: row.held_generation_uid!,
    job_uid: row.held_job_uid!,
    failures_json: row.held_failures_json!,
    held_at: row.held_at!,
    kept_until_at: row.held_until_at!,
  }
}

/** By uid, or by id as a fallback. Errors: catalog.unknown_dataset. */
export async function findDataset(db: ControlDb, reference: string): Promise<DatasetRow> {
  const row =
    (await selectDatasets(db).where('datasets.dataset_uid', '=', reference).executeTakeFirst()) ??
    (await selectDatasets(db).where('datasets.dataset_id', '=', reference).executeTakeFirst())
  if (!row) throw new AppError('catalog.unknown_dataset', { dataset_uid: reference.slice(0, 300) })
  return toDatasetRow(row as unknown as SelectedRow)
}

/** By uid, or by id as a fallback; null: there is none. */
export async function uidOfDataset(db: ControlDb, reference: string): Promise<string | null> {
  const rows = await db
    .selectFrom('datasets')
    .select('dataset_uid')
    .where((eb) => eb.or([eb('dataset_uid', '=', reference), eb('dataset_id', '=', reference)]))
    .execute()
  return (rows.find((row) => row.dataset_uid === reference) ?? rows[0])?.dataset_uid ?? null
}

/** By uid, or by id as a fallback. Errors: catalog.unknown_dataset. */
export async function findDatasetUid(db: ControlDb, reference: string): Promise<string> {
  const uid = await uidOfDataset(db, reference)
  if (uid === null) throw new AppError('catalog.unknown_dataset', { dataset_uid: reference.slice(0, 300) })
  return uid
}

/** In the order of the uids; those that have been deleted are left out. */
export async function findDatasets(db: ControlDb, uids: readonly string[]): Promise<DatasetRow[]> {
  if (uids.length === 0) return []
  const rows = await selectDatasets(db).where(among('datasets.dataset_uid', uids)).execute()
  const found = new Map(rows.map((row) => [row.dataset_uid, toDatasetRow(row as unknown as SelectedRow)]))
  return uids.flatMap((uid) => found.get(uid) ?? [])
}

/** Their ids, by uid; those that have been deleted are missing. */
export async function datasetIdsOf(db: ControlDb, uids: readonly string[]): Promise<Map<string, string>> {
  if (uids.length === 0) return new Map()
  const rows = await db
    .selectFrom('datasets')
    .select(['dataset_uid', 'dataset_id'])
    .where(among('dataset_uid', uids))
    .execute()
  return new Map(rows.map(({ dataset_uid, dataset_id }) => [dataset_uid, dataset_id]))
}

const sortable = {
  dataset_id: 'datasets.dataset_id',
  dataset_uid: 'datasets.dataset_uid',
  created_at: 'datasets.created_at',
  last_modified: 'datasets.last_modified_at',
  status: 'datasets.status',
} as const

export interface DatasetFilter {
  /** Of these uids only. */
  readonly among: 'all' | ReadonlySet<string>
  /** Only the one of this identifier. */
  readonly datasetId?: string | undefined
  /** Part of the id, of the title or of what else the metadata say, in any case. */
  readonly q?: string | undefined
  /** A status of the machine, or what the dataset is beside it. */
  readonly status?: string | undefined
}

/** What a dataset can be beside the status of the machine. */
export const datasetStates = ['published', 'unpublished', 'working', 'held'] as const
const resting = ['idle', 'error', 'limit_reached']

function matching(db: ControlDb, { among: uids, datasetId, q, status }: DatasetFilter) {
  let query = selectDatasets(db)
  if (uids !== 'all') query = query.where(among('datasets.dataset_uid', uids))
  if (datasetId !== undefined) query = query.where('datasets.dataset_id', '=', datasetId)
  const wanted = q?.trim().toLowerCase() ?? ''
  if (wanted !== '') {
    const inId = `%${literally(wanted)}%`
    // Texts stand in the metadata as JSON writes them.
    const inMetadata = `%"title":"%${literally(JSON.stringify(wanted).slice(1, -1))}%`
    query = query.where(
      (eb) => sql<boolean>`(lower(${eb.ref('datasets.dataset_id')}) like ${inId} escape '\\'
        or lower(${eb.ref('datasets.metas_json')}) like ${inMetadata} escape '\\')`,
    )
  }
  if (status === 'published') return query.where('publications.generation_uid', 'is not', null)
  if (status === 'unpublished') return query.where('publications.generation_uid', 'is', null)
  if (status === 'held') return query.where('held.generation_uid', 'is not', null)
  if (status === 'working') return query.where('datasets.status', 'not in', resting)
  return status === undefined || status === '' ? query : query.where('datasets.status', '=', status)
}

/** For `like ... escape '\\'`. */
const literally = (text: string) => text.replaceAll(/[\\%_]/g, '\\$&')

/** How many `listDatasets` would find on all pages together. */
export async function countDatasets(db: ControlDb, filter: DatasetFilter): Promise<number> {
  if (filter.among !== 'all' && filter.among.size === 0) return 0
  const { count } = await db
    .selectFrom(matching(db, filter).as('found'))
    .select((eb) => eb.fn.countAll<number | string>().as('count'))
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** Errors: http.invalid_parameter for a sort that is not offered. */
export async function listDatasets(
  db: ControlDb,
  query: DatasetFilter & {
    readonly limit: number
    readonly offset: number
    readonly sort?: string | undefined
  },
): Promise<DatasetRow[]> {
  const isDescending = query.sort?.startsWith('-') ?? false
  const name = (query.sort ?? 'created_at').replace(/^-/, '')
  if (!Object.hasOwn(sortable, name)) {
    const expected = `it must be one of ${Object.keys(sortable).join(', ')}, with - in front to descend`
    throw new AppError('http.invalid_parameter', { parameter: 'sort', value: name.slice(0, 100), expected })
  }
  if (query.among !== 'all' && query.among.size === 0) return []
  const rows = await matching(db, query)
    .orderBy(sortable[name as keyof typeof sortable], isDescending ? 'desc' : 'asc')
    .orderBy('datasets.dataset_uid')
    .limit(query.limit)
    .offset(query.offset)
    .execute()
  return rows.map((row) => toDatasetRow(row as unknown as SelectedRow))
}

/** Errors: catalog.dataset_is_published, invalid_dataset_id, dataset_id_taken. */
export async function renameDataset(
  deps: EditorDeps,
  datasetUid: string,
  datasetId: string,
): Promise<DatasetRow> {
  checkDatasetId(datasetId)
  await editDataset(deps, datasetUid, 'edit', async (trx) => {
    const dataset = await findDataset(trx, datasetUid)
    if (dataset.dataset_id === datasetId) return
    if (dataset.is_published)
      throw new AppError('catalog.dataset_is_published', { dataset_id: dataset.dataset_id })
    if (await isTaken(trx, datasetId, dataset.dataset_uid))
      throw new AppError('catalog.dataset_id_taken', { dataset_id: datasetId })
    await trx
      .updateTable('datasets')
      .set({ dataset_id: datasetId })
      .where('dataset_uid', '=', dataset.dataset_uid)
      .execute()
  })
  return findDataset(deps.db, datasetUid)
}

/**
 * Who may see the dataset. Readers feel it at once, published or not: waiting for a publish would leave open what has
 * been closed. Errors: catalog.visibility_invalid.
 */
export async function setVisibility(
  deps: EditorDeps,
  datasetUid: string,
  visibility: JsonValue,
): Promise<void> {
  if (visibility !== 'domain' && visibility !== 'restricted') {
    throw new AppError('catalog.visibility_invalid', { value: JSON.stringify(visibility).slice(0, 100) })
  }
  const now = deps.clock.now()
  await editDataset(deps, datasetUid, 'edit', async (trx) => {
    await trx.updateTable('datasets').set({ visibility }).where('dataset_uid', '=', datasetUid).execute()
    await notify(trx, securityChannel, datasetUid)
    await trx.updateTable('publications').set({ visibility }).where('dataset_uid', '=', datasetUid).execute()
    await notePublicationShown(trx, datasetUid, now)
  })
}
