/**
 * What an export is made from. Records in their own order are read by position; queries with an order, groups or a limit
 * are put into a temporary table first (it spills to disk), and that is read by position.
 */
import type { Connection } from '../engine/index.ts'
import {
  compileRows,
  type Query,
  type QueryTarget,
  type ResultColumn,
  type Statement,
} from '../odsql/index.ts'

export interface SourceOrder {
  readonly target: QueryTarget
  /** Rows of the relation. */
  readonly recordsCount: number
  readonly query: Query
  /** Null: all. */
  readonly limit: number | null
  readonly offset: number
  /** Trusted columns beyond the select list, for queries that are not aggregated. */
  readonly extra: readonly string[]
}

export interface Source {
  readonly columns: readonly ResultColumn[]
  readonly hasExtra: boolean
  /** All of it as one statement that needs nothing prepared. */
  readonly whole: Statement
}

/** Waits until the engine may work for this export; between its turns it holds nothing that others wait for. */
export type Turn = <T>(work: () => Promise<T>) => Promise<T>

export interface Sliced {
  /** Positions; with a filter, not each of them has a row. */
  readonly positions: number
  readonly hasEveryPosition: boolean
  /** Rows of the positions [from, to). */
  slice(from: number, to: number): Statement
}

export function openSource(order: SourceOrder): Source {
  const { query, target, limit, offset } = order
  const extra = query.isAggregated ? [] : order.extra
  const { columns, ...whole } = compileRows(query, target, { page: { limit, offset }, extra })
  return { columns, whole, hasExtra: extra.length > 0 }
}

export async function sliceSource(
  connection: Connection,
  order: SourceOrder,
  source: Source,
  signal: AbortSignal,
): Promise<Sliced> {
  const { query, target, limit, offset } = order
  if (!query.isAggregated && query.order.length === 0 && limit === null && offset === 0) {
    return {
      positions: order.recordsCount,
      hasEveryPosition: query.where === null,
      slice: (from, to) =>
        compileRows(query, target, {
          page: { limit: null, offset: 0 },
          rowRange: { from, to },
          extra: order.extra,
        }),
    }
  }
  await connection.run(
    `create temp table export_rows as select row_number() over () - 1 as _row, * from (${source.whole.sql})`,
    source.whole.values,
    signal,
  )
  const [count] = await connection.all('select count(*) as n from export_rows')
  const columns = [
    ...source.columns.map((column) => column.sqlName),
    ...(source.hasExtra ? order.extra : []),
  ].join(', ')
  return {
    positions: Number(count!.n),
    hasEveryPosition: true,
    slice: (from, to) => ({
      values: [],
      sql: `select ${columns || 'null as nothing'} from export_rows where _row >= ${from} and _row < ${to} order by _row`,
    }),
  }
}
