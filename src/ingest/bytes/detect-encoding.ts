import { isUtf8 } from 'node:buffer'
import chardet from 'chardet'
import iconv from 'iconv-lite'
import type { OpenSource } from './source-stream.ts'

const sampleBytes = 1 << 18

export interface DetectedEncoding {
  readonly encoding: string
  /** Every byte of the file is valid in it. */
  readonly isVerified: boolean
}

export interface DetectionOptions {
  readonly stop?: AbortSignal | undefined
  /** Bytes looked at, when only the start of the file matters. Default: all. */
  readonly within?: number | undefined
}

/**
 * The encoding of a text file: its byte order mark; else UTF-8 when every byte of the file is valid UTF-8 (a late
 * accent counts as much as an early one); else the best guess from around the first bytes that are not.
 * Windows-1252 stands in for Latin-1, which it extends. A chunk is not kept when the next one is asked for.
 */
export async function detectEncoding(
  openFile: () => Promise<OpenSource>,
  { stop, within = Number.POSITIVE_INFINITY }: DetectionOptions = {},
): Promise<DetectedEncoding> {
  const source = await openFile()
  let carried: Buffer = Buffer.alloc(0)
  let isFirst = true
  let seen = 0
  try {
    for await (const chunk of source.chunks) {
      stop?.throwIfAborted()
      if (isFirst) {
        isFirst = false
        const marked = encodingOfMark(chunk)
        if (marked) return { encoding: marked, isVerified: false }
        const bare = utf16WithoutMark(chunk)
        if (bare) return { encoding: bare, isVerified: false }
      }
      const text = carried.length > 0 ? Buffer.concat([carried, chunk]) : chunk
      const cut = completeLength(text)
      if (!isUtf8(text.subarray(0, cut))) return { encoding: guess(text), isVerified: false }
      carried = Buffer.from(text.subarray(cut))
      seen += chunk.length
      if (seen >= within) return { encoding: 'utf-8', isVerified: false }
    }
    const isValid = carried.length === 0 || isUtf8(carried)
    return { encoding: isValid ? 'utf-8' : guess(carried), isVerified: isValid }
  } finally {
    source.close()
  }
}

function encodingOfMark(chunk: Buffer): string | null {
  if (chunk[0] === 0xff && chunk[1] === 0xfe) return 'utf-16le'
  if (chunk[0] === 0xfe && chunk[1] === 0xff) return 'utf-16be'
  if (chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf) return 'utf-8'
  return null
}

/** Western text in UTF-16 has a NUL in every other byte; anything else almost never has. */
function utf16WithoutMark(chunk: Buffer): string | null {
  const sample = chunk.subarray(0, 1024)
  let even = 0
  let odd = 0
  for (let at = 0; at < sample.length; at++) if (sample[at] === 0) at % 2 === 0 ? even++ : odd++
  if (sample.length < 8) return null
  if (odd > sample.length / 3 && even < sample.length / 20) return 'utf-16le'
  if (even > sample.length / 3 && odd < sample.length / 20) return 'utf-16be'
  return null
}

/** Length of the text up to the last character that may be cut in two by the end of the chunk. */
function completeLength(text: Buffer): number {
  for (let back = 1; back <= 3 && back <= text.length; back++) {
    const byte = text[text.length - back]!
    if (byte >= 0xc0) return text.length - back
    if (byte < 0x80) break
  }
  return text.length
}

function guess(text: Buffer): string {
  // Plain ASCII says nothing: look where the accents are.
  let at = text.findIndex((byte) => byte >= 0x80)
  if (at < 0) at = 0
  const from = Math.max(0, at - sampleBytes / 2)
  const found = chardet.detect(text.subarray(from, from + sampleBytes))
  const isWestern = found === null || ['UTF-8', 'ASCII', 'ISO-8859-1'].includes(found)
  return isWestern || !iconv.encodingExists(found) ? 'windows-1252' : found.toLowerCase()
}
