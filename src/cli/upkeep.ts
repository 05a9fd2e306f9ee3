/** verify, backup and restore-backup: they work on directories and the control database, beside a server or without. */
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import manifest from '../../package.json' with { type: 'json' }
import { createIds, systemClock } from '../kernel/index.ts'
import {
  BackupDamagedError,
  type BackupManifest,
  BackupRefusedError,
  backUp,
  DamagedSourceError,
  type Findings,
  hasErrors,
  NothingToVerifyError,
  restoreBackup,
  verify,
} from '../upkeep/index.ts'
import { ProblemsFoundError, UsageError } from './exit-codes.ts'
import { count, type Output } from './output.ts'

type Env = Readonly<Record<string, string | undefined>>

/** Errors: UsageError (nothing there to verify), ProblemsFoundError. */
export async function verifyDirectory(
  output: Output,
  env: Env,
  directory: string,
  options: { readonly quick: boolean },
): Promise<void> {
  const root = resolve(directory)
  if (!existsSync(root)) throw new UsageError(`${directory} does not exist`)
  const findings = await withTempDirectory((tempDirectory) =>
    verify(root, { isQuick: options.quick, databaseUrl: env.DATABASE_URL || null, tempDirectory }),
  ).catch((error) => {
    throw error instanceof NothingToVerifyError ? new UsageError(error.message) : error
  })
  show(output, findings)
  const errors = findings.list.filter(({ severity }) => severity === 'error').length
  const warnings = findings.list.length - errors
  const { counts } = findings
  const facts = [
    `${count(counts.generations)} generations`,
    `${count(counts.parts)} parts`,
    `${count(counts.blobs)} blobs`,
    `${count(counts.servingFiles)} serving files`,
    options.quick ? 'nothing hashed' : `${count(counts.bytesHashed)} bytes hashed`,
    `${count(warnings)} warnings`,
    `${count(errors)} errors`,
  ]
  output.result(facts.join(', '), {
    event: 'verified',
    ok: errors === 0,
    errors,
    warnings,
    quick: options.quick,
    generations: counts.generations,
    parts: counts.parts,
    blobs: counts.blobs,
    serving_files: counts.servingFiles,
    bytes_hashed: counts.bytesHashed,
    content_hashes: counts.contentHashes,
  })
  if (errors > 0) throw new ProblemsFoundError(`${count(errors)} errors`)
}

function show(output: Output, findings: Findings): void {
  for (const { severity, key, subject, file, message } of findings.list)
    output.result(`${severity}\t${subject}\t${message}`, {
      event: 'problem',
      severity,
      key,
      subject,
      file,
      message,
    })
}

export interface BackupCommand {
  readonly dataDir?: string
  readonly link: boolean
  readonly quick: boolean
}

/** Errors: UsageError, ProblemsFoundError. */
export async function backup(
  output: Output,
  env: Env,
  target: string,
  options: BackupCommand,
): Promise<void> {
  const made = await reporting(output, () =>
    withTempDirectory((tempDirectory) =>
      backUp({
        dataDirectory: options.dataDir ?? env.BROADSHEET_DATA_DIR ?? './data',
        target,
        databaseUrl: env.DATABASE_URL || null,
        links: options.link,
        isQuick: options.quick,
        tempDirectory,
        softwareVersion: manifest.version,
        clock: systemClock,
        ids: createIds(),
        pid: process.pid,
      }),
    ),
  )
  output.result(`${describe(made)}, ${count(made.copied.files)} files copied`, {
    event: 'backed_up',
    backup_id: made.backup_id,
    finished_at: made.finished_at,
    counts: made.counts,
    copied: made.copied,
  })
}

/** Errors: UsageError, ProblemsFoundError. */
export async function restore(
  output: Output,
  env: Env,
  directory: string,
  options: { readonly dataDir: string; readonly quick: boolean },
): Promise<void> {
  if (!existsSync(directory)) throw new UsageError(`${directory} does not exist`)
  const restored = await reporting(output, () =>
    withTempDirectory((tempDirectory) =>
      restoreBackup({
        backup: directory,
        dataDirectory: options.dataDir,
        databaseUrl: env.DATABASE_URL || null,
        isQuick: options.quick,
        tempDirectory,
        ids: createIds(),
      }),
    ),
  )
  output.result(`${describe(restored)}, as of ${restored.started_at}`, {
    event: 'backup_restored',
    backup_id: restored.backup_id,
    started_at: restored.started_at,
    counts: restored.counts,
  })
}

function describe({ counts }: BackupManifest): string {
  return [
    `${count(counts.datasets)} datasets`,
    `${count(counts.generations)} generations`,
    `${count(counts.versions)} versions`,
    `${count(counts.blobs)} blobs`,
  ].join(', ')
}

async function reporting<T>(output: Output, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof BackupRefusedError) throw new UsageError(error.message)
    if (error instanceof DamagedSourceError) throw new ProblemsFoundError(error.message)
    if (error instanceof BackupDamagedError && hasErrors(error.findings)) {
      show(output, error.findings)
      throw new ProblemsFoundError('The backup is incomplete or damaged')
    }
    throw error
  }
}

async function withTempDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'broadsheet-upkeep-'))
  try {
    return await work(directory)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
