/** What a file is, from its first bytes: containers by what is in them, XML by its root. */
import iconv from 'iconv-lite'
import { sniffEncoding } from '../xml/xml-text.ts'

/** A kind of file, in words that go into a sentence, and the extractor that reads it; null: none does. */
export interface SniffedKind {
  readonly kind: string
  readonly extractor: string | null
}

/** How files begin, as Latin-1, and what they are. */
const signatures: readonly (readonly [start: string, kind: string, extractor?: string])[] = [
  ['PK\x03\x04', 'a spreadsheet or another zip archive'],
  ['\xd0\xcf\x11\xe0', 'an old Office document', 'xlsfile'],
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
  // The letters alone may be the name of a column.
  ['PAR1\x15', 'Parquet', 'parquet'],
  ['ARROW1\0\0', 'Arrow', 'arrow'],
  ['\xff\xff\xff\xff', 'Arrow', 'arrow'],
]

/** Null: none that is known. `head`: bytes as stored, unpacked; the more, the surer. */
export function sniffBinary(head: Buffer): SniffedKind | null {
  const start = head.subarray(0, 32).toString('latin1')
  const found = signatures.find(([signature]) => start.startsWith(signature))
  if (!found) return null
  if (start.startsWith('PK') && holdsSpreadsheet(head)) return { kind: 'a spreadsheet', extractor: 'xlsfile' }
  return { kind: found[1], extractor: found[2] ?? null }
}

/** By the names of its entries, each of which stands before its content. */
function holdsSpreadsheet(head: Buffer): boolean {
  if (
    head.subarray(30, 200).toString('latin1').startsWith('mimetypeapplication/vnd.oasis.opendocument.spread')
  )
    return true
  for (let at = 0; at >= 0 && at + 30 < head.length; at = head.indexOf('PK\x03\x04', at + 4, 'latin1')) {
    const length = head.readUInt16LE(at + 26)
    const name = head.subarray(at + 30, at + 30 + length).toString('utf8')
    if (/^xl\//i.test(name)) return true
  }
  return false
}

/** The local name of the root and what stands before the first element in it; null when it is not XML. */
export function sniffXml(head: Buffer): { readonly root: string; readonly extractor: string } | null {
  const text = decodeHead(head)
  const [, root] =
    /^[\uFEFF\s]*(?:<\?[^>]*>\s*|<!--(?:(?!-->)[\s\S])*-->\s*|<!doctype\s[^>[]*(?:\[[^\]]*\]\s*)?>\s*)*<(?:[\p{L}_][\p{L}\p{N}_.-]*:)?([\p{L}_][\p{L}\p{N}_.-]*)[\s/>]/iu.exec(
      text,
    ) ?? []
  if (root === undefined || /^(html|head|body|title|script|meta)$/i.test(root)) return null
  const isFeed =
    root === 'rss' ||
    (root === 'feed' && text.includes('http://www.w3.org/2005/Atom')) ||
    (root === 'RDF' && text.includes('http://purl.org/rss/1.0/'))
  return { root, extractor: isFeed ? 'rss' : root === 'kml' || root === 'gpx' ? root : 'xmlfile' }
}

function decodeHead(head: Buffer): string {
  try {
    return iconv.decode(head.subarray(0, 8192), sniffEncoding(head))
  } catch {
    return head.subarray(0, 8192).toString('latin1')
  }
}
