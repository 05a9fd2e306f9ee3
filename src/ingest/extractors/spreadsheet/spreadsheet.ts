/** Spreadsheets: XLSX and ODS as streams, XLS through a library, one sheet as records. */
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../../../kernel/index.ts'
import { seekablePath } from '../../bytes/unpacked-copy.ts'
import { maxRecordBytes } from '../../slices/slice.ts'
import { openZip } from '../../zip/open-zip.ts'
import { readHead, refuseWebPage } from '../head.ts'
import { openConverted } from '../json.ts'
import { mostBlockBytes } from '../line-blocks.ts'
import { refuseTooManyColumns } from '../max-columns.ts'
import { booleanParameter, extractFilename, integerParameter } from '../parameters.ts'
import type { Extractor, ReaderContext, SourceReader } from '../reader.ts'
import { openOds } from './ods.ts'
import { type CellValue, invalidSheet, type Sheet, type SheetRow } from './sheet.ts'
import { openXls } from './xls.ts'
import { openXlsx } from './xlsx.ts'

export const spreadsheetExtractor: Extractor = {
  type: 'xlsfile',
  kinds: [/\.(xlsx|xlsm|xltx|ods|xls)$/i],
  label: 'Spreadsheet',
  parameters: [
    {
      name: 'sheet',
      label: 'Sheet',
      type: 'text',
      description: 'Name of the sheet, or its number from 1; the first visible one when empty',
      default: null,
      is_mandatory: false,
    },
    {
      name: 'first_row_no',
      label: 'Number of the first row',
      type: 'int',
      description: 'Rows before it are left out; counted from 1, as the spreadsheet program does',
      default: 1,
      is_mandatory: false,
    },
    {
      name: 'headers_first_row',
      label: 'First row holds the headers',
      type: 'boolean',
      description: 'Otherwise columns are called column_1, column_2...',
      default: true,
      is_mandatory: false,
    },
    extractFilename,
  ],
  open: openSpreadsheet,
}

async function openSpreadsheet(context: ReaderContext): Promise<SourceReader> {
  const { filename, bytes } = context.source
  if (bytes === 0) throw new AppError('ingest.source_is_empty', { filename })
  const { path, release } = await seekablePath(context)
  let sheet: Sheet | null = null
  const close = () => {
    sheet?.close()
    release()
  }
  try {
    sheet = await openSheet(context, path)
    const table = createTable(context)
    const rows = flatten(sheet.rows)
    await table.readHeader(rows)
    const progress = sheet.progress
    const opened = {
      chunks: table.lines(rows),
      bytesRead: () => Math.round(bytes * Math.min(1, progress())),
      close,
    }
    return await openConverted(context, { layout: 'lines', isUntyped: false, opened, keys: table.keys() })
  } catch (error) {
    close()
    throw error
  }
}

/** Errors: those of the formats; ingest.looks_like_html, ingest.invalid_spreadsheet. */
async function openSheet(context: ReaderContext, path: string): Promise<Sheet> {
  const { filename, params } = context.source
  const wanted = params.sheet === undefined || params.sheet === null ? undefined : String(params.sheet)
  const options = {
    filename,
    wanted: wanted === '' ? undefined : wanted,
    spillPath: join(context.tmpDirectory, `${context.prefix}-texts`),
  }
  const file = await open(path, 'r')
  const head = await readHead(file.createReadStream({ end: 4095 }) as AsyncIterable<Buffer>)
  const start = head.subarray(0, 4).toString('latin1')
  if (start === '\xd0\xcf\x11\xe0') {
    // The library takes what only begins like a document for text.
    if (head.subarray(4, 8).toString('latin1') !== '\xa1\xb1\x1a\xe1')
      throw invalidSheet(filename, 'it is damaged at its beginning')
    return openXls(path, options)
  }
  if (!start.startsWith('PK')) {
    refuseWebPage(head, filename, 'a spreadsheet')
    throw invalidSheet(filename, 'it is neither XLSX, ODS nor XLS')
  }
  const zip = await openZip({ path, filename, maxBytes: context.maxSourceBytes })
  try {
    if (zip.find('xl/workbook.bin') !== undefined)
      throw invalidSheet(filename, 'it is a binary workbook (.xlsb)')
    const isOds = zip.find('content.xml') !== undefined && zip.find('[Content_Types].xml') === undefined
    if (!isOds && !zip.names.some((name) => /^(xl\/|_rels\/|\[content_types\])/i.test(name)))
      throw invalidSheet(filename, 'it is a zip archive without a workbook')
    const sheet = await (isOds ? openOds : openXlsx)(zip, options)
    return {
      ...sheet,
      close() {
        sheet.close()
        zip.close()
      },
    }
  } catch (error) {
    zip.close()
    throw error
  }
}

