/**
 * Text exports: the engine writes slice by slice into temporary files that are streamed and gone. The next slice is made
 * while the last one is being read, at most one ahead: memory is flat, a slow reader holds no thread of the engine, and a
 * crash leaves nothing (files are unlinked once open).
 */
import { createReadStream } from 'node:fs'
import { open, rm, stat } from 'node:fs/promises'
import type { Connection } from '../engine/index.ts'
import { AppError, quoteLiteral } from '../kernel/index.ts'
import { recordIdSql } from '../records/index.ts'
import type { ExportContext, TextFormat } from './format.ts'
import type { Sliced, Turn } from './source.ts'

/** Records of one slice at most. */
const mostRows = 60_000
/**
 * Text of one slice, in bytes. A text expression (`isRaw`) takes the engine up to thirty times its text in memory, its own
 * writers hardly more than the text; and how wide records are is known from the slice before only.
 */
const sliceBytes = { raw: 6 << 20, written: 32 << 20 } as const
/** The first slice, and by how much the next may be larger. */
const firstRows = { raw: 250, written: 4_000 } as const
const mostGrowth = 16

export interface TextWork {
  readonly connection: Connection
  readonly format: TextFormat
  readonly context: ExportContext
  readonly sliced: Sliced
  readonly path: string
  readonly signal: AbortSignal
  readonly turn: Turn
  /** Told with the number of records of every slice as it is sent. */
  onRecords(count: number): void
}

export interface Slice {
  readonly path: string
  readonly bytes: number
  readonly rows: number
  /** Where the next one begins; null after the last. */
  readonly next: Cursor | null
}
interface Cursor {
  readonly pass: number
  /** The first position, and how many. */
  readonly from: number
  readonly size: number
  /** Records written before. */
  readonly before: number
}

const kindOf = (work: TextWork) => (work.format.isRaw ? 'raw' : 'written')

export const firstSlice = (work: TextWork) =>
  writeSlice(work, { pass: 0, from: 0, size: firstRows[kindOf(work)], before: 0 })

/** A slice that takes too much memory is made smaller, down to one record. */
async function writeSlice(work: TextWork, at: Cursor): Promise<Slice> {
  for (let size = at.size; ; size = Math.ceil(size / 8)) {
    try {
      return await work.turn(() => tryToWrite(work, { ...at, size }))
    } catch (error) {
      const isTooLarge = error instanceof AppError && error.key === 'engine.out_of_memory'
      if (!isTooLarge || size === 1) throw error
    }
  }
}

async function tryToWrite(work: TextWork, at: Cursor): Promise<Slice> {
  const { connection, format, context, sliced, signal } = work
  const passes = format.select(context)
  const { from } = at
  const statement = sliced.slice(from, from + at.size)
  const isFirst = at.pass === 0 && from === 0
  const target = `${work.path}-${at.pass}-${from}`
  // With a filter only what has been written tells the number; without one it is the position.
  const before = sliced.hasEveryPosition ? from : at.before
  // Once a record, where the text of a format names it with every field.
  const recordId = context.hasRecordId ? `, ${recordIdSql} as _rid` : ''
  const numbered = `select row_number() over () + ${before} as _n${recordId}, * from (${statement.sql})`
  const list = passes[at.pass]!
  const sql = format.isRaw
    ? `select _t from (select ${list} as _t from (${numbered})) where _t is not null`
    : `select ${list} from (${statement.sql})`
  const [row] = await connection.all(
    `copy (${sql}) to ${quoteLiteral(target)} (${format.copy(context.options, isFirst)})`,
    statement.values,
    signal,
  )
  const rows = Number(row!.Count)
  const { size: bytes } = await stat(target)
  const isLastOfPass = from + at.size >= sliced.positions
  const next = !isLastOfPass
    ? { ...at, from: from + at.size, size: sizeAfter(work, at, bytes), before: at.before + rows }
    : at.pass + 1 < passes.length
      ? { pass: at.pass + 1, from: 0, size: firstRows[kindOf(work)], before: 0 }
      : null
  return { path: target, bytes, rows, next }
}

/** As many positions as gave the right amount of text, if they are like the last. */
function sizeAfter(work: TextWork, { size }: Cursor, bytes: number): number {
  const fitting = Math.floor((size * sliceBytes[kindOf(work)]) / Math.max(1, bytes))
  return Math.max(1, Math.min(fitting, size * mostGrowth, mostRows))
}

/** The text of an export, beginning with a slice that has been written; `finish` is called when all is over. */
export async function* streamSlices(
  work: TextWork,
  first: Slice,
  finish: () => void,
): AsyncGenerator<Buffer> {
  const { format, context, connection } = work
  let ahead: Promise<Slice> | null = Promise.resolve(first)
  let hasRows = false
  try {
    yield Buffer.from(format.before(context))
    while (ahead) {
      const slice: Slice = await ahead
      ahead = null
      const file = await open(slice.path, 'r')
      await rm(slice.path, { force: true })
      if (slice.next) {
        ahead = writeSlice(work, slice.next)
        // Awaited above in the next round; a failure before that must not count as unhandled.
        ahead.catch(() => {})
      }
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
      work.onRecords(slice.rows)
    }
    if (format.after !== '') yield Buffer.from(format.after)
  } finally {
    connection.interrupt()
    const left = await ahead?.catch(() => null)
    if (left) await rm(left.path, { force: true })
    finish()
  }
}
