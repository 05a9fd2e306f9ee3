/** Source rows that could not be read, as a generation keeps them: a file to look at and to mend the source with. */
import { createReadStream } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { Pool } from '../engine/index.ts'
import { AppError, type Ids, type Manifest, quoteLiteral } from '../kernel/index.ts'
import { isAsSealed } from './part-check.ts'

export const rejectFormats = {
  csv: { mediaType: 'text/csv; charset=utf-8', copy: 'format csv, header true' },
  jsonl: { mediaType: 'application/x-ndjson; charset=utf-8', copy: 'format json' },
} as const
export type RejectFormat = keyof typeof rejectFormats

const columns = 'resource_uid, line, reason, raw'

export interface Rejects {
  /**
   * All of them, in source order, streamed from a file that is gone when the stream is; only a header when there are none.
   * Errors: records.generation_damaged.
   */
  open(
    manifest: Pick<Manifest, 'generation_uid' | 'rejects'>,
    format: RejectFormat,
    signal: AbortSignal,
  ): Promise<{ readonly body: Readable; readonly bytes: number }>
}

export function createRejects(deps: {
  pool: Pool
  ids: Ids
  generationsDirectory: string
  tmpDirectory: string
}): Rejects {
  return {
    async open({ generation_uid, rejects }, format, signal) {
      const { file } = rejects
      if (file === null) {
        const text = format === 'csv' ? `${columns.replaceAll(', ', ',')}\n` : ''
        return { body: Readable.from([Buffer.from(text)]), bytes: text.length }
      }
      const source = join(deps.generationsDirectory, generation_uid, file)
      if (!(await isAsSealed(source, rejects)))
        throw new AppError('records.generation_damaged', { generation_uid, file })
      const path = join(deps.tmpDirectory, `rejects-${deps.ids.hex(8)}`)
      try {
        await deps.pool.use(
          (connection) =>
            connection.run(
              `copy (select ${columns} from read_parquet(${quoteLiteral(source)})) to ${quoteLiteral(path)} (${rejectFormats[format].copy})`,
              [],
              signal,
            ),
          signal,
        )
        const opened = await open(path, 'r')
        const { size } = await opened.stat()
        return { body: createReadStream('', { fd: opened, highWaterMark: 1 << 18 }), bytes: size }
      } finally {
        // Unlinked while it is open: nothing is left, however this ends.
        await rm(path, { force: true })
      }
    },
  }
}
