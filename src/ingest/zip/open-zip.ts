/**
 * Zip containers as spreadsheets are: opened by their directory, entries read as streams, nothing written to disk.
 *
 * What a hostile archive can do is checked before its content is looked at: how many entries it has, whether they overlap
 * (one compressed block counted many times), how far one unpacks. What it says of sizes and checksums is compared with what
 * comes out.
 */
import type { Readable } from 'node:stream'
import { crc32 } from 'node:zlib'
import { type Entry, openPromise, type ZipFile } from 'yauzl'
import { AppError } from '../../kernel/index.ts'
import { readDirectory } from './zip-directory.ts'

export interface ZipSource {
  readonly path: string
  /** Named in errors. */
  readonly filename: string
  /** Most bytes that one entry may unpack to. */
  readonly maxBytes: number
}

export interface Zip {
  /** Names as stored, in the order of the directory. */
  readonly names: readonly string[]
  /** The name as stored of the entry that is called so, whatever the case. */
  find(name: string): string | undefined
  /** What an entry unpacks to. `bytesRead` counts what has been unpacked. Errors: those of openZip. */
  open(name: string): ZipContent
  close(): void
}

export interface ZipContent {
  readonly chunks: AsyncIterable<Buffer>
  /** As the archive says; more or less ends in an error. */
  readonly bytes: number
  bytesRead(): number
}

const maxEntries = 100_000
/** No document unpacks to this many times its size, but a bomb does. Small entries may. */
const maxRatio = 500
const ratioFreeBytes = 64 << 20

/** Errors: ingest.truncated_archive (damaged, encrypted or contradictory), ingest.decompressed_too_large. */
export async function openZip({ path, filename, maxBytes }: ZipSource): Promise<Zip> {
  const damaged = (reason: string) => new AppError('ingest.truncated_archive', { filename, reason })
  const file = await openPromise(path, { lazyEntries: true, autoClose: false }).catch((error: Error) => {
    throw damaged(plainReason(error))
  })
  try {
    const entries = await readDirectory(file, {
      maxEntries,
      tooMany: (count) => damaged(`it has ${count} entries, more than ${maxEntries}`),
      damaged: (error) => damaged(plainReason(error as Error)),
    })
    const byLowerName = new Map<string, Entry>()
    for (const entry of entries) {
      const name = entry.fileName.toLowerCase()
      if (byLowerName.has(name)) throw damaged(`it holds ${entry.fileName} twice`)
      byLowerName.set(name, entry)
    }
    return {
      names: entries.map((entry) => entry.fileName),
      find: (name) => byLowerName.get(name.toLowerCase())?.fileName,
      open: (name) => openEntry(file, byLowerName.get(name.toLowerCase())!, { filename, maxBytes, damaged }),
      close: () => file.close(),
    }
  } catch (error) {
    file.close()
    throw error
  }
}

function openEntry(
  file: ZipFile,
  entry: Entry,
  {
    filename,
    maxBytes,
    damaged,
  }: { filename: string; maxBytes: number; damaged: (reason: string) => AppError },
): ZipContent {
  const { fileName: name, uncompressedSize, compressedSize } = entry
  const limit = Math.min(maxBytes, Math.max(ratioFreeBytes, maxRatio * compressedSize))
  if (uncompressedSize > limit)
    throw new AppError('ingest.decompressed_too_large', { filename, maxBytes: limit })
  if (entry.isEncrypted()) throw new AppError('ingest.encrypted', { filename })
  if (!entry.canDecodeFileData()) throw damaged(`${name} is compressed in a way that is not known`)
  let total = 0

  async function* chunks(): AsyncGenerator<Buffer> {
    let stream: Readable | undefined
    let checksum = 0
    try {
      stream = await file.openReadStreamPromise(entry)
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        total += chunk.length
        checksum = crc32(chunk, checksum)
        yield chunk
      }
    } catch (error) {
      // The consumer's errors do not come by here: those end the generator from outside.
      throw error instanceof AppError ? error : damaged(`${name}: ${plainReason(error as Error)}`)
    } finally {
      stream?.destroy()
    }
    if (checksum !== entry.crc32) throw damaged(`${name} is not what its checksum says`)
  }
  return { chunks: chunks(), bytes: uncompressedSize, bytesRead: () => total }
}

function plainReason(error: Error): string {
  return error.message.replace(/\s+/g, ' ').slice(0, 200)
}
