/** Workbooks of Excel since 2007 (ECMA-376, transitional and strict): a zip archive of XML parts, read as streams. */
import { posix } from 'node:path'
import { parseXml, type XmlAttributes, type XmlHandler } from '../../xml/parse-xml.ts'
import { attributeOf, readElements, type XmlElement } from '../../xml/xml-elements.ts'
import { decodeXml } from '../../xml/xml-text.ts'
import type { Zip } from '../../zip/open-zip.ts'
import { refuseTooManyColumns } from '../max-columns.ts'
import { dayNumberText, type FormatKind, formatKind } from './number-format.ts'
import { createSharedStrings, type SharedStrings } from './shared-strings.ts'
import {
  type CellValue,
  chooseSheet,
  invalidSheet,
  maxCellLength,
  maxSheetColumns,
  maxSheetRows,
  type Sheet,
  type SheetRow,
} from './sheet.ts'
import { unescapeText } from './unescape-text.ts'

export interface WorkbookOptions {
  readonly filename: string
  /** Name or number of the sheet. */
  readonly wanted: string | undefined
  /** File that may be written to while the sheet is read. */
  readonly spillPath: string
}

const workbookPart = 'xl/workbook.xml'
/** More sheets, formats or relations than any workbook has. */
const maxParts = 100_000

/** Errors: ingest.invalid_spreadsheet, ingest.sheet_not_found, those of openZip and parseXml. */
export async function openXlsx(zip: Zip, { filename, wanted, spillPath }: WorkbookOptions): Promise<Sheet> {
  const part = (name: string) => {
    const found = zip.find(name)
    if (found === undefined) throw invalidSheet(filename, `its part ${name.slice(0, 200)} is missing`)
    return found
  }
  const elements = (name: string, isWanted: (path: readonly string[]) => boolean) =>
    collect(zip, part(name), filename, isWanted)

  const workbookName = (await findWorkbook(zip, filename)) ?? workbookPart
  let is1904 = false
  const sheets: { name: string; isHidden: boolean; relation: string }[] = []
  for (const element of await elements(
    workbookName,
    ofPath('workbook/workbookPr', 'workbook/sheets/sheet'),
  )) {
    if (element.name === 'workbookPr') is1904 = /^(1|true)$/.test(attributeOf(element, 'date1904') ?? '')
    else {
      sheets.push({
        name: element.attributes.name ?? '',
        isHidden: (attributeOf(element, 'state') ?? 'visible') !== 'visible',
        relation: relationOf(element),
      })
    }
  }
  const relations = await readRelations(zip, workbookName, filename)
  // Charts and macros are sheets of their own kind, without cells.
  const withCells = sheets.filter(
    ({ relation }) => !/(chart|macro|dialog)sheet$/.test(relations.typeOf(relation)),
  )
  const { relation } = chooseSheet(withCells, wanted, filename)
  const sheetName = relations.target(relation)
  if (sheetName === undefined) throw invalidSheet(filename, 'its sheets lead nowhere')

  const stylesName = relations.ofType('styles')
  const kinds = stylesName ? await readStyles(zip, part(stylesName), filename) : []
  const stringsName = relations.ofType('sharedStrings')
  const stringsPart = stringsName === undefined ? undefined : zip.find(stringsName)
  const strings = createSharedStrings({
    chunks: stringsPart === undefined ? undefined : zip.open(stringsPart).chunks,
    filename,
    spillPath,
  })
  const content = zip.open(part(sheetName))
  return {
    rows: readRows(content.chunks, { filename, strings, kinds, is1904 }),
    progress: () => (content.bytes > 0 ? content.bytesRead() / content.bytes : 1),
    close: () => strings.close(),
  }
}

interface CellContext {
  readonly filename: string
  readonly strings: SharedStrings
  /** By the number of a cell's style. */
  readonly kinds: readonly FormatKind[]
  readonly is1904: boolean
}

/** A row as it is written; texts that are shared are not looked up yet. */
interface RawRow {
  readonly number: number
  readonly columns: number[]
  readonly values: (CellValue | { readonly shared: number })[]
}

