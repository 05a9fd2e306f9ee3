/** dBASE III tables: fixed widths, text in UTF-8 (the .cpg file says so). */
import type { Row } from '../../engine/index.ts'
import type { ResultColumn } from '../../odsql/index.ts'
import { uniqueNames } from '../print/names.ts'

export interface DbfColumn {
  readonly name: string
  readonly type: 'C' | 'N' | 'L' | 'D'
  readonly width: number
  readonly decimals: number
  /** The column's text in the rows that are written. */
  readonly key: string
}

const maxText = 254
/** Of a name, in bytes; it ends with a zero. */
const maxName = 10

/** `widths`: bytes of the longest text of each column. */
export function dbfColumns(columns: readonly ResultColumn[], widths: readonly number[]): DbfColumn[] {
  const names = uniqueNames(
    columns.map(({ name }) => name),
    (name) => name.replace(/[^A-Za-z0-9_]/g, '_') || 'field',
    maxName,
  )
  const made = columns.map(({ type }, index): DbfColumn => {
    const width = Math.max(1, widths[index]!)
    const common = { name: names[index]!, key: `a${index}`, decimals: 0 }
    switch (type) {
      case 'int':
        return { ...common, type: 'N', width }
      case 'double':
        // The number of decimals tells readers that there may be some; what counts is the text.
        return { ...common, type: 'N', width: Math.max(17, width), decimals: 15 }
      case 'boolean':
        return { ...common, type: 'L', width: 1 }
      case 'date':
        return { ...common, type: 'D', width: 8 }
      default:
        return { ...common, type: 'C', width: Math.min(maxText, width) }
    }
  })
  // A table without columns cannot be read.
  return made.length > 0 ? made : [{ name: 'id', type: 'N', width: 1, decimals: 0, key: 'a0' }]
}

export function dbfHeader(columns: readonly DbfColumn[], records: number, processedAt: number): Buffer {
  const header = Buffer.alloc(33 + 32 * columns.length)
  const date = new Date(processedAt)
  header.writeUInt8(3, 0)
  header.writeUInt8(date.getUTCFullYear() - 1900, 1)
  header.writeUInt8(date.getUTCMonth() + 1, 2)
  header.writeUInt8(date.getUTCDate(), 3)
  header.writeUInt32LE(records, 4)
  header.writeUInt16LE(header.length, 8)
  header.writeUInt16LE(recordBytes(columns), 10)
  columns.forEach((column, index) => {
    const at = 32 + 32 * index
    header.write(column.name, at, maxName, 'latin1')
    header.write(column.type, at + 11, 'latin1')
    header.writeUInt8(column.width, at + 16)
    header.writeUInt8(column.decimals, at + 17)
  })
  header.writeUInt8(0x0d, header.length - 1)
  return header
}

const recordBytes = (columns: readonly DbfColumn[]) => columns.reduce((total, { width }) => total + width, 1)

export function dbfRecord(columns: readonly DbfColumn[], row: Row): Buffer {
  const record = Buffer.alloc(recordBytes(columns), 0x20)
  let at = 1
  for (const { type, width, key } of columns) {
    const value = row[key] as string | null | undefined
    if (value !== null && value !== undefined) writeValue(record, at, type, width, value)
    else if (type === 'L') record.write('?', at)
    at += width
  }
  return record
}

function writeValue(record: Buffer, at: number, type: DbfColumn['type'], width: number, value: string): void {
  switch (type) {
    case 'L':
      record.write(value === 'true' ? 'T' : 'F', at)
      break
    case 'D':
      // Years of five digits have no place.
      if (value.length === 10) record.write(value.replaceAll('-', ''), at)
      break
    case 'N':
      record.write(value.padStart(width), at, width, 'latin1')
      break
    default:
      // `write` leaves out a character that does not fit whole.
      record.write(value, at, width, 'utf8')
  }
}
