import { AppError, type JsonObject } from '../kernel/index.ts'
import { type ConfiguredResource, toResource } from './configuration.ts'
import { type CatalogDeps, type EditorDeps, editDataset } from './edit-dataset.ts'

export interface ResourceInput {
  readonly url: string
  readonly title: string
  readonly type: string
  readonly params: JsonObject
}

export const filePrefix = 'odsfile://'

export async function listResources(deps: CatalogDeps, datasetUid: string): Promise<ConfiguredResource[]> {
  const rows = await deps.db
    .selectFrom('resources')
    .selectAll()
    .where('dataset_uid', '=', datasetUid)
    .orderBy('position')
    .execute()
  return rows.map(toResource)
}

/** Errors: catalog.unknown_resource, also for a resource of another dataset. */
export async function findResource(
  deps: CatalogDeps,
  datasetUid: string,
  resourceUid: string,
): Promise<ConfiguredResource> {
  const row = await deps.db
    .selectFrom('resources')
    .selectAll()
    .where('resource_uid', '=', resourceUid)
    .where('dataset_uid', '=', datasetUid)
    .executeTakeFirst()
  if (!row) throw new AppError('catalog.unknown_resource', { resource_uid: resourceUid.slice(0, 100) })
  return toResource(row)
}

/** Errors: catalog.invalid_resource_url, catalog.unknown_file. */
export async function addResource(
  deps: EditorDeps,
  datasetUid: string,
  input: ResourceInput,
): Promise<ConfiguredResource> {
  await checkUrl(deps, input.url)
  const resourceUid = deps.ids.uid('re')
  await editDataset(deps, datasetUid, 'edit', async (trx) => {
    const last = await trx
      .selectFrom('resources')
      .select((eb) => eb.fn.max('position').as('position'))
      .where('dataset_uid', '=', datasetUid)
      .executeTakeFirst()
    await trx
      .insertInto('resources')
      .values({
        resource_uid: resourceUid,
        dataset_uid: datasetUid,
        position: last?.position === null || last?.position === undefined ? 0 : Number(last.position) + 1,
        url: input.url,
        title: input.title,
        type: input.type,
        params_json: JSON.stringify(input.params),
        fetched_json: null,
      })
      .execute()
  })
  return findResource(deps, datasetUid, resourceUid)
}

/** Errors: those of addResource, catalog.unknown_resource. */
export async function replaceResource(
  deps: EditorDeps,
  datasetUid: string,
  resourceUid: string,
  input: ResourceInput,
): Promise<ConfiguredResource> {
  await findResource(deps, datasetUid, resourceUid)
  await checkUrl(deps, input.url)
  await editDataset(deps, datasetUid, 'edit', async (trx) => {
    await trx
      .updateTable('resources')
      .set({
        url: input.url,
        title: input.title,
        type: input.type,
        params_json: JSON.stringify(input.params),
      })
      .where('resource_uid', '=', resourceUid)
      .execute()
  })
  return findResource(deps, datasetUid, resourceUid)
}

export async function deleteResource(
  deps: EditorDeps,
  datasetUid: string,
  resourceUid: string,
): Promise<void> {
  await findResource(deps, datasetUid, resourceUid)
  await editDataset(deps, datasetUid, 'edit', async (trx) => {
    await trx.deleteFrom('resources').where('resource_uid', '=', resourceUid).execute()
  })
}

async function checkUrl(deps: CatalogDeps, url: string): Promise<void> {
  // Of records that are pushed: there is nothing to fetch.
  if (url === 'realtime://') return
  if (url.startsWith(filePrefix)) {
    const fileId = url.slice(filePrefix.length)
    const file = await deps.db
      .selectFrom('files')
      .select('file_id')
      .where('file_id', '=', fileId)
      .executeTakeFirst()
    if (!file) throw new AppError('catalog.unknown_file', { file_id: fileId.slice(0, 200) })
    return
  }
  if (!/^https?:\/\/[^\s/]+/i.test(url) || url.length > 8000 || !URL.canParse(url)) {
    throw new AppError('catalog.invalid_resource_url', { url: url.slice(0, 200) })
  }
}
