/** What an account may have: its own limits, those of its groups and of the domain; the smallest holds. */
import type { ControlDb } from '../control/index.ts'
import { AppError } from '../kernel/index.ts'
import type { AccountLimits, AccountQuotas } from './accounts.ts'

export interface Allowance {
  /** Calls of both APIs in a day; null: no quota. */
  readonly callsPerDay: number | null
  readonly maxDatasets: number | null
  readonly maxRecordsByDataset: number | null
}

interface AllowanceTexts {
  readonly quotas_json: string
  readonly limits_json: string
}

/** The smallest of each, of the account and its groups. */
export function allowanceOf(texts: readonly AllowanceTexts[]): Allowance {
  const quotas = texts.map(({ quotas_json }) => JSON.parse(quotas_json) as AccountQuotas)
  const limits = texts.map(({ limits_json }) => JSON.parse(limits_json) as AccountLimits)
  return {
    callsPerDay: smallest(quotas.map(({ limit }) => limit)),
    maxDatasets: smallest(limits.map(({ max_datasets }) => max_datasets)),
    maxRecordsByDataset: smallest(limits.map(({ max_records_by_dataset }) => max_records_by_dataset)),
  }
}

/** Null when there is none. */
export function smallest(values: readonly (number | null | undefined)[]): number | null {
  const known = values.filter((value) => typeof value === 'number')
  return known.length === 0 ? null : Math.min(...known)
}

/** Of an account by its name; one that is gone has no limits of its own. */
export async function findAllowance(db: ControlDb, username: string): Promise<Allowance> {
  const [user, groups] = await Promise.all([
    db
      .selectFrom('users')
      .select(['quotas_json', 'limits_json'])
      .where('username', '=', username)
      .executeTakeFirst(),
    db
      .selectFrom('group_members')
      .innerJoin('groups', 'groups.group_id', 'group_members.group_id')
      .select(['groups.quotas_json', 'groups.limits_json'])
      .where('username', '=', username)
      .execute(),
  ])
  return allowanceOf(user ? [user, ...groups] : [])
}

export async function countDatasets(db: ControlDb, owner: string | null): Promise<number> {
  let query = db.selectFrom('datasets').select((eb) => eb.fn.countAll<number>().as('count'))
  if (owner !== null) query = query.where('owner', '=', owner)
  return Number((await query.executeTakeFirstOrThrow()).count)
}

/**
 * Before a dataset is created. `domainMax`: datasets of all owners together; null: without a limit.
 * Errors: access.too_many_datasets.
 */
export async function requireRoomForDataset(
  trx: ControlDb,
  username: string,
  domainMax: number | null,
): Promise<void> {
  const { maxDatasets } = await findAllowance(trx, username)
  const refuse = (limit: number, count: number) => {
    if (count >= limit) throw new AppError('access.too_many_datasets', { limit, count })
  }
  if (maxDatasets !== null) refuse(maxDatasets, await countDatasets(trx, username))
  if (domainMax !== null) refuse(domainMax, await countDatasets(trx, null))
}
