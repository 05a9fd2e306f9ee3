/** What the list of datasets and its export share: which datasets, in which order, printed how. Management API section 8.2. */

import { Type } from 'typebox'
import { editableDatasets, mayDoOn, type Principal } from '../../access/index.ts'
import { statuses } from '../../actions/index.ts'
import {
  countDatasets,
  type DatasetRow,
  datasetStates,
  editedSinceShown,
  findDatasets,
  listChanges,
  listDatasets,
  readTemplates,
  type Templates,
} from '../../catalog/index.ts'
import {
  AppError,
  formatInstant,
  formatInstantIn,
  type JsonObject,
  type JsonValue,
  type Language,
} from '../../kernel/index.ts'
import { checkTimezone } from '../../records/index.ts'
import { readFlag } from '../explore/parameters.ts'
import type { HttpServices } from '../services.ts'
import { printChange } from './change-routes.ts'
import { type Expansion, expansionOf, printDataset } from './render.ts'

export const listingQuery = Type.Object({
  q: Type.Optional(
    Type.String({
      maxLength: 200,
      description: 'Part of the id, of the title or of what else the metadata say; not beside where',
    }),
  ),
  status: Type.Optional(
    Type.Unsafe<string>({
      type: 'string',
      enum: ['', ...datasetStates, ...statuses],
      description:
        'A status, or published, unpublished, held, or working: an action is under way; not beside where',
    }),
  ),
  where: Type.Optional(
    Type.String({
      description:
        'ODSQL condition over metadata (title, dcat.creator, any template.field) and dataset_id, status, published, visibility, owner, created_at, last_modified',
    }),
  ),
  sort: Type.Optional(Type.String({ description: 'One of the names of where; - in front to descend' })),
  include_app_metas: Type.Optional(
    Type.String({ description: 'true: adds what the server knows of the published records to metas' }),
  ),
  timezone: Type.Optional(
    Type.String({ description: 'Zone of dates in where and in the answer; UTC by default' }),
  ),
})

/** Who asks for which. */
interface Asked {
  readonly principal: Principal
  readonly query: Listing
}

export interface Listing {
  readonly q?: string | undefined
  readonly status?: string | undefined
  readonly where?: string | undefined
  readonly sort?: string | undefined
  readonly include_app_metas?: string | undefined
  readonly timezone?: string | undefined
  readonly expand?: readonly string[] | undefined
}

/** Those that the database orders by itself. */
const plainSort = /^-?(dataset_id|dataset_uid|created_at|last_modified|status)$/

/** Those that whoever asks may edit. Errors: those of ODSQL, http.invalid_parameter, records.unknown_timezone. */
export async function selectDatasets(
  services: HttpServices,
  principal: Principal,
  listing: Listing,
  page: { readonly rows: number; readonly page: number },
  signal?: AbortSignal,
): Promise<DatasetRow[]> {
  const { db } = services.control
  const { where, sort, q, status } = listing
  const among = await editableDatasets(db, principal)
  const { rows: limit } = page
  const offset = (page.page - 1) * limit
  if (!where?.trim() && (sort === undefined || plainSort.test(sort)))
    return listDatasets(db, { limit, offset, sort, q, status, among })
  for (const [parameter, value] of Object.entries({ q, status })) {
    if (value)
      throw new AppError('http.invalid_parameter', {
        parameter,
        value,
        expected: 'it goes with neither where nor an order by metadata',
      })
  }
  const uids = await services.workingCatalog.select(
    {
      where,
      sort,
      timezone: zoneOf(listing),
      now: services.clock.now(),
      among,
      limit,
      offset,
    },
    signal,
  )
  return findDatasets(db, uids)
}

/** How many there are on all pages, as long as no condition in ODSQL is asked for. */
export async function countListed(
  { control }: HttpServices,
  { principal, query: { q, status } }: Asked,
): Promise<number> {
  return countDatasets(control.db, { q, status, among: await editableDatasets(control.db, principal) })
}

function zoneOf({ timezone }: Listing): string {
  return timezone === undefined || timezone === '' ? 'UTC' : checkTimezone(timezone)
}

