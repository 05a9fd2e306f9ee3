/** One set of shp, shx and dbf, written as the records come; what the headers say of all is filled in at the end. */
import { type FileHandle, open } from 'node:fs/promises'
import type { Row } from '../../engine/index.ts'
import { AppError } from '../../kernel/index.ts'
import { type DbfColumn, dbfHeader, dbfRecord } from './dbf.ts'
import { type Box, boxOf, encodeShape, type Shape, type ShapeKind, typeNumber } from './shapes.ts'

export interface ShapeSet {
  add(shape: Shape | null, row: Row): void
  /** Writes what has been added. Errors: exports.file_too_large. */
  flush(): Promise<void>
  /** Completes the headers; a second time does nothing. */
  close(): Promise<void>
}

const headerBytes = 100
/** Offsets are counted in 16-bit words, with a sign; readers count bytes. */
const maxFileBytes = 2 ** 31 - 1

export async function openShapeSet(
  path: string,
  kind: ShapeKind,
  columns: readonly DbfColumn[],
  processedAt: number,
): Promise<ShapeSet> {
  const files = {
    shp: await appendable(path, 'shp'),
    shx: await appendable(path, 'shx'),
    dbf: await appendable(path, 'dbf'),
  }
  files.shp.add(Buffer.alloc(headerBytes))
  files.shx.add(Buffer.alloc(headerBytes))
  files.dbf.add(dbfHeader(columns, 0, processedAt))
  let records = 0
  let box: Box = boxOf([])
  let isClosed = false

  async function flush(): Promise<void> {
    for (const file of Object.values(files)) await file.flush()
  }

  return {
    add(shape, row) {
      const content = encodeShape(shape)
      const head = Buffer.alloc(8)
      head.writeInt32BE(++records, 0)
      head.writeInt32BE(content.length / 2, 4)
      const index = Buffer.alloc(8)
      index.writeInt32BE(files.shp.bytes() / 2, 0)
      index.writeInt32BE(content.length / 2, 4)
      files.shp.add(head)
      files.shp.add(content)
      files.shx.add(index)
      files.dbf.add(dbfRecord(columns, row))
      if (!shape) return
      const [minX, minY, maxX, maxY] = boxOf(shape.parts.flat())
      box = [Math.min(box[0], minX), Math.min(box[1], minY), Math.max(box[2], maxX), Math.max(box[3], maxY)]
    },
    flush,
    async close() {
      if (isClosed) return
      isClosed = true
      try {
        files.dbf.add(Buffer.from([0x1a]))
        await flush()
        await files.shp.overwrite(fileHeader(kind, files.shp.bytes(), box))
        await files.shx.overwrite(fileHeader(kind, files.shx.bytes(), box))
        await files.dbf.overwrite(dbfHeader(columns, records, processedAt))
      } finally {
        for (const file of Object.values(files)) await file.close()
      }
    },
  }
}

function fileHeader(kind: ShapeKind, bytes: number, box: Box): Buffer {
  const header = Buffer.alloc(headerBytes)
  header.writeInt32BE(9994, 0)
  header.writeInt32BE(bytes / 2, 24)
  header.writeInt32LE(1000, 28)
  header.writeInt32LE(typeNumber(kind), 32)
  if (box.every(Number.isFinite))
    box.forEach((value, index) => void header.writeDoubleLE(value, 36 + 8 * index))
  return header
}

async function appendable(path: string, extension: string) {
  const handle: FileHandle = await open(`${path}.${extension}`, 'w')
  let pieces: Buffer[] = []
  let bytes = 0
  return {
    bytes: () => bytes,
    add(piece: Buffer) {
      pieces.push(piece)
      bytes += piece.length
      if (bytes > maxFileBytes)
        throw new AppError('exports.file_too_large', { format: 'shp', maxBytes: maxFileBytes })
    },
    async flush() {
      const all = Buffer.concat(pieces)
      pieces = []
      for (let at = 0; at < all.length; ) at += (await handle.write(all, at)).bytesWritten
    },
    overwrite: (header: Buffer) => handle.write(header, 0, header.length, 0),
    close: () => handle.close(),
  }
}
