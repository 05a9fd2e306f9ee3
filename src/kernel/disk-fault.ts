import { AppError } from './errors.ts'

interface SystemFault {
  readonly code?: string
  /** Of SQLite; extended codes have the kind in their lowest byte. */
  readonly errcode?: number
  readonly message?: string
}

/** EDQUOT: the quota of the user; EFBIG: the limit of the process. PostgreSQL says 53100. */
const fullCodes = ['ENOSPC', 'EDQUOT', 'EFBIG', '53100']
const failedCodes: Readonly<Record<string, string>> = {
  EXDEV: 'its directories lie on different disks',
  EIO: 'the disk reports an error',
  EROFS: 'it is mounted read-only',
  '58030': 'the disk of the control database reports an error',
}
/** https://www.sqlite.org/rescode.html */
const sqliteIoError = 10
const sqliteFull = 13

/**
 * A system's, SQLite's, PostgreSQL's or DuckDB's error in the words of the catalogue, when it is about the disk; else null.
 * Out: jobs.disk_full, jobs.disk_failed.
 */
export function diskFault(error: unknown): AppError | null {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code = '', errcode = 0, message = '' } = at as SystemFault
    const kind = errcode & 0xff
    // DuckDB has no codes: its messages end with the system's words.
    if (fullCodes.includes(code) || kind === sqliteFull || isFullMessage(message))
      return new AppError('jobs.disk_full', {})
    const reason = failedCodes[code] ?? (kind === sqliteIoError ? 'the disk reports an error' : undefined)
    if (reason !== undefined || /Input\/output error|Read-only file system/.test(message))
      return new AppError('jobs.disk_failed', { reason: reason ?? 'the disk reports an error' })
  }
  return null
}

function isFullMessage(message: string): boolean {
  return /No space left on device|Disk quota exceeded|File too large|max_temp_directory_size/.test(message)
}
