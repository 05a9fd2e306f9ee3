/**
 * What a harvester makes of what it found: a new dataset, or changes to the one it made before. What somebody has edited
 * here since stays as it is: a value is replaced only while it is what the harvester itself put there.
 */
import { isDeepStrictEqual } from 'node:util'
import {
  createDatasetWithin,
  type EditorDeps,
  editDataset,
  metadataFault,
  slug,
  type Templates,
} from '../catalog/index.ts'
import type { ControlDb } from '../control/index.ts'
import { AppError, type Ids, type JsonObject, type JsonValue } from '../kernel/index.ts'
import type { RemoteDataset, RemoteResource } from './remote.ts'

/** What was put into a dataset, as it is remembered. */
export interface Applied {
  readonly metas: Readonly<Record<string, JsonObject>>
  readonly resources: readonly RemoteResource[]
}

const maxTextLength = 100_000
const maxTexts = 1000

/** What fits of a remote dataset. Errors: harvest.invalid_dataset. */
export function fit(found: RemoteDataset, templates: Templates): Applied {
  const metas: Record<string, JsonObject> = {}
  for (const [template, values] of Object.entries(found.metas)) {
    for (const [name, given] of Object.entries(values)) {
      const field = templates.findField(template, name)
      const value = cleaned(given)
      // One value that does not fit is no reason to do without the dataset.
      if (!field || value === undefined || metadataFault(field, value) !== null) continue
      metas[template] = { ...metas[template], [name]: value }
    }
  }
  if (typeof metas.default?.title !== 'string')
    throw new AppError('harvest.invalid_dataset', { reason: 'it has no title' })
  return { metas, resources: found.resources }
}

/** Without what no database and no file could hold, and not longer than anything that is read by people. */
function cleaned(value: unknown): JsonValue | undefined {
  if (typeof value === 'string') {
    const text = value.replaceAll('\0', '').toWellFormed().slice(0, maxTextLength).trim()
    return text === '' ? undefined : text
  }
  if (typeof value === 'boolean') return value
  if (!Array.isArray(value)) return undefined
  const texts = value.slice(0, maxTexts).flatMap((item) => cleaned(item) ?? [])
  return texts.length > 0 ? texts : undefined
}

/** Part of the caller's transaction; answers the uid. */
export async function createHarvested(
  trx: ControlDb,
  deps: EditorDeps,
  remoteId: string,
  wanted: Applied,
): Promise<string> {
  const datasetId = slug(String(wanted.metas.default!.title)) || slug(remoteId) || undefined
  const datasetUid = await createDatasetWithin(trx, deps, {
    datasetId,
    metas: wanted.metas,
    owner: deps.username,
    isStrict: false,
  })
  for (const [position, resource] of wanted.resources.entries())
    await trx
      .insertInto('resources')
      .values(rowOf(deps.ids, datasetUid, position, resource))
      .execute()
  return datasetUid
}

/** Brings a dataset up to date; answers the names of what changed, and of what somebody's edits kept from changing. */
export async function updateHarvested(
  deps: EditorDeps,
  datasetUid: string,
  before: Applied,
  wanted: Applied,
): Promise<string[]> {
  return editDataset(deps, datasetUid, 'edit', async (trx, present) => {
    const details: string[] = []
    const metas = mergeMetas(present.metas as Record<string, JsonObject>, before, wanted, details)
    await trx
      .updateTable('datasets')
      .set({ metas_json: JSON.stringify(metas) })
      .where('dataset_uid', '=', datasetUid)
      .execute()
    const own = present.resources.map(({ url, title, type, params }) => ({ url, title, type, params }))
    if (isDeepStrictEqual(wanted.resources, own)) return details
    if (!isDeepStrictEqual(own, before.resources)) return [...details, 'resources (kept: edited here)']
    await trx.deleteFrom('resources').where('dataset_uid', '=', datasetUid).execute()
    for (const [position, resource] of wanted.resources.entries()) {
      // Under its own uid, as far as it is the same: what was learnt of it when it was fetched is asked for by that.
      const same = present.resources.find(({ url }) => url === resource.url)?.resource_uid
      const row = rowOf(deps.ids, datasetUid, position, resource)
      await trx
        .insertInto('resources')
        .values(same === undefined ? row : { ...row, resource_uid: same })
        .execute()
    }
    return [...details, 'resources']
  })
}

function mergeMetas(
  present: Record<string, JsonObject>,
  before: Applied,
  wanted: Applied,
  details: string[],
): Record<string, JsonObject> {
  const merged = { ...present }
  const templates = new Set([...Object.keys(before.metas), ...Object.keys(wanted.metas)])
  for (const template of templates) {
    const names = new Set([
      ...Object.keys(before.metas[template] ?? {}),
      ...Object.keys(wanted.metas[template] ?? {}),
    ])
    for (const name of names) {
      const now = merged[template]?.[name] ?? null
      const was = before.metas[template]?.[name] ?? null
      const next = wanted.metas[template]?.[name] ?? null
      if (isDeepStrictEqual(now, next) || isDeepStrictEqual(was, next)) continue
      if (!isDeepStrictEqual(now, was)) {
        details.push(`${template}.${name} (kept: edited here)`)
        continue
      }
      const { [name]: _gone, ...others } = merged[template] ?? {}
      merged[template] = next === null ? others : { ...others, [name]: next }
      details.push(`${template}.${name}`)
    }
  }
  return merged
}

function rowOf(ids: Ids, datasetUid: string, position: number, resource: RemoteResource) {
  return {
    resource_uid: ids.uid('re'),
    dataset_uid: datasetUid,
    position,
    url: resource.url,
    title: resource.title,
    type: resource.type,
    params_json: JSON.stringify(resource.params),
    fetched_json: null,
  }
}
