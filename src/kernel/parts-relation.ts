import { columnType, type Field } from './fields.ts'
import type { Manifest } from './generation.ts'
import { cellColumns, cellSqlOf } from './points.ts'
import { shapeBoxColumn, shapeBoxSql } from './shapes.ts'
import { quoteIdentifier, quoteLiteral } from './sql.ts'

/**
 * SQL of a generation's records read from its Parquet parts: `_row`, `_id`, the fields, the boxes of shapes and the cells of points, in order. The same
 * rows as the serving file's table, for whoever has no serving file. `directory` is absolute, without a slash at its end.
 */
export function partsRelationSql(manifest: Pick<Manifest, 'parts' | 'fields'>, directory: string): string {
  if (manifest.parts.length === 0) {
    const columns = manifest.fields.map(
      (field) => `, null::${columnType(field)} as ${quoteIdentifier(field.name)}`,
    )
    const none = `select 0::bigint as _row, null::uuid as _id${columns.join('')}`
    return `select ${['*', ...places(manifest.fields)].join(', ')} from (${none}) where false`
  }
  let rows = 0
  const offsets = manifest.parts.map((part) => {
    const offset = `${quoteLiteral(part.file)}: ${rows}::bigint`
    rows += part.rows
    return offset
  })
  const files = manifest.parts.map((part) => quoteLiteral(`${directory}/${part.file}`))
  const fields = manifest.fields.map((field) => quoteIdentifier(field.name))
  const columns = ['_id', ...fields, ...places(manifest.fields)]
  return `select map {${offsets.join(', ')}}[parse_filename(_file)] + file_row_number as _row, ${columns.join(', ')}
    from read_parquet([${files.join(', ')}], filename = '_file', file_row_number = true)`
}

/** Bounding boxes of shapes and cells of points: spatial filters look at them before they look closer. */
function places(fields: readonly Field[]): string[] {
  return fields.flatMap((field, index) => {
    const column = quoteIdentifier(field.name)
    if (field.type === 'geo_shape') return [`${shapeBoxSql(column)} as ${shapeBoxColumn(index)}`]
    if (field.type !== 'geo_point_2d') return []
    const [cell, name] = [cellSqlOf(column), cellColumns(index)]
    return [`${cell.lon} as ${name.lon}`, `${cell.lat} as ${name.lat}`]
  })
}
