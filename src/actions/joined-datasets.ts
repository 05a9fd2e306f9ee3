/**
 * What a publication was made of beside its resources, and what follows when that changes. A dataset is stale while one
 * that it joined has another content than the one that was joined, or none. One whose processors ask for it
 * (`republish_on_update`) is then ordered to be published, once for each content: a publish that fails or is held is not
 * tried again before there is a new one, and one that somebody restored stays until then. It is done in the owner's name,
 * and ends with the owner's right to publish the dataset.
 */
import { requireOwner } from '../access/index.ts'
import { readConfiguration, uidOfDataset } from '../catalog/index.ts'
import type { ControlDb } from '../control/index.ts'
import { datasetsNamed } from '../ingest/index.ts'
import { AppError, type ManifestJoined } from '../kernel/index.ts'
import type { ActionDeps } from './deps.ts'
import { placeOrder } from './orders.ts'
import { isResting, type Status } from './status.ts'

/** Part of the switch. `isOrdered`: what the other datasets are now is as it shall be, however old what was joined is. */
export async function noteJoined(
  trx: ControlDb,
  datasetUid: string,
  joined: readonly ManifestJoined[],
  isOrdered: boolean,
): Promise<void> {
  await trx.deleteFrom('joined_datasets').where('dataset_uid', '=', datasetUid).execute()
  for (const { dataset_uid: joinedUid, content_hash } of joined) {
    const ordered_hash = isOrdered ? await currentHash(trx, joinedUid) : null
    await trx
      .insertInto('joined_datasets')
      .values({ dataset_uid: datasetUid, joined_uid: joinedUid, content_hash, ordered_hash })
      .execute()
  }
}

async function currentHash(db: ControlDb, datasetUid: string): Promise<string | null> {
  const row = await db
    .selectFrom('publications')
    .innerJoin('generations', 'generations.generation_uid', 'publications.generation_uid')
    .select('generations.content_hash')
    .where('publications.dataset_uid', '=', datasetUid)
    .executeTakeFirst()
  return row?.content_hash ?? null
}

interface Changed {
  readonly dataset_uid: string
  readonly joined_uid: string
  readonly current_hash: string
}

/** Published datasets that joined another content than there is now, and have not been ordered anew for it. */
async function findChanged(
  db: ControlDb,
): Promise<(Changed & { readonly status: string; readonly owner: string })[]> {
  const rows = await db
    .selectFrom('joined_datasets as j')
    .innerJoin('datasets', 'datasets.dataset_uid', 'j.dataset_uid')
    .innerJoin('publications as own', 'own.dataset_uid', 'j.dataset_uid')
    .innerJoin('publications as other', 'other.dataset_uid', 'j.joined_uid')
    .innerJoin('generations', 'generations.generation_uid', 'other.generation_uid')
    .select(['j.dataset_uid', 'j.joined_uid', 'datasets.status', 'datasets.owner'])
    .select('generations.content_hash as current_hash')
    .whereRef('generations.content_hash', '!=', 'j.content_hash')
    .where((eb) =>
      eb.or([
        eb('j.ordered_hash', 'is', null),
        eb('j.ordered_hash', '!=', eb.ref('generations.content_hash')),
      ]),
    )
    .orderBy('j.dataset_uid')
    .execute()
  return rows.map((row) => ({ ...row, current_hash: row.current_hash! }))
}

/** Orders what asks for it. A dataset that is busy is for the next call. Out: whether something was ordered. */
export async function republishChanged(deps: ActionDeps): Promise<boolean> {
  const { db } = deps.control
  let hasOrdered = false
  const byDataset = Map.groupBy(await findChanged(db), (row) => row.dataset_uid)
  for (const [datasetUid, rows] of byDataset) {
    if (!isResting(rows[0]!.status as Status)) continue
    const wanting = await republishing(db, datasetUid)
    if (!rows.some((row) => wanting.has(row.joined_uid))) continue
    try {
      await placeOrder(
        { db, clock: deps.clock, ids: deps.ids },
        {
          action: 'publish',
          datasetUid,
          username: 'system',
          async check(trx) {
            const owner = { username: rows[0]!.owner, permission: 'PUBLISH', now: deps.clock.now() } as const
            await requireOwner(trx, owner, datasetUid)
            await noteOrdered(trx, rows)
          },
        },
      )
      hasOrdered = true
    } catch (error) {
      // Somebody ordered something meanwhile, or deleted it, or its owner may not publish it: what is still stale then
      // is found again.
      if (!(error instanceof AppError)) throw error
    }
  }
  return hasOrdered
}

/** The datasets whose changes a dataset follows, by uid. */
async function republishing(db: ControlDb, datasetUid: string): Promise<Set<string>> {
  const { processors } = await readConfiguration(db, datasetUid)
  const wanting = new Set<string>()
  for (const { name, republishes } of datasetsNamed(processors)) {
    const uid = republishes ? await uidOfDataset(db, name) : null
    if (uid !== null) wanting.add(uid)
  }
  return wanting
}

async function noteOrdered(trx: ControlDb, rows: readonly Changed[]): Promise<void> {
  for (const { dataset_uid, joined_uid, current_hash } of rows) {
    await trx
      .updateTable('joined_datasets')
      .set({ ordered_hash: current_hash })
      .where('dataset_uid', '=', dataset_uid)
      .where('joined_uid', '=', joined_uid)
      .execute()
  }
}
