/** The files that a control database names, from one data directory or backup to another. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ControlDb } from '../control/index.ts'
import { syncDirectory } from '../ingest/index.ts'
import { blobPath, type DataLayout, type Manifest } from '../kernel/index.ts'
import { type CopyTally, copyImmutable, DamagedSourceError } from './copy-file.ts'
import { readManifest } from './manifest-schema.ts'
import { listNamedBlobs, listSealed } from './verify-control.ts'

export interface CopiedData {
  readonly generations: readonly Manifest[]
  readonly blobs: readonly string[]
  readonly tally: CopyTally
}

/**
 * Copies every sealed generation and every named blob that is not there already. A source that can be fetched again may
 * be missing. Errors: DamagedSourceError, naming generation and file.
 */
export async function copyData(
  db: ControlDb,
  from: DataLayout,
  to: DataLayout,
  options: { readonly links: boolean; readonly onFile: (tally: CopyTally) => void },
): Promise<CopiedData> {
  const tally: CopyTally = { files: 0, bytes: 0 }
  const generations: Manifest[] = []
  for (const { generation_uid: uid } of await listSealed(db)) {
    requireName(/^ge_[a-z0-9]{1,40}$/, uid)
    const source = join(from.generations, uid)
    const manifest = await readManifest(source)
    if ('fault' in manifest)
      throw new DamagedSourceError(`manifest.json of generation ${uid}: ${manifest.fault}`)
    for (const file of filesOf(manifest)) {
      const paths = { source: join(source, file.file), target: join(to.generations, uid, file.file) }
      const name = `${file.file} of generation ${uid}`
      await copyImmutable({ ...paths, ...file, name, links: options.links }, tally)
      options.onFile(tally)
    }
    await syncDirectory(join(to.generations, uid))
    generations.push(manifest)
  }
  const blobs: string[] = []
  for (const { sha256, bytes, of, isRemote } of await listNamedBlobs(db)) {
    requireName(/^[0-9a-f]{64}$/, sha256)
    const paths = { source: blobPath(from.blobs, sha256), target: blobPath(to.blobs, sha256) }
    const order = { ...paths, name: `the source of ${of}`, bytes, sha256, links: options.links }
    try {
      await copyImmutable(order, tally)
    } catch (error) {
      if (isRemote && error instanceof DamagedSourceError) continue
      throw error
    }
    options.onFile(tally)
    blobs.push(sha256)
  }
  for (const directory of [to.generations, to.blobs]) await syncTree(directory)
  return { generations, blobs, tally }
}

/** Names become paths, and a backup may come from anywhere. */
function requireName(pattern: RegExp, name: string): void {
  if (!pattern.test(name))
    throw new DamagedSourceError(`The database names ${JSON.stringify(name.slice(0, 60))}`)
}

function filesOf(manifest: Manifest) {
  const unknown = { bytes: null, sha256: null }
  const side = [manifest.rejects, manifest.record_errors].flatMap(({ file, bytes, sha256 }) =>
    file === null ? [] : [{ file, bytes: bytes ?? null, sha256: sha256 ?? null }],
  )
  const parts = manifest.parts.map(({ file, bytes, sha256 }) => ({ file, bytes, sha256 }))
  // The manifest comes last, as it does when a generation is built.
  return [...parts, ...side, { file: 'manifest.json', ...unknown }]
}

/** A directory and its own: new names in them are durable. */
async function syncTree(directory: string): Promise<void> {
  for (const entry of await readdir(directory, { withFileTypes: true }))
    if (entry.isDirectory()) await syncDirectory(join(directory, entry.name))
  await syncDirectory(directory)
}
