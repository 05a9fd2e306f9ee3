/** OpenDocument spreadsheets: all sheets in one XML part of a zip archive, what repeats written once. */
import { AppError } from '../../../kernel/index.ts'
import { parseXml, type XmlAttributes, type XmlHandler } from '../../xml/parse-xml.ts'
import { readElements } from '../../xml/xml-elements.ts'
import { decodeXml } from '../../xml/xml-text.ts'
import type { Zip } from '../../zip/open-zip.ts'
import { refuseTooManyColumns } from '../max-columns.ts'
import {
  type CellValue,
  chooseSheet,
  invalidSheet,
  maxCellLength,
  maxSheetColumns,
  maxSheetRows,
  type Sheet,
  type SheetRow,
  sheetNotFound,
} from './sheet.ts'
import type { WorkbookOptions } from './xlsx.ts'

const contentPart = 'content.xml'

/** Errors: ingest.invalid_spreadsheet, ingest.encrypted, ingest.sheet_not_found, those of openZip and parseXml. */
export async function openOds(zip: Zip, { filename, wanted }: WorkbookOptions): Promise<Sheet> {
  const name = zip.find(contentPart)
  if (name === undefined) throw invalidSheet(filename, `its part ${contentPart} is missing`)
  if (await isEncrypted(zip, filename)) throw new AppError('ingest.encrypted', { filename })
  const content = zip.open(name)
  return {
    rows: readRows(content.chunks, filename, wanted),
    progress: () => (content.bytes > 0 ? content.bytesRead() / content.bytes : 1),
    close: () => {},
  }
}

async function isEncrypted(zip: Zip, filename: string): Promise<boolean> {
  const manifest = zip.find('META-INF/manifest.xml')
  if (manifest === undefined) return false
  const text = decodeXml(zip.open(manifest).chunks, { filename })
  const isWanted = (path: readonly string[]) => path.at(-1) === 'encryption-data'
  for await (const _ of readElements(text, { filename, isWanted })) return true
  return false
}

async function* readRows(
  chunks: AsyncIterable<Buffer>,
  filename: string,
  wanted: string | undefined,
): AsyncGenerator<readonly SheetRow[]> {
  const handler = tableHandler(filename, wanted)
  for await (const _ of parseXml(decodeXml(chunks, { filename }), handler, { filename })) {
    for (const row of handler.take()) yield [row]
    if (handler.isOver()) return
  }
  if (!handler.isFound()) throw sheetNotFound(handler.sheets, wanted, filename)
}

