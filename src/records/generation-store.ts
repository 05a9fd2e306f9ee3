/**
 * Open generations: where readers get the SQL relation of a generation from, and the lease that keeps it there.
 *
 * A generation with a serving file is attached read-only, once, and shared. One without (just aborted, or the file was
 * deleted) is read from its Parquet parts through a view: the same rows, slower. `refresh` looks again; `retire` closes a
 * generation for new readers and waits for the last one. What nobody reads is closed when too much is open.
 *
 * Damage (docs/backup.md): a serving file that is not this generation's, or that the engine cannot read, is not used any
 * more until `refresh`; readers go on with the parts. Parts are checked before they are read (part-check.ts).
 */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Connection, type Engine, patiently, type Row } from '../engine/index.ts'
import {
  AppError,
  type Manifest,
  type ManifestPart,
  partsRelationSql,
  quoteIdentifier,
  quoteLiteral,
  servingLayout,
  servingPath,
} from '../kernel/index.ts'
import { createPartCheck } from './part-check.ts'

export interface GenerationHandle {
  readonly generationUid: string
  /** SQL of the records: `_row`, `_id` and the fields. */
  readonly relation: string
  readonly search: { readonly terms: string; readonly postings: string } | null
  /** SQL of (`_id`, `_row`) sorted by id; null without a serving file. */
  readonly ids: string | null
  readonly recordsCount: number
  /** What it reads from cannot be read: readers to come get something else. */
  distrust(): void
  release(): void
}

/** A file that is not what was sealed or derived. No damage: a serving file that is `missing`, or of another release. */
export interface DamageEvent {
  readonly kind: 'damaged' | 'missing' | 'outdated'
  readonly generationUid: string
  /** `serving file`, or the name of a file of the generation. */
  readonly file: string
}

export interface GenerationStore {
  /** Errors: records.generation_gone when it has been collected, records.generation_damaged. */
  acquire(generationUid: string): Promise<GenerationHandle>
  /**
   * Hands `work` a lease, which is its to release, and does so once more, from the parts, when the serving file turns out
   * to be damaged. Errors: those of `acquire` and of `work`.
   */
  lend<T>(generationUid: string, work: (handle: GenerationHandle) => Promise<T>): Promise<T>
  /** As `lend`, and releases the lease when `work` is over. */
  use<T>(generationUid: string, work: (handle: GenerationHandle) => Promise<T>): Promise<T>
  /** As sealed. Whoever asks holds a lease. Errors: records.generation_gone, records.generation_damaged. */
  listParts(generationUid: string): Promise<readonly ManifestPart[]>
  /** Whether a part is what was sealed, before its bytes are sent. Errors: records.generation_damaged. */
  checkPart(generationUid: string, part: ManifestPart): Promise<void>
  /** Whether damage of its files has been met. */
  isDamaged(generationUid: string): boolean
  /** A serving file may have appeared: later readers use it. */
  refresh(generationUid: string): Promise<void>
  /** Takes no new readers and resolves when the last has let go. */
  retire(generationUid: string): Promise<void>
  close(): void
}

type Opened = Omit<GenerationHandle, 'release' | 'distrust'> & { readonly manifest: Manifest }

interface Entry {
  readonly alias: string
  readonly opened: Promise<Opened>
  leases: number
  lastUsed: number
  onIdle: (() => void) | null
}

const maxOpen = 200
const servingFile = 'serving file'

