/** The control database by itself: whole, and every pointer in it leads to something sealed. */
import { sql } from 'kysely'
import type { ControlDb } from '../control/index.ts'
import type { Findings } from './findings.ts'

const subject = 'control database'

export interface SealedGeneration {
  readonly generation_uid: string
  readonly dataset_uid: string
  readonly manifest_json: string | null
  readonly records_count: number
}

/** Errors are findings. Out: false when the database cannot be read at all. */
export async function verifyControl(
  db: ControlDb,
  dialect: 'sqlite' | 'postgres',
  findings: Findings,
): Promise<boolean> {
  try {
    if (dialect === 'sqlite') await checkSqlite(db, findings)
    await checkPointers(db, findings)
    return true
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    findings.error('control_damaged', subject, null, `the control database cannot be read: ${reason}`)
    return false
  }
}

async function checkSqlite(db: ControlDb, findings: Findings): Promise<void> {
  const integrity = await sql<{ integrity_check: string }>`pragma integrity_check`.execute(db)
  for (const { integrity_check: text } of integrity.rows)
    if (text !== 'ok') findings.error('control_damaged', subject, null, text)
  const foreign = await sql<{ table: string; parent: string }>`pragma foreign_key_check`.execute(db)
  // Pointers at generations are looked at by themselves.
  for (const { table, parent } of foreign.rows.filter((row) => row.parent !== 'generations'))
    findings.error(
      'control_reference',
      subject,
      null,
      `a row of ${table} refers to a row of ${parent} that is not there`,
    )
}

async function checkPointers(db: ControlDb, findings: Findings): Promise<void> {
  const publications = await db
    .selectFrom('publications')
    .leftJoin('generations', 'generations.generation_uid', 'publications.generation_uid')
    .select([
      'publications.dataset_uid',
      'publications.dataset_id',
      'publications.generation_uid',
      'publications.records_count',
      'generations.records_count as sealed_count',
      'generations.state',
      'generations.dataset_uid as of_dataset',
    ])
    .execute()
  for (const row of publications) {
    const of = `the publication of dataset ${row.dataset_id}`
    if (row.state !== 'sealed')
      findings.error(
        'control_reference',
        subject,
        null,
        `${of} points at ${row.generation_uid}, which is not sealed`,
      )
    else if (row.of_dataset !== row.dataset_uid)
      findings.error('control_reference', subject, null, `${of} points at a generation of ${row.of_dataset}`)
    else if (row.sealed_count !== row.records_count)
      findings.error(
        'counts_differ',
        subject,
        null,
        `${of} has ${row.records_count} records, its generation ${row.sealed_count}`,
      )
  }
  const versions = await db
    .selectFrom('versions')
    .leftJoin('generations', 'generations.generation_uid', 'versions.generation_uid')
    .select(['versions.version_uid', 'versions.generation_uid', 'generations.state'])
    .where('versions.generation_uid', 'is not', null)
    .execute()
  for (const row of versions) {
    if (row.state === 'sealed') continue
    const message = `version ${row.version_uid} points at ${row.generation_uid}, which is not sealed`
    findings.error('control_reference', subject, null, message)
  }
}

export async function listSealed(db: ControlDb): Promise<SealedGeneration[]> {
  return db
    .selectFrom('generations')
    .select(['generation_uid', 'dataset_uid', 'manifest_json', 'records_count'])
    .where('state', '=', 'sealed')
    .orderBy('generation_uid')
    .execute()
}

/** Generations with a row in any state: those whose directory is nobody's leftover. */
export async function listKnown(db: ControlDb): Promise<Set<string>> {
  const rows = await db.selectFrom('generations').select('generation_uid').execute()
  return new Set(rows.map((row) => row.generation_uid))
}

export interface NamedBlob {
  readonly sha256: string
  readonly bytes: number
  /** What would be lost with it, in words. */
  readonly of: string
  /** It can be fetched again. */
  readonly isRemote: boolean
}

/** Blobs that an uploaded or attached file, an image, the last fetch of a resource or a file of records names, each once. */
export async function listNamedBlobs(db: ControlDb): Promise<NamedBlob[]> {
  const named = new Map<string, NamedBlob>()
  const fetched = await db
    .selectFrom('resources')
    .select(['resource_uid', 'fetched_json'])
    .where('fetched_json', 'is not', null)
    .execute()
  for (const { resource_uid, fetched_json } of fetched) {
    const { sha256, bytes } = JSON.parse(fetched_json!) as { sha256: string; bytes: number }
    named.set(sha256, { sha256, bytes, of: `resource ${resource_uid}`, isRemote: true })
  }
  // A control database of an earlier release has not all tables before a server has opened it.
  const tables = new Set((await db.introspection.getTables()).map(({ name }) => name))
  if (tables.has('attached_blobs')) await nameAttached(db, named)
  if (tables.has('images')) await nameImages(db, named)
  for (const file of await db.selectFrom('files').select(['file_id', 'sha256', 'bytes']).execute())
    named.set(file.sha256, {
      sha256: file.sha256,
      bytes: file.bytes,
      of: `file ${file.file_id}`,
      isRemote: false,
    })
  if (tables.has('generation_media')) await nameMedia(db, named)
  return [...named.values()].sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1))
}

async function nameAttached(db: ControlDb, named: Map<string, NamedBlob>): Promise<void> {
  for (const { dataset_uid, ...blob } of await db.selectFrom('attached_blobs').selectAll().execute())
    named.set(blob.sha256, { ...blob, of: `a file attached to dataset ${dataset_uid}`, isRemote: false })
}

async function nameImages(db: ControlDb, named: Map<string, NamedBlob>): Promise<void> {
  const images = await db.selectFrom('images').select(['image_uid', 'sha256', 'bytes']).execute()
  for (const { image_uid, ...blob } of images)
    named.set(blob.sha256, { ...blob, of: `image ${image_uid}`, isRemote: false })
}

async function nameMedia(db: ControlDb, named: Map<string, NamedBlob>): Promise<void> {
  const media = await db
    .selectFrom('generation_media')
    .select(['sha256', 'bytes', 'generation_uid'])
    .execute()
  for (const { sha256, bytes, generation_uid } of media) {
    const of = `a file of records of generation ${generation_uid}`
    if (!named.has(sha256)) named.set(sha256, { sha256, bytes, of, isRemote: false })
  }
  const pushed = await db
    .selectFrom('media')
    .select(['sha256', 'bytes', 'resource_uid'])
    .where('resource_uid', 'is not', null)
    .execute()
  for (const { sha256, bytes, resource_uid } of pushed) {
    const of = `a file pushed to resource ${resource_uid}`
    if (!named.has(sha256)) named.set(sha256, { sha256, bytes, of, isRemote: false })
  }
}
