/** Export formats, one row each: routes and OpenAPI take their list from here. */
import { quoteLiteral } from '../kernel/index.ts'
import { instantSql, jsonValueSql, type ResultColumn } from '../odsql/index.ts'

export interface ExportOptions {
  readonly timezone: string
  /** Headings: field labels instead of names; by result column name. */
  readonly headings: Readonly<Record<string, string>>
  readonly delimiter: string
  readonly listSeparator: string
  readonly isQuoteAll: boolean
  readonly hasByteOrderMark: boolean
  readonly parquetCompression: string
}

/** How the slices of an export, each written by the engine, make one file. */
export interface SlicedFormat {
  readonly kind: 'sliced'
  readonly mediaType: string
  readonly extension: string
  /** SQL of a result column as this format prints it. */
  column(column: ResultColumn, options: ExportOptions): string
  heading(column: ResultColumn, options: ExportOptions): string
  /** COPY options. */
  copy(options: ExportOptions, isFirst: boolean): string
  /** Bytes to leave out at the start and the end of each slice. */
  readonly trimStart: number
  readonly trimEnd: number
  readonly before: (options: ExportOptions) => string
  readonly between: string
  readonly after: string
}

/** A file that only the engine can write as a whole. */
export interface WholeFormat {
  readonly kind: 'whole'
  readonly mediaType: string
  readonly extension: string
  column(column: ResultColumn, options: ExportOptions): string
  heading(column: ResultColumn, options: ExportOptions): string
  copy(options: ExportOptions): string
}

export type ExportFormat = SlicedFormat | WholeFormat

const byName = (column: ResultColumn) => column.name

const csv: SlicedFormat = {
  kind: 'sliced',
  mediaType: 'text/csv; charset=utf-8',
  extension: 'csv',
  column(column, { timezone, listSeparator }) {
    const x = column.sqlName
    switch (column.type) {
      case 'datetime':
        return instantSql(x, timezone)
      case 'date':
        return `strftime(${x}, '%Y-%m-%d')`
      case 'geo_point_2d':
        return `case when ${x} is not null then (${x}).lat || ', ' || (${x}).lon end`
      case 'multitext':
        return `array_to_string(${x}, ${quoteLiteral(listSeparator)})`
      case 'geo_shape':
      case 'file':
      case 'json':
        return `${x}::varchar`
      default:
        return x
    }
  },
  heading: (column, options) => options.headings[column.name] ?? column.name,
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
  before: (options) => (options.hasByteOrderMark ? '\uFEFF' : ''),
  between: '',
  after: '',
}

const jsonColumn = (column: ResultColumn, { timezone }: ExportOptions) =>
  jsonValueSql(column.sqlName, column.type, timezone)

const json: SlicedFormat = {
  kind: 'sliced',
  mediaType: 'application/json; charset=utf-8',
  extension: 'json',
  column: jsonColumn,
  heading: byName,
  copy: () => 'format json, array true',
  // The engine writes `[\n`, the records, `\n]\n` per slice: the frame is ours, once.
  trimStart: 2,
  trimEnd: 3,
  before: () => '[\n',
  between: ',\n',
  after: '\n]\n',
}

const jsonl: SlicedFormat = {
  ...json,
  mediaType: 'application/x-ndjson; charset=utf-8',
  extension: 'jsonl',
  copy: () => 'format json, array false',
  trimStart: 0,
  trimEnd: 0,
  before: () => '',
  between: '',
  after: '',
}

const parquet: WholeFormat = {
  kind: 'whole',
  mediaType: 'application/vnd.apache.parquet',
  extension: 'parquet',
  column: (column) => column.sqlName,
  heading: byName,
  copy: (options) => `format parquet, compression ${options.parquetCompression}`,
}

export const exportFormats: Readonly<Record<string, ExportFormat>> = { csv, json, jsonl, parquet }
