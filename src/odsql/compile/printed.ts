/** How values are printed, in the engine: the JSON forms of the Explore API, section 1.4. */
import { quoteLiteral } from '../../kernel/index.ts'
import type { Type } from '../schema.ts'
import { localTime } from './local-time.ts'

/** Where files of records are served: an address is `before`, the id of a file, `after`. */
export interface FileLinks {
  readonly before: string
  readonly after: string
}

/** SQL of the address of a file; null when it is none that the server keeps. */
export function fileUrlSql(sql: string, { before, after }: FileLinks): string {
  const id = `json_extract_string(${sql}, '$.id')`
  return `case when regexp_full_match(${id}, '[0-9a-f]{64}') then ${quoteLiteral(before)} || ${id} || ${quoteLiteral(after)} end`
}

const withUrl = (sql: string, url: string) =>
  `case when (${url}) is null then ${sql} else json_merge_patch(${sql}, json_object('url', ${url})) end`

/**
 * SQL of a value in the form JSON answers show it; `sql` is a column of the given type. `files`: file objects get their
 * address.
 */
export function jsonValueSql(sql: string, type: Type, timezone: string, files?: FileLinks): string {
  switch (type) {
    case 'file':
      return files ? withUrl(sql, fileUrlSql(sql, files)) : sql
    case 'datetime':
      return instantSql(sql, timezone)
    case 'date':
      return `strftime(${sql}, '%Y-%m-%d')`
    case 'geo_shape':
      return `case when ${sql} is not null then json_object('type', 'Feature', 'geometry', ${sql}, 'properties', json_object()) end`
    case 'text':
    case 'multitext':
    case 'int':
    case 'double':
    case 'boolean':
    case 'geo_point_2d':
    case 'json':
    case 'null':
      return sql
    default:
      return type satisfies never
  }
}

/** `2031-05-09T10:00:00+02:00`: ISO 8601 with the offset of the zone at that moment; fractions only where there are any. */
export function instantSql(sql: string, timezone: string): string {
  const local = localTime(sql, timezone)
  const offset = timezone === 'UTC' ? "'+00:00'" : offsetSql(sql, local)
  // Few functions: a page of thirty fields is planned for longer than it is read.
  return `replace(strftime(${local}, '%Y-%m-%dT%H:%M:%S.%f'), '.000000', '') || ${offset}`
}

function offsetSql(sql: string, local: string): string {
  const minutes = `datediff('minute', ${localTime(sql, 'UTC')}, ${local})`
  return `printf('%s%02d:%02d', case when ${minutes} < 0 then '-' else '+' end, abs(${minutes}) // 60, abs(${minutes}) % 60)`
}
