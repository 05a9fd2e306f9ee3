import { createHash } from 'node:crypto'
import type { ControlDb } from '../control/index.ts'
import type { JsonValue } from '../kernel/index.ts'
import type { Configuration } from './configuration.ts'
import { boundedDiff, type Diff, diffConfigurations } from './configuration-diff.ts'
import { withoutSecrets } from './secrets.ts'

/** Newest entries of a dataset that are kept, and how many of them can be restored. */
const keptChanges = 1000
const keptSnapshots = 200
/** A larger configuration is not kept: its change is listed and cannot be restored. */
const maxSnapshotCharacters = 1 << 20
/** Sections that restore_change puts back. Who may see a dataset and what it is called are not undone on the side. */
const restorableSections = ['metadata', 'data', 'attachments', 'alternative_exports']

export interface NewChange {
  readonly datasetUid: string
  readonly username: string
  readonly now: number
  /** create, edit, restore_change, or what an action did. */
  readonly kind: string
  readonly jobUid?: string | null
  /** Differences besides those of the configuration. */
  readonly diff?: Diff
  /** The configuration before and after, when it may have changed. */
  readonly configuration?: { readonly before: Configuration; readonly after: Configuration }
}

/** Part of the caller's transaction. An edit that changes nothing leaves no entry. */
export async function recordChange(trx: ControlDb, change: NewChange): Promise<void> {
  const { datasetUid, now, configuration } = change
  const whole: Diff = {
    ...(configuration ? diffConfigurations(configuration.before, configuration.after) : {}),
    ...change.diff,
  }
  const sections = Object.keys(whole).filter((section) => whole[section]!.length > 0)
  if (change.kind === 'edit' && sections.length === 0) return
  const isRestorable = sections.some((section) => restorableSections.includes(section))
  const { diff, omittedCount } = boundedDiff(whole)
  await trx
    .insertInto('changes')
    .values({
      dataset_uid: datasetUid,
      username: change.username,
      at: now,
      kind: change.kind,
      job_uid: change.jobUid ?? null,
      sections_json: JSON.stringify(sections),
      diff_json: JSON.stringify(diff),
      omitted_count: omittedCount,
      before_digest:
        configuration && isRestorable ? await keepSnapshot(trx, datasetUid, configuration.before) : null,
    })
    .execute()
  await forgetOldest(trx, datasetUid)
}

/** Keeps the history of a dataset bounded: entries beyond the newest, and snapshots that no recent one names. */
async function forgetOldest(trx: ControlDb, datasetUid: string): Promise<void> {
  const newestBeyond = (kept: number) =>
    trx
      .selectFrom('changes')
      .select('change_uid')
      .where('dataset_uid', '=', datasetUid)
      .orderBy('change_uid', 'desc')
      .limit(1)
      .offset(kept)
      .executeTakeFirst()
  const withoutSnapshot = await newestBeyond(keptSnapshots)
  if (!withoutSnapshot) return
  const forgotten = await newestBeyond(keptChanges)
  if (forgotten) {
    await trx
      .deleteFrom('changes')
      .where('dataset_uid', '=', datasetUid)
      .where('change_uid', '<=', forgotten.change_uid)
      .execute()
  }
  const lost = await trx
    .updateTable('changes')
    .set({ before_digest: null })
    .where('dataset_uid', '=', datasetUid)
    .where('change_uid', '<=', withoutSnapshot.change_uid)
    .where('before_digest', 'is not', null)
    .returning('change_uid')
    .execute()
  if (lost.length === 0) return
  await trx
    .deleteFrom('configuration_snapshots')
    .where('dataset_uid', '=', datasetUid)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('changes')
            .select('change_uid')
            .whereRef('changes.dataset_uid', '=', 'configuration_snapshots.dataset_uid')
            .whereRef('changes.before_digest', '=', 'configuration_snapshots.digest'),
        ),
      ),
    )
    .execute()
}

/** What is kept of a configuration, secrets left out. */
export type Snapshot = Pick<
  Configuration,
  'metas' | 'resources' | 'processors' | 'fieldSpecifications' | 'attached'
>

/** Answers the digest to find it by; null for one that is too large. */
async function keepSnapshot(
  trx: ControlDb,
  datasetUid: string,
  { metas, resources, processors, fieldSpecifications, attached = [] }: Configuration,
): Promise<string | null> {
  const hide = (value: unknown) => withoutSecrets(value as JsonValue)
  const snapshot: Snapshot = {
    metas,
    resources: hide(resources) as never,
    processors: hide(processors) as never,
    fieldSpecifications: hide(fieldSpecifications) as never,
    attached,
  }
  const text = JSON.stringify(snapshot)
  if (text.length > maxSnapshotCharacters) return null
  const digest = createHash('sha256').update(text).digest('hex')
  await trx
    .insertInto('configuration_snapshots')
    .values({ dataset_uid: datasetUid, digest, configuration_json: text })
    .onConflict((conflict) => conflict.columns(['dataset_uid', 'digest']).doNothing())
    .execute()
  return digest
}
