/** Jobs that people are told of, until they have been. */
import { sql } from 'kysely'
import type { ControlDb } from '../control/index.ts'
import type { Job } from './job.ts'
import { toJob } from './read-jobs.ts'

/** Those that ended since then, the oldest first. */
export async function listUntold(db: ControlDb, since: number, limit: number): Promise<Job[]> {
  const rows = await db
    .selectFrom('jobs')
    .selectAll()
    // As the index has it: a parameter would hide from SQLite that it fits.
    .where('is_untold', '=', sql.lit(1))
    .where('finished_at', '>', since)
    .orderBy('finished_at')
    .limit(limit)
    .execute()
  return rows.map(toJob)
}

/** In the transaction that tells of it. True for one who asks: of two processes one tells. */
export async function takeUntold(trx: ControlDb, jobUid: string): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('jobs')
    .set({ is_untold: 0 })
    .where('job_uid', '=', jobUid)
    .where('is_untold', '=', 1)
    .executeTakeFirst()
  return Number(numUpdatedRows) > 0
}
