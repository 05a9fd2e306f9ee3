/** A page of records by cursor: bound to one query and one generation, which it keeps to while the dataset moves on. */
import type { FastifyReply } from 'fastify'
import { findManifest } from '../../catalog/index.ts'
import { AppError } from '../../kernel/index.ts'
import { keyOfRules, type Publication, publicationFor, questionOf } from '../../records/index.ts'
import { disconnectSignal } from '../disconnect.ts'
import type { HttpServices } from '../services.ts'
import {
  invalid,
  type RecordsQuery,
  readFlag,
  readInteger,
  readPage,
  readQueryText,
  recordsQuery,
} from './parameters.ts'
import { withFields } from './visible.ts'

export interface CursorPage {
  readonly publication: Publication
  readonly totalCount: number
  readonly rows: readonly string[]
  readonly nextCursor: string | null
  readonly timings: Readonly<Record<string, number>>
}

/** Parameters that may change from page to page. */
const free = new Set(['cursor', 'limit', 'offset', 'include_links', 'include_app_metas'])

/** Errors: http.invalid_parameter, records.invalid_cursor, records.cursor_gone, those of the query. */
export async function readCursorPage(
  services: HttpServices,
  current: Publication,
  query: RecordsQuery,
  reply: FastifyReply,
): Promise<CursorPage> {
  const isFirst = query.cursor === ''
  const { limit } = readPage({ ...query, offset: undefined })
  // The first page may begin anywhere, without the wall: who scrolls through millions of records jumps.
  const offset = readInteger('offset', query.offset, 0, 0, 2 ** 31)
  if (offset !== 0 && !isFirst) throw invalid('offset', String(offset), 'a cursor says where to begin')
  if (limit === 0) throw invalid('limit', '0', 'a page by cursor holds a record at least')
  if (query.group_by !== undefined && query.group_by.trim() !== '')
    throw invalid('cursor', query.cursor!, 'groups have no cursor; use limit and offset')
  const { dataset_uid: datasetUid } = current.row
  const question = questionOf({
    ...Object.fromEntries(
      Object.keys(recordsQuery.properties)
        .filter((name) => !free.has(name))
        .map((name) => [name, query[name as keyof RecordsQuery] || undefined]),
    ),
    // Who sees something else meanwhile begins again.
    ' rules': keyOfRules(current.reader.rules) || undefined,
  })
  const state = isFirst ? null : services.cursors.read(query.cursor!, { datasetUid, question })
  const publication = state === null ? current : await publicationOf(services, current, state)
  const nowMs = state?.nowMs ?? services.clock.now()
  const text = withFields(readQueryText(query, nowMs), publication.fields)
  const answer = await answered(
    services.records.query(
      publication,
      {
        text,
        limit,
        offset,
        includeAppMetas: readFlag('include_app_metas', query.include_app_metas, false),
        paging: { afterRow: state?.afterRow ?? null, totalCount: state?.totalCount ?? null },
      },
      disconnectSignal(reply),
    ),
    isFirst,
  )
  if (answer.totalCount === null)
    throw invalid('cursor', query.cursor!, 'aggregates have no cursor: they are one row')
  const { totalCount, rows, timings } = answer
  const nextCursor =
    answer.lastRow === null || answer.lastRow === undefined
      ? null
      : services.cursors.write({
          datasetUid,
          generationUid: publication.row.generation_uid,
          question,
          afterRow: answer.lastRow,
          totalCount,
          nowMs,
          dataProcessedAt: publication.row.data_processed_at,
          isPartial: publication.row.is_partial === 1,
        })
  return { publication, totalCount, rows, nextCursor, timings }
}

/** A generation that is collected between two pages is gone, not unknown. */
async function answered<T>(answer: Promise<T>, isFirst: boolean): Promise<T> {
  try {
    return await answer
  } catch (error) {
    if (!isFirst && error instanceof AppError && error.key === 'records.generation_gone')
      throw new AppError('records.cursor_gone', {})
    throw error
  }
}

/** The dataset as it was when the reader began. */
async function publicationOf(
  services: HttpServices,
  current: Publication,
  state: { generationUid: string; dataProcessedAt: number; isPartial: boolean },
): Promise<Publication> {
  if (current.row.generation_uid === state.generationUid) return current
  const manifest = await findManifest(services.control.db, current.row.dataset_uid, state.generationUid)
  if (manifest === null) throw new AppError('records.cursor_gone', {})
  const row = {
    ...current.row,
    generation_uid: state.generationUid,
    data_processed_at: state.dataProcessedAt,
    is_partial: state.isPartial ? 1 : 0,
    records_count: manifest.records_count,
  }
  return publicationFor(current.reader, row, manifest.fields)
}
