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
import { AppError, type Manifest, quoteIdentifier, quoteLiteral, servingLayout } from '../kernel/index.ts'

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
  isClosing: boolean
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
    const entry: Entry = { alias, opened, leases: 0, lastUsed: counter, isClosing: false, onIdle: null }
    entries.set(generationUid, entry)
    opened.catch(() => {
      if (entries.get(generationUid) === entry) entries.delete(generationUid)
    })
    if (entries.size > maxOpen) closeLeastUsed()
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
    const table = (name: string) => `${quoteIdentifier(alias)}.${quoteIdentifier(name)}`
    return {
      generationUid,
      relation: table(servingLayout.records),
      search: { terms: table(servingLayout.terms), postings: table(servingLayout.postings) },
      ids: table(servingLayout.ids),
      recordsCount,
    }
  }

  async function viewParts(generationUid: string, alias: string): Promise<Omit<GenerationHandle, 'release'>> {
    const manifest = await readManifest(generationUid)
    const view = quoteIdentifier(`parts_${alias}`)
    const fields = manifest.fields.map((field) => quoteIdentifier(field.name))
    if (manifest.parts.length === 0) {
      await run(`create view ${view} as select 0::bigint as _row, null::uuid as _id where false`)
    } else {
      const files = manifest.parts.map((part) =>
        quoteLiteral(join(deps.generationsDirectory, generationUid, part.file)),
      )
      let rows = 0
      const offsets = manifest.parts.map((part) => {
        const offset = `${quoteLiteral(part.file)}: ${rows}::bigint`
        rows += part.rows
        return offset
      })
      await run(
        `create view ${view} as select map {${offsets.join(', ')}}[parse_filename(filename)] + file_row_number as _row, ${['_id', ...fields].join(', ')}
         from read_parquet([${files.join(', ')}], filename = true, file_row_number = true)`,
      )
    }
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
    entry.isClosing = true
    if (entry.leases === 0) return close(entry)
    return new Promise((resolve) => {
      entry.onIdle = () => resolve(close(entry))
    })
  }

  function closeLeastUsed(): void {
    let oldest: [string, Entry] | null = null
    for (const item of entries)
      if (item[1].leases === 0 && (!oldest || item[1].lastUsed < oldest[1].lastUsed)) oldest = item
    if (!oldest) return
    entries.delete(oldest[0])
    void closeWhenIdle(oldest[1])
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
      const entry = entries.get(generationUid)
      if (!entry) return
      entries.delete(generationUid)
      void closeWhenIdle(entry)
    },
    async retire(generationUid) {
      retired.add(generationUid)
      const entry = entries.get(generationUid)
      if (!entry) return
      entries.delete(generationUid)
      await closeWhenIdle(entry)
    },
    close() {
      void setup?.then((connection) => connection.close())
    },
  }
}
