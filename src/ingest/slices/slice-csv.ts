import { AppError } from '../../kernel/index.ts'
import type { OpenSource } from '../bytes/source-stream.ts'
import { type CsvDialect, createCsvScanner } from './csv-records.ts'
import { createGathered } from './gathered.ts'
import { maxRecordBytes, type Slice, type SliceOptions, writeSlice } from './slice.ts'

export interface CsvSlicing extends SliceOptions {
  readonly dialect: CsvDialect
  /** Records at the head that are not data: leading rows and the header. */
  readonly skipRecords: number
}

const lineFeed = 0x0a
const carriageReturn = 0x0d
const lineFeedPiece = Buffer.from([lineFeed])

/**
 * Cuts CSV text into slices of whole records, each ended by a line feed: the engine's reader gives up on files that mix
 * line breaks, and such files are common. Line breaks inside quotes are left as they are. No chunk is kept.
 * Errors: ingest.unclosed_quote, ingest.record_too_large, and those of the byte source.
 */
export async function* sliceCsv(source: OpenSource, options: CsvSlicing): AsyncGenerator<Slice> {
  const scanner = createCsvScanner(options.dialect)
  let index = 0
  let toSkip = options.skipRecords
  const slice = createGathered(options.sliceBytes)
  let sinceBoundary = 0
  let firstLine = 1

  for await (const chunk of source.chunks) {
    // Records move left over the carriage returns before them. Without any, nothing is copied.
    const hasReturns = chunk.includes(carriageReturn)
    /** Where what belongs to the next slice starts, and where it ends so far. */
    let from = 0
    let written = 0
    /** End, in the bytes as they came, of the last whole record. */
    let boundary = -1

    const keep = (start: number, end: number) => {
      if (written !== start && end > start) chunk.copyWithin(written, start, end)
      written += Math.max(0, end - start)
    }
    const keepRecord = (start: number, end: number) => {
      // A lone return at the end of the last chunk was a line break after all; it has been dropped there.
      if (end === 0) {
        slice.add(lineFeedPiece)
        return
      }
      if (!hasReturns) {
        written = end
        return
      }
      const isPair = end - 2 >= start && chunk[end - 1] === lineFeed && chunk[end - 2] === carriageReturn
      keep(start, isPair ? end - 2 : end - 1)
      chunk[written++] = lineFeed
    }

    let at = 0
    while (at < chunk.length) {
      at = scanner.scan(chunk, at, chunk.length, (end) => {
        keepRecord(Math.max(0, boundary), end)
        boundary = end
        return toSkip > 0 || slice.length() + written - from >= options.sliceBytes
      })
      if (boundary < 0 || at !== boundary) break
      if (toSkip > 0) {
        toSkip--
        slice.clear()
      } else if (slice.length() + written - from >= options.sliceBytes) {
        slice.add(chunk.subarray(from, written))
        const sourceBytesRead = source.bytesRead()
        yield await writeSlice(options, {
          index: index++,
          pieces: [slice.bytes()],
          sourceBytesRead,
          firstLine,
        })
        slice.clear()
      } else continue
      from = written
      firstLine = scanner.line()
    }
    const rest = Math.max(0, boundary)
    // Whether a return at the very end is half a line break shows in the next chunk, where it is made a line feed.
    keep(rest, scanner.endsInReturn() ? chunk.length - 1 : chunk.length)
    sinceBoundary = boundary >= 0 ? chunk.length - boundary : sinceBoundary + chunk.length
    if (sinceBoundary > maxRecordBytes) throw tooLarge(options.filename, scanner)
    slice.add(chunk.subarray(from, Math.max(from, written)))
  }
  if (scanner.isInsideQuotes()) {
    throw new AppError('ingest.unclosed_quote', { filename: options.filename, line: scanner.quoteLine() })
  }
  if (toSkip === 0 && slice.length() > 0) {
    const pieces = [slice.bytes()]
    yield await writeSlice(options, { index, pieces, sourceBytesRead: source.bytesRead(), firstLine })
  }
}

function tooLarge(filename: string, scanner: ReturnType<typeof createCsvScanner>): AppError {
  return scanner.isInsideQuotes()
    ? new AppError('ingest.unclosed_quote', { filename, line: scanner.quoteLine() })
    : new AppError('ingest.record_too_large', { filename, line: scanner.line(), maxBytes: maxRecordBytes })
}
