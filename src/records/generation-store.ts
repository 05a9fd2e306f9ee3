/**
 * Open generations: where readers get the SQL relation of a generation from, and the lease that keeps it there.
 *
 * A generation with a serving file is attached read-only, once, and shared. One without (just aborted, or the file was
 * deleted) is read from its Parquet parts through a view: the same rows, slower. `refresh` looks again; `retire` closes a
 * generation for new readers and waits for the last one. What nobody reads is closed when too much is open.
 */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Connection, Engine } from '../engine/index.ts'
import {
  AppError,
  type Manifest,
  partsRelationSql,
  quoteIdentifier,
  quoteLiteral,
  servingLayout,
} from '../kernel/index.ts'

export interface GenerationHandle {
  readonly generationUid: string
  /** SQL of the records: `_row`, `_id` and the fields. */
  readonly relation: string
  readonly search: { readonly terms: string; readonly postings: string } | null
  /** SQL of (`_id`, `_row`) sorted by id; null without a serving file. */
  readonly ids: string | null
  readonly recordsCount: number
  release(): void
}

export interface GenerationStore {
  /** Errors: records.generation_gone when it has been collected. */
  acquire(generationUid: string): Promise<GenerationHandle>
  /** A serving file may have appeared: later readers use it. */
  refresh(generationUid: string): Promise<void>
  /** Takes no new readers and resolves when the last has let go. */
  retire(generationUid: string): Promise<void>
  close(): void
}

interface Entry {
  readonly alias: string
  readonly opened: Promise<Omit<GenerationHandle, 'release'>>
  leases: number
  lastUsed: number
  onIdle: (() => void) | null
}

const maxOpen = 200

export function createGenerationStore(deps: {
  engine: Engine
  generationsDirectory: string
  servingDirectory: string
}): GenerationStore {
  const entries = new Map<string, Entry>()
  const retired = new Set<string>()
  /** Entries that new readers do not get any more, until their last reader has let go. */
  const leaving = new Map<string, Set<Promise<void>>>()
  let counter = 0
  let setup: Promise<Connection> | null = null

  async function run(sql: string): Promise<void> {
    setup ??= deps.engine.connect()
    await (await setup).run(sql)
  }

  function open(generationUid: string): Entry {
    if (!/^ge_[a-z0-9]+$/.test(generationUid)) throw new AppError('records.generation_gone', {})
    const alias = `${generationUid}_${counter++}`
    const serving = join(deps.servingDirectory, `${generationUid}.duckdb`)
    const opened = existsSync(serving)
      ? attach(generationUid, alias, serving)
      : viewParts(generationUid, alias)
    const entry: Entry = { alias, opened, leases: 0, lastUsed: counter, onIdle: null }
    entries.set(generationUid, entry)
    opened.catch(() => {
      if (entries.get(generationUid) === entry) entries.delete(generationUid)
    })
    if (entries.size > maxOpen) closeLeastUsed(entry)
    return entry
  }

  async function readManifest(generationUid: string): Promise<Manifest> {
    try {
      return JSON.parse(
        await readFile(join(deps.generationsDirectory, generationUid, 'manifest.json'), 'utf8'),
      )
    } catch {
      throw new AppError('records.generation_gone', {})
    }
  }

  async function attach(
    generationUid: string,
    alias: string,
    path: string,
  ): Promise<Omit<GenerationHandle, 'release'>> {
    const { records_count: recordsCount } = await readManifest(generationUid)
    await run(`attach ${quoteLiteral(path)} as ${quoteIdentifier(alias)} (read_only)`)
    // A file that another release derived is not read: the parts are, until it has been derived anew.
    if (!(await hasOurLayout(alias))) {
      await run(`detach ${quoteIdentifier(alias)}`)
      return viewParts(generationUid, alias)
    }
    const table = (name: string) => `${quoteIdentifier(alias)}.${quoteIdentifier(name)}`
    return {
      generationUid,
      relation: table(servingLayout.records),
      search: { terms: table(servingLayout.terms), postings: table(servingLayout.postings) },
      ids: table(servingLayout.ids),
      recordsCount,
    }
  }

  async function hasOurLayout(alias: string): Promise<boolean> {
    const connection = await setup!
    const [row] = await connection.all(
      `select value from ${quoteIdentifier(alias)}.${servingLayout.meta} where key = 'layout'`,
    )
    return row?.value === String(servingLayout.version)
  }

  async function viewParts(generationUid: string, alias: string): Promise<Omit<GenerationHandle, 'release'>> {
    const manifest = await readManifest(generationUid)
    const view = quoteIdentifier(`parts_${alias}`)
    await run(
      `create view ${view} as ${partsRelationSql(manifest, join(deps.generationsDirectory, generationUid))}`,
    )
    return { generationUid, relation: view, search: null, ids: null, recordsCount: manifest.records_count }
  }

  async function close(entry: Entry): Promise<void> {
    const opened = await entry.opened.catch(() => null)
    if (!opened) return
    await run(
      opened.search ? `detach ${quoteIdentifier(entry.alias)}` : `drop view if exists ${opened.relation}`,
    ).catch(() => {})
  }

  function closeWhenIdle(entry: Entry): Promise<void> {
    if (entry.leases === 0) return close(entry)
    return new Promise((resolve) => {
      entry.onIdle = () => resolve(close(entry))
    })
  }

  /** `fresh` is about to get its first reader. */
  function closeLeastUsed(fresh: Entry): void {
    let oldest: string | null = null
    let lastUsed = Number.POSITIVE_INFINITY
    for (const [generationUid, entry] of entries) {
      if (entry === fresh || entry.leases > 0 || entry.lastUsed >= lastUsed) continue
      oldest = generationUid
      lastUsed = entry.lastUsed
    }
    if (oldest !== null) leave(oldest)
  }

  /** Closes what is open of a generation for new readers, and at all when the last one has let go. */
  function leave(generationUid: string): void {
    const entry = entries.get(generationUid)
    if (!entry) return
    entries.delete(generationUid)
    const others = leaving.get(generationUid) ?? new Set()
    const left = closeWhenIdle(entry).finally(() => {
      others.delete(left)
      if (others.size === 0) leaving.delete(generationUid)
    })
    leaving.set(generationUid, others.add(left))
  }

  return {
    async acquire(generationUid) {
      if (retired.has(generationUid)) throw new AppError('records.generation_gone', {})
      const entry = entries.get(generationUid) ?? open(generationUid)
      entry.leases++
      entry.lastUsed = ++counter
      let isReleased = false
      const release = () => {
        if (isReleased) return
        isReleased = true
        entry.leases--
        if (entry.leases === 0) entry.onIdle?.()
      }
      try {
        return { ...(await entry.opened), release }
      } catch (error) {
        release()
        throw error
      }
    },
    async refresh(generationUid) {
      leave(generationUid)
    },
    async retire(generationUid) {
      retired.add(generationUid)
      leave(generationUid)
      await Promise.all(leaving.get(generationUid) ?? [])
    },
    close() {
      void setup?.then((connection) => connection.close())
    },
  }
}
