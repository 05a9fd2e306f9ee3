import type { ControlDb } from '../control/index.ts'
import { AppError, type JsonObject } from '../kernel/index.ts'
import { type ConfiguredResource, toResource } from './configuration.ts'
import { namedConnection } from './connections.ts'
import { findDataset } from './datasets.ts'
import { type CatalogDeps, type EditorDeps, editDataset, type SecretDeps } from './edit-dataset.ts'
import { sealSourceParams } from './source-secrets.ts'

export interface ResourceInput {
  readonly url: string
  readonly title: string
  readonly type: string
  readonly params: JsonObject
}

export const filePrefix = 'odsfile://'
/** Another dataset of this server: its id or uid follows. */
export const datasetPrefix = 'dataset://'

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

/**
 * `input.params` has its secrets in the clear. Errors: catalog.invalid_resource_url, catalog.unknown_file,
 * catalog.unknown_dataset, catalog.unknown_connection, catalog.connection_mismatch. `also`: what else belongs to it, in the
 * same transaction.
 */
export async function addResource(
  deps: EditorDeps & SecretDeps,
  datasetUid: string,
  input: ResourceInput,
  also: (trx: ControlDb, resourceUid: string) => Promise<void> = async () => {},
): Promise<ConfiguredResource> {
  await checkUrl(deps, input.url, datasetUid)
  const params = await storedParams(deps, input, null)
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
        params_json: JSON.stringify(params),
        fetched_json: null,
      })
      .execute()
    await also(trx, resourceUid)
  })
  return findResource(deps, datasetUid, resourceUid)
}

/** `***` keeps a secret. Errors: those of addResource, catalog.unknown_resource, catalog.secret_needed. */
export async function replaceResource(
  deps: EditorDeps & SecretDeps,
  datasetUid: string,
  resourceUid: string,
  input: ResourceInput,
): Promise<ConfiguredResource> {
  const present = await findResource(deps, datasetUid, resourceUid)
  await checkUrl(deps, input.url, datasetUid)
  const params = await storedParams(deps, input, present)
  await editDataset(deps, datasetUid, 'edit', async (trx) => {
    await trx
      .updateTable('resources')
      .set({
        url: input.url,
        title: input.title,
        type: input.type,
        params_json: JSON.stringify(params),
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

/** The next publish fetches it anew, also where the server would say that nothing has changed. Errors: catalog.unknown_resource. */
export async function forgetFetched(
  deps: CatalogDeps,
  datasetUid: string,
  resourceUid: string,
): Promise<void> {
  await findResource(deps, datasetUid, resourceUid)
  await deps.db
    .updateTable('resources')
    .set({ fetched_json: null })
    .where('resource_uid', '=', resourceUid)
    .execute()
}

/** As stored: secrets sealed, the connection by its uid, which survives a renaming. */
export async function storedParams(
  deps: CatalogDeps & SecretDeps,
  input: Pick<ResourceInput, 'url' | 'params'>,
  present: ConfiguredResource | null,
): Promise<JsonObject> {
  const params = sealSourceParams(deps.secrets, input.url, input.params, present)
  const connection = await namedConnection(deps, input.url, params)
  return connection === null ? params : { ...params, connection: connection.connection_uid }
}

const remote = /^(https?|ftps?|sftp|s3):\/\/[^\s/]+/i

async function checkUrl(deps: CatalogDeps, url: string, datasetUid: string): Promise<void> {
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
  if (url.startsWith(datasetPrefix)) {
    const other = await findDataset(deps.db, url.slice(datasetPrefix.length))
    // A dataset that reads itself would hold its records once more with every publish.
    if (other.dataset_uid === datasetUid)
      throw new AppError('catalog.invalid_resource_url', { url: url.slice(0, 200) })
    return
  }
  if (!remote.test(url) || url.length > 8000 || !URL.canParse(url) || hasCredentials(url)) {
    throw new AppError('catalog.invalid_resource_url', { url: url.slice(0, 200) })
  }
}

/** An address is shown: what it may not hold has its place in a connection. Of http the fetch itself says so. */
function hasCredentials(text: string): boolean {
  const url = new URL(text)
  return !/^https?:$/.test(url.protocol) && (url.username !== '' || url.password !== '')
}
