import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { datasetPrefix } from '../catalog/index.ts'
import { crashPoint } from '../faults/index.ts'
import { extractorParams, type FetchPolicy, fetchResource } from '../ingest/index.ts'
import { AppError, type BuildSource, type JsonObject, shown } from '../kernel/index.ts'
import { gatherPushes, realtimeType } from '../realtime/index.ts'
import { type DatasetSource, findDatasetSource, holdDatasetSource } from './dataset-source.ts'
import type { ActionDeps } from './deps.ts'
import { refuseCycle } from './gather-datasets.ts'
import type { ProgressBoard } from './progress.ts'
import { type ReadySource, readySource } from './remote-source.ts'

/** What is remembered of a resource's last fetch, so that the next one can ask for changes only. */
interface Fetched {
  readonly sha256: string
  readonly bytes: number
  readonly filename: string
  readonly etag: string | null
  readonly last_modified: string | null
  /** Of the options it was fetched with (remote-source.ts); absent: none. */
  readonly access?: string | null
}

export interface SourceResource {
  readonly resource_uid: string
  readonly url: string
  readonly title: string
  readonly type: string
  readonly params: JsonObject
}

const filePrefix = 'odsfile://'

/** Takes what is to be called when the sources are needed no longer. */
export type Hold = (release: () => void | Promise<void>) => void

/**
 * Brings every resource into the blob store: uploaded files are there already, remote ones are fetched (conditionally
 * when they were fetched before). Other datasets stay where they are, pushed records are written to a file: both are let go of
 * by what `hold` is given, also when a later source fails.
 * Errors: actions.resource_unreadable (a file that is gone), actions.join_cycle (a dataset that reads itself, over others too), ingest.fetch_* (a source that cannot be fetched).
 */
export async function gatherSources(
  deps: ActionDeps,
  datasetUid: string,
  resources: readonly SourceResource[],
  board: ProgressBoard,
  signal: AbortSignal,
  hold: Hold,
): Promise<BuildSource[]> {
  const sources: BuildSource[] = []
  for (const [order, resource] of resources.entries()) {
    signal.throwIfAborted()
    if (resource.url.startsWith(datasetPrefix)) {
      await refuseCycle(deps.control.db, datasetUid, resource.url.slice(datasetPrefix.length))
      const { source, release } = await holdDatasetSource(
        deps.control.db,
        deps.layout.generations,
        deps.readers,
        resource.url,
      )
      hold(release)
      sources.push({ ...describe(resource), ...withoutParts(source) })
      continue
    }
    if (resource.type === realtimeType) {
      sources.push(...(await gatherPushed(deps, resource, order, board, signal, hold)))
      continue
    }
    const found = resource.url.startsWith(filePrefix)
      ? await findUploadedFile(deps, resource)
      : await fetchRemote(deps, resource, board, signal)
    sources.push(toSource(deps, resource, found))
  }
  return sources
}

/**
 * The sources as they are known without asking anybody: uploaded files, and what the last fetch of each address brought.
 * Null: one of them has never been fetched, or is gone.
 */
export async function knownSources(
  deps: ActionDeps,
  resources: readonly SourceResource[],
): Promise<BuildSource[] | null> {
  const sources: BuildSource[] = []
  for (const resource of resources) {
    if (resource.url.startsWith(datasetPrefix)) {
      const { db } = deps.control
      const source = await findDatasetSource(db, deps.layout.generations, resource.url).catch(() => null)
      if (!source) return null
      sources.push({ ...describe(resource), ...withoutParts(source) })
      continue
    }
    // Known when they are gathered, not before.
    if (resource.type === realtimeType) return null
    const found = resource.url.startsWith(filePrefix)
      ? await findUploadedFile(deps, resource).catch(() => null)
      : await knownFetch(deps, resource)
    if (!found) return null
    sources.push(toSource(deps, resource, found))
  }
  return sources
}

function toSource(deps: ActionDeps, resource: SourceResource, found: Found): BuildSource {
  const { sha256, bytes, filename } = found
  return { ...describe(resource), filename, path: deps.blobs.path(sha256), sha256, bytes }
}

/** How bytes are fetched is no part of what is built of them. */
function describe(resource: SourceResource) {
  return {
    resourceUid: resource.resource_uid,
    title: resource.title,
    extractor: resource.type,
    params: extractorParams(resource.params),
  }
}

function withoutParts({ parts: _parts, ...source }: DatasetSource) {
  return source
}

