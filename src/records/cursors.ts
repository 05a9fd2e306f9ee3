/**
 * Cursors of paging: where a reader stands in one query over one generation. Sealed, so that nobody can ask for a
 * generation that was never shown to him, nor read from a record's position how many hidden ones are before it; it holds the
 * time of the first page, so that now() stays what it was.
 */
import { createHash } from 'node:crypto'
import type { ControlDb } from '../control/index.ts'
import { AppError, createSecretBox, type Ids, sealedPrefix } from '../kernel/index.ts'

export interface CursorState {
  readonly datasetUid: string
  readonly generationUid: string
  /** Digest of the query (`questionOf`): a cursor continues its own query only. */
  readonly question: string
  /** Position of the last record that was shown. */
  readonly afterRow: number
  readonly totalCount: number
  /** Time of the first page, milliseconds: what now() means. */
  readonly nowMs: number
  /** Of the generation: what record_timestamp shows. */
  readonly dataProcessedAt: number
  readonly isPartial: boolean
}

export interface Cursors {
  write(state: CursorState): string
  /** Errors: records.invalid_cursor for a text that is no cursor of ours or of another query. */
  read(text: string, of: { readonly datasetUid: string; readonly question: string }): CursorState
}

export function createCursors(secret: string, ids: Pick<Ids, 'hex'>): Cursors {
  const box = createSecretBox(createHash('sha256').update(`cursors ${secret}`).digest(), ids)
  const context = 'cursor'
  const invalid = (reason: string) => new AppError('records.invalid_cursor', { reason })
  function opened(text: string): CursorState {
    // The decoder would let other characters pass.
    if (text.length > 2000 || !/^[\w-]+$/.test(text)) throw invalid('it is not one of ours')
    try {
      return JSON.parse(box.open(sealedPrefix + text, context))
    } catch {
      throw invalid('it is not one of ours')
    }
  }
  return {
    write: (state) => box.seal(JSON.stringify(state), context).slice(sealedPrefix.length),
    read(text, of) {
      const state = opened(text)
      if (state.datasetUid !== of.datasetUid) throw invalid('it belongs to another dataset')
      if (state.question !== of.question) throw invalid('it belongs to another query')
      return state
    },
  }
}

/** Digest of what a query asks: its parameters in any order. */
export function questionOf(parameters: Readonly<Record<string, unknown>>): string {
  const entries = Object.entries(parameters)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return createHash('sha256').update(JSON.stringify(entries)).digest('base64url').slice(0, 22)
}

/** The secret that signs cursors: made once, shared by every process on the control database. */
export async function cursorSecret(db: ControlDb, ids: Ids): Promise<string> {
  const row = { key: 'cursor_secret', value: ids.hex(32) }
  await db
    .insertInto('settings')
    .values(row)
    .onConflict((oc) => oc.column('key').doNothing())
    .execute()
  const { value } = await db
    .selectFrom('settings')
    .select('value')
    .where('key', '=', row.key)
    .executeTakeFirstOrThrow()
  return value
}
