/** Publishes that wait for a human's word, at most one per dataset, and who gave it. */
import { diffValue, type EditorDeps, lockDataset, recordChange } from '../catalog/index.ts'
import type { GateFailure } from '../checks/index.ts'
import type { ControlDb, PublishOverridesTable } from '../control/index.ts'
import { AppError } from '../kernel/index.ts'

export async function holdPublish(
  trx: ControlDb,
  held: {
    readonly datasetUid: string
    readonly generationUid: string
    readonly jobUid: string
    readonly failures: readonly GateFailure[]
    readonly now: number
    readonly keptUntil: number
  },
): Promise<void> {
  const row = {
    dataset_uid: held.datasetUid,
    generation_uid: held.generationUid,
    job_uid: held.jobUid,
    failures_json: JSON.stringify(held.failures),
    held_at: held.now,
    kept_until_at: held.keptUntil,
  }
  await trx
    .insertInto('held_publishes')
    .values(row)
    .onConflict((conflict) => conflict.column('dataset_uid').doUpdateSet(row))
    .execute()
}

/** Exposed, or superseded: nothing is held any more. Answers what was; it stays for the collector. */
export async function releaseHeld(trx: ControlDb, datasetUid: string): Promise<string | null> {
  const released = await trx
    .deleteFrom('held_publishes')
    .where('dataset_uid', '=', datasetUid)
    .returning('generation_uid')
    .executeTakeFirst()
  return released?.generation_uid ?? null
}

/** Errors: checks.nothing_held. */
export async function dismissHeld({ db, clock, username }: EditorDeps, datasetUid: string): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await lockDataset(trx, datasetUid)
    const generationUid = await releaseHeld(trx, datasetUid)
    if (generationUid === null) throw new AppError('checks.nothing_held', { dataset_uid: datasetUid })
    const diff = { gates: diffValue(['held'], { generation_uid: generationUid }, null) }
    await recordChange(trx, { datasetUid, username, now: clock.now(), kind: 'edit', diff })
  })
}

export async function recordOverride(
  trx: ControlDb,
  override: {
    readonly datasetUid: string
    readonly generationUid: string
    readonly jobUid: string
    readonly username: string
    readonly overrides: readonly string[]
    readonly failures: readonly GateFailure[]
    readonly now: number
  },
): Promise<void> {
  await trx
    .insertInto('publish_overrides')
    .values({
      dataset_uid: override.datasetUid,
      generation_uid: override.generationUid,
      job_uid: override.jobUid,
      username: override.username,
      overrides_json: JSON.stringify(override.overrides),
      failures_json: JSON.stringify(override.failures),
      at: override.now,
    })
    .execute()
}

export type PublishOverride = Omit<PublishOverridesTable, 'seq'>

/** Newest first. */
export async function listOverrides(
  db: ControlDb,
  datasetUid: string,
  page: { readonly limit: number; readonly offset: number },
): Promise<PublishOverride[]> {
  return db
    .selectFrom('publish_overrides')
    .select(['dataset_uid', 'generation_uid', 'job_uid', 'username', 'overrides_json', 'failures_json', 'at'])
    .where('dataset_uid', '=', datasetUid)
    .orderBy('seq', 'desc')
    .limit(page.limit)
    .offset(page.offset)
    .execute()
}
