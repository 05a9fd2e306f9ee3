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

interface How {
  readonly hasIdFields: boolean
  /** Rows whose `_gone` is true delete those of their id before them; parts have the column until they leave here. */
  readonly hasDeletions: boolean
  readonly sourceCount: number
}

export async function resolveDuplicates(
  connection: Connection,
  directory: string,
  parts: readonly SealedPart[],
  how: How,
): Promise<ResolvedParts> {
  const rowsReplaced = Array.from({ length: how.sourceCount }, () => 0)
  if (parts.length === 0) return { parts: [...parts], rowsReplaced }
  const files = `[${parts.map((part) => quoteLiteral(join(directory, part.file))).join(', ')}]`
  const gone = how.hasDeletions ? 'bool_or(_gone)' : 'false'
  await connection.run(
    `create temp table doubled as select _id from read_parquet(${files}) group by _id having count(*) > 1 or ${gone}`,
  )
  const [any] = await connection.all('select count(*) as n from doubled')
  if (Number(any!.n) === 0 && !how.hasDeletions) {
    await connection.run('drop table doubled')
    return { parts: [...parts], rowsReplaced }
  }
  await connection.run(
    `create temp table doubles as
     select parse_filename(_file) as file, file_row_number as row, _id, ${how.hasDeletions ? '_gone' : 'false'} as gone,
       row_number() over same_id as nth, count(*) over (partition by _id) as total
     from read_parquet(${files}, filename = '_file', file_row_number = true)
     where _id in (select _id from doubled)
     window same_id as (partition by _id order by _file, file_row_number)`,
  )
  const wanted = how.hasIdFields ? 'nth < total and not gone' : 'nth > 1'
  const touched = new Map(
    (await connection.all(`select file, count(*) as n from doubles where ${wanted} group by file`)).map(
      (row) => [String(row.file), Number(row.n)],
    ),
  )
  const resolved: SealedPart[] = []
  for (const part of parts) {
    const count = touched.get(part.file) ?? 0
    if (count === 0 && !how.hasDeletions) {
      resolved.push(part)
      continue
    }
    const path = join(directory, part.file)
    const rewritten = `${path}.new`
    await connection.run(rewriteSql(path, rewritten, part.file, how))
    await rename(rewritten, path)
    const sealed = await sealFile(path)
    const replaced = how.hasIdFields ? count : 0
    rowsReplaced[part.sourceIndex]! += replaced
    resolved.push({ ...part, ...sealed, rows: part.rows - replaced })
  }
  await connection.run('drop table doubled')
  await connection.run('drop table doubles')
  return { parts: resolved, rowsReplaced }
}

function rewriteSql(path: string, target: string, file: string, { hasIdFields, hasDeletions }: How): string {
  const here = `(select row, nth, total, gone from doubles where file = ${quoteLiteral(file)}) d`
  const rows = `read_parquet(${quoteLiteral(path)}, file_row_number = true) p left join ${here} on d.row = p.file_row_number`
  const columns = `p.* exclude (file_row_number${hasDeletions ? ', _gone' : ''})`
  const select = hasIdFields
    ? `select ${columns} from ${rows} where d.nth is null or d.nth = d.total and not d.gone`
    : `select case when coalesce(d.nth, 1) = 1 then p._id else md5(p._id::varchar || '#' || d.nth)::uuid end as _id,
         p.* exclude (_id, file_row_number) from ${rows}`
  return `copy (${select} order by p.file_row_number) to ${quoteLiteral(target)} (format parquet, compression zstd, compression_level 1)`
}
