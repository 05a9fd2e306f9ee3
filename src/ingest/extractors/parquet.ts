import { open } from 'node:fs/promises'
import { AppError, quoteIdentifier, quoteLiteral, safeFieldName } from '../../kernel/index.ts'
import { seekablePath } from '../bytes/unpacked-copy.ts'
import type { Slice } from '../slices/slice.ts'
import { refuseTooManyColumns } from './max-columns.ts'
import { booleanParameter, extractFilename } from './parameters.ts'
import type { Extractor, RawColumn, ReaderContext, SourceReader } from './reader.ts'

/** Rows of one slice: about what a text slice of the usual size holds, so that an abort is as prompt. */
const rowsPerSlice = 250_000
/** What the engine calls the number of a row; a file that has a column of this name is read another way. */
const rowNumber = 'file_row_number'

export const parquetExtractor: Extractor = {
  type: 'parquet',
  label: 'Parquet file',
  kinds: [/\.parquet$/i],
  parameters: [extractFilename],
  open: openParquet,
}

async function openParquet(context: ReaderContext): Promise<SourceReader> {
  const { source } = context
  if (source.bytes === 0) throw new AppError('ingest.source_is_empty', { filename: source.filename })
  const { path, release } = await seekablePath(context)
  await requireMagic(path, source.filename)
  const file = quoteLiteral(path)
  const { described, rows } = await describe(context, file)
  refuseTooManyColumns(described.length)
  const taken = new Set<string>()
  const columns: RawColumn[] = described.map((column) => {
    const name = safeFieldName(column.name, taken)
    return { name, label: column.name.slice(0, 300), engineType: column.type, candidates: [] }
  })
  const picked = columns.map((column, index) => {
    const value = quoteIdentifier(described[index]!.name)
    const sql = column.engineType === 'VARCHAR' ? `nullif(${value}, '')` : value
    return `${sql} as ${quoteIdentifier(column.name)}`
  })
  if (booleanParameter(source.params, 'extract_filename', false)) {
    const name = safeFieldName('filename', taken)
    columns.push({ name, label: 'filename', engineType: 'VARCHAR', candidates: [] })
    picked.push(`${quoteLiteral(source.filename)} as ${quoteIdentifier(name)}`)
  }
  const hasOwnRowNumber = described.some((column) => column.name.toLowerCase() === rowNumber)

  async function* slices(): AsyncGenerator<Slice> {
    for (let from = 0, index = 0; from < rows; from += rowsPerSlice, index++) {
      const share = Math.min(1, (from + rowsPerSlice) / rows)
      const sourceBytesRead = Math.round(source.bytes * share)
      yield { index, path, bytes: 0, sourceBytesRead, firstLine: from + 1 }
    }
  }

  /** Row numbers let the engine skip row groups; an offset has it read all rows before. */
  function rowsFrom(first: number): string {
    if (hasOwnRowNumber) return `read_parquet(${file}) limit ${rowsPerSlice} offset ${first}`
    const range = `${rowNumber} >= ${first} and ${rowNumber} < ${first + rowsPerSlice}`
    return `read_parquet(${file}, file_row_number = true) where ${range}`
  }

  return {
    columns: () => columns,
    slices,
    bytesTotal: source.bytes,
    close: release,
    load: async (_connection, slice) => ({
      hasNewColumns: false,
      columns,
      relation: `(select ${picked.join(', ')} from ${rowsFrom(slice.firstLine - 1)})`,
      rejects: async () => [],
      release: async () => {},
    }),
  }
}

async function describe({ source, connection }: ReaderContext, file: string) {
  try {
    const fields = await connection.all(`describe select * from read_parquet(${file})`)
    const [count] = await connection.all(`select num_rows as n from parquet_file_metadata(${file})`)
    return {
      described: fields.map((row) => ({ name: String(row.column_name), type: String(row.column_type) })),
      rows: Number(count!.n),
    }
  } catch {
    throw new AppError('ingest.invalid_parquet', { filename: source.filename })
  }
}

async function requireMagic(path: string, filename: string): Promise<void> {
  const file = await open(path, 'r')
  try {
    const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0)
    if (buffer.toString('latin1') !== 'PAR1') throw new AppError('ingest.invalid_parquet', { filename })
  } finally {
    await file.close()
  }
}