export function createGenerationStore(deps: {
  /** A generation is there under the same name in each of them. */
  engines: readonly Engine[]
  generationsDirectory: string
  servingDirectory: string
  onDamage?: (event: DamageEvent) => void
}): GenerationStore {
  const report = deps.onDamage ?? (() => {})
  const damaged = new Set<string>()
  /** Generations whose serving file is not to be used. */
  const distrusted = new Set<string>()
  const parts = createPartCheck(deps.generationsDirectory, reportDamage)
  const entries = new Map<string, Entry>()
  const retired = new Set<string>()
  /** Entries that new readers do not get any more, until their last reader has let go. */
  const leaving = new Map<string, Set<Promise<void>>>()
  let counter = 0
  let setup: Promise<readonly Connection[]> | null = null

  const connections = () => {
    setup ??= Promise.all(deps.engines.map((engine) => engine.connect()))
    setup.catch(() => {
      setup = null
    })
    return setup
  }

  async function run(sql: string): Promise<void> {
    for (const connection of await connections()) await patiently(() => connection.run(sql))
  }

  /** Takes back what `run` may have done in some of the engines only. Never rejects. */
  async function undo(sql: string): Promise<void> {
    for (const connection of await connections().catch(() => [])) await connection.run(sql).catch(() => {})
  }

  async function all(sql: string): Promise<Row[]> {
    const [connection] = await connections()
    return patiently(() => connection!.all(sql))
  }

  function reportDamage(generationUid: string, file: string): void {
    if (file !== servingFile) damaged.add(generationUid)
    report({ kind: 'damaged', generationUid, file })
  }

  function distrustServing(generationUid: string): void {
    if (distrusted.has(generationUid)) return
    distrusted.add(generationUid)
    reportDamage(generationUid, servingFile)
    leave(generationUid)
  }

  function open(generationUid: string): Entry {
    if (!/^ge_[a-z0-9]+$/.test(generationUid)) throw new AppError('records.generation_gone', {})
    const alias = `${generationUid}_${counter++}`
    const serving = servingPath(deps.servingDirectory, generationUid)
    const hasServing = existsSync(serving)
    if (!hasServing) report({ kind: 'missing', generationUid, file: servingFile })
    const opened =
      hasServing && !distrusted.has(generationUid)
        ? attachOrView(generationUid, alias, serving)
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
    const file = 'manifest.json'
    try {
      const manifest = JSON.parse(
        await readFile(join(deps.generationsDirectory, generationUid, file), 'utf8'),
      ) as Manifest
      if (manifest.generation_uid === generationUid && Array.isArray(manifest.parts)) return manifest
    } catch {
      // Told below: whether it is gone on purpose decides what it is called.
    }
    if (retired.has(generationUid)) throw new AppError('records.generation_gone', {})
    if (!damaged.has(generationUid)) reportDamage(generationUid, file)
    throw new AppError('records.generation_damaged', { generation_uid: generationUid, file })
  }

  async function attachOrView(generationUid: string, alias: string, path: string): Promise<Opened> {
    try {
      return await attach(generationUid, alias, path)
    } catch (error) {
      // Left attached in one of them, the file could not be attached there again.
      await undo(`detach database if exists ${quoteIdentifier(alias)}`)
      if (error instanceof AppError && error.key !== 'engine.unreadable_file') throw error
      // A reader of the file's earlier self may hold it open under this path: that is no damage.
      if (!/already attached/i.test(String(error))) {
        distrusted.add(generationUid)
        reportDamage(generationUid, servingFile)
      }
      return viewParts(generationUid, alias)
    }
  }

  async function attach(generationUid: string, alias: string, path: string): Promise<Opened> {
    const manifest = await readManifest(generationUid)
    const { records_count: recordsCount } = manifest
    await run(`attach ${quoteLiteral(path)} as ${quoteIdentifier(alias)} (read_only)`)
    // A file that another release derived is not read: the parts are, until it has been derived anew.
    if (!(await hasOurLayout(alias))) {
      await run(`detach ${quoteIdentifier(alias)}`)
      report({ kind: 'outdated', generationUid, file: servingFile })
      return viewParts(generationUid, alias)
    }
    await requireOwn(alias, manifest)
    const table = (name: string) => `${quoteIdentifier(alias)}.${quoteIdentifier(name)}`
    return {
      generationUid,
      relation: table(servingLayout.records),
      search: { terms: table(servingLayout.terms), postings: table(servingLayout.postings) },
      ids: table(servingLayout.ids),
      recordsCount,
      manifest,
    }
  }

  async function hasOurLayout(alias: string): Promise<boolean> {
    const [row] = await all(
      `select value from ${quoteIdentifier(alias)}.${servingLayout.meta} where key = 'layout'`,
    )
    return row?.value === String(servingLayout.version)
  }

  /** The file is whole as far as can be told without reading it, and of this generation. Errors: any. */
  async function requireOwn(alias: string, manifest: Manifest): Promise<void> {
    const at = (name: string) => `${quoteIdentifier(alias)}.${quoteIdentifier(name)}`
    const [row] = await all(
      `select (select value from ${at(servingLayout.meta)} where key = 'generation_uid') as of_generation,
         (select count(*) from ${at(servingLayout.records)}) as records`,
    )
    if (row!.of_generation !== manifest.generation_uid || Number(row!.records) !== manifest.records_count)
      throw new AppError('engine.unreadable_file', {})
  }

  async function viewParts(generationUid: string, alias: string): Promise<Opened> {
    const manifest = await readManifest(generationUid)
    await parts.check(generationUid, manifest.parts)
    const view = quoteIdentifier(`parts_${alias}`)
    const rows = partsRelationSql(manifest, join(deps.generationsDirectory, generationUid))
    try {
      await run(`create view ${view} as ${rows}`)
    } catch (error) {
      await undo(`drop view if exists ${view}`)
      throw error
    }
    const { records_count: recordsCount } = manifest
    return { generationUid, relation: view, search: null, ids: null, recordsCount, manifest }
  }

  async function close(entry: Entry): Promise<void> {
    const opened = await entry.opened.catch(() => null)
    if (!opened) return
    await undo(
      opened.search ? `detach ${quoteIdentifier(entry.alias)}` : `drop view if exists ${opened.relation}`,
    )
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

  async function acquire(generationUid: string): Promise<GenerationHandle> {
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
      const { manifest, ...opened } = await entry.opened
      if (opened.search === null) {
        await parts.check(generationUid, manifest.parts)
        damaged.delete(generationUid)
      }
      const distrust = () => {
        if (opened.search === null) parts.forget(generationUid)
        else distrustServing(generationUid)
      }
      return { ...opened, distrust, release }
    } catch (error) {
      release()
      throw error
    }
  }

  async function lend<T>(generationUid: string, work: (handle: GenerationHandle) => Promise<T>): Promise<T> {
    const handle = await acquire(generationUid)
    try {
      return await work(handle)
    } catch (error) {
      if (!(error instanceof AppError) || error.key !== 'engine.unreadable_file') throw error
      handle.distrust()
      return work(await acquire(generationUid))
    }
  }

  return {
    acquire,
    lend,
    use: (generationUid, work) =>
      lend(generationUid, async (handle) => {
        try {
          return await work(handle)
        } finally {
          handle.release()
        }
      }),
    listParts: async (generationUid) => (await readManifest(generationUid)).parts,
    checkPart: (generationUid, part) => parts.check(generationUid, [part]),
    isDamaged: (generationUid) => damaged.has(generationUid),
    async refresh(generationUid) {
      distrusted.delete(generationUid)
      leave(generationUid)
    },
    async retire(generationUid) {
      retired.add(generationUid)
      parts.forget(generationUid)
      distrusted.delete(generationUid)
      leave(generationUid)
      await Promise.all(leaving.get(generationUid) ?? [])
    },
    close() {
      void setup?.then((opened) => {
        for (const connection of opened) connection.close()
      })
    },
  }
}
