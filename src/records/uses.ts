/**
 * How often datasets are read, by readers without an account: calls, files, and a popularity that old reads fade from.
 * Counted in memory, where it costs a request nothing, and written to the database now and then and at the end.
 */
import type { ControlDb } from '../control/index.ts'
import type { Clock } from '../kernel/index.ts'

export interface DatasetUse {
  readonly datasetUid: string
  readonly isDownload: boolean
  /** Whose: a reader counts once an hour, however many requests a page makes. Kept in memory alone, for that hour. */
  readonly client: string
}

/** Of one dataset, so far. */
export interface DatasetUses {
  readonly apiCallCount: number
  readonly downloadCount: number
  /** Readers, each for an hour; one of a month ago weighs half. */
  readonly popularityScore: number
}

export interface Uses {
  count(use: DatasetUse): void
  /** Goes up with whatever is counted. */
  revision(): number
  /** As written last; `uids`: of these datasets only. A dataset that nobody has read is not in it. */
  read(uids?: readonly string[]): Promise<ReadonlyMap<string, DatasetUses>>
  /** Writes what has not been written. Never rejects. */
  write(): Promise<void>
  stop(): Promise<void>
}

export const noUses: DatasetUses = { apiCallCount: 0, downloadCount: 0, popularityScore: 0 }

const writeEveryMs = 300_000
const visitMs = 3_600_000
const halfLifeMs = 30 * 86_400_000
/** Readers of an hour that are told apart; those who come on top are counted as calls, and do not make anything popular. */
const maxVisits = 50_000
/** Datasets with reads that have not been written: more are only when the database cannot be written to for long. */
const maxPending = 50_000
/** Parameters of a statement are few. */
const uidsAtOnce = 500

interface Pending {
  calls: number
  downloads: number
  visits: number
}

export function createUses(deps: {
  readonly db: ControlDb
  readonly clock: Clock
  readonly onError: (cause: unknown) => void
}): Uses {
  const { db, clock } = deps
  let pending = new Map<string, Pending>()
  let revision = 0
  let hour = -1
  const visits = new Set<string>()
  let writing: Promise<void> = Promise.resolve()
  const timer = setInterval(() => void write(), writeEveryMs)
  timer.unref()

  function isNewVisit(datasetUid: string, client: string): boolean {
    const now = Math.floor(clock.now() / visitMs)
    if (now !== hour) {
      hour = now
      visits.clear()
    }
    const visit = `${datasetUid} ${client}`
    if (visits.has(visit) || visits.size >= maxVisits) return false
    visits.add(visit)
    return true
  }

  function write(): Promise<void> {
    writing = writing.then(async () => {
      const written = pending
      if (written.size === 0) return
      pending = new Map()
      try {
        await writeAll(db, written, clock.now())
      } catch (cause) {
        for (const [datasetUid, counted] of written) add(datasetUid, counted)
        deps.onError(cause)
      }
    })
    return writing
  }

  function add(datasetUid: string, { calls, downloads, visits: more }: Pending): void {
    const known = pending.get(datasetUid)
    if (known === undefined) {
      if (pending.size < maxPending) pending.set(datasetUid, { calls, downloads, visits: more })
      return
    }
    known.calls += calls
    known.downloads += downloads
    known.visits += more
  }

  return {
    count({ datasetUid, isDownload, client }) {
      add(datasetUid, {
        calls: 1,
        downloads: isDownload ? 1 : 0,
        visits: isNewVisit(datasetUid, client) ? 1 : 0,
      })
      revision += 1
    },
    revision: () => revision,
    async read(uids) {
      const now = clock.now()
      const found = new Map<string, DatasetUses>()
      for (let at = 0; uids === undefined ? at === 0 : at < uids.length; at += uidsAtOnce) {
        const rows = await db
          .selectFrom('dataset_uses')
          .selectAll()
          .$if(uids !== undefined, (query) =>
            query.where('dataset_uid', 'in', uids!.slice(at, at + uidsAtOnce)),
          )
          .execute()
        for (const row of rows)
          found.set(row.dataset_uid, {
            apiCallCount: row.calls,
            downloadCount: row.downloads,
            popularityScore: Math.round(faded(row.popularity_milli, now - row.counted_at)) / 1000,
          })
      }
      return found
    },
    write,
    async stop() {
      clearInterval(timer)
      await write()
    },
  }
}

const faded = (milli: number, ageMs: number) => milli * 2 ** (-Math.max(0, ageMs) / halfLifeMs)

/** Other processes write their own meanwhile: a row is locked before it is read, and all take them in the same order. */
async function writeAll(db: ControlDb, written: ReadonlyMap<string, Pending>, now: number): Promise<void> {
  await db.transaction().execute(async (trx) => {
    for (const datasetUid of [...written.keys()].sort()) {
      const { calls, downloads, visits } = written.get(datasetUid)!
      const dataset = await trx
        .selectFrom('datasets')
        .select('dataset_uid')
        .where('dataset_uid', '=', datasetUid)
        .executeTakeFirst()
      // It was read, and has been deleted since.
      if (dataset === undefined) continue
      const none = { calls: 0, downloads: 0, popularity_milli: 0, counted_at: now }
      await trx
        .insertInto('dataset_uses')
        .values({ dataset_uid: datasetUid, ...none })
        .onConflict((conflict) => conflict.column('dataset_uid').doNothing())
        .execute()
      const before = await trx
        .updateTable('dataset_uses')
        .set((eb) => ({ calls: eb('calls', '+', calls), downloads: eb('downloads', '+', downloads) }))
        .where('dataset_uid', '=', datasetUid)
        .returning(['popularity_milli', 'counted_at'])
        .executeTakeFirstOrThrow()
      const popularity = Math.round(faded(before.popularity_milli, now - before.counted_at)) + 1000 * visits
      await trx
        .updateTable('dataset_uses')
        .set({ popularity_milli: popularity, counted_at: now })
        .where('dataset_uid', '=', datasetUid)
        .execute()
    }
  })
}
