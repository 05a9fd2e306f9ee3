/** The differences of two generations as a file. */
import type { Readable } from 'node:stream'
import { differenceObjectSql, differenceTableSql, valuesOf } from '../checks/index.ts'
import type { ResultColumn } from '../odsql/index.ts'
import type { OpenDiff } from '../records/index.ts'
import { plainOptions } from './format.ts'
import { csv } from './formats/csv.ts'
import { jsonl } from './formats/jsonl.ts'
import type { Exports } from './open-export.ts'

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
export function openDiffExport(exports: Exports, order: DiffExportOrder): Promise<Readable> {
  const { diff, format, range, timezone } = order
  const place = (start: number, end: number) => ({
    table: diff.table,
    from: range.from + start,
    to: Math.min(range.from + end, range.to),
  })
  const isTable = format === 'csv'
  return exports.openText({
    format: isTable ? csv : jsonl,
    columns: isTable ? differenceTableSql(diff.from, diff.to, place(0, 0)).columns : objectColumns,
    sliced: {
      positions: range.to - range.from,
      hasEveryPosition: true,
      slice: (start, end) => ({
        sql: isTable
          ? differenceTableSql(diff.from, diff.to, place(start, end)).sql
          : differenceObjectSql(diff.from, diff.to, place(start, end), { timezone, maxText: null }),
        values: [...valuesOf(diff.from, diff.to)],
      }),
    },
    options: { ...plainOptions, timezone },
    signal: order.signal,
    release: () => diff.release(),
  })
}
