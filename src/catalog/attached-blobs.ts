import type { ControlDb } from '../control/index.ts'

/**
 * Forgets blobs that were attached once and that nothing of their dataset names any more: neither its editors nor its
 * publication, versions, withdrawn publication or restorable changes.
 */
export async function releaseAttachedBlobs(db: ControlDb): Promise<void> {
  const candidates = await db
    .selectFrom('attached_blobs')
    .selectAll()
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('attached_files')
            .select('attached_uid')
            .whereRef('attached_files.dataset_uid', '=', 'attached_blobs.dataset_uid')
            .whereRef('attached_files.sha256', '=', 'attached_blobs.sha256'),
        ),
      ),
    )
    .execute()
  for (const { dataset_uid, sha256 } of candidates) {
    await db.transaction().execute(async (trx) => {
      // As every edit does first: one that attaches the blob again comes before this or after it.
      await trx.updateTable('datasets').set({ dataset_uid }).where('dataset_uid', '=', dataset_uid).execute()
      if (await isNamed(trx, dataset_uid, sha256)) return
      await trx
        .deleteFrom('attached_blobs')
        .where('dataset_uid', '=', dataset_uid)
        .where('sha256', '=', sha256)
        .execute()
    })
  }
}

async function isNamed(trx: ControlDb, datasetUid: string, sha256: string): Promise<boolean> {
  // Looked for as text: a name of 64 hex digits occurs nowhere by chance.
  const holds = `%${sha256}%`
  const looks = [
    trx.selectFrom('attached_files').select('dataset_uid').where('sha256', '=', sha256),
    trx.selectFrom('publications').select('dataset_uid').where('attached_json', 'like', holds),
    trx.selectFrom('withdrawn_publications').select('dataset_uid').where('publication_json', 'like', holds),
    trx
      .selectFrom('versions')
      .select('dataset_uid')
      .where((eb) => eb.or([eb('configuration_json', 'like', holds), eb('publication_json', 'like', holds)])),
    trx
      .selectFrom('configuration_snapshots')
      .select('dataset_uid')
      .where('configuration_json', 'like', holds),
  ] as const
  for (const look of looks) {
    const found = await (look as (typeof looks)[0]).where('dataset_uid', '=', datasetUid).executeTakeFirst()
    if (found) return true
  }
  return false
}
