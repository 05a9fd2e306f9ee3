/**
 * Linked data: one resource per record, one property per field. Records are named after their own address in the search
 * API, properties after the dataset's address and the field; groups have no address and are blank nodes.
 */
import { quoteLiteral } from '../../kernel/index.ts'
import type { ResultColumn } from '../../odsql/index.ts'
import { instantSql, jsonValueSql } from '../../odsql/index.ts'
import type { ExportContext, ExportOptions } from '../format.ts'
import { pointWktSql } from './geometry.ts'
import { elementNames } from './names.ts'

export const namespaces = {
  rdf: 'http://www.w3.org/1999/02/22-rdf-syntax-ns#',
  xsd: 'http://www.w3.org/2001/XMLSchema#',
  geo: 'http://www.opengis.net/ont/geosparql#',
} as const

export const vocabularyOf = (options: ExportOptions) => `${options.datasetUrl}#`

/** SQL of a record's address; null for groups. */
export function recordUrlSql({ hasRecordId, options }: ExportContext): string | null {
  return hasRecordId ? `${quoteLiteral(`${options.datasetUrl}/records/`)} || _rid` : null
}

export interface Property {
  readonly name: string
  readonly column: ResultColumn
  /** Prefix and local name of the literals' type; null: plain text. */
  readonly datatype: readonly [prefix: keyof typeof namespaces, name: string] | null
  /** SQL of the literal's text, or of a list of such. */
  readonly sql: string
  readonly isList: boolean
}

export function propertiesOf({ columns, options }: ExportContext): Property[] {
  const names = elementNames(columns.map(({ name }) => name))
  return columns.map((column, index) => ({
    name: names[index]!,
    column,
    isList: column.type === 'multitext',
    ...literalOf(column, options),
  }))
}

function literalOf(column: ResultColumn, options: ExportOptions): Pick<Property, 'datatype' | 'sql'> {
  const x = column.sqlName
  switch (column.type) {
    case 'int':
      return { datatype: ['xsd', 'integer'], sql: `${x}::varchar` }
    case 'double':
      return { datatype: ['xsd', 'double'], sql: `${x}::varchar` }
    case 'boolean':
      return { datatype: ['xsd', 'boolean'], sql: `${x}::varchar` }
    case 'date':
      return { datatype: ['xsd', 'date'], sql: `strftime(${x}, '%Y-%m-%d')` }
    case 'datetime':
      return { datatype: ['xsd', 'dateTime'], sql: instantSql(x, options.timezone) }
    case 'geo_point_2d':
      return { datatype: ['geo', 'wktLiteral'], sql: pointWktSql(x) }
    case 'geo_shape':
      return { datatype: ['geo', 'geoJSONLiteral'], sql: `${x}::varchar` }
    case 'file':
      return { datatype: ['rdf', 'JSON'], sql: `(${jsonValueSql(x, 'file', 'UTC', options.files)})::varchar` }
    case 'json':
      return { datatype: ['rdf', 'JSON'], sql: `${x}::varchar` }
    case 'multitext':
      return { datatype: null, sql: `list_filter(${x}, lambda item: item is not null)` }
    default:
      return { datatype: null, sql: `${x}::varchar` }
  }
}

/** SQL of a quoted literal of Turtle and N3: JSON's escapes are among theirs. */
export const quotedSql = (sql: string) => `to_json(${sql})::varchar`
