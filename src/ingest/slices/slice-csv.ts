import { AppError } from '../../kernel/index.ts'
import type { OpenSource } from '../bytes/open-source.ts'
import { type CsvDialect, createCsvScanner } from './csv-records.ts'
import { maxRecordBytes, type Slice, type SliceOptions, writeSlice } from './slice.ts'

export interface CsvSlicing extends SliceOptions {
  readonly dialect: CsvDialect
  /** Records at the head that are not data: leading rows and the header. */
  readonly skipRecords: number
}

/**
 * Cuts CSV text into slices of whole records.
 * Errors: ingest.unclosed_quote, ingest.record_too_large, and those of the byte source.
 */
export async function* sliceCsv(source: OpenSource, options: CsvSlicing): AsyncGenerator<Slice> {
  const scanner = createCsvScanner(options.dialect)
  let index = 0
  let toSkip = options.skipRecords
  let pieces: Buffer[] = []
  let pending = 0
  let sinceBoundary = 0
  let firstLine = 1

  for await (const chunk of source.chunks) {
    let from = 0
    let boundary = -1
    let at = 0
    while (at < chunk.length) {
      at = scanner.scan(chunk, at, chunk.length, (end) => {
        boundary = end
        return toSkip > 0 || pending + end - from >= options.sliceBytes
      })
      if (boundary < 0) break
      if (toSkip > 0) {
        toSkip--
        pieces = []
        pending = 0
        from = boundary
        firstLine = scanner.line()
        boundary = -1
        continue
      }
      if (pending + boundary - from >= options.sliceBytes && at === boundary) {
        pieces.push(chunk.subarray(from, boundary))
        yield await writeSlice(options, {
          index: index++,
          pieces,
          sourceBytesRead: source.bytesRead(),
          firstLine,
        })
        pieces = []
        pending = 0
        from = boundary
        firstLine = scanner.line()
        boundary = -1
      }
    }
    if (boundary >= 0) sinceBoundary = chunk.length - boundary
    else sinceBoundary = from > 0 ? chunk.length - from : sinceBoundary + chunk.length
    if (sinceBoundary > maxRecordBytes) throw tooLarge(options.filename, scanner)
    if (from < chunk.length) {
      // The stream may reuse its buffers once we ask for the next chunk; a slice spans several.
      pieces.push(chunk.subarray(from))
      pending += chunk.length - from
    }
  }
  if (scanner.isInsideQuotes()) {
    throw new AppError('ingest.unclosed_quote', { filename: options.filename, line: scanner.quoteLine() })
  }
  if (toSkip === 0 && pending > 0) {
    yield await writeSlice(options, { index, pieces, sourceBytesRead: source.bytesRead(), firstLine })
  }
}

function tooLarge(filename: string, scanner: ReturnType<typeof createCsvScanner>): AppError {
  return scanner.isInsideQuotes()
    ? new AppError('ingest.unclosed_quote', { filename, line: scanner.quoteLine() })
    : new AppError('ingest.record_too_large', { filename, line: scanner.line(), maxBytes: maxRecordBytes })
}
