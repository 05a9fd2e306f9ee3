/**
 * The records of a resource as a file of JSON lines, in the order in which they were pushed, without those that were
 * deleted by their values. Those that were deleted by their ids are named: ids are made by the builder, which leaves them
 * out when each record says by which push it came.
 */
import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { setImmediate } from 'node:timers/promises'
import type { ControlDb } from '../control/index.ts'
import { type DeletedRecord, type JsonObject, type JsonValue, orderColumn } from '../kernel/index.ts'
import { isFileObject } from './pushed-files.ts'
import { markGathered } from './store.ts'

export interface GatheredPushes {
  readonly sha256: string
  readonly bytes: number
  readonly records: number
  readonly deleted: readonly DeletedRecord[]
  /** Members that hold files. */
  readonly fileMembers: readonly string[]
}

/** Of bodies read at a time: pushes are small, but may be of 5 MB. */
const pageBytes = 16 << 20
const pageRows = 5000
const recordsAtOnce = 1000

/** `order`: of the resource among those of its dataset, so that pushes of two are told apart. */
export async function gatherPushes(
  db: ControlDb,
  resourceUid: string,
  order: number,
  path: string,
  signal: AbortSignal,
): Promise<GatheredPushes> {
  const row = await db
    .selectFrom('realtime_resources')
    .select(['last_seq', 'live_after_seq'])
    .where('resource_uid', '=', resourceUid)
    .executeTakeFirst()
  const { last_seq: last, live_after_seq: after } = row ?? { last_seq: 0, live_after_seq: 0 }
  const deletions = await readDeletions(db, { resourceUid, after, last })
  const base = order * 1e12
  const deleted = [...deletions.ids].map(([id, seq]) => ({ id, from: base, before: base + seq }))
  const hash = createHash('sha256')
  let bytes = 0
  let records = 0
  let looked = 0
  const files = new Set<string>()
  const file = await open(path, 'w')
  try {
    for await (const page of readPushes(db, { resourceUid, after, last, kind: 'push' })) {
      signal.throwIfAborted()
      const lines: string[] = []
      for (const { seq, body_json } of page) {
        for (const record of JSON.parse(body_json) as JsonObject[]) {
          if (++looked % recordsAtOnce === 0) {
            // Readers are served by the same thread.
            await setImmediate()
            signal.throwIfAborted()
          }
          if (deletions.matches(record, seq)) continue
          for (const [name, value] of Object.entries(record)) if (isFileObject(value)) files.add(name)
          lines.push(
            JSON.stringify(deleted.length > 0 ? { [orderColumn]: base + seq, ...record } : record),
            '\n',
          )
          records++
        }
      }
      const text = Buffer.from(lines.join(''))
      hash.update(text)
      bytes += text.length
      await file.writeFile(text)
    }
  } finally {
    await file.close()
  }
  await markGathered(db, resourceUid, last)
  return { sha256: hash.digest('hex'), bytes, records, deleted, fileMembers: [...files].sort() }
}

interface Range {
  readonly resourceUid: string
  readonly after: number
  readonly last: number
  readonly kind: string
}

async function* readPushes(
  db: ControlDb,
  range: Range,
): AsyncGenerator<{ seq: number; body_json: string }[]> {
  const pushes = (after: number) =>
    db
      .selectFrom('realtime_pushes')
      .where('resource_uid', '=', range.resourceUid)
      .where('kind', '=', range.kind)
      .where('seq', '>', after)
      .where('seq', '<=', range.last)
      .orderBy('seq')
  for (let after = range.after; ; ) {
    const sizes = await pushes(after).select(['seq', 'bytes']).limit(pageRows).execute()
    if (sizes.length === 0) return
    let count = 0
    for (let total = 0; count < sizes.length && (count === 0 || total < pageBytes); count++)
      total += sizes[count]!.bytes
    const page = await pushes(after).select(['seq', 'body_json']).limit(count).execute()
    yield page
    after = page.at(-1)!.seq
  }
}

/**
 * Deletions by values: a record goes when all members that a later deletion names have the same values. They are kept by
 * the names they have, so that a record is looked up once for each set of names, however many deletions there are; and
 * sets by their first name, so that those are not looked at whose names the record has not.
 */
async function readDeletions(db: ControlDb, range: Omit<Range, 'kind'>) {
  interface Deletions {
    readonly names: string[]
    readonly last: Map<string, number>
  }
  const byNames = new Map<string, Deletions>()
  const byFirst = new Map<string, Deletions[]>()
  for await (const page of readPushes(db, { ...range, kind: 'delete' })) {
    for (const { seq, body_json } of page) {
      for (const pattern of JSON.parse(body_json) as JsonObject[]) {
        const names = Object.keys(pattern).sort()
        const key = JSON.stringify(names)
        let known = byNames.get(key)
        if (!known) {
          known = { names, last: new Map() }
          byNames.set(key, known)
          byFirst.set(names[0]!, [...(byFirst.get(names[0]!) ?? []), known])
        }
        known.last.set(valuesOf(pattern, names), seq)
      }
    }
  }
  const ids = new Map<string, number>()
  for await (const page of readPushes(db, { ...range, kind: 'delete_id' }))
    for (const { seq, body_json } of page)
      for (const id of JSON.parse(body_json) as string[]) ids.set(id, seq)
  return {
    ids,
    matches(record: JsonObject, seq: number): boolean {
      for (const first of Object.keys(record))
        for (const { names, last } of byFirst.get(first) ?? []) {
          if (!names.every((name) => Object.hasOwn(record, name))) continue
          const deletedBy = last.get(valuesOf(record, names))
          if (deletedBy !== undefined && deletedBy > seq) return true
        }
      return false
    },
  }
}

/** The same text for the same values, in whatever order members come. */
function valuesOf(record: JsonObject, names: readonly string[]): string {
  return JSON.stringify(names.map((name) => sorted(record[name]!)))
}

function sorted(value: JsonValue): JsonValue {
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(sorted)
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, inner]) => [name, sorted(inner)]),
  )
}
