/**
 * Tar archives, also gzipped: read from one end to the other, once to list them and once to unpack. A look at the first
 * member that fits reads no further than that.
 */
import { createWriteStream } from 'node:fs'
import { Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { extract, type Header } from 'tar-stream'
import { AppError } from '../../kernel/index.ts'
import { openUnpacked } from '../bytes/open-source.ts'
import {
  type Archive,
  type ArchiveSource,
  damaged,
  type Member,
  maxMembers,
  maxNameLength,
  prefixOf,
} from './archive.ts'
import { cleanName, isLitter } from './member-names.ts'
import { createUnpackLimit } from './unpack-limit.ts'

/** A tar has no magic at its start; its first header has a checksum of itself. */
export function isTarHeader(head: Buffer): boolean {
  if (head.length < 512) return false
  const written = Number.parseInt(head.toString('latin1', 148, 156).replaceAll('\0', ' ').trim(), 8)
  let sum = 8 * 0x20
  for (let at = 0; at < 512; at++) if (at < 148 || at >= 156) sum += head[at]!
  return written === sum && head[0] !== 0
}

export async function readTar(source: ArchiveSource): Promise<Archive> {
  const members: Member[] = []
  let entries = 0
  for await (const entry of entriesOf(source)) {
    if (++entries > maxMembers)
      throw new AppError('ingest.too_many_members', { filename: source.filename, max: maxMembers })
    if (isMember(entry.header)) {
      const member = { name: nameOf(entry.header), bytes: entry.header.size }
      members.push(member)
      if (source.suffices?.(member)) break
    }
    entry.resume()
  }
  return {
    kind: 'tar',
    members,
    async *unpack(wanted, pathOf) {
      let index = -1
      let left = wanted.size
      if (left === 0) return
      for await (const entry of entriesOf(source)) {
        if (isMember(entry.header)) index++
        if (!isMember(entry.header) || !wanted.has(index)) {
          entry.resume()
          continue
        }
        const path = pathOf(index)
        try {
          await pipeline(prefixOf(chunksOf(entry), source.prefixBytes), createWriteStream(path), {
            signal: source.stop,
          })
        } catch (error) {
          throw source.stop.aborted ? error : damaged(source.filename, error)
        }
        yield { index, path, bytes: entry.header.size }
        if (--left === 0) return
      }
    },
    close: () => {},
  }
}

interface Entry extends AsyncIterable<Uint8Array> {
  readonly header: Header
  resume(): unknown
}

/** As plain chunks: its streams are not Node's own. */
async function* chunksOf(entry: Entry): AsyncGenerator<Uint8Array> {
  yield* entry
}

async function* entriesOf({ path, filename, bytes, maxBytes, stop }: ArchiveSource): AsyncGenerator<Entry> {
  const opened = await openUnpacked({ path, filename, maxBytes, stop })
  const limit = createUnpackLimit(filename, maxBytes, () => Math.max(opened.bytesRead(), Math.min(bytes, 1)))
  async function* checked(): AsyncGenerator<Buffer> {
    for await (const chunk of opened.chunks) {
      stop.throwIfAborted()
      limit.add(chunk.length)
      yield chunk
    }
  }
  const extraction = extract()
  const feeding = pipeline(Readable.from(checked()), extraction as unknown as Writable)
  let failure: unknown = null
  feeding.catch((error: unknown) => {
    failure = error
  })
  try {
    for await (const entry of extraction) yield entry as Entry
    await feeding
  } catch (error) {
    if (stop.aborted) throw error
    // What feeds it says more than the extraction that was cut off.
    throw damaged(filename, failure ?? error)
  } finally {
    opened.close()
    extraction.destroy()
  }
}

function isMember(header: Header): boolean {
  const isFile = header.type === 'file' || header.type === 'contiguous-file'
  const name = nameOf(header)
  return isFile && !name.endsWith('/') && !isLitter(name)
}

function nameOf({ name }: Header): string {
  return cleanName(name.slice(0, maxNameLength)).replace(/^(\.\/)+/, '')
}
