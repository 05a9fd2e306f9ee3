/**
 * verify: is everything that a data directory, a backup or one generation holds what it should be? Needs no server and
 * disturbs none: the control database is only read, and what a running server changes meanwhile is looked at twice.
 */
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { type ControlReader, openControlReader } from '../control/index.ts'
import { type Engine, openEngine } from '../engine/index.ts'
import { type DataLayout, dataLayout, type Manifest } from '../kernel/index.ts'
import { backupName, runningName } from './backup-manifest.ts'
import { openBackup } from './backup-reader.ts'
import { createFindings, type Findings } from './findings.ts'
import { verifyBlobs } from './verify-blobs.ts'
import { listKnown, listNamedBlobs, listSealed, verifyControl } from './verify-control.ts'
import { type CheckOptions, verifyGeneration } from './verify-generation.ts'
import { findServingOrphans, verifyServing } from './verify-serving.ts'

export interface VerifyOptions {
  /** Sizes, row counts and pointers only; no file is hashed. */
  readonly isQuick: boolean
  /** Where the control database is when it is not in the directory; null: it is there. */
  readonly databaseUrl: string | null
  /** Exists, and is the caller's to remove: the engine spills there. */
  readonly tempDirectory: string
}

/** What cannot be checked at all. */
export class NothingToVerifyError extends Error {}

/** Errors: NothingToVerifyError when the directory is neither a data directory, a backup nor a generation. */
export async function verify(directory: string, options: VerifyOptions): Promise<Findings> {
  const findings = createFindings()
  await withEngine(directory, options, async (check) => {
    if (isBackup(directory)) await verifyBackup(directory, check, findings)
    else if (isDataDirectory(directory)) await verifyData(directory, options, check, findings)
    else if (existsSync(join(directory, 'manifest.json')))
      await verifyGeneration(directory, `generation ${basename(directory)}`, check, findings)
    else
      throw new NothingToVerifyError(
        'There is neither a data directory, nor a backup, nor a generation with a manifest.json',
      )
  })
  return findings
}

/** Checks copied files against the copied control database that names them. */
export async function verifyCopy(
  layout: DataLayout,
  control: ControlReader,
  options: Pick<VerifyOptions, 'isQuick' | 'tempDirectory'>,
): Promise<Findings> {
  const findings = createFindings()
  await withEngine(layout.root, options, (check) => verifyAll(layout, control, check, findings))
  return findings
}

async function withEngine(
  directory: string,
  { isQuick, tempDirectory }: Pick<VerifyOptions, 'isQuick' | 'tempDirectory'>,
  work: (check: CheckOptions) => Promise<void>,
): Promise<void> {
  const engine: Engine = await openEngine({
    memoryLimitMb: 512,
    threads: 2,
    tempDirectory,
    allowedDirectories: [directory],
  })
  try {
    await work({ engine, isQuick })
  } finally {
    engine.close()
  }
}

function isBackup(directory: string): boolean {
  return existsSync(join(directory, backupName)) || existsSync(join(directory, runningName))
}

function isDataDirectory(directory: string): boolean {
  const layout = dataLayout(directory)
  return existsSync(layout.control) || existsSync(layout.generations)
}

async function verifyData(
  directory: string,
  options: VerifyOptions,
  check: CheckOptions,
  findings: Findings,
): Promise<void> {
  const layout = dataLayout(directory)
  if (options.databaseUrl === null && !existsSync(layout.control))
    throw new NothingToVerifyError(
      'The directory has no control.sqlite: DATABASE_URL must say where its database is',
    )
  const control = openReader(layout, options, findings)
  try {
    await verifyAll(layout, control, check, findings)
  } finally {
    await control?.close()
  }
}

function openReader(layout: DataLayout, options: VerifyOptions, findings: Findings): ControlReader | null {
  try {
    return openControlReader({ databaseUrl: options.databaseUrl, sqlitePath: layout.control })
  } catch {
    const message = 'control.sqlite is not a database'
    findings.error('control_damaged', 'control database', 'control.sqlite', message)
    return null
  }
}

