/** What the first bytes of a text say before any of it is parsed. */
import { AppError } from '../../kernel/index.ts'

/** Bytes looked at to find the dialect and the header. */
const headBytes = 256 * 1024

export async function readHead(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const pieces: Buffer[] = []
  let total = 0
  for await (const chunk of chunks) {
    pieces.push(chunk)
    total += chunk.length
    if (total >= headBytes) break
  }
  return Buffer.concat(pieces).subarray(0, headBytes)
}

/** Nothing but spaces and line breaks, and short enough to be all there is. */
export function isBlank(head: Buffer): boolean {
  return head.length < headBytes && head.toString('latin1').trim() === ''
}

/** How files begin that people take for data, as Latin-1, and what they are. */
const signatures: readonly (readonly [start: string, kind: string])[] = [
  ['PK\x03\x04', 'a spreadsheet or another zip archive'],
  ['\xd0\xcf\x11\xe0', 'an old Office document'],
  ['%PDF-', 'a PDF'],
  ['SQLite format 3\0', 'a database'],
  ['\x89PNG\r', 'an image'],
  ['GIF87a', 'an image'],
  ['GIF89a', 'an image'],
  ['\xff\xd8\xff', 'an image'],
  ['7z\xbc\xaf', 'an archive'],
  ['Rar!\x1a', 'an archive'],
  ['\xfd7zXZ', 'compressed in another way than gzip'],
  ['\x28\xb5\x2f\xfd', 'compressed in another way than gzip'],
  // The four letters alone may be the name of a column.
  ['PAR1\x15', 'Parquet'],
]

/**
 * A spreadsheet as it is, read as text, would become records of nonsense. `head`: bytes as stored, unpacked, in whatever
 * encoding. Errors: ingest.not_text.
 */
export function refuseBinary(head: Buffer, filename: string, format: string): void {
  const start = head.subarray(0, 32).toString('latin1')
  const kind =
    signatures.find(([signature]) => start.startsWith(signature))?.[1] ??
    (isBinary(head.subarray(0, 8192)) ? 'binary data' : null)
  if (kind !== null) throw new AppError('ingest.not_text', { filename, kind, format })
}

/** Errors: ingest.looks_like_html; ingest.not_text for XML of another kind. */
export function refuseMarkup(head: Buffer, filename: string, format: string): void {
  refuseWebPage(head, filename, format)
  if (/^\s*<(\?xml|kml|gpx|rss|feed|svg)\b/i.test(startOf(head)))
    throw new AppError('ingest.not_text', { filename, kind: 'an XML document', format })
}

/**
 * A sign-in or error page saved under the name of a data file is the commonest wrong file there is. `head`: text in UTF-8.
 * Errors: ingest.looks_like_html.
 */
export function refuseWebPage(head: Buffer, filename: string, format: string): void {
  const bare = startOf(head)
    .replace(/^(\s|<\?xml[^>]*>|<!--[\s\S]*?-->)*/, '')
    .slice(0, 20)
  if (/^<(!doctype html|html|head|body|title|script|meta)\b/i.test(bare)) {
    throw new AppError('ingest.looks_like_html', { filename, format })
  }
}

function startOf(head: Buffer): string {
  return head
    .subarray(0, 4096)
    .toString('latin1')
    .replace(/^\xef\xbb\xbf/, '')
}

/** Many control characters of many kinds; a text may have one of them as its separator. */
function isBinary(head: Buffer): boolean {
  if (isUtf16(head)) return false
  const isControl = (byte: number) => byte > 0 && byte < 0x20 && !/\s/.test(String.fromCharCode(byte))
  const controls = head.filter(isControl)
  return controls.length > head.length / 50 && new Set(controls).size >= 8
}

/** By its mark, or by the zeros of its ASCII characters, which all stand on one side. */
function isUtf16(head: Buffer): boolean {
  const mark = head.subarray(0, 2).toString('latin1')
  if (mark === '\xff\xfe' || mark === '\xfe\xff') return true
  const zeros = [0, 0]
  for (const [at, byte] of head.entries()) if (byte === 0) zeros[at % 2]!++
  return Math.min(...zeros) === 0 && Math.max(...zeros) > head.length / 50
}
