/**
 * Pushes and what is known of the resources that take them. A push is acknowledged when its row is committed. Its number
 * is raised in the same transaction, so that whoever has seen number n has seen all before it.
 *
 * Of the pushes of a resource, those above `live_after_seq` make its records. An unpublish moves that mark to the last
 * push: the records are dropped, the pushes kept for `recover`.
 *
 * Lock order: the dataset's row, then the resource's.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { ControlDb, RealtimeResourcesTable } from '../control/index.ts'
import { notify } from '../control/index.ts'
import { AppError } from '../kernel/index.ts'

export type PushKind = 'push' | 'delete' | 'delete_id'

export const hashKey = (key: string): string => createHash('sha256').update(key).digest('hex')

/** What such a resource has instead of the name of an extractor. */
export const realtimeType = 'realtime'

/** Payload: the dataset that has something new. */
export const pushesChannel = 'broadsheet_pushes'

/** Opens a resource for pushes; one that is open stays as it is. */
export async function insertRealtime(
  db: ControlDb,
  resource: { resourceUid: string; datasetUid: string; key: string; username: string },
): Promise<void> {
  await db
    .insertInto('realtime_resources')
    .values({
      resource_uid: resource.resourceUid,
      dataset_uid: resource.datasetUid,
      key_hash: hashKey(resource.key),
      is_enabled: 1,
      username: resource.username,
      last_seq: 0,
      live_after_seq: 0,
      dropped_after_seq: null,
      gathered_seq: 0,
      published_seq: 0,
      next_order_at: 0,
      last_push_at: null,
      kept_bytes: 0,
    })
    .onConflict((conflict) => conflict.column('resource_uid').doNothing())
    .execute()
}

/** Errors: realtime.unknown_resource. */
export async function findRealtime(
  db: ControlDb,
  datasetUid: string,
  resourceUid: string,
): Promise<RealtimeResourcesTable> {
  const row = await db
    .selectFrom('realtime_resources')
    .selectAll('realtime_resources')
    .innerJoin('resources', 'resources.resource_uid', 'realtime_resources.resource_uid')
    .where('realtime_resources.resource_uid', '=', resourceUid)
    .where('realtime_resources.dataset_uid', '=', datasetUid)
    .where('resources.type', '=', realtimeType)
    .executeTakeFirst()
  if (!row) throw new AppError('realtime.unknown_resource', { resource_uid: resourceUid.slice(0, 64) })
  return row
}

export function isKey(row: Pick<RealtimeResourcesTable, 'key_hash'>, key: string): boolean {
  return timingSafeEqual(Buffer.from(row.key_hash, 'hex'), Buffer.from(hashKey(key), 'hex'))
}

export async function setEnabled(db: ControlDb, resourceUid: string, isEnabled: boolean): Promise<void> {
  await db
    .updateTable('realtime_resources')
    .set({ is_enabled: isEnabled ? 1 : 0 })
    .where('resource_uid', '=', resourceUid)
    .execute()
}

export async function replaceKey(
  db: ControlDb,
  resourceUid: string,
  key: string,
  username: string,
): Promise<void> {
  await db
    .updateTable('realtime_resources')
    .set({ key_hash: hashKey(key), username })
    .where('resource_uid', '=', resourceUid)
    .execute()
}

const maxDeletedIds = 10_000
/** By their values; each is kept in memory when records are gathered. */
const maxDeletions = 50_000

/** Errors: realtime.too_much_kept. */
export function refuseBeyond(maxKeptBytes: number, keptBytes: number): void {
  if (keptBytes > maxKeptBytes)
    throw new AppError('realtime.too_much_kept', { max_mb: Math.round(maxKeptBytes / (1 << 20)) })
}

