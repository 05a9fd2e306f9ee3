/**
 * Zip archives, read by their directory. What a hostile one can do is checked before its content is looked at: how many
 * entries it has, whether they overlap (one compressed block counted many times), how far they unpack. What it says of sizes
 * and checksums is compared with what comes out.
 */
import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { crc32 } from 'node:zlib'
import iconv from 'iconv-lite'
import { type Entry, openPromise, type ZipFile } from 'yauzl'
import { AppError } from '../../kernel/index.ts'
import { readDirectory } from '../zip/zip-directory.ts'
import { type Archive, type ArchiveSource, damaged, maxMembers, maxNameLength, prefixOf } from './archive.ts'
import { cleanName, isLitter } from './member-names.ts'
import { createUnpackLimit, type UnpackLimit } from './unpack-limit.ts'

const utf8Flag = 0x800
const symbolicLink = 0xa000

export async function readZip(source: ArchiveSource): Promise<Archive> {
  const { filename, prefixBytes, stop } = source
  // Names as bytes: the library refuses an archive for a name that would be dangerous as a path, which none is here.
  const file = await openPromise(source.path, {
    lazyEntries: true,
    autoClose: false,
    decodeStrings: false,
  }).catch((error: unknown) => {
    throw damaged(filename, error)
  })
  try {
    const entries = await readDirectory(file, {
      maxEntries: maxMembers,
      tooMany: () => new AppError('ingest.too_many_members', { filename, max: maxMembers }),
      damaged: (error) => damaged(filename, error),
      check({ fileNameLength }) {
        if (fileNameLength > maxNameLength) throw new Error('a name in it is too long')
      },
    })
    const members = entries
      .map((entry) => ({ entry, name: nameOf(entry), bytes: entry.uncompressedSize }))
      .filter(({ entry, name }) => !name.endsWith('/') && !isLitter(name) && !isLink(entry))
    return {
      kind: 'zip',
      members,
      async *unpack(wanted, pathOf) {
        const chosen = [...wanted].sort((a, b) => a - b)
        let packed = 0
        const limit = createUnpackLimit(filename, source.maxBytes, () => packed)
        for (const index of chosen) {
          const { entry, name, bytes } = members[index]!
          packed += entry.compressedSize
          await unpackEntry(file, entry, { filename, name, path: pathOf(index), limit, prefixBytes, stop })
          yield { index, path: pathOf(index), bytes }
        }
      },
      close: () => file.close(),
    }
  } catch (error) {
    file.close()
    throw error
  }
}

function nameOf(entry: Entry): string {
  const raw = entry.fileNameRaw
  const text = raw.toString('utf8')
  // Many programs write UTF-8 without saying so.
  const isUtf8 = (entry.generalPurposeBitFlag & utf8Flag) !== 0 || !text.includes('\uFFFD')
  return cleanName(isUtf8 ? text : iconv.decode(raw, 'cp437'))
}

function isLink({ externalFileAttributes }: Entry): boolean {
  return ((externalFileAttributes >>> 16) & 0xf000) === symbolicLink
}

interface Unpacking {
  readonly filename: string
  readonly name: string
  readonly path: string
  readonly limit: UnpackLimit
  readonly prefixBytes: number | undefined
  readonly stop: AbortSignal
}

async function unpackEntry(
  file: ZipFile,
  entry: Entry,
  { filename, name, path, limit, prefixBytes, stop }: Unpacking,
): Promise<void> {
  if (entry.isEncrypted()) throw new AppError('ingest.encrypted', { filename: name })
  if (!entry.canDecodeFileData())
    throw damaged(filename, `${name} is compressed in a way that is not known (${entry.compressionMethod})`)
  let checksum = 0
  async function* checked(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      limit.add(chunk.length)
      checksum = crc32(chunk, checksum)
      yield chunk
    }
    if (checksum !== entry.crc32) throw new Error(`${name} is not what its checksum says`)
  }
  try {
    const stream = await file.openReadStreamPromise(entry)
    const isCut = prefixBytes !== undefined && entry.uncompressedSize > prefixBytes
    const content = isCut ? prefixOf(stream, prefixBytes) : checked(stream)
    await pipeline(content, createWriteStream(path), { signal: stop })
  } catch (error) {
    if (stop.aborted) throw error
    throw damaged(filename, error)
  }
}