function tableHandler(filename: string, wanted: string | undefined) {
  const sheets: { name: string; isHidden: boolean }[] = []
  let rows: SheetRow[] = []
  let isFound = false
  let isOver = false
  /** Tables inside each other: one in a cell is not a sheet. */
  let tables = 0
  let isInSheet = false
  let rowNumber = 1
  let row: { repeated: number; columns: number[]; values: CellValue[] } | null = null
  let column = 0
  let cell: { attributes: XmlAttributes; repeated: number; text: string; paragraphs: number } | null = null
  /** Of what is in a cell but not its text: notes, drawings. */
  let aside = 0
  let isInParagraph = 0

  /** As the file says, within what a sheet can have. */
  function repeat(attributes: XmlAttributes, name: string, most: number): number {
    const times = Number(attribute(attributes, name) ?? 1)
    if (!Number.isInteger(times) || times < 1)
      throw invalidSheet(filename, `something repeats ${times} times`)
    return Math.min(times, most)
  }

  function isWanted(): boolean {
    if (isFound) return false
    try {
      return chooseSheet(sheets, wanted, filename) === sheets.at(-1)
    } catch {
      return false
    }
  }

  function addText(piece: string): void {
    cell!.text += piece
    if (cell!.text.length > maxCellLength)
      throw invalidSheet(filename, `a text of more than ${maxCellLength} characters`)
  }

  function endCell(): void {
    const { attributes, repeated, text } = cell!
    cell = null
    const value = cellValue(attributes, text)
    if (value !== null && value !== '') {
      if (column + repeated > maxSheetColumns)
        throw invalidSheet(filename, `a cell is in column ${column + repeated}`)
      refuseTooManyColumns(row!.columns.length + repeated)
      for (let at = 0; at < repeated; at++) {
        row!.columns.push(column + at)
        row!.values.push(value)
      }
    }
    column += repeated
  }

  const handler: XmlHandler = {
    open(name, attributes) {
      if (name === 'table') {
        if (++tables > 1) return
        sheets.push({ name: attribute(attributes, 'name') ?? '', isHidden: false })
        if (sheets.length > maxSheets) throw invalidSheet(filename, `more than ${maxSheets} sheets`)
        isInSheet = isWanted()
        if (isInSheet) isFound = true
        return
      }
      if (!isInSheet || tables > 1) return
      if (cell) {
        if (name === 'annotation' || name === 'shape' || name === 'frame') aside++
        else if (aside > 0) return
        else if (name === 'p' || name === 'h') {
          if (cell.paragraphs++ > 0) addText('\n')
          isInParagraph++
        } else if (name === 's') addText(' '.repeat(repeat(attributes, 'c', maxCellLength)))
        else if (name === 'tab') addText('\t')
        else if (name === 'line-break') addText('\n')
      } else if (name === 'table-row') {
        row = { repeated: repeat(attributes, 'number-rows-repeated', maxSheetRows), columns: [], values: [] }
        column = 0
      } else if (row && (name === 'table-cell' || name === 'covered-table-cell')) {
        const repeated = repeat(attributes, 'number-columns-repeated', 2 * maxSheetColumns)
        cell = { attributes, repeated, text: '', paragraphs: 0 }
      }
    },
    text(piece) {
      if (cell && isInParagraph > 0 && aside === 0) addText(piece.replace(/\s+/g, ' '))
    },
    close(name) {
      if (name === 'table') {
        if (--tables === 0 && isInSheet) {
          isInSheet = false
          isOver = true
        }
        return
      }
      if (!isInSheet || tables > 1) return
      if (cell) {
        if (name === 'annotation' || name === 'shape' || name === 'frame') aside--
        else if (aside > 0) return
        else if (name === 'p' || name === 'h') isInParagraph--
        else if (name === 'table-cell' || name === 'covered-table-cell') endCell()
      } else if (name === 'table-row' && row) {
        if (row.columns.length > 0) {
          if (rowNumber + row.repeated - 1 > maxSheetRows)
            throw invalidSheet(filename, `more than ${maxSheetRows} rows`)
          rows.push({ number: rowNumber, ...row })
        }
        rowNumber += row.repeated
        row = null
      }
    },
  }
  return {
    ...handler,
    sheets,
    take() {
      const taken = rows
      rows = []
      return taken
    },
    isOver: () => isOver,
    isFound: () => isFound,
  }
}

const maxSheets = 10_000

function attribute(attributes: XmlAttributes, name: string): string | undefined {
  for (const key in attributes) if (key.endsWith(`:${name}`)) return attributes[key]
  return undefined
}

/** The typed value that stands beside the text; the text is only how it is shown. */
function cellValue(attributes: XmlAttributes, text: string): CellValue | null {
  switch (attribute(attributes, 'value-type')) {
    case 'float':
    case 'currency':
    case 'percentage': {
      const number = Number(attribute(attributes, 'value') ?? Number.NaN)
      return Number.isFinite(number) ? number : text
    }
    case 'boolean':
      return attribute(attributes, 'boolean-value') === 'true'
    case 'date':
      return (attribute(attributes, 'date-value') ?? text).replace(/T00:00:00$/, '')
    case 'time':
      return clock(attribute(attributes, 'time-value')) ?? text
    case 'string':
      return attribute(attributes, 'string-value') ?? text
    case 'error':
      return null
    case undefined:
      return text === '' ? null : text
    default:
      return text
  }
}

/** `PT18H05M00S` as `18:05:00`. */
function clock(duration: string | undefined): string | null {
  const [all, sign = '', hours, minutes, seconds] =
    /^(-?)PT(\d{1,9})H(\d{1,2})M(\d{1,2})(?:[.,]\d+)?S$/.exec(duration ?? '') ?? []
  if (all === undefined) return null
  return `${sign}${[hours, minutes, seconds].map((part) => part!.padStart(2, '0')).join(':')}`
}
