/** Rows of an answer as JSON texts, made in the engine. */
import { quoteLiteral } from '../kernel/index.ts'
import { type FileLinks, jsonValueSql, type ResultColumn } from '../odsql/index.ts'

/**
 * SQL of one JSON text per row, from a statement's result columns. `extra`: further members, as name and SQL. `files`: where
 * files of the records are served.
 */
export function jsonRowSql(
  columns: readonly ResultColumn[],
  timezone: string,
  extra: readonly (readonly [string, string])[] = [],
  files?: FileLinks,
): string {
  const members = [
    ...columns.map(
      (column) =>
        `${quoteLiteral(column.name)}, ${jsonValueSql(column.sqlName, column.type, timezone, files)}`,
    ),
    ...extra.map(([name, sql]) => `${quoteLiteral(name)}, ${sql}`),
  ]
  return `json_object(${members.join(', ')})::varchar`
}

/** Prints a record id: 32 hex digits. */
export const recordIdSql = "replace(_id::varchar, '-', '')"
