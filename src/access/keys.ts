/**
 * API keys: shown once, stored as a hash, limited by permission, by dataset and in time, and kept when they are revoked.
 * Management API section 19.
 */
import { createHash } from 'node:crypto'
import type { Selectable } from 'kysely'
import { uidOfDataset } from '../catalog/index.ts'
import type { ApiKeysTable, ControlDb } from '../control/index.ts'
import { AppError, type Clock, type Ids } from '../kernel/index.ts'
import { type AccountQuotas, checkPermissions, inOrder } from './accounts.ts'

export interface ApiKey {
  readonly keyUid: string
  readonly label: string | null
  readonly permissions: readonly string[]
  /** Uids of the datasets it is for; null: for all. */
  readonly datasets: readonly string[] | null
  readonly quotas: AccountQuotas
  readonly createdAt: number
  readonly expiresAt: number | null
  readonly owner: string
  /** Null: it has not been revoked. */
  readonly revoked: { readonly at: number; readonly reason: string | null } | null
}

export interface KeyChange {
  readonly label?: string | null
  readonly permissions?: readonly string[]
  /** Uids or ids. */
  readonly datasets?: readonly string[] | null
  readonly quotas?: AccountQuotas
  readonly expiresAt?: number | null
}

export interface ApiKeys {
  /** Errors: access.unknown_permission, access.expired_already, catalog.unknown_dataset. */
  createKey(
    owner: string,
    key: KeyChange & { readonly permissions: readonly string[] },
  ): Promise<ApiKey & { readonly key: string }>
  /** Those that have not been revoked, or all that ever were. */
  listKeys(owner: string, which?: 'open' | 'all'): Promise<ApiKey[]>
  /** Whose key this is, revoked or not; null: nobody's. For administrators, to whom somebody shows what was found. */
  identifyKey(key: string): Promise<ApiKey | null>
  /** Errors: those of createKey, access.unknown_api_key, access.nothing_to_update. */
  updateKey(owner: string, reference: string, change: KeyChange): Promise<ApiKey>
  /** It opens nothing from now on, and stays on record. Errors: access.unknown_api_key. */
  revokeKey(owner: string, reference: string, reason: string | null): Promise<void>
  /** Leaves no trace, for keys that the server lends to itself. */
  deleteKey(owner: string, keyUid: string): Promise<void>
  /** By the key or its uid. Errors: access.unknown_api_key. */
  findKey(owner: string, reference: string): Promise<ApiKey>
}

export function createApiKeys(deps: { db: ControlDb; clock: Clock; ids: Ids }): ApiKeys {
  const { db, clock, ids } = deps

  async function findRow(owner: string, reference: string): Promise<Selectable<ApiKeysTable>> {
    const row = await db
      .selectFrom('api_keys')
      .selectAll()
      .where('owner', '=', owner)
      .where('revoked_at', 'is', null)
      .where((eb) => eb.or([eb('key_uid', '=', reference), eb('key_hash', '=', hashKey(reference))]))
      .executeTakeFirst()
    if (!row) throw new AppError('access.unknown_api_key', { key: reference.slice(0, 9) })
    return row
  }

  async function columnsOf(change: KeyChange) {
    const { label, permissions, datasets, quotas, expiresAt } = change
    if (permissions) checkPermissions(permissions)
    if (typeof expiresAt === 'number' && expiresAt <= clock.now())
      throw new AppError('access.expired_already', {})
    return {
      ...(label === undefined ? {} : { label }),
      ...(permissions ? { permissions_json: JSON.stringify(inOrder(permissions)) } : {}),
      ...(datasets === undefined
        ? {}
        : { datasets_json: datasets === null ? null : JSON.stringify(await uidsOf(datasets)) }),
      ...(quotas === undefined ? {} : { quotas_json: JSON.stringify(quotas) }),
      ...(expiresAt === undefined ? {} : { expires_at: expiresAt }),
    }
  }

  async function uidsOf(references: readonly string[]): Promise<string[]> {
    const uids = new Set<string>()
    for (const reference of references) {
      const uid = await uidOfDataset(db, reference)
      if (uid === null)
        throw new AppError('catalog.unknown_dataset', { dataset_uid: reference.slice(0, 300) })
      uids.add(uid)
    }
    return [...uids]
  }

  return {
    async createKey(owner, input) {
      const key = ids.hex(28)
      const row = {
        key_uid: ids.uid('ak'),
        key_hash: hashKey(key),
        owner,
        label: null,
        permissions_json: '[]',
        datasets_json: null,
        quotas_json: '{}',
        expires_at: null,
        created_at: clock.now(),
        ...(await columnsOf(input)),
      }
      await db.insertInto('api_keys').values(row).execute()
      return { ...toApiKey(row), key }
    },
    async listKeys(owner, which = 'open') {
      let query = db.selectFrom('api_keys').selectAll().where('owner', '=', owner)
      if (which === 'open') query = query.where('revoked_at', 'is', null)
      const rows = await query.orderBy('created_at').orderBy('key_uid').execute()
      return rows.map(toApiKey)
    },
    async identifyKey(key) {
      const row = await db
        .selectFrom('api_keys')
        .selectAll()
        .where('key_hash', '=', hashKey(key))
        .executeTakeFirst()
      return row ? toApiKey(row) : null
    },
    findKey: async (owner, reference) => toApiKey(await findRow(owner, reference)),
    async updateKey(owner, reference, change) {
      if (Object.values(change).every((value) => value === undefined))
        throw new AppError('access.nothing_to_update', {})
      const columns = await columnsOf(change)
      const row = await findRow(owner, reference)
      await db.updateTable('api_keys').set(columns).where('key_uid', '=', row.key_uid).execute()
      return toApiKey({ ...row, ...columns })
    },
    async revokeKey(owner, reference, reason) {
      const row = await findRow(owner, reference)
      await db
        .updateTable('api_keys')
        .set({ revoked_at: clock.now(), revocation_reason: reason })
        .where('key_uid', '=', row.key_uid)
        .where('revoked_at', 'is', null)
        .execute()
    },
    async deleteKey(owner, keyUid) {
      await db.deleteFrom('api_keys').where('key_uid', '=', keyUid).where('owner', '=', owner).execute()
    },
  }
}

export function hashKey(key: string): string {
  return createHash('sha256').update(key).digest('hex')
}

type KeyRow = Omit<Selectable<ApiKeysTable>, 'revoked_at' | 'revocation_reason'> &
  Partial<Pick<Selectable<ApiKeysTable>, 'revoked_at' | 'revocation_reason'>>

function toApiKey(row: KeyRow): ApiKey {
  return {
    keyUid: row.key_uid,
    label: row.label,
    permissions: JSON.parse(row.permissions_json),
    datasets: row.datasets_json === null ? null : JSON.parse(row.datasets_json),
    quotas: JSON.parse(row.quotas_json),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    owner: row.owner,
    revoked:
      row.revoked_at === undefined || row.revoked_at === null
        ? null
        : { at: row.revoked_at, reason: row.revocation_reason ?? null },
  }
}
