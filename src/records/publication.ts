import type { PublicationsTable } from '../control/index.ts'
import type { Field } from '../kernel/index.ts'
import { type FileLinks, type QuerySchema, recordSchema } from '../odsql/index.ts'
import { fieldsSeen, type Reader, type ReaderView, viewOf } from './views/rules.ts'

/** What a reader asks of: a published dataset, seen through one generation. */
export interface Publication {
  readonly row: PublicationsTable
  /** Those that the reader sees. */
  readonly fields: readonly Field[]
  /** What the reader sees of the records; null: everything. */
  readonly view: ReaderView | null
  readonly reader: Reader
  /** Where files of the records are served; absent: they have none, or nobody asks for their address. */
  readonly files?: FileLinks
}

/** What somebody sees of a state that a dataset has or had. */
export interface SeenState {
  /** What records say of their dataset. */
  readonly row: Pick<PublicationsTable, 'dataset_id' | 'data_processed_at'>
  readonly fields: readonly Field[]
  readonly view: ReaderView | null
}

/** `fields`: all of the generation. */
export function publicationFor(
  reader: Reader,
  row: PublicationsTable,
  fields: readonly Field[],
): Publication {
  return { row, ...seenBy(reader, fields), reader }
}

/** `fields`: all of the generation. */
export function seenBy(reader: Reader, fields: readonly Field[]): Omit<SeenState, 'row'> {
  const view = viewOf(reader, fields)
  return { fields: fieldsSeen(view, fields), view }
}

/** For the server itself, and for those who edit the dataset. */
export function wholePublication(row: PublicationsTable, fields: readonly Field[]): Publication {
  return publicationFor({ rules: null, isPublic: false, nowMs: 0, idKey: '' }, row, fields)
}

/** The names that the reader may use. */
export function schemaOf({ row, fields, view }: SeenState): QuerySchema {
  return recordSchema(fields, technicalOf(row), view?.positions)
}

/** All names, for filters. */
export function wholeSchemaOf({ row, fields, view }: SeenState): QuerySchema {
  return recordSchema(view?.allFields ?? fields, technicalOf(row))
}

const technicalOf = (row: SeenState['row']) => ({
  datasetId: row.dataset_id,
  timestampMs: row.data_processed_at,
})