/** Prints datasets as a listing asks for them. */
export async function printListed(
  services: HttpServices,
  rows: readonly DatasetRow[],
  { principal, query: listing }: Asked,
  language: Language,
): Promise<JsonObject[]> {
  const { db } = services.control
  const expand = expansionOf(listing.expand)
  const timezone = zoneOf(listing)
  const hasAppMetas = readFlag('include_app_metas', listing.include_app_metas, false)
  const edited = expand.has('publication')
    ? await editedSinceShown(
        db,
        rows.map((row) => row.dataset_uid),
      )
    : undefined
  const templates = timezone === 'UTC' ? null : await readTemplates(db)
  const printed: JsonObject[] = []
  for (const row of rows) {
    const whole = {
      ...printDataset(row, expand, language, edited),
      ...(await changesOf(services, row, expand, language)),
      ...(expand.has('rights') ? { rights: await rightsOf(services, row, principal) } : {}),
    }
    const dataset = hasAppMetas ? withAppMetas(whole, row) : whole
    printed.push(templates === null ? dataset : inZone(dataset, timezone, templates))
  }
  return printed
}

/** What it takes to do what a permission is named after. */
const classesOf = { edit_dataset: 'WRITE', publish_dataset: 'PUBLISH', manage_dataset: 'SECURITY' } as const

async function rightsOf(
  { control }: HttpServices,
  { dataset_uid }: DatasetRow,
  principal: Principal,
): Promise<string[]> {
  const held = []
  for (const [name, permission] of Object.entries(classesOf))
    if (await mayDoOn(control.db, principal, permission, dataset_uid)) held.push(name)
  return held
}

/** How many of the newest are shown with a dataset; its own list has all. */
const shownChanges = 20

async function changesOf(
  services: HttpServices,
  row: DatasetRow,
  expand: Expansion,
  language: Language,
): Promise<JsonObject> {
  if (!expand.has('changes')) return {}
  const changes = await listChanges(services.control.db, row.dataset_uid, { rows: shownChanges, page: 1 })
  return { changes: changes.map((change) => printChange(change, row, expansionOf([]), language)) }
}

function withAppMetas(printed: JsonObject, row: DatasetRow): JsonObject {
  const metas = printed.metas as Record<string, JsonObject>
  return {
    ...printed,
    metas: {
      ...metas,
      processing: {
        records_count: row.published_records_count,
        records_errors: row.is_published ? row.record_errors_count : null,
        data_processed: instantOf(row.data_processed_at),
        metadata_processed: instantOf(row.metadata_processed_at),
        configuration_revision: row.configuration_revision,
      },
    },
  }
}

const instantOf = (ms: number | null) => (ms === null ? null : formatInstant(ms))

/** Properties of a dataset and of what the server says of it that are instants. */
const instants = new Set([
  'last_modified',
  'created_at',
  'since',
  'timestamp',
  'data_processed',
  'metadata_processed',
])

function inZone(printed: JsonObject, timezone: string, templates: Templates): JsonObject {
  const moved = (value: JsonValue): JsonValue => {
    // A day has no zone.
    const ms = typeof value === 'string' && value.includes('T') ? Date.parse(value) : Number.NaN
    return Number.isNaN(ms) ? value : formatInstantIn(ms, timezone)
  }
  const walk = (object: JsonObject, isInstant: (name: string) => boolean): JsonObject =>
    Object.fromEntries(
      Object.entries(object).map(([name, value]) => [name, isInstant(name) ? moved(value) : value]),
    )
  const metas = Object.entries(printed.metas as Record<string, JsonObject>).map(([template, values]) => [
    template,
    walk(
      values,
      (name) =>
        instants.has(name) ||
        templates.find(template)?.fields.find((field) => field.name === name)?.type === 'datetime',
    ),
  ])
  const { status, changes } = printed as { status: JsonObject; changes?: JsonObject[] }
  const isOwn = (name: string) => instants.has(name)
  return {
    ...walk(printed, isOwn),
    metas: Object.fromEntries(metas),
    status: walk(status, isOwn),
    ...(changes ? { changes: changes.map((change) => walk(change, isOwn)) } : {}),
  }
}
