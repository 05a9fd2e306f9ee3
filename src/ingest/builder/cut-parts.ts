/** A dataset may have no more than so many records: what was read beyond them is left out, from the end. */
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Connection } from '../../engine/index.ts'
import { quoteLiteral } from '../../kernel/index.ts'
import type { SealedPart } from './extract.ts'
import { sealFile } from './part-file.ts'

/** Null: no limit. Slices are read whole, so that the last part may reach beyond it; that part is written again. */
export async function cutParts(
  connection: Connection,
  directory: string,
  parts: readonly SealedPart[],
  { maxRecords, hasIdFields }: { readonly maxRecords: number | null; readonly hasIdFields: boolean },
): Promise<SealedPart[]> {
  if (maxRecords === null) return [...parts]
  const kept: SealedPart[] = []
  let left = maxRecords
  for (const part of parts) {
    if (left === 0) await rm(join(directory, part.file), { force: true })
    else kept.push(part.rows <= left ? part : await cutPart(connection, directory, part, left, hasIdFields))
    left = Math.max(0, left - part.rows)
  }
  return kept
}

async function cutPart(
  connection: Connection,
  directory: string,
  part: SealedPart,
  rows: number,
  hasIdFields: boolean,
): Promise<SealedPart> {
  const path = join(directory, part.file)
  const shorter = `${path}.new`
  await connection.run(
    `copy (
       select * exclude (file_row_number) from read_parquet(${quoteLiteral(path)}, file_row_number = true)
       where file_row_number < ${rows} order by file_row_number
     ) to ${quoteLiteral(shorter)} (format parquet, compression zstd, compression_level 1)`,
  )
  await rename(shorter, path)
  const sealed = await sealFile(path)
  const { counts } = part
  // Where fields are marked as id, ids do not tell the content.
  const further = hasIdFields ? BigInt(`0x${sealed.sha256.slice(0, 15)}`) : 0n
  const contentSum = (await sumOf(connection, path)) + further
  const rowsFiltered = counts.rowsFiltered + part.rows - rows
  return { ...part, ...sealed, rows, counts: { ...counts, rowsKept: rows, rowsFiltered, contentSum } }
}

/** An id is the digest of its record's text, of which the content hash sums the first 60 bits (upkeep/content-hash.ts). */
async function sumOf(connection: Connection, path: string): Promise<bigint> {
  const [row] = await connection.all(
    `select coalesce(sum(('0x' || left(replace(_id::varchar, '-', ''), 15))::bigint::hugeint), 0) as total
     from read_parquet(${quoteLiteral(path)})`,
  )
  return BigInt(row!.total as bigint)
}
