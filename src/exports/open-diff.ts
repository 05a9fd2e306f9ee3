/** The differences of two generations as a file. */
import { differenceObjectSql, differenceTableSql } from '../checks/index.ts'
import type { ResultColumn, RowsStatement } from '../odsql/index.ts'
import type { OpenDiff } from '../records/index.ts'
import type { ExportOptions } from './formats.ts'
import type { Exports, OpenedExport } from './open-export.ts'

export const diffFormats = ['csv', 'jsonl'] as const

export interface DiffExportOrder {
  readonly format: (typeof diffFormats)[number]
  readonly diff: OpenDiff
  /** Positions in the table of differences. */
  readonly range: { readonly from: number; readonly to: number }
  readonly timezone: string
  readonly signal: AbortSignal
}

const objectColumns: readonly ResultColumn[] = ['change', '_id', 'key', 'old', 'new'].map((name) => ({
  name,
  type: name === 'change' || name === '_id' ? 'text' : 'json',
  sqlName: name,
}))

/**
 * CSV: a flat table, both sides whole, commas between the values. JSON lines: the objects that pages hold.
 * The diff is released when the body ends or is destroyed. Errors: those of the engine.
 */
export function openDiffExport(exports: Exports, order: DiffExportOrder): Promise<OpenedExport> {
  const { diff, format, range, timezone } = order
  const options: ExportOptions = {
    timezone,
    headings: {},
    delimiter: ',',
    listSeparator: ',',
    isQuoteAll: false,
    hasByteOrderMark: false,
    parquetCompression: 'snappy',
  }
  return exports.openSliced({
    format,
    rows: range.to - range.from,
    statement(from, to): RowsStatement {
      const slice = {
        table: diff.table,
        from: range.from + from,
        to: Math.min(range.from + to, range.to),
      }
      if (format === 'csv') return { ...differenceTableSql(diff.from, diff.to, slice), values: [] }
      return {
        sql: differenceObjectSql(diff.from, diff.to, slice, { timezone, maxText: null }),
        values: [],
        columns: objectColumns,
      }
    },
    options,
    signal: order.signal,
    release: () => diff.release(),
  })
}
