/**
 * Opens an export: prepares its rows, and answers a stream of its bytes or a whole file. What cannot be exported is said
 * here, before the first byte; what fails later breaks the stream.
 */
import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Connection, currentClient, type Engine, type FairQueue, type Row } from '../engine/index.ts'
import { AppError, type Ids } from '../kernel/index.ts'
import { compileCount, type ResultColumn } from '../odsql/index.ts'
import { atMost, maxKeptBytes } from './at-most.ts'
import { readBatches } from './batches.ts'
import type { ExportContext, ExportFormat, ExportOptions, RowsFormat, TextFormat } from './format.ts'
import { createOpenPlaces } from './open-places.ts'
import { firstSlice, streamSlices, type TextWork } from './slices.ts'
import { openSource, type Sliced, type Source, type SourceOrder, sliceSource, type Turn } from './source.ts'
import { createWholeFiles, type WholeFile } from './whole-files.ts'

export interface ExportOrder extends Omit<SourceOrder, 'extra'> {
  readonly format: ExportFormat
  readonly formatName: string
  /** What the relation is, for ever: files are kept under it. */
  readonly generation: string
  readonly options: ExportOptions
  /** Trusted columns that a format of the caller's own reads. */
  readonly extra?: readonly string[]
  /** A file, whatever the format: the caller sends parts of it. */
  readonly isWhole?: boolean
  readonly signal: AbortSignal
  /** Lets the relation go; called once, when the body has ended or is destroyed, or the file is written. */
  release(): void
}

export interface TextOrder {
  readonly format: TextFormat
  readonly columns: readonly ResultColumn[]
  readonly sliced: Sliced
  readonly options: ExportOptions
  readonly signal: AbortSignal
  /** As of an ExportOrder. */
  release(): void
}

interface OpenedStream {
  readonly kind: 'stream'
  readonly body: Readable
  /** Records sent; final when the body has ended. */
  records(): number
}

export type OpenedExport = OpenedStream | { readonly kind: 'file'; readonly file: WholeFile }

export interface Exports {
  /**
   * Errors: exports.format_needs_field, exports.unknown_column, exports.not_a_date, exports.too_many_records,
   * exports.too_many_own, exports.too_many, exports.too_many_files, exports.part_too_large, exports.file_too_large; those of
   * the engine and its queue.
   */
  open(order: ExportOrder): Promise<OpenedExport>
  /** Rows that the caller's own statements read by position. Errors: as `open`. */
  openText(order: TextOrder): Promise<Readable>
  /** Says what `open` would refuse about the columns, and releases. Errors: as `open`. */
  check(order: ExportOrder): void
  /** How many are open. */
  size(): number
  close(): void
}

