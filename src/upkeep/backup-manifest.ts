/** `backup.json`: says that a backup is whole, and of what. Its rename into place is what makes a backup. */
import { open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { syncDirectory } from '../ingest/index.ts'

const count = Type.Integer({ minimum: 0 })

const schema = Type.Object({
  kind: Type.Literal('broadsheet-backup'),
  format: Type.Literal(1),
  backup_id: Type.String(),
  software_version: Type.String(),
  started_at: Type.String(),
  finished_at: Type.String(),
  control: Type.Object({
    /** `sqlite`: a database file. `dump`: lines of JSON, out of PostgreSQL. */
    kind: Type.Union([Type.Literal('sqlite'), Type.Literal('dump')]),
    file: Type.String({ pattern: '^control-[0-9a-f]+\\.(sqlite|jsonl)$' }),
    bytes: count,
    sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  }),
  counts: Type.Object({
    datasets: count,
    published: count,
    versions: count,
    generations: count,
    blobs: count,
    files: count,
    bytes: count,
  }),
  /** What this run had to copy; the rest was there from the one before. */
  copied: Type.Object({ files: count, bytes: count }),
  generations: Type.Array(
    Type.Object({
      generation_uid: Type.String(),
      dataset_uid: Type.String(),
      records_count: count,
      content_hash: Type.String(),
    }),
  ),
  blobs: Type.Array(Type.String()),
})

export type BackupManifest = Type.Static<typeof schema>

export const backupName = 'backup.json'
/** Beside it while a backup runs; stays when it is interrupted. */
export const runningName = 'backup-running.json'

/** Null: there is none. Errors: those of a file that is not a backup's manifest. */
export async function readBackupManifest(directory: string): Promise<BackupManifest | null> {
  const text = await readFile(join(directory, backupName), 'utf8').catch(() => null)
  if (text === null) return null
  const value: unknown = JSON.parse(text)
  if (!Value.Check(schema, value)) throw new Error('it does not have the form of one')
  return value
}

/** Durable when it returns. */
export async function writeJson(directory: string, name: string, value: unknown): Promise<void> {
  const path = join(directory, name)
  const file = await open(`${path}.new`, 'w')
  try {
    await file.writeFile(`${JSON.stringify(value, null, 2)}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(`${path}.new`, path)
  await syncDirectory(directory)
}
