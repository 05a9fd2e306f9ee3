import { jsonValueSql } from '../../odsql/index.ts'
import type { ExportContext, TextFormat } from '../format.ts'
import { aliased } from '../print/aliased.ts'

/** An array of flat records, values as in the answers of the search API. */
export const json: TextFormat = {
  kind: 'text',
  mediaType: 'application/json; charset=utf-8',
  extension: 'json',
  isRaw: false,
  select: (context) => [jsonColumns(context)],
  copy: () => 'format json, array true',
  // The engine writes `[\n`, the records, `\n]\n` per slice: the frame is ours, once.
  trimStart: 2,
  trimEnd: 3,
  before: () => '[\n',
  between: ',\n',
  after: '\n]\n',
}

function jsonColumns({ columns, options }: ExportContext): string {
  return aliased(
    columns.map(({ name, type, sqlName }) => [
      jsonValueSql(sqlName, type, options.timezone, options.files),
      name,
    ]),
  )
}
