/**
 * What was done to a dataset: one entry per edit of its configuration and per action that took effect, written in the
 * transaction that did it. An edit's entry names a snapshot of the configuration right before, so that it can be
 * restored. Management API section 9.
 */
import type { Selectable } from 'kysely'
import { among, type ChangesTable, type ControlDb } from '../control/index.ts'
import { AppError, type JsonValue } from '../kernel/index.ts'
import { type Configuration, replaceConfiguration } from './configuration.ts'
import { type EditorDeps, editDataset } from './edit-dataset.ts'
import type { Snapshot } from './record-change.ts'
import { withSecretsOf } from './secrets.ts'

export type ChangeRow = Selectable<ChangesTable>

/** Newest first. */
export async function listChanges(
  db: ControlDb,
  datasetUid: string,
  page: { rows: number; page: number },
): Promise<ChangeRow[]> {
  return db
    .selectFrom('changes')
    .selectAll()
    .where('dataset_uid', '=', datasetUid)
    .orderBy('change_uid', 'desc')
    .limit(page.rows)
    .offset((page.page - 1) * page.rows)
    .execute()
}

/** Of these datasets those that were edited after readers were last shown what an edit had made of them. */
export async function editedSinceShown(db: ControlDb, uids: readonly string[]): Promise<Set<string>> {
  if (uids.length === 0) return new Set()
  const newest = (kinds: readonly string[], sections: readonly string[], whole: readonly string[] = []) =>
    db
      .selectFrom('changes')
      .select((eb) => ['dataset_uid', eb.fn.max('change_uid').as('change_uid')])
      .where(among('dataset_uid', uids))
      .where('kind', 'in', [...kinds, ...whole])
      .where((eb) =>
        eb.or([
          ...whole.map((kind) => eb('kind', '=', kind)),
          ...sections.map((section) => eb('sections_json', 'like', `%"${section}"%`)),
        ]),
      )
      .groupBy('dataset_uid')
      .execute()
  const rows = await newest(['edit', 'restore_change', 'restore'], ['metadata', 'data'])
  // A publish shows the edits before it also when the publication is the same afterwards.
  const shown = await newest(['abort', 'restore'], ['publication'], ['publish'])
  const shownAt = new Map(shown.map((row) => [row.dataset_uid, Number(row.change_uid)]))
  const found = rows.filter((row) => Number(row.change_uid) > (shownAt.get(row.dataset_uid) ?? 0))
  return new Set(found.map((row) => row.dataset_uid))
}

/** `changeUid` as it came in. Errors: catalog.unknown_change, also for a change of another dataset. */
export async function findChange(
  db: ControlDb,
  datasetUid: string,
  changeUid: string | number,
): Promise<ChangeRow> {
  const text = String(changeUid)
  const row = /^\d{1,15}$/.test(text)
    ? await db
        .selectFrom('changes')
        .selectAll()
        .where('dataset_uid', '=', datasetUid)
        .where('change_uid', '=', Number(text))
        .executeTakeFirst()
    : undefined
  if (!row) throw new AppError('catalog.unknown_change', { change_uid: text.slice(0, 60) })
  return row
}

/**
 * Puts the configuration back as it was right before a change: metadata, resources, processors, field
 * specifications, attachments and alternative exports. Nothing is published, nothing of the history goes: this is a change too.
 * Errors: catalog.unknown_change, catalog.change_not_restorable, catalog.change_lacks_secret.
 */
export async function restoreChange(
  deps: EditorDeps,
  datasetUid: string,
  changeUid: string | number,
): Promise<void> {
  await editDataset(deps, datasetUid, 'restore_change', async (trx, present) => {
    const change = await findChange(trx, datasetUid, changeUid)
    const row = await trx
      .selectFrom('configuration_snapshots')
      .select('configuration_json')
      .where('dataset_uid', '=', datasetUid)
      .where('digest', '=', change.before_digest ?? '')
      .executeTakeFirst()
    if (!row) throw new AppError('catalog.change_not_restorable', { change_uid: change.change_uid })
    const saved = withPresentSecrets(JSON.parse(row.configuration_json), present)
    await replaceConfiguration(trx, datasetUid, { dataset: present.dataset, ...saved }, deps.clock.now())
  })
}

/** Errors: catalog.change_lacks_secret. */
function withPresentSecrets(saved: Snapshot, present: Configuration): Snapshot {
  function fill<T>(list: readonly T[], current: readonly T[], uidOf: (item: T) => string): T[] {
    return list.map((item) => {
      const own = current.find((candidate) => uidOf(candidate) === uidOf(item))
      const whole = withSecretsOf(item as JsonValue, own as JsonValue | undefined)
      if (whole === null) throw new AppError('catalog.change_lacks_secret', { uid: uidOf(item) })
      return whole as T
    })
  }
  return {
    metas: saved.metas,
    resources: fill(saved.resources, present.resources, (resource) => resource.resource_uid),
    processors: fill(saved.processors, present.processors, (step) => step.processor_uid),
    fieldSpecifications: fill(
      saved.fieldSpecifications,
      present.fieldSpecifications,
      (step) => step.processor_uid,
    ),
    ...(saved.attached ? { attached: saved.attached } : {}),
  }
}