/** Keeps a push. Errors: realtime.disabled, too_many_deletions, too_much_kept; realtime.unknown_resource when it has gone meanwhile. */
export async function appendPush(
  db: ControlDb,
  push: {
    resourceUid: string
    kind: PushKind
    items: readonly unknown[]
    /** Of files that came with it and had not been kept before. */
    fileBytes?: number
    now: number
  },
  maxKeptBytes: number,
): Promise<void> {
  const text = JSON.stringify(push.items)
  const bytes = Buffer.byteLength(text) + (push.fileBytes ?? 0)
  await db.transaction().execute(async (trx) => {
    const row = await trx
      .updateTable('realtime_resources')
      .set((eb) => ({
        last_seq: eb('last_seq', '+', 1),
        last_push_at: push.now,
        kept_bytes: eb('kept_bytes', '+', bytes),
      }))
      .where('resource_uid', '=', push.resourceUid)
      .returning(['last_seq', 'dataset_uid', 'is_enabled', 'kept_bytes'])
      .executeTakeFirst()
    if (!row) throw new AppError('realtime.unknown_resource', { resource_uid: push.resourceUid })
    if (row.is_enabled !== 1) throw new AppError('realtime.disabled', { resource_uid: push.resourceUid })
    if (push.kind === 'delete_id') await refuseMore(trx, push, maxDeletedIds)
    if (push.kind === 'delete') await refuseMore(trx, push, maxDeletions)
    refuseBeyond(maxKeptBytes, row.kept_bytes)
    await trx
      .insertInto('realtime_pushes')
      .values({
        resource_uid: push.resourceUid,
        seq: row.last_seq,
        kind: push.kind,
        body_json: text,
        records_count: push.items.length,
        bytes,
        pushed_at: push.now,
      })
      .execute()
    await notify(trx, pushesChannel, row.dataset_uid)
  })
}

async function refuseMore(
  trx: ControlDb,
  { resourceUid, kind, items }: { resourceUid: string; kind: PushKind; items: readonly unknown[] },
  max: number,
): Promise<void> {
  const { total } = await trx
    .selectFrom('realtime_pushes')
    .select((eb) => eb.fn.sum<number | null>('records_count').as('total'))
    .where('resource_uid', '=', resourceUid)
    .where('kind', '=', kind)
    .executeTakeFirstOrThrow()
  if (Number(total ?? 0) + items.length > max) throw new AppError('realtime.too_many_deletions', { max })
}

export interface RealtimeState {
  readonly isEnabled: boolean
  readonly lastPushAt: number | null
  /** Pushes and records that are kept, and how many of them make the resource's records. */
  readonly kept: { readonly pushes: number; readonly records: number; readonly bytes: number }
  readonly livePushes: number
  /** Acknowledged and not yet seen by readers. */
  readonly waitingPushes: number
}

export async function readState(db: ControlDb, row: RealtimeResourcesTable): Promise<RealtimeState> {
  const kept = await db
    .selectFrom('realtime_pushes')
    .select((eb) => [
      eb.fn.countAll<number>().as('pushes'),
      eb.fn
        .sum<number>(eb.case().when('kind', '=', 'push').then(eb.ref('records_count')).else(0).end())
        .as('records'),
      eb.fn.sum<number>('bytes').as('bytes'),
    ])
    .where('resource_uid', '=', row.resource_uid)
    .executeTakeFirstOrThrow()
  return {
    isEnabled: row.is_enabled === 1,
    lastPushAt: row.last_push_at,
    kept: { pushes: Number(kept.pushes), records: Number(kept.records ?? 0), bytes: Number(kept.bytes ?? 0) },
    livePushes: row.last_seq - row.live_after_seq,
    waitingPushes: Math.max(0, row.last_seq - Math.max(row.published_seq, row.live_after_seq)),
  }
}

/** An unpublish drops the records; the pushes stay. Part of its transaction. */
export async function dropPushed(trx: ControlDb, datasetUid: string): Promise<void> {
  await trx
    .updateTable('realtime_resources')
    .set((eb) => ({
      dropped_after_seq: eb.ref('live_after_seq'),
      live_after_seq: eb.ref('last_seq'),
      gathered_seq: eb.ref('last_seq'),
      published_seq: eb.ref('last_seq'),
    }))
    .where('dataset_uid', '=', datasetUid)
    .execute()
}

