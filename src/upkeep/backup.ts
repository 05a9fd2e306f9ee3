/**
 * backup: the control database as it is at one instant, then the files that it names, into a directory of the same
 * layout. Writers go on: a lease in the control database keeps the collector from removing what is still to be copied,
 * and sealed files never change. The copy is verified before `backup.json` is written, which makes it the backup; until
 * then the one before, if there is one, stays whole, because nothing of it is removed or changed.
 */
import { existsSync } from 'node:fs'
import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import {
  type ControlReader,
  copySqlite,
  dumpPostgres,
  holdBackupLease,
  lockDataDirectory,
  openControlBeside,
  releaseBackupLease,
} from '../control/index.ts'
import { type Clock, type DataLayout, dataLayout, type Ids } from '../kernel/index.ts'
import { type BackupManifest, backupName, runningName, writeJson } from './backup-manifest.ts'
import { openControl } from './backup-reader.ts'
import { type CopiedData, copyData } from './copy-data.ts'
import { type CopyTally, copyDurably } from './copy-file.ts'
import { type Findings, hasErrors } from './findings.ts'
import { hashFile } from './hash-file.ts'
import { verifyCopy } from './verify.ts'

export interface BackupOptions {
  readonly dataDirectory: string
  readonly target: string
  readonly databaseUrl: string | null
  /** Hard links instead of copies, where the file system allows it. */
  readonly links: boolean
  /** Verifies sizes and row counts only. */
  readonly isQuick: boolean
  readonly tempDirectory: string
  readonly softwareVersion: string
  readonly clock: Clock
  readonly ids: Ids
  readonly pid: number
  readonly onProgress?: (tally: CopyTally) => void
}

/** A backup or a restore cannot be made this way; in words for the person who asked. */
export class BackupRefusedError extends Error {}

/** The copy is not what it should be; the backup before it, if there is one, is untouched. */
export class BackupDamagedError extends Error {
  readonly findings: Findings
  constructor(findings: Findings) {
    super('The copy is damaged')
    this.findings = findings
  }
}

const leaseMs = 60_000
const renewMs = 15_000

/** Errors: BackupRefusedError, BackupDamagedError, DamagedSourceError. */
export async function backUp(options: BackupOptions): Promise<BackupManifest> {
  const from = dataLayout(resolve(options.dataDirectory))
  const to = dataLayout(resolve(options.target))
  await refuseImpossible(from, to, options)
  for (const directory of [to.root, to.generations, to.blobs]) await mkdir(directory, { recursive: true })
  const lock = lockDataDirectory(join(to.root, '.lock'), { pid: options.pid })
  if ('heldBy' in lock) throw new BackupRefusedError(`Another backup into ${to.root} is running`)
  const control = openControlBeside({ databaseUrl: options.databaseUrl, sqlitePath: from.control })
  const backupId = options.ids.hex(8)
  try {
    const release = await holdLease(control, backupId, options.clock)
    try {
      return await copyAll(options, { from, to, backupId })
    } finally {
      await release()
    }
  } finally {
    await control.close()
    lock.release()
  }
}

async function refuseImpossible(from: DataLayout, to: DataLayout, options: BackupOptions): Promise<void> {
  if (options.databaseUrl === null && !existsSync(from.control))
    throw new BackupRefusedError(
      `${from.root} has no control.sqlite: it is no data directory, or DATABASE_URL must say where its database is`,
    )
  const inside = relative(from.root, to.root)
  if (inside === '' || !(inside.startsWith('..') || resolve(inside) === inside))
    throw new BackupRefusedError('A backup cannot lie in the data directory itself')
  const names = (await readdir(to.root).catch(() => [])).filter((name) => name !== '.lock')
  if (names.length > 0 && !names.includes(backupName) && !names.includes(runningName))
    throw new BackupRefusedError(`${to.root} holds something else than a backup`)
}

async function holdLease(control: ControlReader, id: string, clock: Clock): Promise<() => Promise<void>> {
  const hold = () => holdBackupLease(control.db, id, clock.now() + leaseMs)
  await hold()
  // A renewal that fails is tried again; the verification at the end finds what was lost, should the lease have been.
  const timer = setInterval(() => void hold().catch(() => {}), renewMs)
  return async () => {
    clearInterval(timer)
    await releaseBackupLease(control.db, id)
  }
}

interface Run {
  readonly from: DataLayout
  readonly to: DataLayout
  readonly backupId: string
}

async function copyAll(options: BackupOptions, run: Run): Promise<BackupManifest> {
  const { from, to, backupId } = run
  const startedAt = new Date(options.clock.now()).toISOString()
  await writeJson(to.root, runningName, { backup_id: backupId, started_at: startedAt })
  const kind = options.databaseUrl === null ? 'sqlite' : 'dump'
  const file = `control-${backupId}.${kind === 'sqlite' ? 'sqlite' : 'jsonl'}`
  const path = join(to.root, file)
  if (options.databaseUrl === null) await copySqlite(from.control, path)
  else await dumpPostgres(options.databaseUrl, path)
  await copyDurably(from.directoryId, to.directoryId)
  const control = await openControl(path, kind)
  try {
    const copied = await copyData(control.db, from, to, {
      links: options.links,
      onFile: (tally) => options.onProgress?.(tally),
    })
    const findings = await verifyCopy(to, control, options)
    if (hasErrors(findings)) throw new BackupDamagedError(findings)
    const sealed = { file, kind, bytes: (await stat(path)).size, sha256: await hashFile(path) } as const
    const manifest: BackupManifest = {
      kind: 'broadsheet-backup',
      format: 1,
      backup_id: backupId,
      software_version: options.softwareVersion,
      started_at: startedAt,
      finished_at: new Date(options.clock.now()).toISOString(),
      control: sealed,
      counts: await countAll(control, copied),
      copied: { ...copied.tally },
      generations: copied.generations.map(({ generation_uid, dataset_uid, records_count, content_hash }) => ({
        generation_uid,
        dataset_uid,
        records_count,
        content_hash,
      })),
      blobs: [...copied.blobs],
    }
    await writeJson(to.root, backupName, manifest)
    await removeOthers(to, manifest)
    return manifest
  } finally {
    await control.close()
  }
}

async function countAll(control: ControlReader, copied: CopiedData): Promise<BackupManifest['counts']> {
  const count = async (table: 'datasets' | 'publications' | 'versions' | 'files') => {
    const row = await control.db
      .selectFrom(table)
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .executeTakeFirstOrThrow()
    return Number(row.n)
  }
  return {
    datasets: await count('datasets'),
    published: await count('publications'),
    versions: await count('versions'),
    files: await count('files'),
    generations: copied.generations.length,
    blobs: copied.blobs.length,
    bytes: copied.generations.reduce((total, { bytes }) => total + bytes, 0),
  }
}

/** What only an earlier backup named, and what an interrupted one left. */
async function removeOthers(to: DataLayout, manifest: BackupManifest): Promise<void> {
  const generations = new Set(manifest.generations.map((generation) => generation.generation_uid))
  for (const name of await readdir(to.generations))
    if (!generations.has(name)) await rm(join(to.generations, name), { recursive: true, force: true })
  const blobs = new Set(manifest.blobs)
  for (const shard of await readdir(to.blobs))
    for (const name of await readdir(join(to.blobs, shard)))
      if (!blobs.has(name)) await rm(join(to.blobs, shard, name), { force: true })
  for (const name of await readdir(to.root))
    if (/^control-/.test(name) && name !== manifest.control.file)
      await rm(join(to.root, name), { force: true })
  await rm(join(to.root, runningName), { force: true })
}
