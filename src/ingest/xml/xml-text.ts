/** The text of an XML document, whatever encoding it is stored in. */
import iconv from 'iconv-lite'
import { AppError } from '../../kernel/index.ts'

export interface XmlTextOptions {
  /** Named in errors. */
  readonly filename: string
  /** Overrules what the document says of itself. */
  readonly encoding?: string | undefined
}

/** Bytes in which the declaration must stand. */
const sniffedBytes = 1024

/**
 * Decodes by the encoding that is asked for; else by the byte order mark, the shape of the first characters, the
 * document's own declaration; else as UTF-8. Nothing is guessed and nothing replaced: bytes that are not valid UTF-8 are an
 * error, because text that is quietly wrong is worse. White space before the declaration is let pass.
 * Errors: ingest.unknown_encoding, ingest.invalid_xml.
 */
export async function* decodeXml(
  chunks: AsyncIterable<Buffer>,
  { filename, encoding }: XmlTextOptions,
): AsyncGenerator<string> {
  const iterator = chunks[Symbol.asyncIterator]()
  try {
    let start: Buffer = Buffer.alloc(0)
    let isOver = false
    while (!isOver && start.length < sniffedBytes) {
      const { done, value } = await iterator.next()
      if (done) isOver = true
      else start = start.length === 0 ? value : Buffer.concat([start, value])
    }
    const decoder = createDecoder(encoding ? known(encoding) : sniffEncoding(start), filename)
    let isStart = true
    const cleaned = (text: string) => {
      if (!isStart) return text
      const trimmed = text.replace(/^[\uFEFF\s]+/, '')
      if (trimmed !== '') isStart = false
      return trimmed
    }
    const first = cleaned(decoder.write(start))
    if (first !== '') yield first
    while (!isOver) {
      const { done, value } = await iterator.next()
      if (done) break
      const text = cleaned(decoder.write(value))
      if (text !== '') yield text
    }
    const rest = cleaned(decoder.end())
    if (rest !== '') yield rest
  } finally {
    await iterator.return?.()
  }
}

/** What the bytes at the start of a document say of its encoding. Errors: ingest.unknown_encoding. */
export function sniffEncoding(start: Buffer): string {
  if (start[0] === 0xff && start[1] === 0xfe) return 'utf-16le'
  if (start[0] === 0xfe && start[1] === 0xff) return 'utf-16be'
  if (start[0] === 0xef && start[1] === 0xbb && start[2] === 0xbf) return 'utf-8'
  const text = start.subarray(0, sniffedBytes).toString('latin1')
  if (/^(\s\0)*<\0/.test(text)) return 'utf-16le'
  if (/^(\0\s)*\0</.test(text)) return 'utf-16be'
  const declared = /^\s*<\?xml[^>]*?\sencoding\s*=\s*["']([^"']{1,40})["']/.exec(text)?.[1]
  if (declared === undefined) return 'utf-8'
  const encoding = known(declared)
  // A declaration that can be read byte by byte is not in UTF-16, whatever it says: programs copy it from elsewhere.
  if (/^(utf-?16|utf-?32|ucs-?[24])/.test(encoding)) return 'utf-8'
  // ISO-8859-1 has control characters where its extension has quotes and the euro sign; nobody means those.
  return /^(iso-?8859-?1|latin-?1)$/.test(encoding) ? 'windows-1252' : encoding
}

function known(name: string): string {
  const plain = name.trim().toLowerCase()
  if (!iconv.encodingExists(plain)) throw new AppError('ingest.unknown_encoding', { encoding: name })
  return plain === 'utf8' || plain === 'us-ascii' || plain === 'ascii' ? 'utf-8' : plain
}

function createDecoder(encoding: string, filename: string) {
  if (encoding !== 'utf-8') {
    const decoder = iconv.getDecoder(encoding)
    return { write: (bytes: Buffer) => decoder.write(bytes), end: () => decoder.end() ?? '' }
  }
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let position = 0
  const decode = (bytes: Buffer | null) => {
    try {
      const text = bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode()
      position += bytes?.length ?? 0
      return text
    } catch {
      const reason = `behind byte ${position} are bytes that are not valid UTF-8, and no other encoding is declared`
      throw new AppError('ingest.invalid_xml', { filename, reason })
    }
  }
  return { write: decode, end: () => decode(null) }
}
