import { findAllowance, smallest } from '../access/index.ts'
import type { ActionDeps } from './deps.ts'

/** Records that a dataset of this owner is published with at most: the smallest of all limits; null: no limit. */
export async function maxRecordsOf(deps: ActionDeps, owner: string): Promise<number | null> {
  const { maxRecordsByDataset } = await findAllowance(deps.control.db, owner)
  return smallest([maxRecordsByDataset, deps.maxRecordsByDataset])
}
