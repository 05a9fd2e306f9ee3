import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { crashPoint } from '../faults/index.ts'
import { type FetchPolicy, fetchResource } from '../ingest/index.ts'
import { AppError, type BuildSource, type JsonObject } from '../kernel/index.ts'
import { gatherPushes, realtimeType } from '../realtime/index.ts'
import type { ActionDeps } from './deps.ts'
import type { ProgressBoard } from './progress.ts'

/** What is remembered of a resource's last fetch, so that the next one can ask for changes only. */
interface Fetched {
  readonly sha256: string
  readonly bytes: number
  readonly filename: string
  readonly etag: string | null
  readonly last_modified: string | null
}

export interface SourceResource {
  readonly resource_uid: string
  readonly url: string
  readonly title: string
  readonly type: string
  readonly params: JsonObject
}

const filePrefix = 'odsfile://'

/**
 * Brings every resource into the blob store: uploaded files are there already, remote ones are fetched (conditionally
 * when they were fetched before).
 * Errors: actions.resource_unreadable (a file that is gone), ingest.fetch_* (a source that cannot be fetched).
 */
export async function gatherSources(
  deps: ActionDeps,
  resources: readonly SourceResource[],
  board: ProgressBoard,
  signal: AbortSignal,
): Promise<BuildSource[]> {
  const sources: BuildSource[] = []
  for (const [order, resource] of resources.entries()) {
    signal.throwIfAborted()
    if (resource.type === realtimeType) {
      sources.push(...(await gatherPushed(deps, resource, order, board, signal)))
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
    // Known when they are gathered, not before.
    if (resource.type === realtimeType) return null
    const found = resource.url.startsWith(filePrefix)
      ? await findUploadedFile(deps, resource).catch(() => null)
      : await lastFetch(deps, resource.resource_uid)
    if (!found) return null
    sources.push(toSource(deps, resource, found))
  }
  return sources
}

function toSource(deps: ActionDeps, resource: SourceResource, found: Found): BuildSource {
  return {
    resourceUid: resource.resource_uid,
    title: resource.title,
    filename: found.filename,
    path: deps.blobs.path(found.sha256),
    sha256: found.sha256,
    bytes: found.bytes,
    extractor: resource.type,
    params: resource.params,
  }
}

/** Pushed records, written to a file for this build; none, when nothing has been pushed. */
async function gatherPushed(
  deps: ActionDeps,
  resource: SourceResource,
  order: number,
  board: ProgressBoard,
  signal: AbortSignal,
): Promise<BuildSource[]> {
  board.begin('fetch', resource.resource_uid)
  const path = join(deps.layout.tmp, `${pushedPrefix}${resource.resource_uid}-${deps.ids.hex(4)}`)
  const pushed = await gatherPushes(deps.control.db, resource.resource_uid, order, path, signal)
  board.update({ bytes_read: pushed.bytes })
  board.end()
  if (pushed.records === 0) {
    await rm(path, { force: true })
    return []
  }
  const { sha256, bytes, deleted } = pushed
  const filename = `${resource.resource_uid}.jsonl`
  const found = { sha256, bytes, filename }
  return [{ ...toSource(deps, resource, found), path, extractor: 'jsonl', params: {}, deleted }]
}

const pushedPrefix = 'pushed-'

/** The files that were written for a build alone. */
export async function removePushed(deps: ActionDeps, sources: readonly BuildSource[]): Promise<void> {
  const prefix = join(deps.layout.tmp, pushedPrefix)
  for (const { path } of sources) if (path.startsWith(prefix)) await rm(path, { force: true })
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
      url: resource.url,
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
  const known = await lastFetch(deps, resource.resource_uid)
  const policy: FetchPolicy = deps.fetchPolicy
  const answer = await fetchResource({
    url: resource.url,
    conditional: known ? { etag: known.etag, lastModified: known.last_modified } : null,
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
      url: resource.url,
    })
  }
  const fetched: Fetched = {
    sha256: answer.sha256,
    bytes: answer.bytes,
    filename: answer.filename,
    etag: answer.etag,
    last_modified: answer.lastModified,
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

/** The last fetch counts only for the address it was made from, and while its bytes are still here. */
async function lastFetch(deps: ActionDeps, resourceUid: string): Promise<Fetched | null> {
  const row = await deps.control.db
    .selectFrom('resources')
    .select(['fetched_json', 'url'])
    .where('resource_uid', '=', resourceUid)
    .executeTakeFirst()
  if (!row || row.fetched_json === null) return null
  const fetched = JSON.parse(row.fetched_json) as Fetched & { url: string }
  return fetched.url === row.url && (await deps.blobs.has(fetched.sha256)) ? fetched : null
}
