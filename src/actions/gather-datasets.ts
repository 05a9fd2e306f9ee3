/**
 * The datasets that processors join: resolved to what their readers have now, and held against the collector as long as
 * a build or a preview reads them. That a dataset joins itself, over however many others, is refused: none of them could
 * ever be up to date.
 */
import { join } from 'node:path'
import { datasetPrefix, uidOfDataset } from '../catalog/index.ts'
import type { ControlDb } from '../control/index.ts'
import { datasetsNamed } from '../ingest/index.ts'
import { AppError, type ConfiguredStep, type JoinedDataset, type Manifest } from '../kernel/index.ts'
import type { ActionDeps } from './deps.ts'

export interface GatheredDatasets {
  /** By what processors name them. */
  readonly datasets: Readonly<Record<string, JoinedDataset>>
  /** Nothing reads them any more. */
  release(): void
}

/**
 * `datasetUid`: of the dataset whose processors these are.
 * Errors: actions.joined_dataset_unpublished, actions.join_cycle, records.generation_damaged.
 */
export async function gatherDatasets(
  deps: Pick<ActionDeps, 'control' | 'layout' | 'readers'>,
  datasetUid: string,
  processors: readonly ConfiguredStep[],
): Promise<GatheredDatasets> {
  const datasets: Record<string, JoinedDataset> = {}
  const leases: { release(): void }[] = []
  const release = () => {
    for (const lease of leases) lease.release()
  }
  try {
    for (const { name, processorUid } of datasetsNamed(processors)) {
      await refuseCycle(deps.control.db, datasetUid, name)
      const { lease, joined } = await leaseCurrent(deps, name, processorUid)
      leases.push(lease)
      datasets[name] = joined
    }
  } catch (error) {
    release()
    throw error
  }
  return { datasets, release }
}

/** Content hashes of what processors join, by what they name it; null: one of them is not published. */
export async function joinedHashes(
  db: ControlDb,
  processors: readonly ConfiguredStep[],
): Promise<Record<string, string> | null> {
  const hashes: Record<string, string> = {}
  for (const { name } of datasetsNamed(processors)) {
    const current = await findCurrent(db, name)
    if (!current) return null
    hashes[name] = current.manifest.content_hash
  }
  return hashes
}

interface Current {
  readonly datasetUid: string
  readonly datasetId: string
  readonly manifest: Manifest
}

async function findCurrent(db: ControlDb, named: string): Promise<Current | null> {
  const datasetUid = await uidOfDataset(db, named)
  if (datasetUid === null) return null
  const row = await db
    .selectFrom('publications')
    .innerJoin('generations', 'generations.generation_uid', 'publications.generation_uid')
    .select(['publications.dataset_id', 'generations.manifest_json'])
    .where('publications.dataset_uid', '=', datasetUid)
    .executeTakeFirst()
  if (!row || row.manifest_json === null) return null
  return { datasetUid, datasetId: row.dataset_id, manifest: JSON.parse(row.manifest_json) }
}

/** A publication may be replaced, and its generation collected, between the look and the lease: then it is looked again. */
const mostLooks = 5

async function leaseCurrent(
  deps: Pick<ActionDeps, 'control' | 'layout' | 'readers'>,
  named: string,
  processorUid: string,
): Promise<{ readonly lease: { release(): void }; readonly joined: JoinedDataset }> {
  for (let look = 0; look < mostLooks; look++) {
    const current = await findCurrent(deps.control.db, named)
    if (!current) break
    const { manifest, datasetUid, datasetId } = current
    const { generation_uid: generationUid } = manifest
    try {
      const lease = await deps.readers.acquire(generationUid)
      try {
        for (const part of manifest.parts) await deps.readers.checkPart(generationUid, part)
      } catch (error) {
        lease.release()
        throw error
      }
      const directory = join(deps.layout.generations, generationUid)
      return {
        lease,
        joined: {
          datasetUid,
          datasetId,
          generationUid,
          contentHash: manifest.content_hash,
          fields: manifest.fields,
          parts: manifest.parts.map(({ file }) => join(directory, file)),
        },
      }
    } catch (error) {
      if (!(error instanceof AppError) || error.key !== 'records.generation_gone') throw error
    }
  }
  throw new AppError('actions.joined_dataset_unpublished', {
    dataset: named.slice(0, 300),
    processor_id: processorUid,
  })
}

/**
 * Follows what a dataset that is joined or read (`named`) is configured to join and to read itself, to the end.
 * Errors: actions.join_cycle.
 */
export async function refuseCycle(db: ControlDb, datasetUid: string, named: string): Promise<void> {
  const seen = new Set<string>()
  const open: { readonly uid: string; readonly path: readonly string[] }[] = []
  async function reach(name: string, path: readonly string[]): Promise<void> {
    const uid = await uidOfDataset(db, name)
    if (uid === datasetUid) {
      const datasets = [...path, name].map((one) => one.slice(0, 100)).join(' -> ')
      throw new AppError('actions.join_cycle', { dataset_uid: datasetUid, datasets })
    }
    if (uid !== null && !seen.has(uid)) open.push({ uid, path: [...path, name] })
  }
  await reach(named, [])
  for (let next = open.pop(); next; next = open.pop()) {
    if (seen.has(next.uid)) continue
    seen.add(next.uid)
    for (const name of await namedBy(db, next.uid)) await reach(name, next.path)
  }
}

async function namedBy(db: ControlDb, datasetUid: string): Promise<string[]> {
  const steps = await db
    .selectFrom('steps')
    .select(['name', 'args_json'])
    .where('dataset_uid', '=', datasetUid)
    .where('stack', '=', 'processor')
    .execute()
  const configured = steps.map(({ name, args_json }) => ({
    processor_uid: '',
    name,
    args: JSON.parse(args_json),
  }))
  const sources = await db
    .selectFrom('resources')
    .select('url')
    .where('dataset_uid', '=', datasetUid)
    .where('url', 'like', `${datasetPrefix}%`)
    .execute()
  return [
    ...datasetsNamed(configured).map(({ name }) => name),
    ...sources.map(({ url }) => url.slice(datasetPrefix.length)),
  ]
}
