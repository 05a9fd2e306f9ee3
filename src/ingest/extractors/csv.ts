import { readFile } from 'node:fs/promises'
import type { Connection } from '../../engine/index.ts'
import { AppError, quoteIdentifier, quoteLiteral, safeFieldName } from '../../kernel/index.ts'
import { openText, openUnpacked } from '../bytes/open-source.ts'
import { type CsvDialect, createCsvScanner, parseCsvRecord } from '../slices/csv-records.ts'
import { detectDelimiter } from '../slices/detect-delimiter.ts'
import { maxRecordBytes, type Slice } from '../slices/slice.ts'
import { sliceCsv } from '../slices/slice-csv.ts'
import { isBlank, previewedBytes, readHead, refuseBinary, refuseMarkup } from './head.ts'
import { refuseTooManyColumns } from './max-columns.ts'
import {
  booleanParameter,
  encodingParameter,
  extractFilename,
  integerParameter,
  textParameter,
} from './parameters.ts'
import type { Extractor, LoadedSlice, RawColumn, ReaderContext, Reject, SourceReader } from './reader.ts'

export const csvExtractor: Extractor = {
  type: 'csvfile',
  readsForwards: true,
  label: 'CSV file',
  kinds: [/\.csv(\.gz)?$/i, /\.(tsv|tab)(\.gz)?$/i, /\.txt(\.gz)?$/i],
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
    detectWithin: context.isPreview ? previewedBytes : undefined,
  }
  const hasHeader = booleanParameter(source.params, 'headers_first_row', true)
  const leading = Math.max(0, integerParameter(source.params, 'first_row_no', 1) - 1)
  const stored = await openUnpacked(file)
  refuseBinary(await readHead(stored.chunks), source.filename, 'CSV')
  stored.close()
  const first = await openText(file)
  const head = await readHead(first.chunks)
  first.close()
  if (isBlank(head)) throw new AppError('ingest.source_is_empty', { filename: source.filename })
  refuseMarkup(head, source.filename, 'CSV')
  const dialect = chooseDialect(source, head, leading)
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
  const opened = await openText({ ...file, encoding: first.encoding, isPassing: true })
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
        skipSlices: context.skipSlices,
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
    // Strict, or records with too many values would pass without a word.
    'strict_mode = true',
    "new_line = '\\n'",
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

/** The dialect that was asked for; the separator, when left open, is found on the head of the file. */
function chooseDialect({ params }: ReaderContext['source'], head: Buffer, leading: number): CsvDialect {
  const escapeChar = textParameter(params, 'escapechar')
  const quote = params.quotechar === '' ? '' : (textParameter(params, 'quotechar') ?? '"')
  const isDoubled = booleanParameter(params, 'doublequote', true)
  const quoteEscape = escapeChar ?? (isDoubled ? quote : '')
  const given = textParameter(params, 'separator')
  const delimiter =
    given === '\\t' ? '\t' : (given ?? detectDelimiter(head, { quote, escape: quoteEscape, skip: leading }))
  return { delimiter, quote, escape: quoteEscape }
}
