/** What takes space, from the files as they are. A generation that several things hold is counted once. */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { filePrefix } from '../catalog/index.ts'
import { among } from '../control/index.ts'
import { servingPath } from '../kernel/index.ts'
import type { ActionDeps } from './deps.ts'

export interface Space {
  readonly count: number
  readonly bytes: number
}

/** Generations are counted in the first of the four places that holds them. */
export interface DiskUsage {
  /** What readers see. */
  readonly current: Space
  /** Pinned by versions. */
  readonly versions: Space
  /** Replaced or unpublished, for the retention window. */
  readonly retained: Space
  readonly building: Space
  /** Derived from the generations. */
  readonly serving_files: Space
  /**
   * Of a dataset: what its resources name, what has been attached to it, and the files of its records. Of the whole: all that is
   * kept. Each content once.
   */
  readonly sources: Space
  readonly total_bytes: number
}

type GenerationPlace = 'current' | 'versions' | 'retained' | 'building'

/** `datasetUid` null: the whole data directory. */
export async function measureDisk(deps: ActionDeps, datasetUid: string | null): Promise<DiskUsage> {
  const spaces: Record<GenerationPlace | 'serving_files', { count: number; bytes: number }> = {
    current: { count: 0, bytes: 0 },
    versions: { count: 0, bytes: 0 },
    retained: { count: 0, bytes: 0 },
    building: { count: 0, bytes: 0 },
    serving_files: { count: 0, bytes: 0 },
  }
  const add = (place: keyof typeof spaces, bytes: number) => {
    spaces[place].count++
    spaces[place].bytes += bytes
  }
  for (const { generationUid, place } of await placesOf(deps, datasetUid)) {
    add(place, await sizeOfFolder(join(deps.layout.generations, generationUid)))
    const serving = await sizeOf(servingPath(deps.layout.serving, generationUid))
    if (serving !== null) add('serving_files', serving)
  }
  const sources = await sizeOfSources(deps, datasetUid)
  const total_bytes = Object.values(spaces).reduce((total, { bytes }) => total + bytes, sources.bytes)
  return { ...spaces, sources, total_bytes }
}

async function placesOf(
  deps: ActionDeps,
  datasetUid: string | null,
): Promise<{ generationUid: string; place: GenerationPlace }[]> {
  const { db } = deps.control
  let query = db
    .selectFrom('generations')
    .leftJoin('publications', 'publications.generation_uid', 'generations.generation_uid')
    .select(({ selectFrom }) => [
      'generations.generation_uid',
      'state',
      'publications.dataset_uid as published',
      selectFrom('versions')
        .select((eb) => eb.fn.min('version_uid').as('pin'))
        .whereRef('versions.generation_uid', '=', 'generations.generation_uid')
        .as('pinned'),
    ])
  if (datasetUid !== null) query = query.where('generations.dataset_uid', '=', datasetUid)
  return (await query.execute()).map(({ generation_uid, state, published, pinned }) => ({
    generationUid: generation_uid,
    place:
      state === 'building'
        ? 'building'
        : published !== null
          ? 'current'
          : pinned !== null
            ? 'versions'
            : 'retained',
  }))
}

async function sizeOfSources(deps: ActionDeps, datasetUid: string | null): Promise<Space> {
  let count = 0
  let bytes = 0
  for await (const sha256 of datasetUid === null ? deps.blobs.list() : await sourcesOf(deps, datasetUid)) {
    const size = await sizeOf(deps.blobs.path(sha256))
    if (size === null) continue
    count++
    bytes += size
  }
  return { count, bytes }
}

async function sourcesOf(deps: ActionDeps, datasetUid: string): Promise<Set<string>> {
  const { db } = deps.control
  const resources = await db
    .selectFrom('resources')
    .select(['url', 'fetched_json'])
    .where('dataset_uid', '=', datasetUid)
    .execute()
  const fileIds = resources.flatMap(({ url }) =>
    url.startsWith(filePrefix) ? [url.slice(filePrefix.length)] : [],
  )
  const files =
    fileIds.length === 0
      ? []
      : await db.selectFrom('files').select('sha256').where(among('file_id', fileIds)).execute()
  const fetched = resources.flatMap(({ fetched_json }) =>
    fetched_json === null ? [] : [String(JSON.parse(fetched_json).sha256)],
  )
  const attached = await db
    .selectFrom('attached_blobs')
    .select('sha256')
    .where('dataset_uid', '=', datasetUid)
    .execute()
  const media = await db
    .selectFrom('generation_media')
    .innerJoin('generations', 'generations.generation_uid', 'generation_media.generation_uid')
    .select('generation_media.sha256')
    .distinct()
    .where('generations.dataset_uid', '=', datasetUid)
    .execute()
  return new Set([...[...files, ...attached, ...media].map(({ sha256 }) => sha256), ...fetched])
}

async function sizeOfFolder(path: string): Promise<number> {
  let total = 0
  for (const name of await readdir(path).catch(() => [])) total += (await sizeOf(join(path, name))) ?? 0
  return total
}

/** Null: it is gone, or not there yet. */
async function sizeOf(path: string): Promise<number | null> {
  return stat(path).then(
    ({ size }) => size,
    () => null,
  )
}
