/**
 * Leases of running backups: while one is held, the collector removes nothing, so that what the copied database names is
 * there until it is copied. A row of `settings` each: key `backup_lease:<id>`, value the instant at which it expires, in
 * milliseconds of 13 digits (to the year 2286), so that texts compare as numbers do on both databases.
 */
import type { ControlDb } from './control.ts'

const prefix = 'backup_lease:'

/** A row that whoever begins a backup and whoever frees something take in turn. */
const gate = { key: 'backup_gate', value: '' }

/** For the rest of the transaction no backup begins, or nothing is freed; until then one waits for the other. */
async function passGate(trx: ControlDb): Promise<void> {
  await write(trx, gate)
}

/** Takes a lease, or extends one's own. What is copied afterwards knows of all that was freed before. */
export async function holdBackupLease(db: ControlDb, id: string, expiresAt: number): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await passGate(trx)
    await write(trx, { key: `${prefix}${id}`, value: String(expiresAt) })
  })
}

async function write(db: ControlDb, row: { readonly key: string; readonly value: string }): Promise<void> {
  await db
    .insertInto('settings')
    .values(row)
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value: row.value }))
    .execute()
}

/** In one transaction, and only while no backup runs; null when one does. */
export async function outsideBackups<T>(
  db: ControlDb,
  now: number,
  work: (trx: ControlDb) => Promise<T>,
): Promise<T | null> {
  return db.transaction().execute(async (trx) => {
    await passGate(trx)
    return (await isBackupRunning(trx, now)) ? null : work(trx)
  })
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
