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

/** Files the caller uploaded; all, for someone who may edit all datasets. */
export async function listFiles(deps: CatalogDeps, owner: string | null): Promise<FilesTable[]> {
  let query = deps.db.selectFrom('files').selectAll().orderBy('created_at', 'desc').orderBy('file_id')
  if (owner !== null) query = query.where('owner', '=', owner)
  return query.execute()
}

/** Errors: catalog.unknown_file, also for a file of somebody else when `owner` is given. */
export async function findFile(deps: CatalogDeps, fileId: string, owner: string | null): Promise<FilesTable> {
  const file = await deps.db.selectFrom('files').selectAll().where('file_id', '=', fileId).executeTakeFirst()
  if (!file || (owner !== null && file.owner !== owner)) {
    throw new AppError('catalog.unknown_file', { file_id: fileId.slice(0, 200) })
  }
  return file
}

/** Forgets a file; its bytes go when nothing names them any more. Errors: catalog.unknown_file, file_in_use, file_in_version. */
export async function deleteFile(deps: CatalogDeps, fileId: string, owner: string | null): Promise<void> {
  await findFile(deps, fileId, owner)
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
