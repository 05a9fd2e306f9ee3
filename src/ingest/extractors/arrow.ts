/**
 * Arrow, as stream and as file (Feather version 2), through Apache's own library, record batch by record batch. A stream is
 * read from its start; a file by its table of contents, since not every program writes a whole stream into it.
 */
import { type FileHandle, open } from 'node:fs/promises'
import { constants, zstdDecompressSync } from 'node:zlib'
import type { DataType, RecordBatch } from 'apache-arrow'
import { AppError } from '../../kernel/index.ts'
import { mostUnpacked } from '../bytes/lz4-bound.ts'
import { seekablePath } from '../bytes/unpacked-copy.ts'
import { refuseWebPage } from './head.ts'
import { openConverted } from './json.ts'
import { blocksOf } from './line-blocks.ts'
import { refuseTooManyColumns } from './max-columns.ts'
import { extractFilename } from './parameters.ts'
import type { Extractor, ReaderContext, SourceReader } from './reader.ts'

export const arrowExtractor: Extractor = {
  type: 'arrow',
  label: 'Arrow file',
  kinds: [/\.(arrow|arrows|feather)$/i],
  parameters: [extractFilename],
  open: openArrow,
}

type Library = typeof import('apache-arrow')

const mark = 'ARROW1'
/** One batch is in memory while it is read; programs write them far smaller. */
const maxBatchMegabytes = 256

async function openArrow(context: ReaderContext): Promise<SourceReader> {
  const { filename, bytes } = context.source
  if (bytes === 0) throw new AppError('ingest.source_is_empty', { filename })
  const { path, release } = await seekablePath(context)
  const invalid = (error: unknown) =>
    error instanceof AppError
      ? error
      : invalidArrow(filename, 'it is damaged, or compressed in a way that is not known')
  let handle: FileHandle | undefined
  const close = () => {
    // Who closes does not wait; the descriptor is gone when what is being read has been.
    void handle?.close().catch(() => {})
    release()
  }
  try {
    const library = await loadLibrary()
    const isFile = await requireArrow(path, filename)
    handle = await open(path, 'r')
    const budget = { left: 0, read: 0 }
    const stream = isFile ? null : streamOf(handle, filename, budget)
    const reader = stream
      ? await library.RecordBatchReader.from(stream)
      : await library.RecordBatchReader.from(handle)
    await reader.open()
    const names = reader.schema.fields.map((field) => field.name)
    refuseTooManyColumns(names.length)
    const keys = distinct(names)
    let done = 0
    async function* lines(): AsyncGenerator<string[]> {
      const batches = reader[Symbol.asyncIterator]() as AsyncIterator<RecordBatch>
      for (;;) {
        budget.left = maxBatchMegabytes << 20
        const next = await batches.next().catch((error) => {
          throw invalid(error)
        })
        if (next.done) return
        done++
        yield* rowsOf(next.value, keys, library, filename)
      }
    }
    const share = () =>
      stream
        ? budget.read / bytes
        : done / Math.max(1, (reader as { numRecordBatches?: number }).numRecordBatches ?? 1)
    const opened = {
      chunks: blocksOf(lines(), context.sliceBytes),
      bytesRead: () => Math.round(bytes * Math.min(1, share())),
      close,
    }
    return await openConverted(context, { layout: 'lines', isUntyped: false, opened, keys })
  } catch (error) {
    close()
    throw invalid(error)
  }
}

function invalidArrow(filename: string, reason: string): AppError {
  return new AppError('ingest.invalid_arrow', { filename, reason })
}

/** Whether it is a file rather than a stream. Errors: ingest.looks_like_html, ingest.invalid_arrow. */
async function requireArrow(path: string, filename: string): Promise<boolean> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    const { buffer } = await file.read(Buffer.alloc(4096), 0, 4096, 0)
    const start = buffer.toString('latin1', 0, 8)
    refuseWebPage(buffer, filename, 'Arrow')
    if (start.startsWith('FEA1'))
      throw invalidArrow(filename, 'it is Feather version 1, which has been given up')
    if (!start.startsWith(mark)) {
      if (!start.startsWith('\xff\xff\xff\xff')) throw invalidArrow(filename, 'it begins with something else')
      return false
    }
    const { buffer: end } = await file.read(
      Buffer.alloc(mark.length),
      0,
      mark.length,
      Math.max(0, size - mark.length),
    )
    if (end.toString('latin1') !== mark) throw invalidArrow(filename, 'it ends too early')
    return true
  } finally {
    await file.close()
  }
}

/** The bytes of a stream, as long as one batch does not take too many of them. */
async function* streamOf(
  handle: FileHandle,
  filename: string,
  budget: { left: number; read: number },
): AsyncGenerator<Uint8Array> {
  budget.left = maxBatchMegabytes << 20
  const chunks = handle.createReadStream({ highWaterMark: 1 << 20, autoClose: false })
  for await (const chunk of chunks as AsyncIterable<Buffer>) {
    budget.read += chunk.length
    budget.left -= chunk.length
    if (budget.left < 0) throw invalidArrow(filename, `a record batch of more than ${maxBatchMegabytes} MiB`)
    yield chunk
  }
}

/** What is told of a frame is exact but for its last block. */
const mostOfBlock = 4 << 20

let library: Promise<Library> | undefined

