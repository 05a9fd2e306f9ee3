/** Reads what a build wrote, through the engine, for tests. */
import { join } from 'node:path'
import { openEngine, type Row } from '../../src/engine/index.ts'
import { idColumn, quoteIdentifier, quoteLiteral, servingLayout } from '../../src/kernel/index.ts'
import type { Built } from './builder.ts'

export type PlainRecord = Record<string, unknown>

/** The records of a build's parts as JSON values, in order, without their ids. */
export async function readRecords(built: Built): Promise<PlainRecord[]> {
  const rows = await readWithIds(built)
  return rows.map(({ [idColumn]: _, ...fields }) => fields)
}

/** As readRecords, with `_id`. */
export async function readWithIds(built: Built): Promise<PlainRecord[]> {
  const manifest = sealedManifest(built)
  if (manifest.parts.length === 0) return []
  const files = manifest.parts.map((part) => quoteLiteral(join(built.plan.directory, part.file))).join(', ')
  const rows = await query(built, `select to_json(_p)::varchar as record from read_parquet([${files}]) _p`)
  return rows.map((row) => JSON.parse(String(row.record)) as PlainRecord)
}

/** `rejects.parquet` or `record-errors.parquet` of a build; no rows when there is none. */
export async function readSideFile(built: Built, name: 'rejects' | 'record_errors'): Promise<PlainRecord[]> {
  const { file } = sealedManifest(built)[name]
  if (file === null) return []
  const path = quoteLiteral(join(built.plan.directory, file))
  const rows = await query(built, `select to_json(_p)::varchar as record from read_parquet(${path}) _p`)
  return rows.map((row) => JSON.parse(String(row.record)) as PlainRecord)
}

/** Rows of a table of the serving file, as JSON values. */
export async function readServing(built: Built, table: keyof typeof servingLayout): Promise<PlainRecord[]> {
  const name = quoteIdentifier(String(servingLayout[table]))
  const rows = await query(built, `select to_json(_p)::varchar as record from serving.${name} _p`, true)
  return rows.map((row) => JSON.parse(String(row.record)) as PlainRecord)
}

/** Field name to type, in order. */
export function fieldTypesOf(built: Built): Record<string, string> {
  return Object.fromEntries(sealedManifest(built).fields.map((field) => [field.name, field.type]))
}

export function sealedManifest(built: Built) {
  if (built.manifest === null) throw new Error(`not sealed: ${JSON.stringify(built.error)}`)
  return built.manifest
}

async function query(built: Built, sql: string, withServingFile = false): Promise<Row[]> {
  const { plan } = built
  const engine = await openEngine({
    memoryLimitMb: 500,
    threads: 1,
    tempDirectory: plan.tmpDirectory,
    allowedDirectories: [plan.directory, join(plan.servingFile, '..')],
  })
  const connection = await engine.connect()
  try {
    if (withServingFile)
      await connection.run(`attach ${quoteLiteral(plan.servingFile)} as serving (read_only)`)
    return await connection.all(sql)
  } finally {
    connection.close()
    engine.close()
  }
}
