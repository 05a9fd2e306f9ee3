/** Which files the records of a generation have. */
import { join } from 'node:path'
import type { Engine } from '../../engine/index.ts'
import { type Manifest, quoteIdentifier, quoteLiteral } from '../../kernel/index.ts'

const idsAtOnce = 5000

/** Ids of the files in fields of type `file`, some at a time; each once a field. */
export async function* listMedia(
  engine: Engine,
  directory: string,
  { fields, parts }: Pick<Manifest, 'fields' | 'parts'>,
): AsyncGenerator<string[]> {
  const columns = fields.filter(({ type }) => type === 'file')
  if (columns.length === 0 || parts.length === 0) return
  const files = `[${parts.map(({ file }) => quoteLiteral(join(directory, file))).join(', ')}]`
  const connection = await engine.connect()
  try {
    for (const { name } of columns) {
      const id = `json_extract_string(${quoteIdentifier(name)}, '$.id')`
      const rows = await connection.all(
        `select distinct ${id} as id from read_parquet(${files}) where regexp_full_match(${id}, '[0-9a-f]{64}')`,
      )
      const ids = rows.map((row) => String(row.id))
      for (let from = 0; from < ids.length; from += idsAtOnce) yield ids.slice(from, from + idsAtOnce)
    }
  } finally {
    connection.close()
  }
}
