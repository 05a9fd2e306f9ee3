import { type ConfiguredResource, readConfiguration, replaceConfiguration } from './configuration.ts'
import { createDatasetWithin, type DatasetRow, findDataset } from './datasets.ts'
import { type EditorDeps, within } from './edit-dataset.ts'

/**
 * A dataset of the same configuration under a free identifier: unpublished, of whoever makes it, without history. Who may
 * see the original may see the copy; uploaded files and connections are shared. Its resources have the order of the
 * original's: `resources` pairs them.
 * `deps.db` may be a transaction, which it is part of then. Errors: catalog.unknown_dataset.
 */
export async function copyDataset(
  deps: EditorDeps,
  datasetUid: string,
): Promise<{ readonly copy: DatasetRow; readonly resources: readonly ConfiguredResource[] }> {
  const { db, ids, clock, username } = deps
  return within(db, async (trx) => {
    const original = await readConfiguration(trx, datasetUid)
    const copyUid = await createDatasetWithin(trx, deps, {
      datasetId: `${original.dataset.dataset_id.slice(0, 200)}-copy`,
      metas: original.metas,
      owner: username,
      isStrict: false,
    })
    const renewed = (steps: typeof original.processors) =>
      steps.map((step) => ({ ...step, processor_uid: ids.uid('pr') }))
    const resources = original.resources.map((resource) => ({ ...resource, resource_uid: ids.uid('re') }))
    const configuration = {
      ...original,
      resources,
      processors: renewed(original.processors),
      fieldSpecifications: renewed(original.fieldSpecifications),
      attached: (original.attached ?? []).map((attached) => ({
        ...attached,
        attached_uid: ids.uid(attached.attached_uid.split('_')[0]!),
      })),
    }
    await replaceConfiguration(trx, copyUid, configuration, clock.now())
    await trx
      .updateTable('datasets')
      .set({ visibility: original.dataset.visibility })
      .where('dataset_uid', '=', copyUid)
      .execute()
    return { copy: await findDataset(trx, copyUid), resources }
  })
}
