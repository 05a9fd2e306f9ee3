/** Files beside the parts: rows that could not be read, values that could not be handled. */
import { join } from 'node:path'
import type { Connection } from '../../engine/index.ts'
import { type BuildPlan, type Manifest, quoteLiteral } from '../../kernel/index.ts'
import type { SealedPart } from './extract.ts'
import { sealFile } from './part-file.ts'
import type { SliceCounts } from './slice-work.ts'

const batchRows = 5_000

/** `rejects.parquet` (resource_uid, line, reason, raw), or no file when every row could be read. */
export async function writeRejects(
  connection: Connection,
  plan: BuildPlan,
  parts: readonly SealedPart[],
): Promise<Manifest['rejects']> {
  const rows = parts.flatMap((part) =>
    part.counts.rejects.map((reject) => ({
      resource_uid: plan.sources[part.sourceIndex]!.resourceUid,
      ...reject,
    })),
  )
  if (rows.length === 0) return { file: null, rows: 0 }
  const file = 'rejects.parquet'
  const sealed = await writeRows(connection, join(plan.directory, file), rows, {
    resource_uid: 'VARCHAR',
    line: 'BIGINT',
    reason: 'VARCHAR',
    raw: 'VARCHAR',
  })
  return { file, rows: rows.length, ...sealed }
}

/** `record-errors.parquet`: an exact count, and as many of the errors themselves as the plan allows. */
export async function writeRecordErrors(
  connection: Connection,
  plan: BuildPlan,
  counts: readonly SliceCounts[],
): Promise<Manifest['record_errors']> {
  const count = counts.reduce((total, slice) => total + slice.recordErrors, 0)
  const samples = counts.flatMap((slice) => slice.errorSamples).slice(0, plan.limits.maxErrorSamples)
  if (samples.length === 0) return { file: null, count, sampled: 0 }
  const file = 'record-errors.parquet'
  const rows = samples.map((error) => ({
    record_id: error.recordId,
    processor_uid: error.processorUid,
    field: error.field,
    value: error.value,
    type: error.type,
    reason: error.reason,
  }))
  const sealed = await writeRows(connection, join(plan.directory, file), rows, {
    record_id: 'VARCHAR',
    processor_uid: 'VARCHAR',
    field: 'VARCHAR',
    value: 'VARCHAR',
    type: 'VARCHAR',
    reason: 'VARCHAR',
  })
  return { file, count, sampled: samples.length, ...sealed }
}

async function writeRows(
  connection: Connection,
  path: string,
  rows: readonly Readonly<Record<string, unknown>>[],
  types: Readonly<Record<string, string>>,
): Promise<{ bytes: number; sha256: string }> {
  const columns = Object.entries(types)
  await connection.run(
    `create temp table side_rows (${columns.map(([name, type]) => `${name} ${type}`).join(', ')})`,
  )
  const picked = columns.map(([name, type]) => `(r->>'${name}')::${type}`).join(', ')
  for (let at = 0; at < rows.length; at += batchRows) {
    const batch = JSON.stringify(rows.slice(at, at + batchRows))
    await connection.run(
      `insert into side_rows select ${picked} from (select unnest(json_extract($1::json, '$[*]')) as r)`,
      [batch],
    )
  }
  await connection.run(`copy side_rows to ${quoteLiteral(path)} (format parquet)`)
  await connection.run('drop table side_rows')
  return sealFile(path)
}
