import { AppError } from '../../kernel/index.ts'

/** No data unpacks to this many times its size, but a bomb does. What stays small may. */
const maxRatio = 500
const freeBytes = 16 << 20

/** Watches over all that one archive unpacks to. */
export interface UnpackLimit {
  /** Errors: ingest.decompressed_too_large, ingest.archive_bomb. */
  add(bytes: number): void
}

/** `packedBytes`: read so far, or of the whole file where that is all that is known. */
export function createUnpackLimit(
  filename: string,
  maxBytes: number,
  packedBytes: () => number,
): UnpackLimit {
  let total = 0
  return {
    add(bytes) {
      total += bytes
      if (total > maxBytes) throw new AppError('ingest.decompressed_too_large', { filename, maxBytes })
      if (total > freeBytes && total > maxRatio * packedBytes())
        throw new AppError('ingest.archive_bomb', { filename, maxRatio })
    },
  }
}
