/** A resource that is another dataset of this server: its current publication, read from its parts. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { datasetPrefix, findDataset, findPublication } from '../catalog/index.ts'
import type { ControlDb } from '../control/index.ts'
import { AppError, type BuildSource, type Field, type Manifest, type ManifestPart } from '../kernel/index.ts'

export interface DatasetSource extends Pick<BuildSource, 'filename' | 'path' | 'sha256' | 'bytes'> {
  readonly dataset: NonNullable<BuildSource['dataset']>
  /** As sealed. */
  readonly parts: readonly ManifestPart[]
}

/**
 * As published now. `sha256` is a digest of the parts and fields: what the records are made of, whatever job made them.
 * Errors: catalog.unknown_dataset, catalog.not_published.
 */
export async function findDatasetSource(
  db: ControlDb,
  generationsDirectory: string,
  url: string,
): Promise<DatasetSource> {
  const dataset = await findDataset(db, url.slice(datasetPrefix.length))
  const publication = await findPublication(db, dataset.dataset_id)
  const row =
    publication === null || publication === undefined
      ? undefined
      : await db
          .selectFrom('generations')
          .select('manifest_json')
          .where('generation_uid', '=', publication.generation_uid)
          .executeTakeFirst()
  if (!publication || !row || row.manifest_json === null)
    throw new AppError('catalog.not_published', { dataset_uid: dataset.dataset_uid })
  const manifest = JSON.parse(row.manifest_json) as Manifest
  const fields = JSON.parse(publication.fields_json) as Field[]
  const directory = join(generationsDirectory, publication.generation_uid)
  const essence = [
    fields.map(({ name, label, type, annotations }) => [
      name,
      label,
      type,
      Object.hasOwn(annotations, 'multivalued'),
    ]),
    manifest.parts.map(({ sha256 }) => sha256),
  ]
  return {
    filename: `${dataset.dataset_id}.parquet`,
    path: join(directory, 'manifest.json'),
    sha256: createHash('sha256').update(JSON.stringify(essence)).digest('hex'),
    bytes: manifest.parts.reduce((total, { bytes }) => total + bytes, 0),
    dataset: {
      generationUid: publication.generation_uid,
      fields,
      parts: manifest.parts.map(({ file, rows, bytes }) => ({ path: join(directory, file), rows, bytes })),
    },
    parts: manifest.parts,
  }
}

/** Keeps a generation on disk, and says whether its files are what was sealed: the readers' side of a generation. */
export interface GenerationLender {
  acquire(generationUid: string): Promise<{ release(): void }>
  checkPart(generationUid: string, part: ManifestPart): Promise<void>
}

/**
 * As findDatasetSource, held until `release`. Errors: those, records.generation_damaged, records.generation_gone when it
 * is replaced and collected twice meanwhile.
 */
export async function holdDatasetSource(
  db: ControlDb,
  generationsDirectory: string,
  lender: GenerationLender,
  url: string,
): Promise<{ readonly source: DatasetSource; release(): void }> {
  for (let attempt = 1; ; attempt++) {
    const source = await findDatasetSource(db, generationsDirectory, url)
    const { generationUid } = source.dataset
    try {
      const lease = await lender.acquire(generationUid)
      try {
        for (const part of source.parts) await lender.checkPart(generationUid, part)
      } catch (error) {
        lease.release()
        throw error
      }
      return { source, release: () => lease.release() }
    } catch (error) {
      const isReplaced = error instanceof AppError && error.key === 'records.generation_gone'
      if (!isReplaced || attempt === 2) throw error
    }
  }
}
