/**
 * Files that are written before they are sent, kept for a while: a reader may come back for the rest of one, or read it in
 * ranges. Who asks for one that is being written waits for it; when all who wait have gone, the writing stops.
 *
 * They are kept by what they are made from (`key`), the least used go first when they are too many or too large together,
 * and all go after some idle minutes. A file that is open stays readable after it has gone. Each has a name of its own,
 * for its tag: the engine does not promise the same bytes for the same rows.
 */
import { type FileHandle, open, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { currentClient } from '../engine/index.ts'
import { AppError, type Ids } from '../kernel/index.ts'

export interface WholeFile {
  readonly bytes: number
  /** Different for every writing. */
  readonly instance: string
  readonly handle: FileHandle
}

export interface WholeFiles {
  /** The file, open; the caller closes it. Errors: engine.query_cancelled, exports.too_many_files; those of `write`. */
  take(
    key: string,
    signal: AbortSignal,
    write: (path: string, signal: AbortSignal) => Promise<void>,
  ): Promise<WholeFile>
  close(): void
}

interface Entry {
  /** Who asked first. */
  readonly client: string
  readonly path: string
  readonly instance: string
  readonly controller: AbortController
  written: Promise<number>
  waiting: number
  bytes: number | null
  timer: NodeJS.Timeout | null
}

const maxFiles = 32
/** Each takes the engine and the disk for as long as a whole dataset needs. */
const maxWriting = 4
/** Of one client: another finds a place. */
const maxWritingOfClient = maxWriting - 1
const retryAfterSeconds = 30
const maxBytes = 4 * 2 ** 30
const idleMs = 10 * 60_000

export function createWholeFiles(deps: { ids: Ids; directory: string }): WholeFiles {
  /** Least used first. */
  const entries = new Map<string, Entry>()

  function drop(key: string, entry: Entry): void {
    if (entries.get(key) === entry) entries.delete(key)
    if (entry.timer) clearTimeout(entry.timer)
    void rm(entry.path, { force: true }).catch(() => {})
  }

  function start(key: string, write: (path: string, signal: AbortSignal) => Promise<void>): Entry {
    const instance = deps.ids.hex(8)
    const controller = new AbortController()
    const path = join(deps.directory, `whole-${instance}`)
    const entry: Entry = {
      client: currentClient(),
      path,
      instance,
      controller,
      written: write(path, controller.signal).then(async () => (await stat(path)).size),
      waiting: 0,
      bytes: null,
      timer: null,
    }
    entry.written.then(
      (bytes) => {
        // It was given up when all of it was there.
        if (entries.get(key) !== entry) return drop(key, entry)
        entry.bytes = bytes
        makeRoom(entry)
      },
      () => drop(key, entry),
    )
    return entry
  }

  function makeRoom(newest: Entry): void {
    let total = [...entries.values()].reduce((sum, { bytes }) => sum + (bytes ?? 0), 0)
    for (const [key, entry] of entries) {
      if (total <= maxBytes && entries.size <= maxFiles) return
      if (entry === newest || entry.bytes === null || entry.waiting > 0) continue
      total -= entry.bytes
      drop(key, entry)
    }
  }

  /** Errors: exports.too_many_files. */
  function checkPlace(): void {
    const writing = [...entries.values()].filter(({ bytes }) => bytes === null)
    const own = writing.filter(({ client }) => client === currentClient())
    for (const [list, max] of [
      [own, maxWritingOfClient],
      [writing, maxWriting],
    ] as const) {
      if (list.length >= max) throw new AppError('exports.too_many_files', { max, retryAfterSeconds })
    }
  }

  function touch(key: string, entry: Entry): void {
    entries.delete(key)
    entries.set(key, entry)
    if (entry.timer) clearTimeout(entry.timer)
    entry.timer = null
  }

  /** From when nobody waits for it: a file may take longer to write than it is kept. */
  function startIdling(key: string, entry: Entry): void {
    if (entry.timer) clearTimeout(entry.timer)
    entry.timer = setTimeout(() => drop(key, entry), idleMs).unref()
  }

  return {
    async take(key, signal, write) {
      if (signal.aborted) throw new AppError('engine.query_cancelled', {})
      if (!entries.has(key)) checkPlace()
      const entry = entries.get(key) ?? start(key, write)
      touch(key, entry)
      entry.waiting++
      let hasLeft = false
      const leave = () => {
        if (hasLeft) return
        hasLeft = true
        entry.waiting--
        if (entry.waiting > 0) return
        if (entry.bytes !== null) {
          if (entries.get(key) === entry) startIdling(key, entry)
          return
        }
        // Nobody else may join what is about to be stopped.
        if (entries.get(key) === entry) entries.delete(key)
        entry.controller.abort()
      }
      signal.addEventListener('abort', leave, { once: true })
      try {
        const bytes = await entry.written
        return { bytes, instance: entry.instance, handle: await open(entry.path, 'r') }
      } finally {
        signal.removeEventListener('abort', leave)
        leave()
      }
    },
    close() {
      for (const [key, entry] of entries) drop(key, entry)
    },
  }
}
