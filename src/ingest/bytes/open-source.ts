/**
 * A source's bytes as a stream of UTF-8: read, unpacked when gzipped, decoded when in another encoding.
 * Positions that `bytesRead` reports are of the file as stored, so that progress is exact for compressed files too.
 */
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import iconv from 'iconv-lite'
import { AppError } from '../../kernel/index.ts'
import { detectEncoding } from './detect-encoding.ts'
import type { OpenSource } from './source-stream.ts'

export interface SourceFile {
  readonly path: string
  readonly filename: string
  /** Name of an encoding, or undefined to detect it over the whole file. */
  readonly encoding?: string | undefined
  readonly maxBytes: number
  readonly stop?: AbortSignal
  /** Bytes that decide about the encoding. Default: all of them. */
  readonly detectWithin?: number | undefined
  /** A chunk is looked at or copied before the next one is asked for: they may share one block of memory. */
  readonly isPassing?: boolean
  /** Bytes that are not valid UTF-8 are replaced by U+FFFD; otherwise they are left as they are. */
  readonly mendsInvalid?: boolean
}

const chunkBytes = 1 << 20

/** The file's bytes, unpacked but not decoded. Errors: ingest.truncated_archive, ingest.decompressed_too_large. */
export async function openUnpacked(file: SourceFile): Promise<OpenSource> {
  if (file.isPassing && !(await isGzip(file.path))) return openPassing(file.path)
  const raw = createReadStream(file.path, { highWaterMark: chunkBytes })
  let bytesRead = 0
  raw.on('data', (chunk) => {
    bytesRead += chunk.length
  })
  raw.pause()
  const chunks = (await isGzip(file.path)) ? unpack(raw, file) : (raw as AsyncIterable<Buffer>)
  return { chunks, bytesRead: () => bytesRead, close: () => raw.destroy() }
}

/** Who keeps no chunk of a large file leaves no buffers behind for the collector, which takes its time over them. */
function openPassing(path: string): OpenSource {
  let bytesRead = 0
  let isClosed = false
  async function* chunks(): AsyncIterable<Buffer> {
    const file = await open(path, 'r')
    try {
      const block = Buffer.allocUnsafeSlow(chunkBytes)
      while (!isClosed) {
        const { bytesRead: length } = await file.read(block, 0, block.length, null)
        if (length === 0) return
        bytesRead += length
        yield block.subarray(0, length)
      }
    } finally {
      await file.close()
    }
  }
  const close = () => {
    isClosed = true
  }
  return { chunks: chunks(), bytesRead: () => bytesRead, close }
}

/** The file's text. Errors: those of openUnpacked, ingest.unknown_encoding. */
export async function openText(file: SourceFile): Promise<OpenSource & { readonly encoding: string }> {
  const { encoding, isVerified } = file.encoding
    ? { encoding: knownEncoding(file.encoding), isVerified: false }
    : await detectEncoding(() => openUnpacked({ ...file, isPassing: true }), {
        stop: file.stop,
        within: file.detectWithin,
      })
  const source = await openUnpacked(file)
  const isPlain = encoding === 'utf-8' && (isVerified || !file.mendsInvalid)
  const chunks = isPlain ? withoutMark(source.chunks) : decode(source.chunks, encoding)
  return { ...source, chunks, encoding }
}

export async function isGzip(path: string): Promise<boolean> {
  const file = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0)
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b
  } finally {
    await file.close()
  }
}

async function* unpack(raw: Readable, file: SourceFile): AsyncIterable<Buffer> {
  const gunzip = createGunzip({ chunkSize: chunkBytes })
  raw.on('error', (error) => gunzip.destroy(error))
  raw.pipe(gunzip)
  let total = 0
  try {
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      total += chunk.length
      if (total > file.maxBytes) {
        throw new AppError('ingest.decompressed_too_large', {
          filename: file.filename,
          maxBytes: file.maxBytes,
        })
      }
      yield chunk
    }
  } catch (error) {
    if (error instanceof AppError) throw error
    const reason =
      (error as NodeJS.ErrnoException).code === 'Z_BUF_ERROR' ? 'it ends too early' : 'its content is damaged'
    throw new AppError('ingest.truncated_archive', { filename: file.filename, reason })
  } finally {
    raw.destroy()
    gunzip.destroy()
  }
}

async function* withoutMark(chunks: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  let isFirst = true
  for await (const chunk of chunks) {
    const hasMark = isFirst && chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf
    isFirst = false
    yield hasMark ? chunk.subarray(3) : chunk
  }
}

async function* decode(chunks: AsyncIterable<Buffer>, encoding: string): AsyncIterable<Buffer> {
  const decoder = iconv.getDecoder(encoding)
  for await (const chunk of chunks) {
    const text = decoder.write(chunk)
    if (text) yield Buffer.from(text, 'utf8')
  }
  const rest = decoder.end()
  if (rest) yield Buffer.from(rest, 'utf8')
}

/** Errors: ingest.unknown_encoding. */
export function knownEncoding(name: string): string {
  const plain = name.trim().toLowerCase()
  if (!iconv.encodingExists(plain)) throw new AppError('ingest.unknown_encoding', { encoding: name })
  return plain === 'utf8' ? 'utf-8' : plain
}
