/**
 * The directory of a zip, distrusted: how many entries it has and whether they overlap (one compressed block counted many
 * times) is known before any content is looked at.
 */
import type { Entry, ZipFile } from 'yauzl'

/** Fixed part of an entry's local header. */
const headerBytes = 30

export interface DirectoryLimits {
  readonly maxEntries: number
  tooMany(count: number): Error
  /** `reason`: an error of the library, or what is wrong in words. */
  damaged(reason: unknown): Error
  /** Throws what makes an entry unusable by itself. */
  check?(entry: Entry): void
}

/** In the order of the directory. Errors: those that the limits make. */
export async function readDirectory(file: ZipFile, limits: DirectoryLimits): Promise<Entry[]> {
  if (file.entryCount > limits.maxEntries) throw limits.tooMany(file.entryCount)
  const entries: Entry[] = []
  try {
    for await (const entry of file.eachEntry()) {
      limits.check?.(entry)
      entries.push(entry)
    }
  } catch (error) {
    throw limits.damaged(error)
  }
  const ranges = entries
    .map((entry) => ({
      from: entry.relativeOffsetOfLocalHeader,
      to: entry.relativeOffsetOfLocalHeader + headerBytes + entry.fileNameLength + entry.compressedSize,
    }))
    .sort((a, b) => a.from - b.from)
  for (let at = 1; at < ranges.length; at++)
    if (ranges[at]!.from < ranges[at - 1]!.to) throw limits.damaged(new Error('its entries overlap'))
  return entries
}
