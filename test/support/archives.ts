/** Archives for tests: whole ones by the libraries, and zips put together by hand for what no library writes. */
import { buffer } from 'node:stream/consumers'
import { crc32, deflateRawSync } from 'node:zlib'
import { pack } from 'tar-stream'
import { fromBuffer } from 'yauzl'
import { ZipFile } from 'yazl'

export type Files = Readonly<Record<string, string | Buffer>>

export async function zipOf(files: Files): Promise<Buffer> {
  const zip = new ZipFile()
  for (const [name, content] of Object.entries(files)) {
    if (name.endsWith('/')) zip.addEmptyDirectory(name)
    else zip.addBuffer(Buffer.from(content), name, { mtime: new Date(0) })
  }
  zip.end()
  return buffer(zip.outputStream as unknown as AsyncIterable<Buffer>)
}

/** The files of a zip, by name. */
export function filesOf(bytes: Buffer): Promise<Record<string, Buffer>> {
  return new Promise((resolve, reject) => {
    const files: Record<string, Buffer> = {}
    fromBuffer(bytes, { lazyEntries: true }, (error, zip) => {
      if (error || !zip) return reject(error)
      zip.on('error', reject)
      zip.on('end', () => resolve(files))
      zip.on('entry', (entry) => {
        zip.openReadStream(entry, (fault, stream) => {
          if (fault || !stream) return reject(fault)
          void stream.toArray().then((chunks: Buffer[]) => {
            files[entry.fileName] = Buffer.concat(chunks)
            zip.readEntry()
          }, reject)
        })
      })
      zip.readEntry()
    })
  })
}

export async function tarOf(files: Files): Promise<Buffer> {
  const tar = pack()
  for (const [name, content] of Object.entries(files)) {
    if (name.endsWith('/')) tar.entry({ name, type: 'directory' })
    else tar.entry({ name, mtime: new Date(0) }, Buffer.from(content))
  }
  tar.finalize()
  return buffer(tar as unknown as AsyncIterable<Buffer>)
}

export interface RawEntry {
  readonly name: string
  readonly content: Buffer
  readonly method?: 0 | 8 | 9
  readonly flags?: number
  /** What the directory says, where that is not true. */
  readonly size?: number
  readonly crc?: number
  /** Attributes of the file system. */
  readonly mode?: number
  /** The entry's local header is that of the entry with this number: they overlap. */
  readonly at?: number
}

/** A zip of entries as they are given, true or not. `entryCount`: as its end says. */
export function rawZip(entries: readonly RawEntry[], entryCount: number = entries.length): Buffer {
  const local: Buffer[] = []
  const directory: Buffer[] = []
  const offsets: number[] = []
  let offset = 0
  for (const { name, content, method = 8, flags = 0, size, crc, mode = 0, at } of entries) {
    const data = method === 8 ? deflateRawSync(content) : content
    const title = Buffer.from(name)
    const fields = Buffer.alloc(26)
    fields.writeUInt16LE(20, 0)
    fields.writeUInt16LE(flags, 2)
    fields.writeUInt16LE(method, 4)
    fields.writeUInt32LE(crc ?? crc32(content), 10)
    fields.writeUInt32LE(data.length, 14)
    fields.writeUInt32LE(size ?? content.length, 18)
    fields.writeUInt16LE(title.length, 22)
    offsets.push(at === undefined ? offset : offsets[at]!)
    if (at === undefined) {
      const piece = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), fields, title, data])
      local.push(piece)
      offset += piece.length
    }
    const tail = Buffer.alloc(14)
    tail.writeUInt32LE((mode << 16) >>> 0, 6)
    tail.writeUInt32LE(offsets.at(-1)!, 10)
    directory.push(Buffer.from('PK\x01\x02\x14\x03', 'latin1'), fields, tail, title)
  }
  const entriesPart = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 0, 'latin1')
  end.writeUInt16LE(entryCount & 0xffff, 8)
  end.writeUInt16LE(entryCount & 0xffff, 10)
  end.writeUInt32LE(entriesPart.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...local, entriesPart, end])
}
