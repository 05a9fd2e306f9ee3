import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

export interface DataLock {
  release(): void
}

/**
 * Claims a data directory for this process, or returns who holds it.
 *
 * The lock is an exclusive transaction on `server.lock`, an otherwise empty SQLite file: the operating system drops it
 * with the process, however that dies, and no pid has to be guessed alive. `server.json` beside it only informs.
 */
export function lockDataDirectory(directory: string, holder: { pid: number }): DataLock | { heldBy: string } {
  mkdirSync(directory, { recursive: true })
  const info = join(directory, 'server.json')
  const database = new DatabaseSync(join(directory, 'server.lock'))
  try {
    database.exec('pragma busy_timeout = 0')
    database.exec('begin exclusive')
  } catch (error) {
    database.close()
    if (!String((error as Error).message).includes('locked')) throw error
    return { heldBy: readHolder(info) }
  }
  writeFileSync(info, JSON.stringify(holder))
  return {
    release: () => database.close(),
  }
}

function readHolder(path: string): string {
  try {
    return `process ${JSON.parse(readFileSync(path, 'utf8')).pid}`
  } catch {
    return 'another process'
  }
}
