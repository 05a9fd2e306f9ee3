/**
 * Slices: a source's text cut at record boundaries into small files that the engine reads one by one. That keeps
 * source order, makes progress exact, bounds memory, and lets an abort keep everything but the slices in flight.
 */
import { open } from 'node:fs/promises'
import { join } from 'node:path'

export interface Slice {
  /** From 0 within its source. */
  readonly index: number
  readonly path: string
  readonly bytes: number
  /** Bytes of the source, as stored, that had been read when this slice was cut. */
  readonly sourceBytesRead: number
  /** Line of the source on which the slice starts, from 1. */
  readonly firstLine: number
}

export interface SliceOptions {
  readonly directory: string
  /** Unique among the sources of a build: names the files. */
  readonly prefix: string
  readonly sliceBytes: number
  readonly filename: string
  /** This many slices from the first on are cut but not written: their parts are there already. Default: none. */
  readonly skipSlices?: number
}

/** Beyond this a single record is an error: it must fit the engine's line buffer. */
export const maxRecordBytes = 16 << 20

/** Writes the pieces of one slice to its file, unless it is one to skip. */
export async function writeSlice(
  options: SliceOptions,
  slice: { index: number; pieces: readonly Buffer[]; sourceBytesRead: number; firstLine: number },
): Promise<Slice> {
  const path = join(options.directory, `${options.prefix}-${slice.index}.slice`)
  if (slice.index < (options.skipSlices ?? 0)) {
    const bytes = slice.pieces.reduce((total, piece) => total + piece.length, 0)
    return {
      index: slice.index,
      path,
      bytes,
      sourceBytesRead: slice.sourceBytesRead,
      firstLine: slice.firstLine,
    }
  }
  const file = await open(path, 'w')
  let bytes = 0
  try {
    for (const piece of slice.pieces) {
      bytes += piece.length
      await file.writeFile(piece)
    }
  } finally {
    await file.close()
  }
  return {
    index: slice.index,
    path,
    bytes,
    sourceBytesRead: slice.sourceBytesRead,
    firstLine: slice.firstLine,
  }
}