/** The unpublish is undone: what it dropped counts again. Part of that transaction. */
export async function undoDrop(trx: ControlDb, datasetUid: string): Promise<void> {
  await trx
    .updateTable('realtime_resources')
    .set((eb) => ({
      live_after_seq: eb.ref('dropped_after_seq').$notNull(),
      // What had not been published when it was dropped is published after all.
      gathered_seq: eb.ref('dropped_after_seq').$notNull(),
      published_seq: eb.ref('dropped_after_seq').$notNull(),
      dropped_after_seq: null,
    }))
    .where('dataset_uid', '=', datasetUid)
    .where('dropped_after_seq', 'is not', null)
    .execute()
}

/** All pushes that are kept count again. Errors: realtime.nothing_kept. */
export async function recoverPushed(trx: ControlDb, datasetUid: string): Promise<void> {
  const changed = await trx
    .updateTable('realtime_resources')
    .set({ live_after_seq: 0, dropped_after_seq: null })
    .where('dataset_uid', '=', datasetUid)
    .where('last_seq', '>', 0)
    .returning('resource_uid')
    .execute()
  if (changed.length === 0) throw new AppError('realtime.nothing_kept', {})
}

/** Deletes for good the pushes that an unpublish has dropped; answers how many. */
export async function scratchPushed(trx: ControlDb, datasetUid: string): Promise<number> {
  await trx
    .updateTable('realtime_resources')
    .set({ dropped_after_seq: null })
    .where('dataset_uid', '=', datasetUid)
    .execute()
  const resources = await trx
    .selectFrom('realtime_resources')
    .select(['resource_uid', 'live_after_seq'])
    .where('dataset_uid', '=', datasetUid)
    .execute()
  let deleted = 0
  for (const { resource_uid, live_after_seq } of resources) {
    const result = await trx
      .deleteFrom('realtime_pushes')
      .where('resource_uid', '=', resource_uid)
      .where('seq', '<=', live_after_seq)
      .executeTakeFirst()
    deleted += Number(result.numDeletedRows)
    const left = await trx
      .selectFrom('realtime_pushes')
      .select((eb) => eb.fn.sum<number | null>('bytes').as('bytes'))
      .where('resource_uid', '=', resource_uid)
      .executeTakeFirstOrThrow()
    await trx
      .updateTable('realtime_resources')
      .set({ kept_bytes: Number(left.bytes ?? 0) })
      .where('resource_uid', '=', resource_uid)
      .execute()
  }
  return deleted
}

/** A publish has taken the pushes up to `seq`. */
export async function markGathered(db: ControlDb, resourceUid: string, seq: number): Promise<void> {
  await db
    .updateTable('realtime_resources')
    .set({ gathered_seq: seq })
    .where('resource_uid', '=', resourceUid)
    .execute()
}

/** What the publish took is what readers see from now on. Part of the transaction of the switch. */
export async function markPublished(trx: ControlDb, datasetUid: string): Promise<void> {
  await trx
    .updateTable('realtime_resources')
    .set((eb) => ({ published_seq: eb.ref('gathered_seq'), dropped_after_seq: null }))
    .where('dataset_uid', '=', datasetUid)
    .execute()
}

/** Of what makes the resource's records. */
export async function pushedBytes(db: ControlDb, resourceUid: string): Promise<number> {
  const row = await db
    .selectFrom('realtime_pushes')
    .innerJoin('realtime_resources', 'realtime_resources.resource_uid', 'realtime_pushes.resource_uid')
    .select((eb) => eb.fn.sum<number>('realtime_pushes.bytes').as('bytes'))
    .where('realtime_pushes.resource_uid', '=', resourceUid)
    .whereRef('realtime_pushes.seq', '>', 'realtime_resources.live_after_seq')
    .executeTakeFirst()
  return Number(row?.bytes ?? 0)
}
