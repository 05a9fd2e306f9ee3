import { open } from 'node:fs/promises'
import { backup, DatabaseSync } from 'node:sqlite'

/** More pages than a control database has: copied in one step, no writer can make it start over. */
const pagesPerStep = 1_000_000

/**
 * Copies the database as it is at one instant, whoever writes to it, into a file that needs no others beside it (no WAL).
 * Leases of running backups are not copied.
 */
export async function copySqlite(source: string, target: string): Promise<void> {
  const from = new DatabaseSync(source)
  try {
    from.exec('pragma busy_timeout = 5000')
    await backup(from, target, { rate: pagesPerStep })
  } finally {
    from.close()
  }
  const copy = new DatabaseSync(target)
  try {
    copy.exec('pragma journal_mode = delete')
    copy.exec("delete from settings where key like 'backup_lease:%'")
  } finally {
    copy.close()
  }
  const file = await open(target, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}
