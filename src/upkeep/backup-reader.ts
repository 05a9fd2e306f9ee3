import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type ControlReader, loadDump, openControlReader } from '../control/index.ts'
import { type BackupManifest, backupName, readBackupManifest, runningName } from './backup-manifest.ts'
import type { Findings } from './findings.ts'
import { hashFile } from './hash-file.ts'

export interface OpenedBackup extends ControlReader {
  readonly manifest: BackupManifest
}

const subject = 'backup'

/** A backup's copy of the control database. Null: it cannot be used, and the findings say why. */
export async function openBackup(directory: string, findings: Findings): Promise<OpenedBackup | null> {
  const manifest = await readBackupManifest(directory).catch((error: Error) => {
    findings.error('backup_incomplete', subject, backupName, `backup.json cannot be used: ${error.message}`)
    return null
  })
  if (manifest === null) {
    if (findings.list.length === 0)
      findings.error('backup_incomplete', subject, null, 'the backup was never completed')
    return null
  }
  if (existsSync(join(directory, runningName))) {
    const message = `a later backup into this directory runs or was interrupted; the one of ${manifest.finished_at} counts`
    findings.warn('backup_incomplete', subject, runningName, message)
  }
  const path = join(directory, manifest.control.file)
  if (!(await isAsSealed(path, manifest.control))) {
    const message = `${manifest.control.file} is not what was backed up`
    findings.error('control_damaged', subject, manifest.control.file, message)
    return null
  }
  return { ...(await openControl(path, manifest.control.kind)), manifest }
}

/** A copy of a control database, to read. */
export async function openControl(path: string, kind: 'sqlite' | 'dump'): Promise<ControlReader> {
  return kind === 'sqlite'
    ? openControlReader({ databaseUrl: null, sqlitePath: path })
    : loadDump(path, { databaseUrl: null, sqlitePath: ':memory:' })
}

async function isAsSealed(
  path: string,
  expected: { readonly bytes: number; readonly sha256: string },
): Promise<boolean> {
  const found = await stat(path).catch(() => null)
  return found?.size === expected.bytes && (await hashFile(path)) === expected.sha256
}
