/** Which files are archives, told from their first bytes, and opening them. */
import { open } from 'node:fs/promises'
import { openUnpacked } from '../bytes/open-source.ts'
import type { Archive, ArchiveSource } from './archive.ts'
import { isTarHeader, readTar } from './tar-archive.ts'
import { readZip } from './zip-archive.ts'

/** The archive that a file is; null when it is none. Errors: ingest.truncated_archive, ingest.too_many_members. */
export async function openArchive(source: ArchiveSource): Promise<Archive | null> {
  const kind = await archiveKind(source)
  if (kind === null) return null
  return kind === 'zip' ? readZip(source) : readTar(source)
}

/** From the first bytes; a tar may be gzipped. */
async function archiveKind(source: Pick<ArchiveSource, 'path' | 'filename'>): Promise<'zip' | 'tar' | null> {
  const head = await headOf(source.path)
  if (isZip(head)) return 'zip'
  if (isTarHeader(head)) return 'tar'
  if (head[0] !== 0x1f || head[1] !== 0x8b) return null
  const opened = await openUnpacked({ ...source, maxBytes: Number.POSITIVE_INFINITY })
  try {
    const unpacked: Buffer[] = []
    let length = 0
    for await (const chunk of opened.chunks) {
      unpacked.push(chunk)
      length += chunk.length
      if (length >= tarBlock) break
    }
    return isTarHeader(Buffer.concat(unpacked)) ? 'tar' : null
  } finally {
    opened.close()
  }
}

const tarBlock = 512

export function isZip(head: Buffer): boolean {
  const start = head.subarray(0, 4).toString('latin1')
  return start === 'PK\x03\x04' || start === 'PK\x05\x06'
}

async function headOf(path: string): Promise<Buffer> {
  const file = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(tarBlock), 0, tarBlock, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}
