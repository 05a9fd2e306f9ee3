import { AppError, type JsonObject, type JsonValue } from '../kernel/index.ts'
import { type MetadataField, metadataFault } from './metadata-templates.ts'
import type { Templates } from './template-store.ts'

/** Checks `{template: {name: value}}`. Errors: catalog.unknown_metadata, catalog.invalid_metadata. */
export function checkMetas(templates: Templates, metas: JsonObject): void {
  for (const [template, values] of Object.entries(metas)) {
    const isKnown = templates.find(template)?.isActive ?? false
    if (!isKnown || values === null || typeof values !== 'object' || Array.isArray(values)) {
      throw new AppError('catalog.unknown_metadata', { template: template.slice(0, 100), name: '' })
    }
    for (const [name, value] of Object.entries(values)) checkMetadata(templates, template, name, value)
  }
}

/** One value. Errors: as checkMetas. */
export function checkMetadata(
  templates: Templates,
  template: string,
  name: string,
  value: JsonValue,
): MetadataField {
  const field = templates.findField(template, name)
  if (!field)
    throw new AppError('catalog.unknown_metadata', {
      template: template.slice(0, 100),
      name: name.slice(0, 100),
    })
  const expected = metadataFault(field, value)
  if (expected !== null) {
    throw new AppError('catalog.invalid_metadata', {
      template,
      name,
      value: JSON.stringify(value).slice(0, 100),
      expected,
    })
  }
  return field
}
