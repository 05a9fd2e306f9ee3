/** The fields of the table `shops`, for tests that need no engine. */
import type { Field } from '../../src/kernel/index.ts'
import { type QuerySchema, recordSchema } from '../../src/odsql/index.ts'

export function fieldOf(name: string, type: Field['type'], annotations: Field['annotations'] = {}): Field {
  return { name, label: name, type, description: null, annotations }
}

export const shopFields: readonly Field[] = [
  fieldOf('id', 'int'),
  fieldOf('name', 'text'),
  fieldOf('city', 'text', { facet: [] }),
  fieldOf('tags', 'text', { multivalued: [','] }),
  fieldOf('price', 'double'),
  fieldOf('qty', 'int'),
  fieldOf('opened', 'date'),
  fieldOf('seen_at', 'datetime'),
  fieldOf('active', 'boolean'),
  fieldOf('place', 'geo_point_2d'),
  fieldOf('area', 'geo_shape'),
  fieldOf('photo', 'file'),
]

export const shopSchema: QuerySchema = recordSchema(shopFields, { datasetId: "o'shops", timestampMs: 0 })
