import type { ResultColumn } from '../../odsql/index.ts'
import type { ExportContext } from '../format.ts'
import { isGeometry } from './geometry.ts'
import { textSql } from './text-values.ts'

/** Columns that describe a feature: all but its geometry. */
export function attributesOf(columns: readonly ResultColumn[]): ResultColumn[] {
  return columns.filter((column) => !isGeometry(column, columns))
}

/** The column of that name. The route has checked that there is one. */
export function columnNamed(columns: readonly ResultColumn[], name: string): ResultColumn {
  return columns.find((column) => column.name === name)!
}

/** SQL of what a feature is called: the field asked for, else the first text; null when there is none. */
export function nameSql({ columns, options }: ExportContext): string | null {
  const column =
    options.nameField === null
      ? columns.find(({ type }) => type === 'text')
      : columnNamed(columns, options.nameField)
  return column === undefined ? null : textSql(column, options)
}

/** SQL of `heading: value` lines of the columns asked for (of none: null), values that are null left out. */
export function descriptionSql(
  { columns, options }: ExportContext,
  otherwise: readonly ResultColumn[] = [],
): string | null {
  const wanted =
    options.descriptionFields.length > 0
      ? options.descriptionFields.map((name) => columnNamed(columns, name))
      : otherwise
  if (wanted.length === 0) return null
  const lines = wanted.map(
    (column) =>
      `'${(options.headings[column.name] ?? column.name).replaceAll("'", "''")}: ' || ${textSql(column, options)}`,
  )
  return `concat_ws(chr(10), ${lines.join(', ')})`
}