async function verifyBackup(directory: string, check: CheckOptions, findings: Findings): Promise<void> {
  const backup = await openBackup(directory, findings)
  if (backup === null) return
  try {
    await verifyAll(dataLayout(directory), backup, check, findings)
  } finally {
    await backup.close()
  }
}

async function verifyAll(
  layout: DataLayout,
  control: ControlReader | null,
  check: CheckOptions,
  findings: Findings,
): Promise<void> {
  const isReadable = control !== null && (await verifyControl(control.db, control.dialect, findings))
  if (!isReadable) return verifyWithoutControl(layout, check, findings)
  await checkDirectoryId(layout, control, findings)
  const manifests = await verifySealed(layout, control, check, findings)
  await verifyBlobs(layout.blobs, await listNamedBlobs(control.db), check.isQuick, findings)
  await verifyServing(layout.serving, manifests, check.engine, findings)
  // Looked up last: what came into being meanwhile is known by now.
  const directories = await readdir(layout.generations).catch(() => [])
  const known = await listKnown(control.db)
  for (const name of directories) {
    if (known.has(name) || !existsSync(join(layout.generations, name))) continue
    const message = `generations/${name} belongs to nothing; the next start removes it`
    findings.warn('orphan', `generation ${name}`, join('generations', name), message)
  }
  await findServingOrphans(layout.serving, known, findings)
}

/** Every sealed generation, against its directory. Out: their manifests. */
async function verifySealed(
  layout: DataLayout,
  control: ControlReader,
  check: CheckOptions,
  findings: Findings,
): Promise<Map<string, Manifest>> {
  const manifests = new Map<string, Manifest>()
  for (const row of await listSealed(control.db)) {
    const own = createFindings()
    const directory = join(layout.generations, row.generation_uid)
    const subject = `generation ${row.generation_uid}`
    if (!existsSync(directory)) own.error('generation_missing', subject, null, 'its directory is missing')
    else {
      const manifest = await verifyGeneration(directory, subject, check, own)
      if (manifest) {
        manifests.set(row.generation_uid, manifest)
        if (JSON.stringify(manifest) !== row.manifest_json)
          own.error('manifest_differs', subject, 'manifest.json', 'manifest.json is not what was sealed')
      }
    }
    // A running server may have collected it in the meantime.
    const isStill = own.list.length === 0 || (await isSealed(control, row.generation_uid))
    if (isStill) findings.list.push(...own.list)
    for (const key of Object.keys(own.counts) as (keyof typeof own.counts)[])
      findings.counts[key] += own.counts[key]
  }
  return manifests
}

async function isSealed(control: ControlReader, generationUid: string): Promise<boolean> {
  const row = await control.db
    .selectFrom('generations')
    .select('state')
    .where('generation_uid', '=', generationUid)
    .executeTakeFirst()
  return row?.state === 'sealed'
}

/** The parts are the truth and say for themselves whether they are whole. */
async function verifyWithoutControl(
  layout: DataLayout,
  check: CheckOptions,
  findings: Findings,
): Promise<void> {
  for (const name of await readdir(layout.generations).catch(() => [])) {
    const directory = join(layout.generations, name)
    if (existsSync(join(directory, 'manifest.json')))
      await verifyGeneration(directory, `generation ${name}`, check, findings)
  }
  await verifyBlobs(layout.blobs, [], check.isQuick, findings)
}

async function checkDirectoryId(
  layout: DataLayout,
  control: ControlReader,
  findings: Findings,
): Promise<void> {
  const row = await control.db
    .selectFrom('settings')
    .select('value')
    .where('key', '=', 'directory_id')
    .executeTakeFirst()
  const ofDirectory = await readFile(layout.directoryId, 'utf8').catch(() => null)
  if (row && row.value === ofDirectory) return
  const message = 'directory-id and the control database do not belong together'
  findings.error('directory_mismatch', 'directory', 'directory-id', message)
}