async function knownFetch(deps: ActionDeps, resource: SourceResource): Promise<Found | null> {
  const ready = await readySource({ db: deps.control.db, secrets: deps.secrets }, resource).catch(() => null)
  return ready && (await lastFetch(deps, resource.resource_uid, ready))
}

/** Pushed records, written to a file for this build; none, when nothing has been pushed. */
async function gatherPushed(
  deps: ActionDeps,
  resource: SourceResource,
  order: number,
  board: ProgressBoard,
  signal: AbortSignal,
  hold: Hold,
): Promise<BuildSource[]> {
  board.begin('fetch', resource.resource_uid)
  const path = join(deps.layout.tmp, `pushed-${resource.resource_uid}-${deps.ids.hex(4)}`)
  // What cannot be removed now goes when the server starts next.
  hold(() => rm(path, { force: true }).catch(() => {}))
  const pushed = await gatherPushes(deps.control.db, resource.resource_uid, order, path, signal)
  board.update({ bytes_read: pushed.bytes })
  board.end()
  if (pushed.records === 0) return []
  const { sha256, bytes, deleted, fileMembers } = pushed
  const params: JsonObject = fileMembers.length > 0 ? { file_members: [...fileMembers] } : {}
  const filename = `${resource.resource_uid}.jsonl`
  const found = { sha256, bytes, filename }
  return [{ ...toSource(deps, resource, found), path, extractor: 'jsonl', params, deleted }]
}

type Found = Pick<Fetched, 'sha256' | 'bytes' | 'filename'>

async function findUploadedFile(deps: ActionDeps, resource: SourceResource): Promise<Found> {
  const file = await deps.control.db
    .selectFrom('files')
    .select(['sha256', 'bytes', 'filename'])
    .where('file_id', '=', resource.url.slice(filePrefix.length))
    .executeTakeFirst()
  if (!file || !(await deps.blobs.has(file.sha256))) {
    throw new AppError('actions.resource_unreadable', {
      resource_uid: resource.resource_uid,
      url: shown(resource.url),
    })
  }
  return file
}

async function fetchRemote(
  deps: ActionDeps,
  resource: SourceResource,
  board: ProgressBoard,
  signal: AbortSignal,
): Promise<Found> {
  board.begin('fetch', resource.resource_uid)
  const ready = await readySource({ db: deps.control.db, secrets: deps.secrets }, resource)
  const known = await lastFetch(deps, resource.resource_uid, ready)
  const policy: FetchPolicy = deps.fetchPolicy
  const answer = await fetchResource({
    url: resource.url,
    conditional: known ? { etag: known.etag, lastModified: known.last_modified } : null,
    params: ready.params,
    connection: ready.connection,
    policy,
    blobs: deps.blobs,
    signal,
    onProgress: ({ bytes, totalBytes }) => board.update({ bytes_read: bytes, bytes_total: totalBytes }),
  })
  if (answer.kind === 'not_modified' && known) {
    board.update({ not_modified: true, bytes_read: 0 })
    board.end()
    return known
  }
  if (answer.kind !== 'fetched') {
    throw new AppError('actions.resource_unreadable', {
      resource_uid: resource.resource_uid,
      url: shown(resource.url),
    })
  }
  const fetched: Fetched = {
    sha256: answer.sha256,
    bytes: answer.bytes,
    filename: answer.filename,
    etag: answer.etag,
    last_modified: answer.lastModified,
    ...(ready.accessKey === null ? {} : { access: ready.accessKey }),
  }
  crashPoint('fetch.before')
  await deps.control.db
    .updateTable('resources')
    .set({ fetched_json: JSON.stringify({ url: resource.url, ...fetched }) })
    .where('resource_uid', '=', resource.resource_uid)
    .execute()
  crashPoint('fetch.after')
  board.end()
  return fetched
}

/** The last fetch counts only for the address and the options it was made with, and while its bytes are still here. */
async function lastFetch(
  deps: ActionDeps,
  resourceUid: string,
  { accessKey }: Pick<ReadySource, 'accessKey'>,
): Promise<Fetched | null> {
  const row = await deps.control.db
    .selectFrom('resources')
    .select(['fetched_json', 'url'])
    .where('resource_uid', '=', resourceUid)
    .executeTakeFirst()
  if (!row || row.fetched_json === null) return null
  const fetched = JSON.parse(row.fetched_json) as Fetched & { url: string }
  const isSame = fetched.url === row.url && (fetched.access ?? null) === accessKey
  return isSame && (await deps.blobs.has(fetched.sha256)) ? fetched : null
}
