/** Shapefiles put together by hand: what is in a record, and what the headers say of it, is up to the test. */

/** A main file of contents of records. `fileBytes`: as its header says. */
export function shpOf(
  contents: readonly Buffer[],
  { type = 1, box = [0, 0, 0, 0], fileBytes }: { type?: number; box?: number[]; fileBytes?: number } = {},
): Buffer {
  const records = contents.flatMap((content, index) => {
    const head = Buffer.alloc(8)
    head.writeInt32BE(index + 1, 0)
    head.writeInt32BE(content.length / 2, 4)
    return [head, content]
  })
  const header = Buffer.alloc(100)
  const length = records.reduce((total, { length }) => total + length, 100)
  header.writeInt32BE(9994, 0)
  header.writeInt32BE((fileBytes ?? length) / 2, 24)
  header.writeInt32LE(1000, 28)
  header.writeInt32LE(type, 32)
  box.forEach((value, index) => void header.writeDoubleLE(value, 36 + 8 * index))
  return Buffer.concat([header, ...records])
}

type Position = readonly number[]

const doubles = (values: readonly number[]) => {
  const buffer = Buffer.alloc(8 * values.length)
  values.forEach((value, index) => void buffer.writeDoubleLE(value, 8 * index))
  return buffer
}

const ints = (...values: number[]) => {
  const buffer = Buffer.alloc(4 * values.length)
  values.forEach((value, index) => void buffer.writeInt32LE(value, 4 * index))
  return buffer
}

export const nullShape = ints(0)

/** With a height: a PointZ. */
export function pointShape([x, y, z]: Position): Buffer {
  return z === undefined
    ? Buffer.concat([ints(1), doubles([x!, y!])])
    : Buffer.concat([ints(11), doubles([x!, y!, z, -1e39])])
}

/** Lines (3) or polygons (5), or those with heights (13, 15) or measures (23, 25). `count`: of positions, as it says. */
export function partsShape(type: number, parts: readonly (readonly Position[])[], count?: number): Buffer {
  const positions = parts.flat()
  const starts = parts.map((_part, index) => parts.slice(0, index).flat().length)
  const more = type > 10 ? [doubles([0, 0]), doubles(positions.map(([, , z = 0]) => z))] : []
  return Buffer.concat([
    ints(type),
    doubles([0, 0, 0, 0]),
    ints(parts.length, count ?? positions.length, ...starts),
    doubles(positions.flatMap(([x, y]) => [x!, y!])),
    ...more,
  ])
}

export function multipointShape(positions: readonly Position[]): Buffer {
  return Buffer.concat([
    ints(8),
    doubles([0, 0, 0, 0]),
    ints(positions.length),
    doubles(positions.flatMap(([x, y]) => [x!, y!])),
  ])
}

export interface DbfOptions {
  /** Rows, as the header says. */
  readonly count?: number
  readonly languageId?: number
  /** Rows that are marked as deleted. */
  readonly deleted?: readonly number[]
}

/** A table of rows of texts or bytes, each cut or filled to its column's width. */
export function dbfOf(
  columns: readonly (readonly [name: string, type: string, width: number])[],
  rows: readonly (readonly (string | Buffer)[])[],
  { count = rows.length, languageId = 0, deleted = [] }: DbfOptions = {},
): Buffer {
  const rowBytes = columns.reduce((total, [, , width]) => total + width, 1)
  const header = Buffer.alloc(33 + 32 * columns.length)
  header[0] = 3
  header.writeUInt32LE(count, 4)
  header.writeUInt16LE(header.length, 8)
  header.writeUInt16LE(rowBytes, 10)
  header[29] = languageId
  columns.forEach(([name, type, width], index) => {
    const at = 32 + 32 * index
    Buffer.from(name).copy(header, at, 0, 10)
    header.write(type, at + 11, 'latin1')
    header[at + 16] = width
  })
  header[header.length - 1] = 0x0d
  const body = rows.map((row, index) => {
    const bytes = Buffer.alloc(rowBytes, 0x20)
    if (deleted.includes(index)) bytes[0] = 0x2a
    let at = 1
    columns.forEach(([, , width], column) => {
      const value = row[column] ?? ''
      Buffer.from(value as string).copy(bytes, at, 0, width)
      at += width
    })
    return bytes
  })
  return Buffer.concat([header, ...body, Buffer.from([0x1a])])
}
