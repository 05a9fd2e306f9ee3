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
  for (const [datasetUid, rows] of Map.groupBy(candidates, ({ dataset_uid }) => dataset_uid)) {
    await db.transaction().execute(async (trx) => {
      // As every edit does first: one that attaches a blob again comes before this or after it.
      await trx
        .updateTable('datasets')
        .set((eb) => ({ dataset_uid: eb.ref('dataset_uid') }))
        .where('dataset_uid', '=', datasetUid)
        .execute()
      const unnamed = new Set(rows.map(({ sha256 }) => sha256))
      await spareNamed(trx, datasetUid, unnamed)
      for (const sha256 of unnamed)
        await trx
          .deleteFrom('attached_blobs')
          .where('dataset_uid', '=', datasetUid)
          .where('sha256', '=', sha256)
          .execute()
    })
  }
}

/** Takes out what something names. Each text is read once, however many blobs there are: years of versions hold many of both. */
async function spareNamed(trx: ControlDb, datasetUid: string, unnamed: Set<string>): Promise<void> {
  for await (const text of textsOf(trx, datasetUid)) {
    // A name of 64 hex digits occurs nowhere by chance.
    for (const [sha256] of text.matchAll(/[0-9a-f]{64}/g)) unnamed.delete(sha256)
    if (unnamed.size === 0) return
  }
}

const textsAtOnce = 50

/** All that may name an attached file of a dataset. */
async function* textsOf(trx: ControlDb, datasetUid: string): AsyncGenerator<string> {
  const attached = trx.selectFrom('attached_files').select('sha256').where('dataset_uid', '=', datasetUid)
  for (const { sha256 } of await attached.execute()) if (sha256 !== null) yield sha256
  const published = trx
    .selectFrom('publications')
    .select('attached_json')
    .where('dataset_uid', '=', datasetUid)
  for (const { attached_json } of await published.execute()) yield attached_json
  const withdrawn = trx
    .selectFrom('withdrawn_publications')
    .select('publication_json')
    .where('dataset_uid', '=', datasetUid)
  for (const { publication_json } of await withdrawn.execute()) yield publication_json
  for (let after = ''; ; ) {
    const page = await trx
      .selectFrom('configuration_snapshots')
      .select(['digest', 'configuration_json'])
      .where('dataset_uid', '=', datasetUid)
      .where('digest', '>', after)
      .orderBy('digest')
      .limit(textsAtOnce)
      .execute()
    for (const { configuration_json } of page) yield configuration_json
    if (page.length < textsAtOnce) break
    after = page.at(-1)!.digest
  }
  for (let after = ''; ; ) {
    const page = await trx
      .selectFrom('versions')
      .select(['version_uid', 'configuration_json', 'publication_json'])
      .where('dataset_uid', '=', datasetUid)
      .where('version_uid', '>', after)
      .orderBy('version_uid')
      .limit(textsAtOnce)
      .execute()
    for (const { configuration_json, publication_json } of page) {
      yield configuration_json
      if (publication_json !== null) yield publication_json
    }
    if (page.length < textsAtOnce) break
    after = page.at(-1)!.version_uid
  }
}
