export {
  BackupDamagedError,
  type BackupOptions,
  BackupRefusedError,
  backUp,
} from './backup.ts'
export type { BackupManifest } from './backup-manifest.ts'
export { DamagedSourceError } from './copy-file.ts'
export { type Finding, type Findings, hasErrors } from './findings.ts'
export { type RestoreOptions, restoreBackup } from './restore-backup.ts'
export { NothingToVerifyError, type VerifyOptions, verify } from './verify.ts'
