/**
 * Leases of running backups: while one is held, the collector removes nothing, so that what the copied database names is
 * there until it is copied. A row of `settings` each: key `backup_lease:<id>`, value the instant at which it expires, in
 * milliseconds of 13 digits (to the year 2286), so that texts compare as numbers do on both databases.
 */
import type { ControlDb } from './control.ts'

const prefix = 'backup_lease:'

/** Takes a lease, or extends one's own. */
export async function holdBackupLease(db: ControlDb, id: string, expiresAt: number): Promise<void> {
  const row = { key: `${prefix}${id}`, value: String(expiresAt) }
  await db
    .insertInto('settings')
    .values(row)
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value: row.value }))
    .execute()
}

export async function releaseBackupLease(db: ControlDb, id: string): Promise<void> {
  await db.deleteFrom('settings').where('key', '=', `${prefix}${id}`).execute()
}

/** Whether a backup runs. Forgets leases that nobody renewed. */
export async function isBackupRunning(db: ControlDb, now: number): Promise<boolean> {
  await db
    .deleteFrom('settings')
    .where('key', 'like', `${prefix}%`)
    .where('value', '<=', String(now))
    .execute()
  const row = await db
    .selectFrom('settings')
    .select('key')
    .where('key', 'like', `${prefix}%`)
    .executeTakeFirst()
  return row !== undefined
}
