/** The dataset object of the search API. Explore API, section 2. */
import { type AttachedFile, type AttachedKind, isAdminTemplate, publishedAttached } from '../catalog/index.ts'
import { type Field, formatInstant, type JsonObject, type JsonValue } from '../kernel/index.ts'
import type { Publication } from './publication.ts'

/** `recordsCount`: of those that the reader sees; null where it is not known or not to be told. */
export function datasetObject(publication: Publication, recordsCount: number | null): JsonObject {
  const { row, fields, view } = publication
  return {
    dataset_id: row.dataset_id,
    dataset_uid: row.dataset_uid,
    attachments: visibleAttached(publication, 'attachment').map(attachedObject),
    alternative_exports: visibleAttached(publication, 'alternative_export').map((file) => ({
      ...attachedObject(file),
      description: file.description,
    })),
    has_records: fields.length > 0,
    data_visible: view?.isDataVisible ?? true,
    features: featuresOf(fields),
    metas: metasOf(publication, recordsCount),
    fields: fields.map((field) => ({
      name: field.name,
      label: field.label,
      type: field.type,
      description: field.description,
      annotations: field.annotations as JsonObject,
    })),
    ...(row.is_partial === 1 ? { partial: true } : {}),
  }
}

/** Ready-made exports hold every record: they are for readers who see everything. */
export function visibleAttached({ row, view }: Publication, kind: AttachedKind): AttachedFile[] {
  return kind === 'alternative_export' && view !== null ? [] : publishedAttached(row, kind)
}

/** What readers are told of an attachment or an alternative export. */
export function attachedObject({ attached_uid, title, url, file }: AttachedFile) {
  return { id: attached_uid, title, mimetype: file?.mimetype ?? null, url }
}

export function featuresOf(fields: readonly Field[]): string[] {
  const features: string[] = []
  const has = (test: (field: Field) => boolean) => fields.some(test)
  if (
    has(
      (field) => Object.hasOwn(field.annotations, 'facet') || field.type === 'int' || field.type === 'double',
    )
  )
    features.push('analyze')
  if (has((field) => field.type === 'date' || field.type === 'datetime')) features.push('timeserie')
  if (has((field) => field.type === 'geo_point_2d' || field.type === 'geo_shape')) features.push('geo')
  return features
}

function metasOf({ row, fields }: Publication, recordsCount: number | null): JsonObject {
  const stored = JSON.parse(row.metas_json) as Record<string, JsonObject>
  const metas: Record<string, JsonObject> = {}
  for (const [template, values] of Object.entries(stored))
    if (!isAdminTemplate(template)) metas[template] = values
  const processed = formatInstant(row.data_processed_at)
  metas.default = {
    ...blank,
    modified: processed,
    ...metas.default,
    data_processed: processed,
    metadata_processed: formatInstant(row.metadata_processed_at),
    geometry_types: geometryTypesOf(fields),
    records_count: recordsCount,
  }
  return metas
}

/** Clients read these without asking whether they are there. */
const blank: Readonly<Record<string, JsonValue>> = {
  title: null,
  description: null,
  theme: null,
  keyword: null,
  license: null,
  license_url: null,
  language: null,
  timezone: null,
  publisher: null,
  references: null,
  attributions: null,
}

function geometryTypesOf(fields: readonly Field[]): JsonValue {
  const has = (type: Field['type']) => fields.some((field) => field.type === type)
  // Of shapes it is not known here which kinds they are.
  return has('geo_point_2d') && !has('geo_shape') ? ['Point'] : null
}
