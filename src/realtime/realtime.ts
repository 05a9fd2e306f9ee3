import { findPublication, lockDataset } from '../catalog/index.ts'
import type { Control } from '../control/index.ts'
import { AppError, type Clock, type Ids } from '../kernel/index.ts'
import { type PublishPushedOptions, startPublishPushed } from './publish-pushed.ts'
import { type KeepFile, keepFiles } from './pushed-files.ts'
import { readRecords } from './read-push.ts'
import {
  appendPush,
  findRealtime,
  insertRealtime,
  isKey,
  type RealtimeState,
  readState,
  recoverPushed,
  refuseBeyond,
  replaceKey,
  scratchPushed,
  setEnabled,
} from './store.ts'

/** The address of such a resource says that it has none. */
export const realtimePrefix = 'realtime://'

/** Which resource is pushed to, and by whom. */
export interface PushAddress {
  /** Id or uid. */
  readonly dataset: string
  readonly resourceUid: string
  readonly key: string
}

/** Records that come one by one, as the routes see them. */
export interface Realtime {
  /** Opens a resource for pushes, in the transaction that makes it; the key is in this answer and in no other. */
  open(trx: Control['db'], datasetUid: string, resourceUid: string, username: string): Promise<string>
  /** Errors: realtime.unknown_resource. */
  state(datasetUid: string, resourceUid: string): Promise<RealtimeState>
  setEnabled(datasetUid: string, resourceUid: string, isEnabled: boolean): Promise<void>
  /** The old key opens nothing more. Publishes that follow pushes are this user's from now on. */
  renewKey(datasetUid: string, resourceUid: string, username: string): Promise<string>
  /** Whether somebody may push there. Errors: realtime.unknown_resource, wrong_key, disabled, not_published. */
  admit(address: PushAddress): Promise<void>
  /**
   * Keeps records, or deletes those that have the same values: durable when it answers. Errors: realtime.*.
   */
  push(address: PushAddress, kind: 'push' | 'delete', body: unknown): Promise<void>
  /** Deletes the records that have this id until now. Errors: as of push. */
  deleteRecord(
    address: PushAddress,
    recordId: string,
    check: (datasetUid: string) => Promise<unknown>,
  ): Promise<void>
  /** All that is kept makes the records again; answers the publish. Errors: realtime.nothing_kept, not_published, actions.invalid_status. */
  recover(datasetUid: string, username: string): Promise<string>
  /** What an unpublish has dropped is deleted for good; answers how many pushes. */
  scratch(datasetUid: string): Promise<number>
  stop(): Promise<void>
}

export interface RealtimeOptions extends Omit<PublishPushedOptions, 'order' | 'lock'> {
  readonly control: Control
  readonly clock: Clock
  readonly ids: Ids
  /** Of the pushes of one resource. */
  readonly maxKeptBytes: number
  readonly keepFile: KeepFile
  /** Orders a publish in the transaction; answers the job. */
  order(
    trx: Control['db'],
    datasetUid: string,
    username: string,
    cause: 'realtime' | 'recover_realtime_records',
  ): Promise<string>
}

export async function startRealtime(options: RealtimeOptions): Promise<Realtime> {
  const { control, clock, ids } = options
  const { db } = control
  const publishing = await startPublishPushed({
    ...options,
    order: (trx, datasetUid, username) => options.order(trx, datasetUid, username, 'realtime'),
    lock: async (trx, datasetUid) => (await lockDataset(trx, datasetUid)) !== null,
  })

  /** Who may push where. Errors: realtime.unknown_resource, wrong_key, disabled, not_published. */
  async function admit({ dataset, resourceUid, key }: PushAddress) {
    const found = await db
      .selectFrom('datasets')
      .select(['dataset_uid', 'dataset_id'])
      .where((eb) => eb.or([eb('dataset_id', '=', dataset), eb('dataset_uid', '=', dataset)]))
      .executeTakeFirst()
    if (!found) throw new AppError('realtime.unknown_resource', { resource_uid: resourceUid.slice(0, 64) })
    const row = await findRealtime(db, found.dataset_uid, resourceUid)
    if (!isKey(row, key)) throw new AppError('realtime.wrong_key', {})
    if (row.is_enabled !== 1) throw new AppError('realtime.disabled', { resource_uid: resourceUid })
    if (!(await isPublished(found.dataset_uid)))
      throw new AppError('realtime.not_published', { dataset_id: found.dataset_id })
    return { datasetUid: found.dataset_uid, keptBytes: row.kept_bytes }
  }

  async function isPublished(datasetUid: string): Promise<boolean> {
    const row = await db
      .selectFrom('publications')
      .select('dataset_uid')
      .where('dataset_uid', '=', datasetUid)
      .executeTakeFirst()
    return row !== undefined
  }

  const newKey = () => ids.hex(28)

  return {
    async open(trx, datasetUid, resourceUid, username) {
      const key = newKey()
      await insertRealtime(trx, { datasetUid, resourceUid, key, username })
      return key
    },
    async state(datasetUid, resourceUid) {
      return readState(db, await findRealtime(db, datasetUid, resourceUid))
    },
    async setEnabled(datasetUid, resourceUid, isEnabled) {
      await findRealtime(db, datasetUid, resourceUid)
      await setEnabled(db, resourceUid, isEnabled)
    },
    async renewKey(datasetUid, resourceUid, username) {
      await findRealtime(db, datasetUid, resourceUid)
      const key = newKey()
      await replaceKey(db, resourceUid, key, username)
      return key
    },
    async admit(address) {
      await admit(address)
    },
    async push(address, kind, body) {
      const { keptBytes } = await admit(address)
      const records = readRecords(body)
      const { resourceUid } = address
      const { keepFile, maxKeptBytes } = options
      // Before its files are: what is refused shall not fill the disk.
      refuseBeyond(maxKeptBytes, keptBytes)
      const { items, addedBytes } =
        kind === 'push' ? await keepFiles(records, resourceUid, keepFile) : { items: records, addedBytes: 0 }
      const push = { resourceUid, kind, items, fileBytes: addedBytes, now: clock.now() }
      await appendPush(db, push, maxKeptBytes)
    },
    async deleteRecord(address, recordId, check) {
      const { datasetUid } = await admit(address)
      await check(datasetUid)
      const { resourceUid } = address
      await appendPush(
        db,
        { resourceUid, kind: 'delete_id', items: [recordId], now: clock.now() },
        options.maxKeptBytes,
      )
    },
    async recover(datasetUid, username) {
      return db.transaction().execute(async (trx) => {
        const dataset = await lockDataset(trx, datasetUid)
        if (!dataset) throw new AppError('catalog.unknown_dataset', { dataset_uid: datasetUid })
        const publication = await findPublication(trx, datasetUid)
        if (!publication) throw new AppError('realtime.not_published', { dataset_id: dataset.dataset_id })
        await recoverPushed(trx, datasetUid)
        return options.order(trx, datasetUid, username, 'recover_realtime_records')
      })
    },
    scratch: (datasetUid) =>
      db.transaction().execute(async (trx) => {
        await lockDataset(trx, datasetUid)
        return scratchPushed(trx, datasetUid)
      }),
    stop: () => publishing.stop(),
  }
}
