/** Versions that readers may be told of: labelled, of a dataset whose publisher allows it. docs/versions.md. */
import { type EditorDeps, editDataset } from '../catalog/index.ts'
import type { ControlDb } from '../control/index.ts'
import { AppError } from '../kernel/index.ts'
import type { VersionRow } from './versions.ts'

/** Whose versions, and who asks. */
export interface VersionsAsked {
  readonly datasetUid: string
  /** Whether also those that were saved while the dataset was restricted may be told of. */
  readonly seesRestricted: boolean
}

export async function hasPublicVersions(db: ControlDb, datasetUid: string): Promise<boolean> {
  const row = await db
    .selectFrom('datasets')
    .select('has_public_versions')
    .where('dataset_uid', '=', datasetUid)
    .executeTakeFirst()
  return row?.has_public_versions === 1
}

/** Readers feel it at once. It is part of the dataset's history, and not undone by restoring it. */
export async function setPublicVersions(
  deps: EditorDeps,
  datasetUid: string,
  isPublic: boolean,
): Promise<void> {
  await editDataset(deps, datasetUid, 'edit', async (trx) => {
    await trx
      .updateTable('datasets')
      .set({ has_public_versions: isPublic ? 1 : 0 })
      .where('dataset_uid', '=', datasetUid)
      .execute()
  })
}

/** Newest first. */
export async function listPublicVersions(
  db: ControlDb,
  asked: VersionsAsked,
  page: { readonly limit: number; readonly offset: number },
): Promise<{ readonly totalCount: number; readonly versions: VersionRow[] }> {
  const { count } = await publicVersions(db, asked)
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  const versions = await publicVersions(db, asked)
    .selectAll('versions')
    .orderBy('versions.created_at', 'desc')
    .orderBy('versions.version_uid')
    .limit(page.limit)
    .offset(page.offset)
    .execute()
  return { totalCount: Number(count), versions }
}

/** Errors: records.unknown_version, also for one that is there and is not public. */
export async function requirePublicVersion(
  db: ControlDb,
  asked: VersionsAsked,
  versionUid: string,
): Promise<void> {
  const found = await publicVersions(db, asked)
    .select('versions.version_uid')
    .where('versions.version_uid', '=', versionUid)
    .executeTakeFirst()
  if (!found) throw new AppError('records.unknown_version', { version: versionUid.slice(0, 60) })
}

function publicVersions(db: ControlDb, { datasetUid, seesRestricted }: VersionsAsked) {
  return (
    db
      .selectFrom('versions')
      .innerJoin('datasets', 'datasets.dataset_uid', 'versions.dataset_uid')
      .where('versions.dataset_uid', '=', datasetUid)
      .where('datasets.has_public_versions', '=', 1)
      .where('versions.label', 'is not', null)
      .where('versions.label', '<>', '')
      // Of an unpublished dataset there is nothing to see.
      .where('versions.publication_json', 'is not', null)
      // What stands in texts within has its quotes escaped.
      .$if(!seesRestricted, (query) =>
        query.where('versions.publication_json', 'like', '%"visibility":"domain"%'),
      )
  )
}
