import { type RawBuilder, sql } from 'kysely'

/**
 * Whether a column has one of these values, however many they are: each of a list would be bound, and SQLite takes 32,766. They
 * go as names of one JSON object, whose `json_each` has them in the column `key` on either database.
 */
export function among(column: string, values: Iterable<string>): RawBuilder<boolean> {
  const names = JSON.stringify(Object.fromEntries([...values].map((value) => [value, 0])))
  return sql<boolean>`${sql.ref(column)} in (select "key" from json_each(${names}))`
}