type Rows = AsyncGenerator<SheetRow>

async function* flatten(batches: AsyncIterable<readonly SheetRow[]>): Rows {
  for await (const batch of batches) yield* batch
}

/** Rows of a sheet as JSON lines; columns by the header, or by their place. */
function createTable({ source, maxSourceBytes, sliceBytes }: ReaderContext) {
  const blockBytes = Math.min(mostBlockBytes, sliceBytes)
  const hasHeader = booleanParameter(source.params, 'headers_first_row', true)
  const firstRow = integerParameter(source.params, 'first_row_no', 1)
  /** By column: the member's name, and how its line begins with it. */
  const keys: string[] = []
  const beginnings: string[] = []
  const taken = new Set<string>()
  let count = 0
  let pending: SheetRow | null = null

  function addColumn(column: number, label: string): void {
    refuseTooManyColumns(++count)
    const wanted = label.trim().slice(0, 300) || `column_${column + 1}`
    let key = wanted
    for (let n = 2; taken.has(key); n++) key = `${wanted} (${n})`
    taken.add(key)
    keys[column] = key
    beginnings[column] = `${JSON.stringify(key)}:`
  }

  function line(row: SheetRow): string {
    let text = '{'
    for (const [at, column] of row.columns.entries()) {
      if (beginnings[column] === undefined) addColumn(column, '')
      if (at > 0) text += ','
      text += beginnings[column] + jsonOf(row.values[at]!)
    }
    return `${text}}\n`
  }

  return {
    /** Takes the header, or looks at the first row for its columns. Errors: ingest.source_is_empty. */
    async readHeader(rows: Rows): Promise<void> {
      for (;;) {
        const { done, value: row } = await rows.next()
        if (done) throw new AppError('ingest.source_is_empty', { filename: source.filename })
        if (row.number + row.repeated <= firstRow) continue
        // Rows that are alike are one; those of them before the first row are left out.
        const from = Math.max(row.number, firstRow)
        const repeated = row.number + row.repeated - from
        if (hasHeader) {
          for (const [at, column] of row.columns.entries()) addColumn(column, String(row.values[at]))
          if (repeated > 1) pending = { ...row, number: from + 1, repeated: repeated - 1 }
        } else {
          for (const column of row.columns) addColumn(column, '')
          pending = { ...row, number: from, repeated }
        }
        return
      }
    },
    keys: () => keys.filter((key) => key !== undefined),
    /** Errors: ingest.record_too_large, ingest.decompressed_too_large. */
    async *lines(rows: Rows): AsyncGenerator<Buffer> {
      let text = ''
      let total = 0
      async function* all() {
        if (pending) yield pending
        yield* rows
      }
      for await (const row of all()) {
        const one = line(row)
        if (one.length > maxRecordBytes) {
          throw new AppError('ingest.record_too_large', {
            filename: source.filename,
            line: row.number,
            maxBytes: maxRecordBytes,
          })
        }
        for (let times = 0; times < row.repeated; times++) {
          text += one
          if (text.length < blockBytes) continue
          const block = Buffer.from(text)
          text = ''
          total += block.length
          // Few bytes of a sheet can stand for many: a text that all cells refer to, a row that repeats.
          if (total > maxSourceBytes) {
            throw new AppError('ingest.decompressed_too_large', {
              filename: source.filename,
              maxBytes: maxSourceBytes,
            })
          }
          yield block
        }
      }
      if (text !== '') yield Buffer.from(text)
    },
  }
}

function jsonOf(value: CellValue): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}
