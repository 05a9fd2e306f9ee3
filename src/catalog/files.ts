import { sql } from 'kysely'
import type { ControlDb, FilesTable } from '../control/index.ts'
import { AppError } from '../kernel/index.ts'
import { type CatalogDeps, within } from './edit-dataset.ts'
import { filePrefix } from './resources.ts'

export interface NewFile {
  readonly filename: string
  readonly mimetype: string
  readonly bytes: number
  readonly sha256: string
  readonly owner: string
}

/** Who asks for files: what they have uploaded. Null: somebody who may see every file. */
export type FileReader = {
  readonly owner: string
  /** Of a key for some datasets: what others are made of is not there. Null: no such key. */
  readonly datasets: ReadonlySet<string> | null
} | null

/**
 * Registers an uploaded blob; its id is made from the file's name ("Cheese list.csv" becomes `cheese_list.csv`). `deps.db` may be a
 * transaction, which it is part of then.
 */
export async function addFile(deps: CatalogDeps, file: NewFile): Promise<FilesTable> {
  const wanted = fileSlug(file.filename)
  return within(deps.db, async (trx) => {
    const dot = wanted.lastIndexOf('.')
    const [stem, extension] = dot > 0 ? [wanted.slice(0, dot), wanted.slice(dot)] : [wanted, '']
    for (let fileId = wanted; ; fileId = `${stem}_${deps.ids.uid('', 6).slice(1)}${extension}`) {
      const row = { file_id: fileId, ...file, created_at: deps.clock.now() }
      // Uploads of one name may meet: whoever comes second gets another id.
      const inserted = await trx
        .insertInto('files')
        .values(row)
        .onConflict((conflict) => conflict.column('file_id').doNothing())
        .returning('file_id')
        .executeTakeFirst()
      if (inserted) return row
    }
  })
}

function fileSlug(filename: string): string {
  const slug = filename
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9.-]+/g, '_')
    .replace(/\.{2,}/g, '.')
    .replace(/^[._-]+|[._-]+$/g, '')
    .slice(-120)
  return slug === '' ? 'file' : slug
}

/** Newest first. */
export async function listFiles(deps: CatalogDeps, reader: FileReader): Promise<FilesTable[]> {
  let query = deps.db.selectFrom('files').selectAll().orderBy('created_at', 'desc').orderBy('file_id')
  if (reader !== null) query = query.where('owner', '=', reader.owner)
  const files = await query.execute()
  const hidden = await hiddenFrom(deps.db, reader)
  return files.filter(({ file_id }) => !hidden.has(file_id))
}

/** Errors: catalog.unknown_file, also for a file that the reader does not see. */
export async function findFile(deps: CatalogDeps, fileId: string, reader: FileReader): Promise<FilesTable> {
  const file = await deps.db.selectFrom('files').selectAll().where('file_id', '=', fileId).executeTakeFirst()
  const isSeen =
    file !== undefined &&
    (reader === null || file.owner === reader.owner) &&
    !(await hiddenFrom(deps.db, reader)).has(fileId)
  if (!isSeen) throw unknownFile(fileId)
  return file
}

export function unknownFile(fileId: string): AppError {
  return new AppError('catalog.unknown_file', { file_id: fileId.slice(0, 200) })
}

/** Ids of files that only datasets are made of, or offer, that the reader's key is not for. */
async function hiddenFrom(db: ControlDb, reader: FileReader): Promise<ReadonlySet<string>> {
  const datasets = reader?.datasets ?? null
  if (datasets === null) return new Set()
  const uses = []
  for (const table of ['resources', 'attached_files'] as const)
    uses.push(
      ...(await db
        .selectFrom(table)
        .select(['dataset_uid', 'url'])
        .where('url', 'like', `${filePrefix}%`)
        .execute()),
    )
  const idOf = (use: { readonly url: string }) => use.url.slice(filePrefix.length)
  const shown = new Set(uses.filter(({ dataset_uid }) => datasets.has(dataset_uid)).map(idOf))
  return new Set(uses.map(idOf).filter((fileId) => !shown.has(fileId)))
}

/** Forgets a file; its bytes go when nothing names them any more. Errors: catalog.unknown_file, file_in_use, file_in_version. */
export async function deleteFile(deps: CatalogDeps, fileId: string, reader: FileReader): Promise<void> {
  await findFile(deps, fileId, reader)
  await deps.db.transaction().execute(async (trx) => {
    const user = await trx
      .selectFrom('resources')
      .innerJoin('datasets', 'datasets.dataset_uid', 'resources.dataset_uid')
      .select('datasets.dataset_id')
      .where('resources.url', '=', `${filePrefix}${fileId}`)
      .executeTakeFirst()
    if (user) throw new AppError('catalog.file_in_use', { file_id: fileId, dataset_id: user.dataset_id })
    await refuseAttached(trx, fileId)
    await refuseVersioned(trx, fileId)
    await trx.deleteFrom('files').where('file_id', '=', fileId).execute()
  })
}

/** The attached file holds its bytes by itself, and goes by the address of the upload. Errors: catalog.file_in_use. */
async function refuseAttached(trx: ControlDb, fileId: string): Promise<void> {
  const attached = await trx
    .selectFrom('attached_files')
    .innerJoin('datasets', 'datasets.dataset_uid', 'attached_files.dataset_uid')
    .select('datasets.dataset_id')
    .where('attached_files.url', '=', `${filePrefix}${fileId}`)
    .executeTakeFirst()
  if (attached)
    throw new AppError('catalog.file_in_use', { file_id: fileId, dataset_id: attached.dataset_id })
}

/** A version that is restored must find its sources. Errors: catalog.file_in_version. */
async function refuseVersioned(trx: ControlDb, fileId: string): Promise<void> {
  // An identifier has no character that needs escaping in JSON, but underscores, which `like` takes for any character.
  const pattern = `%"${filePrefix}${fileId.replace(/[\\%_]/g, '\\$&')}"%`
  const version = await trx
    .selectFrom('versions')
    .innerJoin('datasets', 'datasets.dataset_uid', 'versions.dataset_uid')
    .select(['version_uid', 'dataset_id'])
    .where(sql<boolean>`configuration_json like ${pattern} escape '\\'`)
    .executeTakeFirst()
  if (version) throw new AppError('catalog.file_in_version', { file_id: fileId, ...version })
}
