/** Values that a publish could not handle, as its generation keeps them. Management API section 4. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Pool } from '../engine/index.ts'
import { formatTemplate, type JsonObject, quoteLiteral } from '../kernel/index.ts'

export interface RecordErrors {
  /** In source order; none for a generation that is gone. */
  list(generationUid: string, page: { limit: number; offset: number }): Promise<JsonObject[]>
}

const template = 'Cannot convert "{value}" to "{type}"'

export function createRecordErrors(deps: { pool: Pool; generationsDirectory: string }): RecordErrors {
  return {
    async list(generationUid, { limit, offset }) {
      const path = join(deps.generationsDirectory, generationUid, 'record-errors.parquet')
      if (!existsSync(path)) return []
      const sql = `select record_id, processor_uid, field, value, type, reason from read_parquet(${quoteLiteral(path)}) limit $1 offset $2`
      const rows = await deps.pool.use((connection) => connection.all(sql, [limit, offset]))
      return rows.map((row) => {
        const params = { value: textOf(row.value), type: textOf(row.type) }
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

function textOf(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value)
}