/** Loaded only when there is Arrow to read; it leaves decompression to others. */
function loadLibrary(): Promise<Library> {
  library ??= (async () => {
    const [arrow, lz4] = await Promise.all([import('apache-arrow'), import('lz4-napi')])
    const zstd = (data: Uint8Array) =>
      zstdDecompressSync(data, {
        maxOutputLength: maxBatchMegabytes << 20,
        params: { [constants.ZSTD_d_windowLogMax]: 27 },
      })
    arrow.compressionRegistry.set(arrow.CompressionType.LZ4_FRAME, {
      // The library takes no limit of its own.
      decode(data) {
        if (mostUnpacked(data) > (maxBatchMegabytes << 20) + mostOfBlock)
          throw new RangeError(`a buffer of more than ${maxBatchMegabytes} MiB`)
        return lz4.decompressFrameSync(Buffer.from(data))
      },
    })
    arrow.compressionRegistry.set(arrow.CompressionType.ZSTD, { decode: zstd })
    return arrow
  })()
  return library
}

/** Rows of a batch turned into lines at a time. */
const rowsAtOnce = 1000
const maxBatchRows = 20_000_000

function* rowsOf(
  batch: RecordBatch,
  keys: readonly string[],
  { DataType }: Library,
  filename: string,
): Generator<string[]> {
  try {
    const columns = keys.map((key, index) => ({
      beginning: `${JSON.stringify(key)}:`,
      values: batch.getChildAt(index),
      type: batch.schema.fields[index]!.type as DataType,
    }))
    // Columns of nothing take no bytes, however many rows they claim.
    if (batch.numRows > maxBatchRows)
      throw invalidArrow(filename, `a record batch of more than ${maxBatchRows} rows`)
    for (let from = 0; from < batch.numRows; from += rowsAtOnce) {
      const lines: string[] = []
      for (let row = from; row < Math.min(batch.numRows, from + rowsAtOnce); row++) {
        const members: string[] = []
        for (const { beginning, values, type } of columns) {
          const value = plain(values?.get(row), type, DataType)
          if (value !== null) members.push(beginning + jsonOf(value))
        }
        lines.push(`{${members.join(',')}}\n`)
      }
      yield lines
    }
  } catch (error) {
    if (error instanceof AppError) throw error
    throw invalidArrow(filename, 'a record batch is damaged')
  }
}

/** Whole numbers of any length are written as they are; JSON has no limit, JavaScript has. */
type Plain =
  | string
  | number
  | bigint
  | boolean
  | null
  | Digits
  | readonly Plain[]
  | ReadonlyMap<string, Plain>

/** A number as it is written. */
class Digits {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

function jsonOf(value: Plain): string {
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (value instanceof Digits) return value.text
  if (value instanceof Map)
    return `{${Array.from(value, ([key, item]) => `${JSON.stringify(key)}:${jsonOf(item)}`).join(',')}}`
  return `[${Array.from(value as readonly Plain[], jsonOf).join(',')}]`
}

/** A value as JSON has it: days and instants as text, bytes in hex. */
function plain(value: unknown, type: DataType, is: Library['DataType']): Plain {
  if (value === null || value === undefined) return null
  if (is.isDictionary(type)) return plain(value, type.dictionary, is)
  if (is.isDate(type)) return instantText(Number(value)).replace(/T00:00:00.*$/, '')
  if (is.isTimestamp(type)) return instantText(Number(value)) + (type.timezone ? 'Z' : '')
  if (is.isTime(type)) return clockText(Number(value) / 1000 ** (type.unit as number))
  if (is.isDecimal(type)) return new Digits(decimalText(BigInt(String(value)), type.scale))
  if (is.isList(type) || is.isFixedSizeList(type))
    return Array.from(value as Iterable<unknown>, (item) => plain(item, type.children[0]!.type, is))
  if (is.isStruct(type)) {
    const members = value as Record<string, unknown>
    return new Map(type.children.map((field) => [field.name, plain(members[field.name], field.type, is)]))
  }
  if (is.isMap(type)) {
    const values = type.children[0]!.type.children[1]!.type as DataType
    return new Map(
      Array.from(value as Iterable<[unknown, unknown]>, ([key, item]) => [
        String(key),
        plain(item, values, is),
      ]),
    )
  }
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value === 'bigint' || typeof value === 'boolean' || typeof value === 'string') return value
  return String(value)
}

/** Milliseconds since 1970, with a fraction, as ISO 8601 without a zone. */
function instantText(value: number): string {
  const ms = Math.floor(value)
  if (Math.abs(ms) > 8.64e15) return String(value)
  const text = new Date(ms).toISOString()
  const micros = Math.round((value - ms) * 1000)
  const whole = text.slice(0, -1).replace(/\.000$/, micros > 0 ? '.000' : '')
  return micros > 0 ? whole + String(micros).padStart(3, '0') : whole
}

function clockText(seconds: number): string {
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0')
  return `${two(seconds / 3600)}:${two((seconds / 60) % 60)}:${two(seconds % 60)}`
}

/** All its digits, which a double may not hold. */
function decimalText(unscaled: bigint, scale: number): string {
  if (scale <= 0) return String(unscaled * 10n ** BigInt(-scale))
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0')
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

function distinct(names: readonly string[]): string[] {
  const taken = new Set<string>()
  return names.map((name) => {
    let key = name
    for (let n = 2; taken.has(key); n++) key = `${name} (${n})`
    taken.add(key)
    return key
  })
}
