/** dBASE tables, as they lie beside shapefiles: a header, then rows of fixed width. */
import iconv from 'iconv-lite'
import type { FileReader } from '../bytes/file-reader.ts'
import type { Property } from './feature-lines.ts'

export interface DbfTable {
  /** As the header says. */
  readonly rows: number
  readonly rowBytes: number
  readonly columns: readonly DbfColumn[]
}

interface DbfColumn {
  readonly name: string
  readonly type: string
  readonly at: number
  readonly width: number
}

const headerBytes = 32
const deletedMark = 0x2a
const endOfColumns = 0x0d
/** Of dBASE 7, whose columns are described in another way. */
const dbase7 = 4

/** Code pages by the number that the header has for them. */
const pages: Readonly<Record<number, string>> = {
  1: 'cp437',
  2: 'cp850',
  3: 'windows-1252',
  19: 'shift_jis',
  77: 'cp936',
  78: 'cp949',
  79: 'cp950',
  80: 'cp874',
  87: 'windows-1252',
  88: 'windows-1252',
  89: 'windows-1252',
  100: 'cp852',
  101: 'cp866',
  120: 'cp950',
  121: 'cp949',
  122: 'cp936',
  123: 'shift_jis',
  200: 'windows-1250',
  201: 'windows-1251',
  202: 'windows-1254',
  203: 'windows-1253',
}

/** The encoding that a .cpg file names; null when it names none that is known. */
export function codePage(text: string): string | null {
  const name = text
    .replace(/[\0\s]+/g, ' ')
    .trim()
    .toLowerCase()
    .replace(/^(ansi|oem|cp|windows) ?-?/, '')
  const iso = /^(?:iso[ -]?)?8859-?(\d{1,2})$/.exec(name)
  const candidates = iso
    ? [`iso-8859-${iso[1]}`]
    : [`windows-${name}`, `cp${name}`, name.replaceAll(' ', '-')]
  return candidates.find((candidate) => iconv.encodingExists(candidate)) ?? null
}

/** Reads the header; `encoding` goes before what it says. Throws an Error with a reason for people. */
export async function readDbfHeader(
  file: FileReader,
  encoding: string | null,
): Promise<DbfTable & { readonly decode: (bytes: Buffer) => string }> {
  const head = await file.take(headerBytes)
  if (head === null) throw new Error('the .dbf ends inside its header')
  const rows = head.readUInt32LE(4)
  const length = head.readUInt16LE(8)
  const rowBytes = head.readUInt16LE(10)
  const page = pages[head[29]!] ?? null
  if ((head[0]! & 7) === dbase7) throw new Error('the .dbf is of dBASE 7')
  const decode = decoderOf(encoding ?? page)
  const rest = length < headerBytes ? null : await file.take(length - headerBytes)
  if (rest === null) throw new Error('the .dbf ends inside its header')
  const columns: DbfColumn[] = []
  const taken = new Set<string>()
  let at = 1
  for (let from = 0; from + 32 <= rest.length && rest[from] !== endOfColumns; from += 32) {
    const end = rest.subarray(from, from + 11).indexOf(0)
    const name = decode(rest.subarray(from, from + (end < 0 ? 11 : end))).trim()
    const width = rest[from + 16]!
    columns.push({
      name: uniqueName(name || 'field', taken),
      type: String.fromCharCode(rest[from + 11]!),
      at,
      width,
    })
    at += width
  }
  if (at > rowBytes && columns.length > 0) throw new Error('the columns of the .dbf are wider than its rows')
  return { rows, rowBytes, columns, decode }
}

function uniqueName(name: string, taken: Set<string>): string {
  let free = name
  for (let count = 1; taken.has(free); count++) free = `${name}_${count}`
  taken.add(free)
  return free
}

function decoderOf(encoding: string | null): (bytes: Buffer) => string {
  if (encoding !== null) return (bytes) => iconv.decode(bytes, encoding)
  // Nothing is said: what is valid UTF-8 hardly ever is anything else.
  const utf8 = new TextDecoder('utf-8', { fatal: true })
  return (bytes) => {
    try {
      return utf8.decode(bytes)
    } catch {
      return iconv.decode(bytes, 'windows-1252')
    }
  }
}

export const isDeleted = (row: Buffer) => row[0] === deletedMark

export function dbfProperties(
  { columns }: DbfTable,
  row: Buffer,
  decode: (bytes: Buffer) => string,
): Property[] {
  return columns.map(({ name, type, at, width }) => [
    name,
    jsonOf(type, row.subarray(at, at + width), decode),
  ])
}

/** JSON text of a value. What is not written as its type asks is kept as text. */
function jsonOf(type: string, bytes: Buffer, decode: (bytes: Buffer) => string): string {
  switch (type) {
    case 'N':
    case 'F':
      return numberOf(bytes.toString('latin1').replaceAll('\0', ' ').trim())
    case 'L':
      return logicals[String.fromCharCode(bytes[0] ?? 0)] ?? 'null'
    case 'D':
      return dayOf(bytes.toString('latin1').trim())
    case 'I':
    case '+':
      return bytes.length === 4 ? String(bytes.readInt32LE(0)) : 'null'
    case 'O':
    case 'B':
      return bytes.length === 8 ? finiteOf(bytes.readDoubleLE(0)) : 'null'
    case 'Y':
      return bytes.length === 8 ? finiteOf(Number(bytes.readBigInt64LE(0)) / 10_000) : 'null'
    case 'T':
    case '@':
      return bytes.length === 8 ? instantOf(bytes.readInt32LE(0), bytes.readInt32LE(4)) : 'null'
    // Numbers of blocks in other files, which are not read.
    case 'M':
    case 'G':
    case 'P':
      return 'null'
    default: {
      const text = decode(bytes).replace(/[\0 ]+$/, '')
      return text === '' ? 'null' : JSON.stringify(text)
    }
  }
}

const logicals: Readonly<Record<string, string>> = {
  T: 'true',
  t: 'true',
  Y: 'true',
  y: 'true',
  F: 'false',
  f: 'false',
  N: 'false',
  n: 'false',
}

function numberOf(text: string): string {
  // Asterisks: the number did not fit.
  if (text === '' || text.startsWith('*')) return 'null'
  if (/^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$/.test(text)) return text
  if (/^[-+]?\d*\.?\d*([eE][-+]?\d+)?$/.test(text)) return finiteOf(Number(text))
  return /^[-+]?(nan|inf)/i.test(text) ? 'null' : JSON.stringify(text)
}

function finiteOf(value: number): string {
  return Number.isFinite(value) ? String(value) : 'null'
}

function dayOf(text: string): string {
  const [, year, month, day] = /^(\d{4})(\d{2})(\d{2})$/.exec(text) ?? []
  if (text === '' || /^0+$/.test(text)) return 'null'
  return year === undefined ? JSON.stringify(text) : JSON.stringify(`${year}-${month}-${day}`)
}

/** Of a day by its Julian number and the milliseconds since its midnight. */
function instantOf(julianDay: number, milliseconds: number): string {
  const instant = new Date((julianDay - 2_440_588) * 86_400_000 + milliseconds)
  return julianDay > 0 && Number.isFinite(instant.getTime()) ? JSON.stringify(instant.toISOString()) : 'null'
}