async function* readRows(
  chunks: AsyncIterable<Buffer>,
  context: CellContext,
): AsyncGenerator<readonly SheetRow[]> {
  const { filename, strings } = context
  const handler = rowHandler(context)
  for await (const _ of parseXml(decodeXml(chunks, { filename }), handler, { filename })) {
    const { rows, lastShared } = handler.take()
    if (lastShared >= 0) await strings.ensure(lastShared)
    // One row after the other: many rows may refer to one long text, and together be more than memory holds.
    for (const { number, columns, values } of rows) {
      const row: SheetRow = { number, columns: [], values: [], repeated: 1 }
      for (const [at, value] of values.entries()) {
        const found = typeof value === 'object' ? strings.get(value.shared) : value
        if (found === '') continue
        ;(row.columns as number[]).push(columns[at]!)
        ;(row.values as CellValue[]).push(found)
      }
      if (row.columns.length > 0) yield [row]
    }
    if (handler.isOver()) return
  }
}

function rowHandler({ filename, kinds, is1904 }: CellContext): XmlHandler & {
  take(): { rows: RawRow[]; lastShared: number }
  isOver(): boolean
} {
  let rows: RawRow[] = []
  let lastShared = -1
  let isInData = false
  let isOver = false
  let row: RawRow | null = null
  let rowNumber = 0
  let column = -1
  let type = ''
  let style = 0
  let text = ''
  /** What the text of the open element is: a value, a text written in the cell itself, or nothing of ours. */
  let isCollecting = false
  let isInCell = false
  let pronunciations = 0

  function value(): CellValue | { readonly shared: number } | null {
    if (type === 'inlineStr') return text === '' ? null : unescapeText(text)
    if (text === '') return null
    switch (type) {
      case 's': {
        const shared = Number(text)
        if (!/^\s*\d{1,9}\s*$/.test(text))
          throw invalidSheet(filename, `a cell refers to shared text ${text.slice(0, 20)}`)
        if (shared > lastShared) lastShared = shared
        return { shared }
      }
      case 'b':
        return /^\s*(1|true)\s*$/.test(text)
      case 'e':
        return null
      case 'str':
        return unescapeText(text)
      case 'd':
        return text.trim()
      default: {
        const number = text.trim() === '' ? Number.NaN : Number(text)
        if (!Number.isFinite(number)) return text
        return dayNumberText(number, kinds[style] ?? 'number', is1904)
      }
    }
  }

  return {
    open(name, attributes) {
      switch (name) {
        case 'c':
          if (!row) return
          isInCell = true
          column = attributes.r === undefined ? column + 1 : columnOf(attributes.r, filename)
          type = attributes.t ?? ''
          style = attributes.s === undefined ? 0 : Number(attributes.s)
          text = ''
          return
        case 'v':
          isCollecting = isInCell && type !== 'inlineStr'
          return
        case 't':
          isCollecting = isInCell && type === 'inlineStr' && pronunciations === 0
          return
        case 'rPh':
          pronunciations++
          return
        case 'row':
          if (!isInData) return
          rowNumber = attributes.r === undefined ? rowNumber + 1 : Number(attributes.r)
          if (!(rowNumber >= 1 && rowNumber <= maxSheetRows)) {
            throw invalidSheet(filename, `a row is number ${String(attributes.r ?? rowNumber).slice(0, 20)}`)
          }
          row = { number: rowNumber, columns: [], values: [] }
          column = -1
          return
        case 'sheetData':
          isInData = true
      }
    },
    text(piece) {
      if (!isCollecting) return
      text += piece
      if (text.length > maxCellLength)
        throw invalidSheet(filename, `a text of more than ${maxCellLength} characters`)
    },
    close(name) {
      switch (name) {
        case 'v':
        case 't':
          isCollecting = false
          return
        case 'rPh':
          pronunciations--
          return
        case 'c': {
          isInCell = false
          if (!row) return
          if (column >= maxSheetColumns) throw invalidSheet(filename, `a cell is in column ${column + 1}`)
          const found = value()
          if (found === null) return
          refuseTooManyColumns(row.columns.length + 1)
          row.columns.push(column)
          row.values.push(found)
          return
        }
        case 'row':
          if (row && row.columns.length > 0) rows.push(row)
          row = null
          return
        case 'sheetData':
          isInData = false
          isOver = true
      }
    },
    take() {
      const taken = { rows, lastShared }
      rows = []
      return taken
    },
    isOver: () => isOver,
  }
}

