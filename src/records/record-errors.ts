/** Values that a publish could not handle, as its generation keeps them. Management API section 4. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Pool } from '../engine/index.ts'
import { AppError, formatTemplate, type JsonObject, type Manifest, quoteLiteral } from '../kernel/index.ts'
import { isAsSealed } from './part-check.ts'

export interface RecordErrors {
  /** In source order; none for a generation that is gone. Errors: records.generation_damaged. */
  list(generationUid: string, page: { limit: number; offset: number }): Promise<JsonObject[]>
}

const conversionTemplate = 'Cannot convert "{value}" to "{type}"'
/** Of a processor, which has no type to convert to. */
const processingTemplate = 'Cannot handle "{value}": {reason}'

export function createRecordErrors(deps: { pool: Pool; generationsDirectory: string }): RecordErrors {
  return {
    async list(generationUid, { limit, offset }) {
      const expected = await describedBy(join(deps.generationsDirectory, generationUid))
      if (expected === null || expected.file === null) return []
      const path = join(deps.generationsDirectory, generationUid, expected.file)
      if (!(await isAsSealed(path, expected)))
        throw new AppError('records.generation_damaged', {
          generation_uid: generationUid,
          file: expected.file,
        })
      const sql = `select record_id, processor_uid, field, value, type, reason from read_parquet(${quoteLiteral(path)}) limit $1 offset $2`
      const rows = await deps.pool.use((connection) => connection.all(sql, [limit, offset]))
      return rows.map((row) => {
        const type = textOf(row.type)
        const template = type === null ? processingTemplate : conversionTemplate
        const value = textOf(row.value)
        const params: Record<string, string | null> =
          type === null ? { value, reason: textOf(row.reason) } : { value, type }
        return {
          record_id: textOf(row.record_id),
          processor_uid: textOf(row.processor_uid),
          field_uid: textOf(row.field),
          message: formatTemplate(template, params),
          raw_message: template,
          raw_params: params,
          reason: textOf(row.reason),
        }
      })
    },
  }
}

/** What the manifest says of the file, which holds a thousand values at most; null without a manifest. */
async function describedBy(directory: string): Promise<Manifest['record_errors'] | null> {
  const text = await readFile(join(directory, 'manifest.json'), 'utf8').catch(() => null)
  if (text === null) return null
  try {
    return (JSON.parse(text) as Manifest).record_errors ?? null
  } catch {
    return null
  }
}

function textOf(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value)
}
