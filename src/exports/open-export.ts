/**
 * Exports: the engine writes the text, slice by slice, into temporary files that are streamed and gone. The next slice is
 * made while the last one is being read, at most one ahead: memory is flat, a slow reader holds no thread of the engine,
 * and a crash leaves nothing (files are unlinked once open).
 *
 * Records in their own order are sliced by position. Queries with an order, groups or aggregates are put into a
 * temporary table first (it spills to disk), and that is sliced.
 */
import { createReadStream } from 'node:fs'
import { open, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { Connection, Engine } from '../engine/index.ts'
import { AppError, type Ids, quoteIdentifier, quoteLiteral } from '../kernel/index.ts'
import { compileRows, type Query, type QueryTarget, type RowsStatement } from '../odsql/index.ts'
import type { GenerationHandle } from '../records/index.ts'
import {
  type ExportFormat,
  type ExportOptions,
  exportFormats,
  type SlicedFormat,
  type WholeFormat,
} from './formats.ts'

export interface ExportOrder {
  readonly format: string
  readonly handle: GenerationHandle
  readonly query: Query
  /** Null: all. */
  readonly limit: number | null
  readonly options: ExportOptions
  readonly signal: AbortSignal
}

export interface OpenedExport {
  readonly mediaType: string
  readonly extension: string
  /** Bytes of the whole file, where known beforehand. */
  readonly length: number | null
  readonly body: Readable
}

/** An export of something else than a query's rows, slice by slice. */
export interface SlicedOrder {
  readonly format: 'csv' | 'jsonl'
  readonly rows: number
  /** Rows from, up to but without to. */
  statement(from: number, to: number): RowsStatement
  readonly options: ExportOptions
  readonly signal: AbortSignal
  /** Called when the body ends or is destroyed, or nothing could be opened. */
  release(): void
}

export interface Exports {
  /** The handle is released when the body ends or is destroyed. Errors: exports.unknown_format; those of the engine. */
  open(order: ExportOrder): Promise<OpenedExport>
  openSliced(order: SlicedOrder): Promise<OpenedExport>
}

/** Records of one slice: some 20 to 50 MB of text for wide tables. */
const sliceRows = 60_000

export function createExports(deps: { engine: Engine; ids: Ids; tmpDirectory: string }): Exports {
  return {
    async open(order) {
      const format = formatOf(order.format)
      const connection = await deps.engine.connect()
      const finish = () => {
        connection.close()
        order.handle.release()
      }
      try {
        const path = join(deps.tmpDirectory, `export-${deps.ids.hex(8)}`)
        if (format.kind === 'whole') return await openWhole(connection, format, order, path, finish)
        return await openSlices(
          connection,
          format,
          order,
          await prepareSource(connection, order),
          path,
          finish,
        )
      } catch (error) {
        finish()
        throw error
      }
    },
    async openSliced(order) {
      const format = exportFormats[order.format] as SlicedFormat
      const connection = await deps.engine.connect()
      const finish = () => {
        connection.close()
        order.release()
      }
      try {
        const path = join(deps.tmpDirectory, `export-${deps.ids.hex(8)}`)
        return await openSlices(connection, format, order, order, path, finish)
      } catch (error) {
        finish()
        throw error
      }
    },
  }
}

type SliceOptions = Pick<ExportOrder, 'options' | 'signal'>

async function openSlices(
  connection: Connection,
  format: SlicedFormat,
  order: SliceOptions,
  source: Source,
  path: string,
  finish: () => void,
): Promise<OpenedExport> {
  const first = await writeSlice(connection, format, order, source, path, 0)
  const body = Readable.from(streamSlices(connection, format, order, source, path, first, finish), {
    objectMode: false,
  })
  return { mediaType: format.mediaType, extension: format.extension, length: null, body }
}

/** Errors: exports.unknown_format. */
export function formatOf(name: string): ExportFormat {
  if (!Object.hasOwn(exportFormats, name)) {
    throw new AppError('exports.unknown_format', {
      format: name.slice(0, 40),
      known: Object.keys(exportFormats).join(', '),
    })
  }
  return exportFormats[name]!
}

/** What is sliced: the generation itself, or a temporary table of the finished result. */
interface Source {
  readonly rows: number
  statement(from: number, to: number): RowsStatement
}

async function prepareSource(connection: Connection, order: ExportOrder): Promise<Source> {
  const { query, handle, limit } = order
  const target: QueryTarget = { relation: handle.relation, search: handle.search }
  const isPlain = !query.isAggregated && query.order.length === 0 && limit === null
  if (isPlain) {
    return {
      rows: handle.recordsCount,
      statement: (from, to) =>
        compileRows(query, target, { page: { limit: null, offset: 0 }, rowRange: { from, to } }),
    }
  }
  const whole = compileRows(query, target, { page: { limit, offset: 0 } })
  await connection.run(
    `create temp table export_rows as select row_number() over () - 1 as _row, * from (${whole.sql})`,
    whole.values,
    order.signal,
  )
  const [count] = await connection.all('select count(*) as n from export_rows')
  const columns = whole.columns.map((column) => column.sqlName).join(', ') || 'null as nothing'
  return {
    rows: Number(count!.n),
    statement: (from, to) => ({
      ...whole,
      values: [],
      sql: `select ${columns} from export_rows where _row >= ${from} and _row < ${to} order by _row`,
    }),
  }
}

function printed(statement: RowsStatement, format: ExportFormat, options: ExportOptions): string {
  const columns = statement.columns.map(
    (column) => `${format.column(column, options)} as ${quoteIdentifier(format.heading(column, options))}`,
  )
  return `select ${columns.join(', ') || 'null as nothing'} from (${statement.sql})`
}

/** Writes one slice; returns its length in bytes, or null when there are no more rows. */
async function writeSlice(
  connection: Connection,
  format: SlicedFormat,
  order: SliceOptions,
  source: Source,
  path: string,
  index: number,
): Promise<{ path: string; bytes: number; rows: number } | null> {
  const from = index * sliceRows
  if (from >= source.rows && index > 0) return null
  const statement = source.statement(from, from + sliceRows)
  const target = `${path}-${index}`
  const [row] = await connection.all(
    `copy (${printed(statement, format, order.options)}) to ${quoteLiteral(target)} (${format.copy(order.options, index === 0)})`,
    statement.values,
    order.signal,
  )
  return { path: target, bytes: (await stat(target)).size, rows: Number(row!.Count) }
}

type Slice = NonNullable<Awaited<ReturnType<typeof writeSlice>>>

async function* streamSlices(
  connection: Connection,
  format: SlicedFormat,
  order: SliceOptions,
  source: Source,
  path: string,
  first: Slice | null,
  finish: () => void,
): AsyncGenerator<Buffer> {
  let ahead: Promise<Slice | null> = Promise.resolve(first)
  let hasRows = false
  try {
    yield Buffer.from(format.before(order.options))
    for (let index = 0; ; index++) {
      const slice = await ahead
      if (!slice) break
      const file = await open(slice.path, 'r')
      await rm(slice.path, { force: true })
      ahead = writeSlice(connection, format, order, source, path, index + 1)
      // Awaited above in the next round; a failure before that must not count as unhandled.
      ahead.catch(() => {})
      const end = slice.bytes - format.trimEnd
      const isEmpty = slice.rows === 0 && format.trimEnd > 0
      if (end <= format.trimStart || isEmpty) {
        await file.close()
        continue
      }
      if (hasRows && format.between !== '') yield Buffer.from(format.between)
      hasRows = true
      yield* createReadStream('', {
        fd: file,
        start: format.trimStart,
        end: end - 1,
        highWaterMark: 1 << 18,
      }) as AsyncIterable<Buffer>
    }
    if (format.after !== '') yield Buffer.from(format.after)
  } finally {
    connection.interrupt()
    const left = await ahead.catch(() => null)
    if (left) await rm(left.path, { force: true })
    finish()
  }
}

async function openWhole(
  connection: Connection,
  format: WholeFormat,
  order: ExportOrder,
  path: string,
  finish: () => void,
): Promise<OpenedExport> {
  const target: QueryTarget = { relation: order.handle.relation, search: order.handle.search }
  const statement = compileRows(order.query, target, { page: { limit: order.limit, offset: 0 } })
  try {
    await connection.run(
      `copy (${printed(statement, format, order.options)}) to ${quoteLiteral(path)} (${format.copy(order.options)})`,
      statement.values,
      order.signal,
    )
    const file = await open(path, 'r')
    const { size } = await file.stat()
    const body = createReadStream('', { fd: file, highWaterMark: 1 << 18 })
    body.once('close', finish)
    return { mediaType: format.mediaType, extension: format.extension, length: size, body }
  } finally {
    await rm(path, { force: true })
  }
}
