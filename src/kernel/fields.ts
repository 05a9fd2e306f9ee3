/** Fields of a dataset: what a record's columns are, as published. Shared by every room. */

export const fieldTypes = [
  'text',
  'int',
  'double',
  'boolean',
  'date',
  'datetime',
  'geo_point_2d',
  'geo_shape',
  'file',
] as const
export type FieldType = (typeof fieldTypes)[number]

export interface Field {
  /** Technical name: `[a-z_][a-z0-9_]*`, at most 63 characters, unique in the dataset, never starting with `_`. */
  readonly name: string
  /** What people read; the original header by default. */
  readonly label: string
  readonly type: FieldType
  readonly description: string | null
  /** Annotation name to its arguments, e.g. `{"facet": [], "multivalued": [","]}`. Explore API section 2. */
  readonly annotations: Readonly<Record<string, readonly (string | number)[]>>
}

/** A text field whose value is a list: stored as VARCHAR[], printed as an array. */
export function isMultivalued(field: Pick<Field, 'type' | 'annotations'>): boolean {
  return field.type === 'text' && Object.hasOwn(field.annotations, 'multivalued')
}

/**
 * The engine's column type of a field, in the Parquet parts and in the serving file alike.
 * datetime is an instant (UTC); geo_shape and file hold JSON text (a GeoJSON geometry; a file object).
 */
export function columnType(field: Pick<Field, 'type' | 'annotations'>): string {
  switch (field.type) {
    case 'text':
      return isMultivalued(field) ? 'VARCHAR[]' : 'VARCHAR'
    case 'int':
      return 'BIGINT'
    case 'double':
      return 'DOUBLE'
    case 'boolean':
      return 'BOOLEAN'
    case 'date':
      return 'DATE'
    case 'datetime':
      return 'TIMESTAMPTZ'
    case 'geo_point_2d':
      return 'STRUCT(lon DOUBLE, lat DOUBLE)'
    case 'geo_shape':
    case 'file':
      return 'JSON'
    default:
      return field.type satisfies never
  }
}
