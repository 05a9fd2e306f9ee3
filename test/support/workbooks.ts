/** Spreadsheets and the archives they are, for tests: real ones, and some that no program would write. */
import { crc32, deflateRawSync } from 'node:zlib'

export interface ArchiveEntry {
  readonly name: string
  readonly content: string | Buffer
  /** What the directory says of it, where it is not true. */
  readonly lies?: {
    readonly bytes?: number
    readonly offset?: number
    readonly crc?: number
    readonly flags?: number
    readonly packedBytes?: number
  }
}

/** A zip archive, byte by byte, so that it may contradict itself. */
export function archiveOf(entries: readonly ArchiveEntry[]): Buffer {
  const locals: Buffer[] = []
  const directory: Buffer[] = []
  let at = 0
  for (const { name, content, lies = {} } of entries) {
    const bytes = Buffer.from(content as string)
    // The first entry of an OpenDocument file says what it is, uncompressed.
    const isStored = name === 'mimetype'
    const packed = isStored ? bytes : deflateRawSync(bytes)
    const fields = Buffer.alloc(26)
    fields.writeUInt16LE(20, 0)
    fields.writeUInt16LE(lies.flags ?? 0x800, 2)
    fields.writeUInt16LE(isStored ? 0 : 8, 4)
    fields.writeUInt32LE(lies.crc ?? crc32(bytes), 10)
    fields.writeUInt32LE(lies.packedBytes ?? packed.length, 14)
    fields.writeUInt32LE(lies.bytes ?? bytes.length, 18)
    fields.writeUInt16LE(Buffer.byteLength(name), 22)
    locals.push(Buffer.from('PK\x03\x04'), fields, Buffer.from(name), packed)
    const rest = Buffer.alloc(14)
    rest.writeUInt32LE(lies.offset ?? at, 10)
    directory.push(Buffer.from('PK\x01\x02\x14\0', 'latin1'), fields, rest, Buffer.from(name))
    at += 30 + Buffer.byteLength(name) + packed.length
  }
  const central = Buffer.concat(directory)
  const end = Buffer.alloc(18)
  end.writeUInt16LE(entries.length, 4)
  end.writeUInt16LE(entries.length, 6)
  end.writeUInt32LE(central.length, 8)
  end.writeUInt32LE(at, 12)
  return Buffer.concat([...locals, central, Buffer.from('PK\x05\x06'), end])
}

export interface Workbook {
  /** `<row>` elements by the name of their sheet. */
  readonly sheets: Readonly<Record<string, string>>
  /** Shared texts, as the content of `si`. */
  readonly texts?: readonly string[]
  /** Format codes: a cell with `s="1"` has the first. */
  readonly formats?: readonly string[]
  readonly is1904?: boolean
  /** Parts in the place of, or beside, the usual ones; null: left out. */
  readonly parts?: Readonly<Record<string, string | null>>
  /** Stands before the rows of each sheet. */
  readonly before?: string
}

const head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
const relations = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const packageRelations = 'http://schemas.openxmlformats.org/package/2006/relationships'

/** The parts of an XLSX file. */
export function workbookParts({
  sheets,
  texts,
  formats,
  is1904,
  parts = {},
  before = '',
}: Workbook): ArchiveEntry[] {
  const names = Object.keys(sheets)
  const list = names
    .map((name, n) => `<sheet name="${name}" sheetId="${n + 7}" r:id="rId${n + 1}"/>`)
    .join('')
  const links = names.map((_, n) => [`rId${n + 1}`, 'worksheet', `worksheets/sheet${n + 1}.xml`])
  links.push(['rIdS', 'styles', 'styles.xml'])
  if (texts) links.push(['rIdT', 'sharedStrings', 'sharedStrings.xml'])
  const codes = formats ?? []
  const usual: Record<string, string> = {
    '[Content_Types].xml': `${head}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`,
    '_rels/.rels': `${head}<Relationships xmlns="${packageRelations}"><Relationship Id="rId1" Type="${relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
    'xl/workbook.xml': `${head}<workbook xmlns="${main}" xmlns:r="${relations}"><workbookPr${is1904 ? ' date1904="1"' : ''}/><sheets>${list}</sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': `${head}<Relationships xmlns="${packageRelations}">${links
      .map(
        ([id, type, target]) => `<Relationship Id="${id}" Type="${relations}/${type}" Target="${target}"/>`,
      )
      .join('')}</Relationships>`,
    'xl/styles.xml': `${head}<styleSheet xmlns="${main}"><numFmts>${codes
      .map((code, n) => `<numFmt numFmtId="${n + 164}" formatCode="${code.replaceAll('"', '&quot;')}"/>`)
      .join('')}</numFmts><cellXfs><xf numFmtId="0"/>${codes
      .map((_, n) => `<xf numFmtId="${n + 164}"/>`)
      .join('')}</cellXfs></styleSheet>`,
  }
  for (const [n, name] of names.entries())
    usual[`xl/worksheets/sheet${n + 1}.xml`] =
      `${head}<worksheet xmlns="${main}">${before}<sheetData>${sheets[name]}</sheetData></worksheet>`
  if (texts)
    usual['xl/sharedStrings.xml'] =
      `${head}<sst xmlns="${main}">${texts.map((text) => `<si>${text}</si>`).join('')}</sst>`
  return Object.entries<string | null>({ ...usual, ...parts })
    .filter((entry): entry is [string, string] => entry[1] !== null)
    .map(([name, content]) => ({ name, content }))
}

export const xlsxOf = (workbook: Workbook): Buffer => archiveOf(workbookParts(workbook))

/** An OpenDocument spreadsheet of `table:table` elements. */
export function odsOf(tables: string, parts: readonly ArchiveEntry[] = []): Buffer {
  const space = (prefix: string, name: string) =>
    `xmlns:${prefix}="urn:oasis:names:tc:opendocument:xmlns:${name}:1.0"`
  const content = `${head}<office:document-content ${space('office', 'office')} ${space('table', 'table')} ${space('text', 'text')}><office:body><office:spreadsheet>${tables}</office:spreadsheet></office:body></office:document-content>`
  return archiveOf([
    { name: 'mimetype', content: 'application/vnd.oasis.opendocument.spreadsheet' },
    { name: 'content.xml', content },
    ...parts,
  ])
}
