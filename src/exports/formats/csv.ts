import { quoteLiteral } from '../../kernel/index.ts'
import type { ResultColumn } from '../../odsql/index.ts'
import type { ExportOptions, TextFormat } from '../format.ts'
import { aliased } from '../print/aliased.ts'
import { cellSql, headingOf } from '../print/text-values.ts'

/** RFC 4180 quoting; a point as `lat, lon`; a shape as GeoJSON; multivalued fields joined by the list separator. */
export const csv: TextFormat = {
  kind: 'text',
  mediaType: 'text/csv; charset=utf-8',
  extension: 'csv',
  isRaw: false,
  select: ({ columns, options }) => [
    aliased(columns.map((column) => [cell(column, options), headingOf(column, options)])),
  ],
  copy: (options, isFirst) =>
    [
      'format csv',
      `header ${isFirst}`,
      `delimiter ${quoteLiteral(options.delimiter)}`,
      `quote '"'`,
      `escape '"'`,
      ...(options.isQuoteAll ? ['force_quote *'] : []),
    ].join(', '),
  trimStart: 0,
  trimEnd: 0,
  before: ({ options }) => (options.hasByteOrderMark ? '\uFEFF' : ''),
  between: '',
  after: '',
}

/** What spreadsheets take for the start of a formula: https://owasp.org/www-community/attacks/CSV_Injection */
export const formulaStart = '^[=+\\-@\\t\\r\\n＝＋－＠]'

/** Numbers are never texts: a negative one is no formula. */
function cell(column: ResultColumn, options: ExportOptions): string {
  const sql = cellSql(column, options)
  if (!options.hasSafeCells || (column.type !== 'text' && column.type !== 'multitext')) return sql
  return `case when regexp_matches(${sql}, '${formulaStart}') then '''' || ${sql} else ${sql} end`
}
