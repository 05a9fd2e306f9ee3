/** The data directory: everything that the server keeps, in one place. docs/operations.md lists it. */
import { mkdirSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ControlDb, type DataLock, lockDataDirectory } from './control/index.ts'
import { writeDurably } from './durable-file.ts'
import { type DataLayout, dataLayout, type Ids } from './kernel/index.ts'
import { SettingError } from './settings.ts'

export interface DataDirectory extends DataLayout {
  /** Emptied at every start. */
  readonly tmp: string
  readonly exports: string
  readonly previews: string
  readonly spill: string
}

export function layOut(root: string): DataDirectory {
  const tmp = join(root, 'tmp')
  return {
    ...dataLayout(root),
    tmp,
    exports: join(tmp, 'exports'),
    previews: join(tmp, 'previews'),
    spill: join(tmp, 'spill'),
  }
}

export function makeDirectories(directory: DataDirectory): void {
  const { control: _control, directoryId: _directoryId, secretKey: _secretKey, ...directories } = directory
  for (const path of Object.values(directories)) mkdirSync(path, { recursive: true })
}

/** The start's sweep empties `tmp` whole. */
export async function makeTemporaryDirectories(directory: DataDirectory): Promise<void> {
  for (const path of [directory.exports, directory.previews, directory.spill])
    await mkdir(path, { recursive: true })
}

/**
 * Ties a data directory to its control database: generations named in one must be in the other. Errors: SettingError
 * when they belong to different partners.
 */
export async function checkBelonging(directory: DataDirectory, db: ControlDb, ids: Ids): Promise<void> {
  const path = directory.directoryId
  const ofDirectory = await readFile(path, 'utf8').catch(() => null)
  const row = await db
    .selectFrom('settings')
    .select('value')
    .where('key', '=', 'directory_id')
    .executeTakeFirst()
  if (row && ofDirectory !== row.value) {
    throw new SettingError(
      `The control database belongs to another data directory than ${directory.root}. Point BROADSHEET_DATA_DIR at that one, or DATABASE_URL at this one's database`,
    )
  }
  if (row) return
  const id = ofDirectory || ids.hex(16)
  // Before the database knows it: a power cut must not leave the one without the other.
  writeDurably(path, id)
  await db.insertInto('settings').values({ key: 'directory_id', value: id }).execute()
}

/** Errors: SettingError when another server holds the directory, or it cannot be written. */
export function claimDirectory(root: string, pid: number): DataLock {
  const lock = tryLock(root, pid)
  if ('heldBy' in lock) {
    throw new SettingError(
      `The data directory ${root} is in use by ${lock.heldBy}. Stop that server, or set BROADSHEET_DATA_DIR to another directory`,
    )
  }
  return lock
}

function tryLock(root: string, pid: number): DataLock | { heldBy: string } {
  try {
    return lockDataDirectory(root, { pid })
  } catch (error) {
    const { code } = error as { code?: string }
    if (code === 'EACCES' || code === 'EROFS' || code === 'ENOTDIR' || code === 'EEXIST') {
      throw new SettingError(`BROADSHEET_DATA_DIR is '${root}', which cannot be written (${code})`)
    }
    throw error
  }
}
