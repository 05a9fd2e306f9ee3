import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Connection } from '../../engine/index.ts'
import { AppError, quoteIdentifier, quoteLiteral, safeFieldName } from '../../kernel/index.ts'
import { openText } from '../bytes/open-source.ts'
import { type CsvDialect, createCsvScanner, parseCsvRecord } from '../slices/csv-records.ts'
import { maxRecordBytes, type Slice } from '../slices/slice.ts'
import { sliceCsv } from '../slices/slice-csv.ts'
import { refuseTooManyColumns } from './max-columns.ts'
import {
  booleanParameter,
  encodingParameter,
  extractFilename,
  integerParameter,
  textParameter,
} from './parameters.ts'
import type { Extractor, LoadedSlice, RawColumn, ReaderContext, Reject, SourceReader } from './reader.ts'

/** Bytes looked at to find the dialect and the header. */
const headBytes = 256 * 1024

export const csvExtractor: Extractor = {
  type: 'csvfile',
  label: 'CSV file',
  parameters: [
    {
      name: 'separator',
      label: 'Separator',
      type: 'text',
      description: 'Character between values; detected when empty',
      default: null,
      is_mandatory: false,
    },
    {
      name: 'quotechar',
      label: 'Quote character',
      type: 'text',
      description: 'Character around values that hold separators or line breaks',
      default: '"',
      is_mandatory: false,
    },
    {
      name: 'escapechar',
      label: 'Escape character',
      type: 'text',
      description: 'Character before a quote inside a quoted value; empty when quotes are doubled',
      default: null,
      is_mandatory: false,
    },
    {
      name: 'doublequote',
      label: 'Doubled quotes',
      type: 'boolean',
      description: 'A quote inside a quoted value is written twice',
      default: true,
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
    {
      name: 'first_row_no',
      label: 'Number of the first row',
      type: 'int',
      description: 'Rows before it are left out; counted from 1',
      default: 1,
      is_mandatory: false,
    },
    encodingParameter,
    extractFilename,
  ],
  open: openCsv,
}

async function openCsv(context: ReaderContext): Promise<SourceReader> {
  const { source } = context
  const file = {
    path: source.path,
    filename: source.filename,
    encoding: textParameter(source.params, 'encoding'),
    maxBytes: context.maxSourceBytes,
    stop: context.stop,
  }
  const hasHeader = booleanParameter(source.params, 'headers_first_row', true)
  const leading = Math.max(0, integerParameter(source.params, 'first_row_no', 1) - 1)
  const first = await openText(file)
  const head = await readHead(first.chunks)
  first.close()
  if (head.length === 0) throw new AppError('ingest.source_is_empty', { filename: source.filename })
  refuseWebPage(head, source.filename)
  const dialect = await chooseDialect(context, head)
  const header = readRecord(head, dialect, leading)
  const values = parseCsvRecord(header, dialect)
  refuseTooManyColumns(values.length)
  const taken = new Set<string>()
  const columns: RawColumn[] = values.map((value, index) => {
    const label = hasHeader ? value.trim().slice(0, 300) : ''
    const name = safeFieldName(label || `column_${index + 1}`, taken)
    return { name, label: label || name, engineType: 'VARCHAR' }
  })
  const textColumns = columns.map((column) => column.name)
  if (booleanParameter(source.params, 'extract_filename', false)) {
    columns.push({
      name: safeFieldName('filename', taken),
      label: 'filename',
      engineType: 'VARCHAR',
      candidates: [],
    })
  }
  const opened = await openText({ ...file, encoding: first.encoding })
  return {
    columns: () => columns,
    bytesTotal: source.bytes,
    close: () => opened.close(),
    slices: () =>
      sliceCsv(opened, {
        directory: context.tmpDirectory,
        prefix: context.prefix,
        sliceBytes: context.sliceBytes,
        filename: source.filename,
        dialect,
        skipRecords: leading + (hasHeader ? 1 : 0),
      }),
    load: (connection, slice) =>
      loadCsvSlice(connection, slice, { columns, textColumns, dialect, source, context }),
  }
}

async function loadCsvSlice(
  connection: Connection,
  slice: Slice,
  how: {
    columns: readonly RawColumn[]
    textColumns: readonly string[]
    dialect: CsvDialect
    source: ReaderContext['source']
    context: ReaderContext
  },
): Promise<LoadedSlice> {
  const rejectsTable = `rejects_${how.context.prefix}_${slice.index}`
  const scansTable = `scans_${how.context.prefix}_${slice.index}`
  const types = how.textColumns.map((name) => `${quoteLiteral(name)}: 'VARCHAR'`).join(', ')
  const options = [
    'auto_detect = false',
    'header = false',
    `delim = ${quoteLiteral(how.dialect.delimiter)}`,
    `quote = ${quoteLiteral(how.dialect.quote)}`,
    `escape = ${quoteLiteral(how.dialect.quote === '' ? '' : how.dialect.escape || how.dialect.quote)}`,
    `columns = {${types}}`,
    "nullstr = ''",
    'null_padding = true',
    'strict_mode = true',
    // Slices run side by side already, and a slice read by one task keeps its order and its quoted line breaks.
    'parallel = false',
    `max_line_size = ${maxRecordBytes + 1}`,
    `buffer_size = ${2 * maxRecordBytes + 2}`,
    'store_rejects = true',
    `rejects_table = ${quoteLiteral(rejectsTable)}`,
    `rejects_scan = ${quoteLiteral(scansTable)}`,
    'rejects_limit = 0',
  ]
  const extra =
    how.columns.length > how.textColumns.length
      ? `, ${quoteLiteral(how.source.filename)} as ${quoteIdentifier(how.columns.at(-1)!.name)}`
      : ''
  return {
    hasNewColumns: false,
    columns: how.columns,
    relation: `(select *${extra} from read_csv(${quoteLiteral(slice.path)}, ${options.join(', ')}))`,
    async rejects() {
      const rows = await connection.all(
        `select line_byte_position as position, min(error_type::varchar) as error_type,
           min(error_message) as error_message, left(min(csv_line), 2000) as raw
         from ${quoteIdentifier(rejectsTable)} group by line_byte_position order by line_byte_position`,
      )
      if (rows.length === 0) return []
      const lineAt = await lineCounter(slice, how.dialect)
      return rows.map(
        (row): Reject => ({
          line: lineAt(Number(row.position)),
          reason: explainReject(String(row.error_type), String(row.error_message)),
          raw: row.raw === null ? null : String(row.raw),
        }),
      )
    },
    async release() {
      await connection.run(`drop table if exists ${quoteIdentifier(rejectsTable)}`)
      await connection.run(`drop table if exists ${quoteIdentifier(scansTable)}`)
    },
  }
}

/** Lines of the source by position in a slice, asked in order: the engine counts records, people count lines. */
async function lineCounter(slice: Slice, dialect: CsvDialect): Promise<(position: number) => number> {
  const bytes = await readFile(slice.path)
  const scanner = createCsvScanner(dialect)
  let at = 0
  return (position) => {
    const end = Math.min(position, bytes.length)
    scanner.scan(bytes, at, end, () => false)
    at = end
    return slice.firstLine + scanner.line() - 1
  }
}

function explainReject(type: string, message: string): string {
  if (type === 'TOO MANY COLUMNS')
    return message
      .replace('Expected Number of Columns:', 'more values than columns: expected')
      .replace(' Found:', ', found')
  if (type === 'INVALID ENCODING') return 'bytes that are not valid in the encoding of the file'
  if (type === 'UNQUOTED VALUE') return 'text before or behind the quotes of a value'
  if (type === 'LINE SIZE OVER MAXIMUM') return 'a line longer than the limit'
  return type.toLowerCase()
}

async function readHead(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const pieces: Buffer[] = []
  let total = 0
  for await (const chunk of chunks) {
    pieces.push(chunk)
    total += chunk.length
    if (total >= headBytes) break
  }
  return Buffer.concat(pieces).subarray(0, headBytes)
}

/** A sign-in or error page saved under the name of a data file is the commonest wrong file there is. */
function refuseWebPage(head: Buffer, filename: string): void {
  const start = head.subarray(0, 1024).toString('latin1').trimStart().toLowerCase()
  if (/^(<!doctype html|<html|<head|<\?xml[^>]*>\s*<!doctype html)/.test(start)) {
    throw new AppError('ingest.looks_like_html', { filename, format: 'CSV' })
  }
}

/** Text of the record number `index` (from 0) of the head; the last one when there are fewer. */
function readRecord(head: Buffer, dialect: CsvDialect, index: number): string {
  const scanner = createCsvScanner(dialect)
  let start = 0
  let seen = 0
  let end = head.length
  scanner.scan(head, 0, head.length, (at) => {
    if (seen === index) {
      end = at
      return true
    }
    seen++
    start = at
    return false
  })
  return head
    .subarray(start, end)
    .toString('utf8')
    .replace(/\r?\n$|\r$/, '')
}

/** The dialect that was asked for; what was left open is found by the engine's sniffer on the head of the file. */
async function chooseDialect(context: ReaderContext, head: Buffer): Promise<CsvDialect> {
  const { params } = context.source
  const escapeChar = textParameter(params, 'escapechar')
  const quote = params.quotechar === '' ? '' : (textParameter(params, 'quotechar') ?? '"')
  const isDoubled = booleanParameter(params, 'doublequote', true)
  const given = textParameter(params, 'separator')
  const delimiter = given === '\\t' ? '\t' : (given ?? (await sniffDelimiter(context, head, quote)))
  return { delimiter, quote, escape: escapeChar ?? (isDoubled ? quote : '') }
}

export async function sniffDelimiter(context: ReaderContext, head: Buffer, quote: string): Promise<string> {
  if (/\.(tsv|tab)(\.gz)?$/i.test(context.source.filename) && head.includes(0x09)) return '\t'
  const path = join(context.tmpDirectory, `${context.prefix}-head.csv`)
  // Whole lines only: a cut record would mislead the sniffer.
  const cut = head.length < headBytes ? head.length : head.lastIndexOf(0x0a) + 1 || head.length
  await writeFile(path, head.subarray(0, cut))
  try {
    const [row] = await context.connection.all(
      `select "Delimiter" as delimiter from sniff_csv(${quoteLiteral(path)}, quote = ${quoteLiteral(quote)}, ignore_errors = true, max_line_size = ${maxRecordBytes}, buffer_size = ${2 * maxRecordBytes})`,
    )
    const found = String(row?.delimiter ?? ',')
    if (/^[,;\t|: ]$/.test(found) && found !== ' ' && found !== ':') return found
  } catch {
    // The sniffer gives up on odd files; counting in the first line is better than nothing.
  }
  return commonestDelimiter(readRecord(head, { delimiter: ',', quote, escape: quote }, 0))
}

function commonestDelimiter(line: string): string {
  let best = ','
  let most = 0
  for (const candidate of [',', ';', '\t', '|']) {
    const count = line.split(candidate).length - 1
    if (count > most) {
      best = candidate
      most = count
    }
  }
  return best
}
