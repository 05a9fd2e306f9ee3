/** A dataset's configuration as one value: what a publish works from and what a version keeps. */
import type { ControlDb, DatasetRecord, ResourcesTable, StepsTable } from '../control/index.ts'
import { AppError, type ConfiguredStep, type JsonObject } from '../kernel/index.ts'
import { type AttachedFile, listAttached, replaceAttached } from './attached-rows.ts'

export interface ConfiguredResource {
  readonly resource_uid: string
  readonly url: string
  readonly title: string
  readonly type: string
  readonly params: JsonObject
}

export interface Configuration {
  readonly dataset: DatasetRecord
  readonly metas: JsonObject
  readonly resources: readonly ConfiguredResource[]
  readonly processors: readonly ConfiguredStep[]
  readonly fieldSpecifications: readonly ConfiguredStep[]
  /** Attachments and alternative exports; missing in what an earlier release saved. */
  readonly attached?: readonly AttachedFile[]
}

/** Errors: catalog.unknown_dataset. */
export async function readConfiguration(db: ControlDb, datasetUid: string): Promise<Configuration> {
  const dataset = await db
    .selectFrom('datasets')
    .selectAll()
    .where('dataset_uid', '=', datasetUid)
    .executeTakeFirst()
  if (!dataset) throw new AppError('catalog.unknown_dataset', { dataset_uid: datasetUid })
  const resources = await db
    .selectFrom('resources')
    .selectAll()
    .where('dataset_uid', '=', datasetUid)
    .orderBy('position')
    .execute()
  const steps = await db
    .selectFrom('steps')
    .selectAll()
    .where('dataset_uid', '=', datasetUid)
    .orderBy('position')
    .execute()
  const stack = (name: string) => steps.filter((step) => step.stack === name).map(toStep)
  return {
    dataset,
    metas: JSON.parse(dataset.metas_json),
    resources: resources.map(toResource),
    processors: stack('processor'),
    fieldSpecifications: stack('field_specification'),
    attached: await listAttached(db, datasetUid),
  }
}

/** Puts a saved configuration back: metadata, resources, steps and attached files. Identity, owner, status and security stay. */
export async function replaceConfiguration(
  db: ControlDb,
  datasetUid: string,
  saved: Configuration,
  now: number,
): Promise<void> {
  const fetched = await db
    .selectFrom('resources')
    .select(['resource_uid', 'fetched_json'])
    .where('dataset_uid', '=', datasetUid)
    .execute()
  await db.deleteFrom('resources').where('dataset_uid', '=', datasetUid).execute()
  await db.deleteFrom('steps').where('dataset_uid', '=', datasetUid).execute()
  for (const [position, resource] of saved.resources.entries()) {
    await db
      .insertInto('resources')
      .values({
        resource_uid: resource.resource_uid,
        dataset_uid: datasetUid,
        position,
        url: resource.url,
        title: resource.title,
        type: resource.type,
        params_json: JSON.stringify(resource.params),
        fetched_json: fetched.find((row) => row.resource_uid === resource.resource_uid)?.fetched_json ?? null,
      })
      .execute()
  }
  for (const [stack, steps] of [
    ['processor', saved.processors],
    ['field_specification', saved.fieldSpecifications],
  ] as const) {
    for (const [position, step] of steps.entries()) {
      await db
        .insertInto('steps')
        .values({
          processor_uid: step.processor_uid,
          dataset_uid: datasetUid,
          stack,
          position,
          name: step.name,
          args_json: JSON.stringify(step.args),
          label: step.label ?? null,
        })
        .execute()
    }
  }
  if (saved.attached) await replaceAttached(db, datasetUid, saved.attached)
  await db
    .updateTable('datasets')
    .set((eb) => ({
      metas_json: JSON.stringify(saved.metas),
      last_modified_at: now,
      configuration_revision: eb('configuration_revision', '+', 1),
    }))
    .where('dataset_uid', '=', datasetUid)
    .execute()
}

export function toResource(row: ResourcesTable): ConfiguredResource {
  return {
    resource_uid: row.resource_uid,
    url: row.url,
    title: row.title,
    type: row.type,
    params: JSON.parse(row.params_json),
  }
}

export function toStep(row: StepsTable): ConfiguredStep {
  return {
    processor_uid: row.processor_uid,
    name: row.name,
    args: JSON.parse(row.args_json),
    ...(row.label === null ? {} : { label: row.label }),
  }
}
