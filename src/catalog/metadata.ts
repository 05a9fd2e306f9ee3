import type { ControlDb } from '../control/index.ts'
import { AppError, type JsonObject, type JsonValue } from '../kernel/index.ts'
import { checkMetadata } from './check-metadata.ts'
import { type EditorDeps, editDataset } from './edit-dataset.ts'
import type { MetadataField, MetadataTemplate } from './metadata-templates.ts'
import { readTemplates, type Templates } from './template-store.ts'

/** One piece of metadata with its place in a template. Management API section 10.1. */
export interface MetadataEntry {
  readonly template: MetadataTemplate
  readonly field: MetadataField
  /** As it is published. */
  readonly value: JsonValue
  /** As the source of a harvested dataset has it; null: the source has none, or there is no source. */
  readonly remote: JsonValue
}

/** All metadata of all active templates, set or not. */
export function metadataEntries(
  templates: Templates,
  metas: JsonObject,
  remote: JsonObject = {},
): MetadataEntry[] {
  return templates.all
    .filter(({ isActive }) => isActive)
    .flatMap((template) =>
      template.fields.map((field) => ({
        template,
        field,
        value: storedValue(metas, template.name, field.name),
        remote: storedValue(remote, template.name, field.name),
      })),
    )
}

/** Errors: catalog.unknown_metadata. */
export function metadataEntry(
  templates: Templates,
  metas: JsonObject,
  templateName: string,
  name: string,
  remote: JsonObject = {},
): MetadataEntry {
  const entry = metadataEntries(templates, metas, remote).find(
    ({ template, field }) => template.name === templateName && field.name === name,
  )
  if (!entry)
    throw new AppError('catalog.unknown_metadata', {
      template: templateName.slice(0, 100),
      name: name.slice(0, 100),
    })
  return entry
}

/** What the source of a harvested dataset says of it: `{template: {name: value}}`; empty for others. */
export async function remoteMetas(db: ControlDb, datasetUid: string): Promise<JsonObject> {
  const row = await db
    .selectFrom('harvested_datasets')
    .select('applied_json')
    .where('dataset_uid', '=', datasetUid)
    .where('applied_json', 'is not', null)
    .executeTakeFirst()
  return row ? ((JSON.parse(row.applied_json!) as { metas: JsonObject }).metas ?? {}) : {}
}

function storedValue(metas: JsonObject, template: string, name: string): JsonValue {
  const values = Object.hasOwn(metas, template) ? (metas[template] as JsonObject) : undefined
  return values && Object.hasOwn(values, name) ? values[name]! : null
}

export interface MetadataChange {
  readonly template: string
  readonly name: string
  /** Null unsets. */
  readonly value: JsonValue
}

/**
 * Applies changes, all or none. Readers see them with the next publish.
 * Errors: catalog.unknown_dataset; catalog.invalid_request wrapping one error per faulty change; a single change fails
 * with its own error.
 */
export async function changeMetadata(
  deps: EditorDeps,
  datasetUid: string,
  changes: readonly MetadataChange[],
): Promise<JsonObject> {
  await checkChanges(deps.db, changes)
  return editDataset(deps, datasetUid, 'edit', async (trx, before) =>
    writeMetadata(trx, datasetUid, before.metas, changes),
  )
}

/**
 * Sets metadata to exactly what is given: the rest is unset. `template` null: of all templates, else of that one.
 * Errors: those of changeMetadata, always in catalog.invalid_request.
 */
export async function replaceMetadata(
  deps: EditorDeps,
  datasetUid: string,
  template: string | null,
  wanted: readonly MetadataChange[],
): Promise<JsonObject> {
  await checkChanges(deps.db, wanted, true)
  return editDataset(deps, datasetUid, 'edit', async (trx, before) => {
    const kept = Object.fromEntries(
      Object.entries(before.metas).filter(([name]) => template !== null && name !== template),
    )
    return writeMetadata(trx, datasetUid, kept, wanted)
  })
}

/** Metadata of a new dataset, `{template: {name: value}}`. Errors: those of replaceMetadata. */
export async function metasOf(db: ControlDb, wanted: readonly MetadataChange[]): Promise<JsonObject> {
  await checkChanges(db, wanted, true)
  return applied({}, wanted)
}

async function checkChanges(
  db: ControlDb,
  changes: readonly MetadataChange[],
  isWrapped = changes.length !== 1,
): Promise<void> {
  const templates = await readTemplates(db)
  const faults: AppError[] = []
  for (const change of changes) {
    try {
      checkMetadata(templates, change.template, change.name, change.value)
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      faults.push(error)
    }
  }
  if (faults.length > 0) throw isWrapped ? new AppError('catalog.invalid_request', {}, faults) : faults[0]!
}

async function writeMetadata(
  trx: ControlDb,
  datasetUid: string,
  before: JsonObject,
  changes: readonly MetadataChange[],
): Promise<JsonObject> {
  const metas = applied(before, changes)
  await trx
    .updateTable('datasets')
    .set({ metas_json: JSON.stringify(metas) })
    .where('dataset_uid', '=', datasetUid)
    .execute()
  return metas
}

function applied(before: JsonObject, changes: readonly MetadataChange[]): JsonObject {
  const metas: Record<string, JsonObject> = { ...(before as Record<string, JsonObject>) }
  for (const { template, name, value } of changes) {
    const values = { ...metas[template] }
    if (value === null) delete values[name]
    else values[name] = value
    metas[template] = values
  }
  return metas
}
