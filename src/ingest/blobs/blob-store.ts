import { createHash } from 'node:crypto'
import { existsSync, statSync, unlinkSync } from 'node:fs'
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { crashPoint } from '../../faults/index.ts'
import { AppError, type Ids } from '../../kernel/index.ts'

export interface PutOptions {
  readonly maxBytes: number
  readonly signal?: AbortSignal
  readonly onBytes?: (total: number) => void
}

/** Source bytes, each kept once under the hash of its content. */
export interface BlobStore {
  /** Streams into the store with back-pressure; nothing is left of a put that fails. Errors: ingest.source_too_large. */
  put(source: Readable, options: PutOptions): Promise<{ sha256: string; bytes: number }>
  /** Absolute path of a blob, whether or not it exists. */
  path(sha256: string): string
  has(sha256: string): Promise<boolean>
  /** Removes a blob that was last put before that instant, in milliseconds; one that is being put stays. Answers whether it did. */
  removeOlder(sha256: string, before: number): boolean
  list(): AsyncIterable<string>
}

const hashPattern = /^[0-9a-f]{64}$/

export function createBlobStore(options: { directory: string; tmpDirectory: string; ids: Ids }): BlobStore {
  /** What is being renamed to its place just now. */
  const arriving = new Set<string>()

  function path(sha256: string): string {
    if (!hashPattern.test(sha256)) throw new TypeError('a blob is named by 64 hex digits')
    return join(options.directory, sha256.slice(0, 2), sha256)
  }

  return {
    path,
    has: async (sha256) => existsSync(path(sha256)),

    // In one go: between a look and a removal that waits, somebody might put the same bytes again and rely on them.
    removeOlder(sha256, before) {
      const target = path(sha256)
      const found = statSync(target, { throwIfNoEntry: false })
      if (!found || found.mtimeMs >= before || arriving.has(sha256)) return false
      unlinkSync(target)
      return true
    },

    async put(source, { maxBytes, signal, onBytes }) {
      await mkdir(options.tmpDirectory, { recursive: true })
      const unfinished = join(options.tmpDirectory, `blob-${options.ids.hex(8)}`)
      const file = await open(unfinished, 'wx')
      const hash = createHash('sha256')
      let bytes = 0
      try {
        for await (const chunk of source as AsyncIterable<Buffer>) {
          signal?.throwIfAborted()
          bytes += chunk.length
          if (bytes > maxBytes) throw new AppError('ingest.source_too_large', { maxBytes })
          hash.update(chunk)
          await file.writeFile(chunk)
          onBytes?.(bytes)
        }
        await file.sync()
        await file.close()
        const sha256 = hash.digest('hex')
        const target = path(sha256)
        const isNewShard = (await mkdir(dirname(target), { recursive: true })) !== undefined
        crashPoint('blob.before')
        arriving.add(sha256)
        try {
          await rename(unfinished, target)
        } finally {
          arriving.delete(sha256)
        }
        await syncDirectory(dirname(target))
        if (isNewShard) await syncDirectory(options.directory)
        crashPoint('blob.after')
        return { sha256, bytes }
      } catch (error) {
        source.destroy()
        await file.close().catch(() => {})
        await rm(unfinished, { force: true })
        throw error
      }
    },

    async *list() {
      for (const shard of await readdir(options.directory)) {
        if (!/^[0-9a-f]{2}$/.test(shard)) continue
        for (const name of await readdir(join(options.directory, shard)))
          if (hashPattern.test(name)) yield name
      }
    },
  }
}

/** A rename is durable only once the directory that holds it is. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
