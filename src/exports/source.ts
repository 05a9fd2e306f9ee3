/**
 * What an export is made from. Records in their own order are read by position; queries with an order or groups are put
 * into a temporary table first (it spills to disk), and that is read by position.
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
  /** The relation has a record at each of these positions from 0, or at some of them. */
  readonly positions: number
  readonly isDense: boolean
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

/**
 * The positions [first, end) that a query without an order takes its records from. With a filter and a limit they are
 * looked for in the positions alone: sorting whole records to take the first of them takes seconds.
 */
async function positionsOf(
  connection: Connection,
  { query, target, positions, isDense, limit, offset }: SourceOrder,
  signal: AbortSignal,
): Promise<{ readonly first: number; readonly end: number }> {
  if (limit === null && offset === 0) return { first: 0, end: positions }
  if (query.where === null && isDense) {
    const first = Math.min(offset, positions)
    return { first, end: Math.min(positions, first + (limit ?? positions)) }
  }
  const { sql, values } = compileRows({ ...query, select: [] }, target, {
    page: { limit, offset },
    extra: ['_row'],
  })
  const [row] = await connection.all(
    `select min(_row) as low, max(_row) as high from (${sql})`,
    values,
    signal,
  )
  if (row!.low === null) return { first: 0, end: 0 }
  return { first: Number(row!.low), end: Number(row!.high) + 1 }
}

export async function sliceSource(
  connection: Connection,
  order: SourceOrder,
  source: Source,
  signal: AbortSignal,
): Promise<Sliced> {
  const { query, target } = order
  if (!query.isAggregated && query.order.length === 0) {
    const { first, end } = await positionsOf(connection, order, signal)
    return {
      positions: end - first,
      hasEveryPosition: query.where === null && order.isDense,
      slice: (from, to) =>
        compileRows(query, target, {
          page: { limit: null, offset: 0 },
          rowRange: { from: first + from, to: Math.min(first + to, end) },
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