export function createExports(deps: {
  engine: Engine
  queue: FairQueue
  ids: Ids
  tmpDirectory: string
  maxOpenOfClient: number
}): Exports {
  const places = createOpenPlaces(deps.maxOpenOfClient)
  const files = createWholeFiles({ ids: deps.ids, directory: deps.tmpDirectory })

  /**
   * Turns of who asks now, also when the body goes on long after. Only the first can be refused: what a reader has begun to
   * read does not break off because others come.
   */
  function turnsFor(signal: AbortSignal): Turn {
    const ask = { kind: 'export', client: currentClient(), signal } as const
    let isUnderWay = false
    return (work) =>
      deps.queue.run({ ...ask, isUnderWay }, () => {
        isUnderWay = true
        return work()
      })
  }

  async function openFile(order: ExportOrder, source: Source): Promise<OpenedExport> {
    // The answer is the same for everyone who asks the same, so the file is too.
    const key = createHash('sha256')
      .update(
        JSON.stringify([
          order.formatName,
          order.generation,
          withoutNames(source.whole.sql, order),
          source.whole.values.map(String),
          order.options,
        ]),
      )
      .digest('hex')
    let isWriter = false
    const write = async (path: string, signal: AbortSignal) => {
      isWriter = true
      const connection = await deps.engine.connect()
      try {
        await writeFile(path, { ...order, signal }, source, connection)
      } catch (error) {
        await rm(path, { force: true })
        throw error
      } finally {
        connection.close()
        order.release()
      }
    }
    try {
      return { kind: 'file', file: await files.take(key, order.signal, write) }
    } finally {
      // Others may wait for what this one began: what is being read is let go when it is written.
      if (!isWriter) order.release()
    }
  }

  async function writeFile(
    path: string,
    order: ExportOrder,
    source: Source,
    connection: Connection,
  ): Promise<void> {
    const { format, signal } = order
    if (format.kind !== 'file') {
      const { body } = await openStream(format, order, source, connection)
      const limited = atMost(maxKeptBytes, 'exports.part_too_large', order.formatName)
      return pipeline(body, limited, createWriteStream(path), { signal })
    }
    const { context, sourceOrder } = prepare(order, source)
    let sliced: Sliced | null = null
    const turn = turnsFor(signal)
    await format.write({
      path,
      connection,
      context,
      statement: source.whole,
      signal,
      turn,
      async *rows(select: string) {
        sliced ??= await turn(() => sliceSource(connection, sourceOrder, source, signal))
        yield* readBatches(connection, sliced, select, signal, turn)
      },
    })
  }

  async function openStream(
    format: TextFormat | RowsFormat,
    order: ExportOrder,
    source: Source,
    connection: Connection,
  ): Promise<OpenedStream> {
    const { context, sourceOrder } = prepare(order, source)
    const { signal } = order
    const turn = turnsFor(signal)
    let records = 0
    const finish = once(() => {
      connection.close()
      order.release()
    })
    const sliced = await turn(async () => {
      const made = await sliceSource(connection, sourceOrder, source, signal)
      await checkSize(format, order, made, connection)
      return made
    })
    if (format.kind === 'rows') {
      const select = format.select(context)
      const { totals: wanted } = format
      const totals = wanted ? await turn(() => totalsOf(connection, source, select, wanted, signal)) : {}
      const rows = readBatches(connection, sliced, select, signal, turn)
      const bytes = format.write(
        counted(rows, (count) => {
          records += count
        }),
        context,
        totals,
      )
      return { kind: 'stream', body: streamOf(bytes, connection, finish), records: () => records }
    }
    return openText({ connection, format, context, sliced, signal, turn }, finish)
  }

  async function openText(
    parts: Omit<TextWork, 'path' | 'onRecords'>,
    finish: () => void,
  ): Promise<OpenedStream> {
    let records = 0
    const work: TextWork = {
      ...parts,
      path: join(deps.tmpDirectory, `export-${deps.ids.hex(8)}`),
      onRecords: (count) => {
        records += count
      },
    }
    const first = await firstSlice(work)
    const text = Readable.from(streamSlices(work, first, finish), { objectMode: false })
    // A generator that has not begun does not run its end.
    text.once('close', () => {
      finish()
      void rm(first.path, { force: true }).catch(() => {})
    })
    const { format, context } = work
    return { kind: 'stream', body: format.pack ? format.pack(text, context) : text, records: () => records }
  }

  /** The order with a place, which is given back when it is released. */
  function placed<T extends Pick<ExportOrder, 'release'>>(order: T): T {
    try {
      const leave = places.enter(currentClient())
      const release = once(() => {
        leave()
        order.release()
      })
      return { ...order, release }
    } catch (error) {
      order.release()
      throw error
    }
  }

  return {
    check(order) {
      try {
        checkColumns(order, openSource(sourceOf(order)))
      } finally {
        order.release()
      }
    },
    async open(order) {
      const own = placed(order)
      const { format, release } = own
      let connection: Connection | null = null
      try {
        const source = openSource(sourceOf(own))
        checkColumns(own, source)
        if (format.kind === 'file' || own.isWhole) return await openFile(own, source)
        connection = await deps.engine.connect()
        return await openStream(format, own, source, connection)
      } catch (error) {
        connection?.close()
        release()
        throw error
      }
    },
    async openText(order) {
      const { format, columns, sliced, options, signal, release } = placed(order)
      let connection: Connection | null = null
      const finish = once(() => {
        connection?.close()
        release()
      })
      try {
        connection = await deps.engine.connect()
        const context = { columns, hasRecordId: false, options }
        const work = { connection, format, context, sliced, signal, turn: turnsFor(signal) }
        return (await openText(work, finish)).body
      } catch (error) {
        finish()
        throw error
      }
    },
    size: () => places.size(),
    close: () => files.close(),
  }
}

