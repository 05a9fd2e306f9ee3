import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { ReaderContext } from '../extractors/reader.ts'
import { isGzip, openUnpacked } from './open-source.ts'

/**
 * Where a source can be read at any position, for formats that are read from both ends: the file itself, or, when it is
 * gzipped, a copy that `release` removes. Errors: those of openUnpacked.
 */
export async function seekablePath(context: ReaderContext): Promise<{ path: string; release: () => void }> {
  const { path: stored, filename } = context.source
  if (!(await isGzip(stored))) return { path: stored, release: () => {} }
  const path = join(context.tmpDirectory, `${context.prefix}-unpacked`)
  const opened = await openUnpacked({ path: stored, filename, maxBytes: context.maxSourceBytes })
  await pipeline(opened.chunks, createWriteStream(path), { signal: context.stop })
  return { path, release: () => void rm(path, { force: true }) }
}
