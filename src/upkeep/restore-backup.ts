/** restore-backup: a backup as a data directory of its own, whole or not at all. */
import { mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { DatabaseNotEmptyError, loadDump } from '../control/index.ts'
import { syncDirectory } from '../ingest/index.ts'
import { type DataLayout, dataLayout, type Ids } from '../kernel/index.ts'
import { BackupDamagedError, BackupRefusedError } from './backup.ts'
import type { BackupManifest } from './backup-manifest.ts'
import { openBackup } from './backup-reader.ts'
import { copyData } from './copy-data.ts'
import { type CopyTally, copyDurably, syncFile } from './copy-file.ts'
import { createFindings, hasErrors } from './findings.ts'
import { verify } from './verify.ts'

export interface RestoreOptions {
  readonly backup: string
  /** Must not exist, or be empty. */
  readonly dataDirectory: string
  /** Where a dump out of PostgreSQL goes, an empty database; null: into SQLite. */
  readonly databaseUrl: string | null
  readonly isQuick: boolean
  readonly tempDirectory: string
  readonly ids: Ids
  readonly onProgress?: (tally: CopyTally) => void
}

/**
 * Verifies the backup, then makes the data directory beside its place and renames it into it. Errors:
 * BackupRefusedError, BackupDamagedError, DamagedSourceError.
 */
export async function restoreBackup(options: RestoreOptions): Promise<BackupManifest> {
  const from = dataLayout(resolve(options.backup))
  const target = resolve(options.dataDirectory)
  if ((await readdir(target).catch(() => [])).length > 0)
    throw new BackupRefusedError(`${target} is not empty; a backup is restored into a new directory`)
  const findings = await verify(from.root, options)
  if (hasErrors(findings)) throw new BackupDamagedError(findings)
  const backup = await openBackup(from.root, createFindings())
  if (backup === null) throw new BackupRefusedError(`${from.root} is no complete backup`)
  const unfinished = dataLayout(join(dirname(target), `.restoring-${options.ids.hex(6)}`))
  try {
    if (backup.manifest.control.kind === 'sqlite' && options.databaseUrl !== null)
      throw new BackupRefusedError('The backup is of an SQLite database: restore it without DATABASE_URL')
    for (const directory of [unfinished.root, unfinished.generations, unfinished.blobs])
      await mkdir(directory, { recursive: true })
    await copyData(backup.db, from, unfinished, {
      links: false,
      onFile: (tally) => options.onProgress?.(tally),
    })
    await copyDurably(from.directoryId, unfinished.directoryId)
    await restoreControl(backup.manifest, from, unfinished, options.databaseUrl)
    await syncDirectory(unfinished.root)
    await rmdir(target).catch(() => {})
    await rename(unfinished.root, target)
    await syncDirectory(dirname(target))
  } finally {
    await backup.close()
    await rm(unfinished.root, { recursive: true, force: true })
  }
  return backup.manifest
}

async function restoreControl(
  { control }: BackupManifest,
  from: DataLayout,
  to: DataLayout,
  databaseUrl: string | null,
): Promise<void> {
  const source = join(from.root, control.file)
  if (control.kind === 'sqlite') return copyDurably(source, to.control)
  try {
    const loaded = await loadDump(source, { databaseUrl, sqlitePath: to.control })
    await loaded.close()
  } catch (error) {
    if (error instanceof DatabaseNotEmptyError) throw new BackupRefusedError(error.message)
    throw error
  }
  if (databaseUrl === null) await syncFile(to.control)
}