function sourceOf(order: ExportOrder): SourceOrder {
  return { ...order, extra: [...(order.format.usesRecordId ? ['_id'] : []), ...(order.extra ?? [])] }
}

function prepare(order: ExportOrder, source: Source): { context: ExportContext; sourceOrder: SourceOrder } {
  const hasRecordId = source.hasExtra && order.format.usesRecordId === true
  return {
    context: { columns: source.columns, hasRecordId, options: order.options },
    sourceOrder: sourceOf(order),
  }
}

/** Errors: exports.format_needs_field, exports.unknown_column, exports.not_a_date. */
function checkColumns({ format, formatName, options }: ExportOrder, { columns }: Source): void {
  const { needs } = format
  if (needs && !columns.some(({ type }) => needs.includes(type))) {
    throw new AppError('exports.format_needs_field', { format: formatName, types: needs.join(' or ') })
  }
  const named = [options.nameField, options.startField, options.endField, ...options.descriptionFields]
  for (const name of named) {
    if (name !== null && !columns.some((column) => column.name === name)) {
      throw new AppError('exports.unknown_column', { name: name.slice(0, 100) })
    }
  }
  for (const name of [options.startField, options.endField]) {
    const column = columns.find((candidate) => candidate.name === name)
    if (column && column.type !== 'date' && column.type !== 'datetime') {
      throw new AppError('exports.not_a_date', { name: column.name })
    }
  }
}

/** Errors: exports.too_many_records. */
async function checkSize(
  { maxRecords }: ExportFormat,
  order: ExportOrder,
  sliced: Sliced,
  connection: Connection,
): Promise<void> {
  if (maxRecords === undefined || sliced.positions <= maxRecords) return
  let records = sliced.positions
  if (!sliced.hasEveryPosition) {
    const { sql, values } = compileCount(order.query, order.target)
    const [row] = await connection.all(sql, values, order.signal)
    records = Math.min(Math.max(0, Number(row!.n) - order.offset), order.limit ?? Number.POSITIVE_INFINITY)
  }
  if (records > maxRecords) {
    throw new AppError('exports.too_many_records', { format: order.formatName, records, maxRecords })
  }
}

async function totalsOf(
  connection: Connection,
  { whole }: Source,
  select: string,
  totals: string,
  signal: AbortSignal,
): Promise<Row> {
  const sql = `select ${totals} from (select ${select} from (${whole.sql}))`
  return (await connection.all(sql, whole.values, signal))[0]!
}

/** A stream of what JavaScript writes; small pieces are gathered. */
function streamOf(
  bytes: AsyncIterable<Uint8Array | string>,
  connection: Connection,
  finish: () => void,
): Readable {
  const body = Readable.from(gathered(bytes), { objectMode: false })
  body.once('close', () => {
    connection.interrupt()
    finish()
  })
  return body
}

const pieceBytes = 1 << 16

async function* gathered(bytes: AsyncIterable<Uint8Array | string>): AsyncGenerator<Buffer> {
  let pieces: Buffer[] = []
  let length = 0
  for await (const item of bytes) {
    const piece = Buffer.from(item as Uint8Array)
    pieces.push(piece)
    length += piece.length
    if (length < pieceBytes) continue
    yield Buffer.concat(pieces)
    pieces = []
    length = 0
  }
  if (length > 0) yield Buffer.concat(pieces)
}

async function* counted<T>(
  batches: AsyncIterable<readonly T[]>,
  onCount: (count: number) => void,
): AsyncGenerator<readonly T[]> {
  for await (const batch of batches) {
    yield batch
    onCount(batch.length)
  }
}

function once(work: () => void): () => void {
  let isDone = false
  return () => {
    if (isDone) return
    isDone = true
    work()
  }
}

/** The statement, whatever a generation is called where it is open: it may be closed and opened again. */
function withoutNames(sql: string, { target: { relation, search } }: ExportOrder): string {
  const names = [relation, ...(search ? [search.terms, search.postings] : [])]
  return names.reduce((text, name, at) => text.replaceAll(name, `relation ${at}`), sql)
}
