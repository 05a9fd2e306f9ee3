/** Which versions are kept: a rule per dataset, applied by the sweep. */
import { diffValue, lockDataset, recordChange } from '../catalog/index.ts'
import type { ControlDb } from '../control/index.ts'
import { AppError, type JsonObject } from '../kernel/index.ts'
import type { ActionDeps } from './deps.ts'
import { deleteVersion, type VersionEditor, type VersionRow } from './versions.ts'

/** A version is kept as long as one of these holds. At least one of the two numbers is set. */
export interface RetentionRule {
  /** The newest so many. */
  readonly keep_last: number | null
  /** Those saved in the last so many days. */
  readonly keep_days: number | null
  /** Those with a label, for ever. */
  readonly keep_labelled: boolean
}

const dayMs = 86_400_000
/** Versions taken before a restore are for second thoughts: so many, so long, whatever the rule. */
const automaticLast = 5
const automaticDays = 30

type Candidate = Pick<VersionRow, 'version_uid' | 'label' | 'is_automatic' | 'created_at'>

/**
 * The versions that need not be kept at `now`. In: all versions of a dataset, newest first. Without a rule, those that
 * somebody saved are all kept. Automatic ones have limits of their own, do not count among the newest of a rule, and
 * are kept like others once they have a label.
 */
export function expiredVersions(
  versions: readonly Candidate[],
  rule: RetentionRule | null,
  now: number,
): string[] {
  const isYoung = ({ created_at }: Candidate, days: number) => created_at > now - days * dayMs
  const isLabelled = ({ label }: Candidate) => label !== null && label !== '' && rule?.keep_labelled !== false
  const saved = versions.filter((version) => version.is_automatic === 0)
  const automatic = versions.filter((version) => version.is_automatic === 1)
  const expired = [
    ...(rule === null
      ? []
      : saved.filter(
          (version, index) =>
            !isLabelled(version) &&
            index >= (rule.keep_last ?? 0) &&
            !(rule.keep_days !== null && isYoung(version, rule.keep_days)),
        )),
    ...automatic.filter(
      (version, index) =>
        !isLabelled(version) && (index >= automaticLast || !isYoung(version, automaticDays)),
    ),
  ]
  return expired.map((version) => version.version_uid)
}

/** Null: all versions are kept. Errors: catalog.unknown_dataset. */
export async function readRetention(db: ControlDb, datasetUid: string): Promise<RetentionRule | null> {
  const row = await db
    .selectFrom('datasets')
    .select('versions_retention_json')
    .where('dataset_uid', '=', datasetUid)
    .executeTakeFirst()
  if (!row) throw new AppError('catalog.unknown_dataset', { dataset_uid: datasetUid })
  return row.versions_retention_json === null ? null : JSON.parse(row.versions_retention_json)
}

/** Errors: catalog.unknown_dataset. */
export async function setRetention(
  { db, clock, username }: VersionEditor,
  datasetUid: string,
  rule: RetentionRule | null,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await lockDataset(trx, datasetUid)
    const before = await readRetention(trx, datasetUid)
    await trx
      .updateTable('datasets')
      .set({ versions_retention_json: rule === null ? null : JSON.stringify(rule) })
      .where('dataset_uid', '=', datasetUid)
      .execute()
    const versions = diffValue(['retention'], before as JsonObject | null, rule as JsonObject | null)
    await recordChange(trx, { datasetUid, username, now: clock.now(), kind: 'edit', diff: { versions } })
  })
}

/** Deletes what has expired, but nothing of a dataset that an action works on: a restore may be on its way to it. */
export async function applyRetention(deps: ActionDeps): Promise<void> {
  const { db } = deps.control
  const ruled = await db
    .selectFrom('versions')
    .innerJoin('datasets', 'datasets.dataset_uid', 'versions.dataset_uid')
    .select(['versions.dataset_uid', 'datasets.versions_retention_json'])
    .distinct()
    .where('datasets.active_job_uid', 'is', null)
    .where((eb) =>
      eb.or([eb('datasets.versions_retention_json', 'is not', null), eb('versions.is_automatic', '=', 1)]),
    )
    .execute()
  for (const { dataset_uid: datasetUid, versions_retention_json: json } of ruled) {
    const rule = json === null ? null : (JSON.parse(json) as RetentionRule)
    const versions = await db
      .selectFrom('versions')
      .select(['version_uid', 'label', 'is_automatic', 'created_at'])
      .where('dataset_uid', '=', datasetUid)
      .orderBy('created_at', 'desc')
      .orderBy('version_uid')
      .execute()
    const versionUids = expiredVersions(versions, rule, deps.clock.now())
    for (const versionUid of versionUids) {
      await deleteVersion({ db, clock: deps.clock, username: 'system' }, datasetUid, versionUid).catch(
        (error) => {
          // Somebody was quicker.
          if (!(error instanceof AppError && error.key === 'actions.unknown_version')) throw error
        },
      )
    }
    if (versionUids.length > 0) deps.onEvent({ kind: 'versions_expired', datasetUid, versionUids })
  }
}
