/**
 * The audit log: who did what, when, from where, on what, and how it ended. Entries are never changed (the database
 * refuses it) and go only when they are older than they are to be kept.
 */
import type { Selectable } from 'kysely'
import type { AuditLogTable, ControlDb } from '../control/index.ts'
import type { Clock, JsonObject } from '../kernel/index.ts'

/** `refused`: not allowed. `failed`: allowed, and nothing came of it. */
export type AuditOutcome = 'done' | 'refused' | 'failed'

export interface AuditRecord {
  /** A verb with its object: `sign_in`, or the operation id of a route. */
  readonly action: string
  readonly outcome: AuditOutcome
  /** Who did it, or said to be; null: nobody known. */
  readonly username?: string | null
  readonly via?: 'password' | 'apikey' | 'session' | 'openid' | null
  readonly keyUid?: string | null
  readonly address?: string | null
  readonly target?: { readonly type: string; readonly id: string } | undefined
  /** What else matters, without secrets; cut when it is long. */
  readonly details?: JsonObject
}

export interface AuditEntry extends Required<Omit<AuditRecord, 'target' | 'via'>> {
  readonly seq: number
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly via: string | null
  readonly target: { readonly type: string; readonly id: string } | null
}

/** What an entry must be; what is left out does not matter. */
export interface AuditFilter {
  readonly username?: string | undefined
  readonly action?: string | undefined
  readonly target?: string | undefined
  readonly outcome?: string | undefined
  readonly address?: string | undefined
  /** From this instant on, and before that one; milliseconds since the epoch. */
  readonly from?: number | undefined
  readonly before?: number | undefined
}

export interface Audit {
  /** Writes an entry, within the caller's transaction where one is given. */
  record(entry: AuditRecord, trx?: ControlDb): Promise<void>
  /** Newest first: those below `cursor`, which is the `seq` of the last one of the page before. */
  list(
    filter: AuditFilter,
    page: { readonly limit: number; readonly cursor: number | null },
  ): Promise<AuditEntry[]>
  /** All of them, oldest first, as they were when it began. */
  all(filter: AuditFilter): AsyncGenerator<AuditEntry>
}

const maxText = 300
const maxDetails = 4000
const sweepEveryMs = 3_600_000
const batchSize = 500
/** What has gone by is forgotten in pieces: nobody waits for the end of a year's entries. */
const forgottenAtOnce = 5000

export function createAudit(deps: {
  readonly db: ControlDb
  readonly clock: Clock
  /** How long entries are kept; null: for ever. */
  readonly keptMs: number | null
}): Audit {
  const { db, clock, keptMs } = deps
  let sweptAt = Number.NEGATIVE_INFINITY

  async function forget(now: number): Promise<void> {
    if (keptMs === null || now - sweptAt < sweepEveryMs) return
    const oldest = await db
      .selectFrom('audit_log')
      .select('seq')
      .where('at', '<', now - keptMs)
      .orderBy('at')
      .limit(1)
      .offset(forgottenAtOnce)
      .executeTakeFirst()
    // While there are more, the next entry goes on.
    if (!oldest) sweptAt = now
    await db
      .deleteFrom('audit_log')
      .where('seq', 'in', (eb) =>
        eb
          .selectFrom('audit_log')
          .select('seq')
          .where('at', '<', now - keptMs)
          .orderBy('at')
          .limit(forgottenAtOnce),
      )
      .execute()
  }

  function select({ username, action, target, outcome, address, from, before }: AuditFilter) {
    return db
      .selectFrom('audit_log')
      .selectAll()
      .$if(username !== undefined, (query) => query.where('username', '=', username!))
      .$if(action !== undefined, (query) => query.where('action', '=', action!))
      .$if(target !== undefined, (query) => query.where('target', '=', target!))
      .$if(outcome !== undefined, (query) => query.where('outcome', '=', outcome!))
      .$if(address !== undefined, (query) => query.where('address', '=', address!))
      .$if(from !== undefined, (query) => query.where('at', '>=', from!))
      .$if(before !== undefined, (query) => query.where('at', '<', before!))
  }

  return {
    async record(entry, trx = db) {
      const now = clock.now()
      await trx
        .insertInto('audit_log')
        .values({
          at: now,
          username: cut(entry.username),
          via: entry.via ?? null,
          key_uid: entry.keyUid ?? null,
          address: cut(entry.address),
          action: entry.action,
          target_type: entry.target?.type ?? null,
          target: cut(entry.target?.id),
          outcome: entry.outcome,
          details_json: detailsText(entry.details ?? {}),
        })
        .execute()
      // Not within the transaction: SQLite has one connection, which that holds until it ends.
      if (trx === db) await forget(now)
    },
    async list(filter, { limit, cursor }) {
      const rows = await select(filter)
        .$if(cursor !== null, (query) => query.where('seq', '<', cursor!))
        .orderBy('seq', 'desc')
        .limit(limit)
        .execute()
      return rows.map(toEntry)
    },
    async *all(filter) {
      const newest = await db
        .selectFrom('audit_log')
        .select((eb) => eb.fn.max('seq').as('seq'))
        .executeTakeFirst()
      const last = Number(newest?.seq ?? 0)
      let after = 0
      for (;;) {
        const rows = await select(filter)
          .where('seq', '>', after)
          .where('seq', '<=', last)
          .orderBy('seq')
          .limit(batchSize)
          .execute()
        yield* rows.map(toEntry)
        if (rows.length < batchSize) return
        after = rows.at(-1)!.seq
      }
    },
  }
}

/** Texts of strangers are as long as they like, and PostgreSQL takes no U+0000. */
function cut(text: string | null | undefined): string | null {
  return text === null || text === undefined
    ? null
    : text.slice(0, maxText).replaceAll('\0', '').toWellFormed()
}

function detailsText(details: JsonObject): string {
  const text = JSON.stringify(details).replaceAll('\\u0000', '')
  return text.length <= maxDetails
    ? text
    : JSON.stringify({ cut: text.slice(0, maxDetails - 100).toWellFormed() })
}

function toEntry(row: Selectable<AuditLogTable>): AuditEntry {
  return {
    seq: row.seq,
    at: row.at,
    username: row.username,
    via: row.via,
    keyUid: row.key_uid,
    address: row.address,
    action: row.action,
    target: row.target === null ? null : { type: row.target_type ?? 'unknown', id: row.target },
    outcome: row.outcome as AuditOutcome,
    details: JSON.parse(row.details_json),
  }
}
