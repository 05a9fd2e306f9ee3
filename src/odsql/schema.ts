import {
  type CellColumns,
  cellColumns,
  type Field,
  isMultivalued,
  quoteIdentifier,
  shapeBoxColumn,
} from '../kernel/index.ts'

/** Types of the language. `json` is what json_format gives; `null` fits everywhere. */
export type Type =
  | 'text'
  | 'multitext'
  | 'int'
  | 'double'
  | 'boolean'
  | 'date'
  | 'datetime'
  | 'geo_point_2d'
  | 'geo_shape'
  | 'file'
  | 'json'
  | 'null'

/** A name that queries may use, and the engine's column behind it. */
export interface Column {
  readonly name: string
  readonly type: Type
  /** SQL of the column; trusted. */
  readonly sql: string
  /** Position among the dataset's fields, which postings refer to; null for what has none. */
  readonly fieldIndex: number | null
  /** SQL of a shape's bounding box; a shape without one has no spatial filters. */
  readonly boxSql?: string
  /** SQL of the cells that its points are in, where they have been told before. */
  readonly cellSql?: CellColumns
  /** SQL of the list of its terms, where they have been told apart before; absent: each query does it anew. */
  readonly termsSql?: string
  /** How much more a word counts here than elsewhere, in relevance; 1 where it does not say. */
  readonly weight?: number
  /** Left out of `*`. */
  readonly isHidden: boolean
}

export interface QuerySchema {
  readonly columns: readonly Column[]
}

/** What a field's values are to the language. */
export function valueType(field: Pick<Field, 'type' | 'annotations'>): Type {
  return isMultivalued(field) ? 'multitext' : field.type
}

/**
 * The names of a dataset's records: its fields, and the technical ones (Explore API, section 3). `positions`: of the fields
 * among all that the generation has; by default they are all.
 */
export function recordSchema(
  fields: readonly Field[],
  technical: { readonly datasetId: string; readonly timestampMs: number },
  positions?: readonly number[],
): QuerySchema {
  const columns = fields.map((field, index): Column => {
    const fieldIndex = positions?.[index] ?? index
    return {
      name: field.name,
      type: valueType(field),
      sql: quoteIdentifier(field.name),
      fieldIndex,
      ...(field.type === 'geo_shape' ? { boxSql: shapeBoxColumn(fieldIndex) } : {}),
      ...(field.type === 'geo_point_2d' ? { cellSql: cellColumns(fieldIndex) } : {}),
      isHidden: false,
    }
  })
  const extra = (name: string, type: Type, sql: string): Column => ({
    name,
    type,
    sql,
    fieldIndex: null,
    isHidden: true,
  })
  return {
    columns: [
      ...columns,
      extra('recordid', 'text', `replace(_id::varchar, '-', '')`),
      extra('record_timestamp', 'datetime', `to_timestamp(${technical.timestampMs} / 1000)`),
      extra('datasetid', 'text', `'${technical.datasetId.replaceAll("'", "''")}'`),
    ],
  }
}
