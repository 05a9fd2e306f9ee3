import { sql } from 'kysely'
import { unfinishedStates } from './job.ts'

/**
 * The unfinished states for a `where` that is to use the index of unfinished jobs. As the index has them: parameters would hide
 * from SQLite that it fits, and it would read every job of the last month.
 */
export const unfinishedLiterals = unfinishedStates.map((state) => sql.lit(state))
