/** What the first bytes of a text say before any of it is parsed. */
import { AppError } from '../../kernel/index.ts'
import { type SniffedKind, sniffBinary, sniffXml } from './sniff.ts'

/** Bytes looked at to find the dialect and the header. */
const headBytes = 256 * 1024
/** Bytes that decide about the encoding of a source that is only previewed. */
export const previewedBytes = 1 << 20

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

/**
 * A spreadsheet as it is, read as text, would become records of nonsense. `head`: bytes as stored, unpacked, in whatever
 * encoding. Errors: ingest.wrong_extractor when another extractor reads it, else ingest.not_text.
 */
export function refuseBinary(head: Buffer, filename: string, format: string): void {
  const sniffed =
    sniffBinary(head) ?? (isBinary(head.subarray(0, 8192)) ? { kind: 'binary data', extractor: null } : null)
  if (sniffed !== null) throw refusal(sniffed, filename, format)
}

function refusal({ kind, extractor }: SniffedKind, filename: string, format: string): AppError {
  return extractor === null
    ? new AppError('ingest.not_text', { filename, kind, format })
    : new AppError('ingest.wrong_extractor', { filename, kind, format, extractor })
}

/** Errors: ingest.looks_like_html; ingest.wrong_extractor for other XML. */
export function refuseMarkup(head: Buffer, filename: string, format: string): void {
  refuseWebPage(head, filename, format)
  // What begins like a tag may still be text; a document has a declaration, or is of a kind that is known.
  const xml = sniffXml(head)
  if (xml && (/^\s*<\?xml\s/i.test(startOf(head)) || /^(kml|gpx|rss|feed|svg|RDF)$/.test(xml.root)))
    throw refusal({ kind: 'an XML document', extractor: xml.extractor }, filename, format)
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
