import { AppError } from '../../kernel/index.ts'
import type { OpenSource } from '../bytes/source-stream.ts'
import { maxRecordBytes, type Slice, type SliceOptions, writeSlice } from './slice.ts'
import { maxJsonDepth } from './slice-json.ts'

const lineFeed = 0x0a

/**
 * Cuts JSON lines into slices. A line break inside a JSON string is always escaped, so every line feed ends a record.
 * Errors: ingest.record_too_large, ingest.too_deep.
 */
export async function* sliceLines(
  source: OpenSource,
  options: SliceOptions & {
    /** Brackets are counted. Default: true. */
    readonly isJson?: boolean
  },
): AsyncGenerator<Slice> {
  let index = 0
  let pieces: Buffer[] = []
  let pending = 0
  let line = 1
  let firstLine = 1
  let sinceBoundary = 0
  const depth = createDepthGuard(options.filename, options.isJson ?? true)
  for await (const chunk of source.chunks) {
    depth.check(chunk)
    const last = chunk.lastIndexOf(lineFeed)
    sinceBoundary = last >= 0 ? chunk.length - last - 1 : sinceBoundary + chunk.length
    if (sinceBoundary > maxRecordBytes) {
      throw new AppError('ingest.record_too_large', {
        filename: options.filename,
        line,
        maxBytes: maxRecordBytes,
      })
    }
    line += depth.linesInLastChunk()
    if (last >= 0 && pending + last + 1 >= options.sliceBytes) {
      pieces.push(chunk.subarray(0, last + 1))
      yield await writeSlice(options, {
        index: index++,
        pieces,
        sourceBytesRead: source.bytesRead(),
        firstLine,
      })
      pieces = [chunk.subarray(last + 1)]
      pending = chunk.length - last - 1
      firstLine = line
    } else {
      pieces.push(chunk)
      pending += chunk.length
    }
  }
  if (pending > 0)
    yield await writeSlice(options, { index, pieces, sourceBytesRead: source.bytesRead(), firstLine })
}

/** Counts brackets per line: a document nested without bound is refused before a parser sees it. */
function createDepthGuard(filename: string, isJson: boolean) {
  let depth = 0
  let isInString = false
  let isEscaped = false
  let lines = 0
  return {
    linesInLastChunk: () => lines,
    check(chunk: Buffer): void {
      lines = 0
      if (!isJson) {
        for (let at = chunk.indexOf(lineFeed); at >= 0; at = chunk.indexOf(lineFeed, at + 1)) lines++
        return
      }
      for (let at = 0; at < chunk.length; at++) {
        const byte = chunk[at]!
        if (byte === lineFeed) {
          depth = 0
          isInString = false
          isEscaped = false
          lines++
        } else if (isInString) {
          if (isEscaped) isEscaped = false
          else if (byte === 0x5c) isEscaped = true
          else if (byte === 0x22) isInString = false
        } else if (byte === 0x22) isInString = true
        else if (byte === 0x7b || byte === 0x5b) {
          if (++depth > maxJsonDepth)
            throw new AppError('ingest.too_deep', { filename, maxDepth: maxJsonDepth })
        } else if (byte === 0x7d || byte === 0x5d) depth--
      }
    },
  }
}
