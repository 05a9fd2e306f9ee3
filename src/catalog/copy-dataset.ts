import { type ConfiguredResource, readConfiguration, replaceConfiguration } from './configuration.ts'
import { createDatasetWithin, type DatasetRow, findDataset } from './datasets.ts'
import { type EditorDeps, within } from './edit-dataset.ts'

/**
 * A dataset of the same configuration under a free identifier: unpublished, of whoever makes it, without history. Who may
 * see the original may see the copy; uploaded files and connections are shared. Its resources have the order of the
 * original's: `resources` pairs them. `wanted.datasetId`: as it should be called, free or not; `wanted.title`: its title.
 * `deps.db` may be a transaction, which it is part of then. Errors: catalog.unknown_dataset, catalog.invalid_dataset_id.
 */
export async function copyDataset(
  deps: EditorDeps,
  datasetUid: string,
  wanted: { readonly datasetId?: string | undefined; readonly title?: string | undefined } = {},
): Promise<{ readonly copy: DatasetRow; readonly resources: readonly ConfiguredResource[] }> {
  const { db, ids, clock, username } = deps
  return within(db, async (trx) => {
    const original = await readConfiguration(trx, datasetUid)
    const own = original.metas.default as object | undefined
    const metas =
      wanted.title === undefined
        ? original.metas
        : { ...original.metas, default: { ...own, title: wanted.title } }
    const copyUid = await createDatasetWithin(trx, deps, {
      datasetId: wanted.datasetId ?? `${original.dataset.dataset_id.slice(0, 200)}-copy`,
      metas: {},
      owner: username,
      isStrict: false,
    })
    const renewed = (steps: typeof original.processors) =>
      steps.map((step) => ({ ...step, processor_uid: ids.uid('pr') }))
    const resources = original.resources.map((resource) => ({ ...resource, resource_uid: ids.uid('re') }))
    const configuration = {
      ...original,
      metas,
      resources,
      processors: renewed(original.processors),
      fieldSpecifications: renewed(original.fieldSpecifications),
      attached: (original.attached ?? []).map((file) => ({
        ...file,
        attached_uid: ids.uid(file.attached_uid.slice(0, 2)),
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
