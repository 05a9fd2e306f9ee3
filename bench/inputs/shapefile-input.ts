/** A zipped shapefile of points, as programs for maps write them: shapes, their index, a table of attributes, the projection. */
import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { ZipFile } from 'yazl'
import type { Place } from './format-inputs.ts'

const wgs84 =
  'GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137,298.257223563]],PRIMEM["Greenwich",0],UNIT["Degree",0.0174532925199433]]'

const headBytes = 100
const recordBytes = 28

/** Name, type, width and decimals of an attribute. */
const attributes: readonly (readonly [keyof Place, 'C' | 'N' | 'D', number, number])[] = [
  ['id', 'N', 10, 0],
  ['name', 'C', 40, 0],
  ['kind', 'C', 10, 0],
  ['opened', 'D', 8, 0],
  ['price', 'N', 12, 2],
]

/** `places`: the same ones whenever it is called. */
export async function writeShapefile(
  path: string,
  rows: number,
  places: () => Iterable<Place>,
): Promise<void> {
  const zip = new ZipFile()
  const add = (extension: string, pieces: () => Iterable<Buffer>) =>
    zip.addReadStream(Readable.from(gathered(pieces()), { objectMode: true }), `places.${extension}`)
  add('shp', () => shapes(rows, places()))
  add('shx', () => index(rows))
  add('dbf', () => table(rows, places()))
  zip.addBuffer(Buffer.from(wgs84), 'places.prj')
  zip.addBuffer(Buffer.from('UTF-8'), 'places.cpg')
  zip.end()
  await finished(zip.outputStream.pipe(createWriteStream(path)))
}

function head(bytes: number): Buffer {
  const buffer = Buffer.alloc(headBytes)
  buffer.writeInt32BE(9994, 0)
  buffer.writeInt32BE(bytes / 2, 24)
  buffer.writeInt32LE(1000, 28)
  buffer.writeInt32LE(1, 32)
  for (const [at, value] of [-180, -90, 180, 90].entries()) buffer.writeDoubleLE(value, 36 + 8 * at)
  return buffer
}

function* shapes(rows: number, places: Iterable<Place>): Generator<Buffer> {
  yield head(headBytes + rows * recordBytes)
  for (const { id, lon, lat } of places) {
    const record = Buffer.alloc(recordBytes)
    record.writeInt32BE(id, 0)
    record.writeInt32BE((recordBytes - 8) / 2, 4)
    record.writeInt32LE(1, 8)
    record.writeDoubleLE(lon, 12)
    record.writeDoubleLE(lat, 20)
    yield record
  }
}

function* index(rows: number): Generator<Buffer> {
  yield head(headBytes + rows * 8)
  for (let row = 0; row < rows; row++) {
    const entry = Buffer.alloc(8)
    entry.writeInt32BE((headBytes + row * recordBytes) / 2, 0)
    entry.writeInt32BE((recordBytes - 8) / 2, 4)
    yield entry
  }
}

function* table(rows: number, places: Iterable<Place>): Generator<Buffer> {
  const header = Buffer.alloc(32 * (attributes.length + 1) + 1)
  header[0] = 3
  header.writeUInt32LE(rows, 4)
  header.writeUInt16LE(header.length, 8)
  header.writeUInt16LE(1 + attributes.reduce((sum, [, , width]) => sum + width, 0), 10)
  for (const [at, [name, type, width, decimals]] of attributes.entries()) {
    header.write(name.toUpperCase() + type.padStart(11 - name.length, '\0'), 32 * (at + 1), 'latin1')
    header[32 * (at + 1) + 16] = width
    header[32 * (at + 1) + 17] = decimals
  }
  header[header.length - 1] = 0x0d
  yield header
  for (const place of places) {
    const values = attributes.map(([name, type, width, decimals]) => {
      const value = place[name]
      if (type === 'N') return Number(value).toFixed(decimals).padStart(width)
      return (type === 'D' ? String(value).replaceAll('-', '') : String(value)).padEnd(width)
    })
    yield Buffer.from(` ${values.join('')}`, 'latin1')
  }
  yield Buffer.from([0x1a])
}

/** Pieces of a size that streams like. */
function* gathered(pieces: Iterable<Buffer>): Generator<Buffer> {
  let open: Buffer[] = []
  let length = 0
  for (const piece of pieces) {
    open.push(piece)
    length += piece.length
    if (length < 1 << 18) continue
    yield Buffer.concat(open)
    open = []
    length = 0
  }
  yield Buffer.concat(open)
}
