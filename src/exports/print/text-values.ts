import { quoteLiteral } from '../../kernel/index.ts'
import type { ResultColumn } from '../../odsql/index.ts'
import { fileUrlSql, instantSql } from '../../odsql/index.ts'
import type { ExportOptions } from '../format.ts'

/** SQL of a value as people read it in a cell, or null; numbers and truth values stay what they are. */
export function cellSql(
  column: ResultColumn,
  options: Pick<ExportOptions, 'timezone' | 'listSeparator' | 'files'>,
): string {
  const x = column.sqlName
  switch (column.type) {
    case 'datetime':
      return instantSql(x, options.timezone)
    case 'date':
      return `strftime(${x}, '%Y-%m-%d')`
    case 'geo_point_2d':
      return `case when ${x} is not null then (${x}).lat || ', ' || (${x}).lon end`
    case 'multitext':
      return `array_to_string(${x}, ${quoteLiteral(options.listSeparator)})`
    case 'file':
      return options.files ? `coalesce(${fileUrlSql(x, options.files)}, ${x}::varchar)` : `${x}::varchar`
    case 'geo_shape':
    case 'json':
      return `${x}::varchar`
    default:
      return x
  }
}

/** As `cellSql`, always text. */
export function textSql(
  column: ResultColumn,
  options: Pick<ExportOptions, 'timezone' | 'listSeparator' | 'files'>,
): string {
  const isText = column.type === 'text'
  return isText ? column.sqlName : `(${cellSql(column, options)})::varchar`
}

/** What a column is called for people. */
export function headingOf(column: ResultColumn, options: Pick<ExportOptions, 'headings'>): string {
  return Object.hasOwn(options.headings, column.name) ? options.headings[column.name]! : column.name
}
