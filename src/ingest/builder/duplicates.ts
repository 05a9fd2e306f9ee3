/**
 * Makes record ids unique over all parts. Rows that came out with the same id are either twins (no id fields: all are
 * kept, the n-th gets an id derived from n) or replacements (id fields: the later replaces the earlier). One grouping
 * finds them; only the parts that hold some are written again. Design, section 7.12.
 */
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { Connection } from '../../engine/index.ts'
import { quoteLiteral } from '../../kernel/index.ts'
import type { SealedPart } from './extract.ts'
import { sealFile } from './part-file.ts'

export interface ResolvedParts {
  readonly parts: SealedPart[]
  /** Records replaced by a later one, per source. */
  readonly rowsReplaced: readonly number[]
}

export async function resolveDuplicates(
  connection: Connection,
  directory: string,
  parts: readonly SealedPart[],
  options: { hasIdFields: boolean; sourceCount: number },
): Promise<ResolvedParts> {
  const rowsReplaced = Array.from({ length: options.sourceCount }, () => 0)
  if (parts.length === 0) return { parts: [...parts], rowsReplaced }
  const files = `[${parts.map((part) => quoteLiteral(join(directory, part.file))).join(', ')}]`
  await connection.run(
    `create temp table doubled as select _id from read_parquet(${files}) group by _id having count(*) > 1`,
  )
  const [any] = await connection.all('select count(*) as n from doubled')
  if (Number(any!.n) === 0) {
    await connection.run('drop table doubled')
    return { parts: [...parts], rowsReplaced }
  }
  await connection.run(
    `create temp table doubles as
     select parse_filename(_file) as file, file_row_number as row, _id,
       row_number() over same_id as nth, count(*) over (partition by _id) as total
     from read_parquet(${files}, filename = '_file', file_row_number = true)
     where _id in (select _id from doubled)
     window same_id as (partition by _id order by _file, file_row_number)`,
  )
  const wanted = options.hasIdFields ? 'nth < total' : 'nth > 1'
  const touched = new Map(
    (await connection.all(`select file, count(*) as n from doubles where ${wanted} group by file`)).map(
      (row) => [String(row.file), Number(row.n)],
    ),
  )
  const resolved: SealedPart[] = []
  for (const part of parts) {
    const count = touched.get(part.file)
    if (count === undefined) {
      resolved.push(part)
      continue
    }
    const path = join(directory, part.file)
    const rewritten = `${path}.new`
    await connection.run(rewriteSql(path, rewritten, part.file, options.hasIdFields))
    await rename(rewritten, path)
    const sealed = await sealFile(path)
    const replaced = options.hasIdFields ? count : 0
    rowsReplaced[part.sourceIndex]! += replaced
    resolved.push({ ...part, ...sealed, rows: part.rows - replaced })
  }
  await connection.run('drop table doubled')
  await connection.run('drop table doubles')
  return { parts: resolved, rowsReplaced }
}

function rewriteSql(path: string, target: string, file: string, hasIdFields: boolean): string {
  const here = `(select row, nth, total from doubles where file = ${quoteLiteral(file)}) d`
  const rows = `read_parquet(${quoteLiteral(path)}, file_row_number = true) p left join ${here} on d.row = p.file_row_number`
  const select = hasIdFields
    ? `select p.* exclude (file_row_number) from ${rows} where d.nth is null or d.nth = d.total`
    : `select case when coalesce(d.nth, 1) = 1 then p._id else md5(p._id::varchar || '#' || d.nth)::uuid end as _id,
         p.* exclude (_id, file_row_number) from ${rows}`
  return `copy (${select} order by p.file_row_number) to ${quoteLiteral(target)} (format parquet, compression zstd, compression_level 1)`
}
