import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { copyFile, link, lstat, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

export interface CopyTally {
  files: number
  bytes: number
}

/** What is to be copied is not what it should be. */
export class DamagedSourceError extends Error {}

export interface CopyOrder {
  readonly source: string
  readonly target: string
  /** For messages, without the directory. */
  readonly name: string
  /** What the file must be; what is null cannot be known beforehand. */
  readonly bytes: number | null
  readonly sha256: string | null
  /** A second name instead of a copy, where the file system allows it. */
  readonly links: boolean
}

/**
 * Copies a file that never changes, unless it is there already; durable when it returns, but for its directory. The copy
 * gets its name when it is whole. Errors: DamagedSourceError, also when it is missing.
 */
export async function copyImmutable(order: CopyOrder, tally: CopyTally): Promise<void> {
  const { source, target, name } = order
  const there = await stat(target).catch(() => null)
  const from = await lstat(source).catch(() => null)
  // Not what a link leads to: it may lead out of the backup.
  if (!from?.isFile()) throw new DamagedSourceError(`${name} is missing`)
  if (order.bytes !== null && from.size !== order.bytes)
    throw new DamagedSourceError(`${name} has ${from.size} bytes instead of ${order.bytes}`)
  if (there?.size === from.size) return
  await mkdir(dirname(target), { recursive: true })
  if (!(order.links && (await tryLink(source, target)))) await copy(order)
  tally.files++
  tally.bytes += from.size
}

async function tryLink(source: string, target: string): Promise<boolean> {
  await rm(target, { force: true })
  return link(source, target).then(
    () => true,
    () => false,
  )
}

async function copy({ source, target, name, sha256 }: CopyOrder): Promise<void> {
  const unfinished = `${target}.partial`
  const hash = createHash('sha256')
  const file = await open(unfinished, 'w')
  try {
    for await (const chunk of createReadStream(source, { highWaterMark: 1 << 20 })) {
      hash.update(chunk)
      await file.writeFile(chunk)
    }
    await file.sync()
  } finally {
    await file.close()
  }
  if (sha256 !== null && hash.digest('hex') !== sha256) {
    await rm(unfinished, { force: true })
    throw new DamagedSourceError(`${name} does not have the content that was sealed`)
  }
  await rename(unfinished, target)
}

/** A file that may be another next time; durable when it returns, but for its directory. */
export async function copyDurably(source: string, target: string): Promise<void> {
  await copyFile(source, target)
  await syncFile(target)
}

export async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}