/** The column of a reference such as `AB12`, from 0. */
function columnOf(reference: string, filename: string): number {
  let column = 0
  let at = 0
  for (; at < reference.length && at < 4; at++) {
    const letter = reference.charCodeAt(at) & ~0x20
    if (letter < 0x41 || letter > 0x5a) break
    column = column * 26 + letter - 0x40
  }
  if (at === 0 || at > 3 || column > maxSheetColumns)
    throw invalidSheet(filename, `a cell is at ${reference.slice(0, 20)}`)
  return column - 1
}

/** Elements of a small part. */
async function collect(
  zip: Zip,
  name: string,
  filename: string,
  isWanted: (path: readonly string[]) => boolean,
): Promise<XmlElement[]> {
  const found: XmlElement[] = []
  const text = decodeXml(zip.open(name).chunks, { filename })
  for await (const batch of readElements(text, { filename, isWanted })) {
    found.push(...batch)
    if (found.length > maxParts) throw invalidSheet(filename, `its part ${name} has no end`)
  }
  return found
}

function ofPath(...paths: readonly string[]): (path: readonly string[]) => boolean {
  const wanted = new Set(paths)
  return (path) => wanted.has(path.join('/'))
}

/** The part that the package is about, which need not have its usual name. */
async function findWorkbook(zip: Zip, filename: string): Promise<string | undefined> {
  if (zip.find('_rels/.rels') === undefined) return undefined
  return (await readRelations(zip, '', filename)).ofType('officeDocument')
}

/** Where a part's references lead. Types are compared by their last word: strict workbooks have other addresses. */
async function readRelations(zip: Zip, partName: string, filename: string) {
  const directory = posix.dirname(partName)
  const name = zip.find(posix.join(directory, '_rels', `${posix.basename(partName)}.rels`))
  const found = name ? await collect(zip, name, filename, ofPath('Relationships/Relationship')) : []
  const byId = new Map<string, XmlAttributes>()
  for (const { attributes } of found) byId.set(attributes.Id ?? '', attributes)
  const resolve = (target: string) =>
    target.startsWith('/') ? target.slice(1) : posix.join(directory, target)
  const typeOf = (id: string) => byId.get(id)?.Type ?? ''
  return {
    typeOf,
    target(id: string): string | undefined {
      const target = byId.get(id)?.Target
      return target === undefined ? undefined : resolve(target)
    },
    ofType(type: string): string | undefined {
      const relation = found.find(({ attributes }) => attributes.Type?.endsWith(`/${type}`))
      return relation?.attributes.Target === undefined ? undefined : resolve(relation.attributes.Target)
    },
  }
}

/** `r:id`, whatever its prefix; `sheetId` is something else. */
function relationOf({ attributes }: XmlElement): string {
  for (const key in attributes) if (key.endsWith(':id')) return attributes[key]!
  return ''
}

/** What the number formats of a workbook's cell styles stand for. */
async function readStyles(zip: Zip, name: string, filename: string): Promise<FormatKind[]> {
  const codes = new Map<number, string>()
  const ids: number[] = []
  const isWanted = ofPath('styleSheet/numFmts/numFmt', 'styleSheet/cellXfs/xf')
  for (const { name: element, attributes } of await collect(zip, name, filename, isWanted)) {
    if (element === 'xf') ids.push(Number(attributes.numFmtId ?? 0))
    else codes.set(Number(attributes.numFmtId), attributes.formatCode ?? '')
  }
  return ids.map((id) => formatKind(id, codes.get(id)))
}
