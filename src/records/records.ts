import { type Connection, deadline, type Pool } from '../engine/index.ts'
import { AppError, idBucket, quoteLiteral } from '../kernel/index.ts'
import {
  compileCount,
  compileRows,
  createBinder,
  prepareQuery,
  type Query,
  type QuerySchema,
  type QueryText,
} from '../odsql/index.ts'
import type { GenerationHandle, GenerationStore } from './generation-store.ts'
import { type Publication, schemaOf } from './publication.ts'
import { jsonRowSql, recordIdSql } from './render.ts'
import { createCounts } from './views/counts.ts'
import { type Reading, readingOf } from './views/reading.ts'

export interface RecordsRequest {
  readonly text: QueryText
  readonly limit: number
  readonly offset: number
  readonly includeAppMetas: boolean
  /** Paging by cursor: whether there is more is found out, and the last record's position answered. */
  readonly paging?: { readonly afterRow: number | null; readonly totalCount: number | null }
}

/** JSON texts of rows, assembled into a body without being parsed again. */
export interface RecordsAnswer {
  /** Null for grouped or aggregated answers. */
  readonly totalCount: number | null
  /** Of one row each, or of many joined by `, `: to be printed, or to be read with `parsedRows`. */
  readonly rows: readonly string[]
  /** With `paging`: where the next page begins; null when this was the last. */
  readonly lastRow?: number | null
  readonly timings: Readonly<Record<string, number>>
}

export interface Records {
  /** Whether a record that the reader sees has the file, given that some record of the generation does. */
  hasFile(publication: Publication, fileId: string, signal?: AbortSignal): Promise<boolean>
  query(publication: Publication, request: RecordsRequest, signal?: AbortSignal): Promise<RecordsAnswer>
  /** JSON text of one record. Errors: records.unknown_record. */
  record(
    publication: Publication,
    recordId: string,
    text: QueryText,
    includeAppMetas: boolean,
    signal?: AbortSignal,
  ): Promise<string>
  /** How many records the reader sees; null where the data is not visible. `client`: who waits; default: who asks now. */
  count(publication: Publication, signal?: AbortSignal, client?: string): Promise<number | null>
}

/** Where nothing else is asked for. Records that no words are searched in stay in the order of their source. */
const bestFirst = 'relevance() desc'

export interface RecordsDeps {
  readonly pool: Pool
  readonly store: GenerationStore
  readonly queryTimeoutMs: number
  /** Monotonic milliseconds, for Server-Timing only. */
  readonly stopwatch: () => number
}

/** Throws the first of a query's errors; `errors` carries all. */
export function prepared(text: QueryText, schema: QuerySchema): Query {
  const result = prepareQuery(text, schema)
  if (result.ok) return result.value
  throw result.errors[0]!
}

/**
 * The zone by the platform's name for it, which the engine knows too: both have the IANA zones (records.test.ts compares
 * them). Errors: records.unknown_timezone.
 */
export function checkTimezone(timezone: string): string {
  const unknown = () => new AppError('records.unknown_timezone', { timezone: timezone.slice(0, 60) })
  // An offset such as +02:00 is a zone to the platform but not to the engine.
  if (!/^[A-Za-z][A-Za-z0-9_+\-/]*$/.test(timezone)) throw unknown()
  try {
    return new Intl.DateTimeFormat('en', { timeZone: timezone }).resolvedOptions().timeZone
  } catch {
    throw unknown()
  }
}

/**
 * Holds the generation of a publication while `work` reads from what the reader sees of it, until the deadline. Errors:
 * records.data_not_visible, those of the store and of `work`.
 */
export async function withReading<T>(
  deps: Pick<RecordsDeps, 'store' | 'queryTimeoutMs'>,
  publication: Publication,
  signal: AbortSignal | undefined,
  work: (reading: Reading, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return deps.store.use(publication.row.generation_uid, async (handle: GenerationHandle) => {
    const limit = deadline(signal, deps.queryTimeoutMs)
    try {
      return await work(readingOf(publication, handle), limit.signal)
    } finally {
      limit.clear()
    }
  })
}

export function createRecords(deps: RecordsDeps): Records {
  const counts = createCounts(deps.pool)

  return {
    async count(publication, signal, client) {
      const { view, row } = publication
      if (view === null) return row.records_count
      if (!view.isDataVisible) return null
      return withReading(deps, publication, signal, (reading, until) =>
        counts.count(publication, reading, until, client),
      )
    },

    async hasFile(publication, fileId, signal) {
      if (publication.view === null) return true
      const columns = schemaOf(publication).columns.filter(({ type }) => type === 'file')
      if (columns.length === 0) return false
      return withReading(deps, publication, signal, async ({ target }, until) => {
        const binder = createBinder(target)
        const id = binder.bind(fileId)
        const has = columns.map(({ sql }) => `json_extract_string(${sql}, '$.id') = ${id}`)
        const sql = `select 1 as found from ${target.relation} where ${has.join(' or ')} limit 1`
        const rows = await deps.pool.use(
          (connection) => connection.all(sql, binder.values, until),
          until,
          'long',
        )
        return rows.length > 0
      })
    },

    async query(publication, request, signal) {
      const startedAt = deps.stopwatch()
      const query = prepared({ defaultOrder: bestFirst, ...request.text }, schemaOf(publication))
      const timezone = query.timezone
      return withReading(deps, publication, signal, async (reading, until) => {
        const { target } = reading
        const hasExtra = request.includeAppMetas && !query.isAggregated
        // A page of all records in their own order is a range of positions: nothing before it is read.
        const isPlain =
          reading.isDense && !query.isAggregated && query.where === null && query.order.length === 0
        const paging = query.isAggregated ? undefined : request.paging
        const afterRow = paging?.afterRow ?? null
        // One more than asked for tells whether there is a next page.
        const limit = request.limit + (paging ? 1 : 0)
        const offset = isPlain && afterRow !== null ? afterRow + 1 : request.offset
        const rowsStatement = compileRows(query, target, {
          page: isPlain ? { limit: null, offset: 0 } : { limit, offset },
          // The engine keeps the order of what it reads: to sort a range would cost as much as to read it.
          ...(isPlain ? { rowRange: { from: offset, to: offset + limit }, isUnordered: true } : {}),
          ...(!isPlain && afterRow !== null ? { afterRow } : {}),
          extra: [...(hasExtra ? ['_id'] : []), ...(paging ? ['_row'] : [])],
        })
        const extra = hasExtra ? appMetas(publication) : []
        const rowSql = `select ${jsonRowSql(rowsStatement.columns, timezone, extra, publication.files)} as json${paging ? ', _row' : ''} from (${rowsStatement.sql})`
        // Thousands of rows handed over one by one would hold up everybody.
        const sql = request.limit > plainPage && !paging ? joinedSql(rowSql) : rowSql
        const plannedAt = deps.stopwatch()
        const rowsTask = deps.pool.use(
          (connection) => connection.all(sql, rowsStatement.values, until),
          until,
          isPlain ? 'short' : 'long',
        )
        const countTask = paging?.totalCount ?? countRows(query, reading, until)
        // Both are over before the generation is let go, whichever fails.
        await Promise.allSettled([rowsTask, countTask])
        const [rows, totalCount] = await Promise.all([rowsTask, countTask])
        return {
          totalCount,
          rows: rows.slice(0, request.limit).map((row) => String(row.json)),
          ...(paging
            ? { lastRow: rows.length > request.limit ? Number(rows[request.limit - 1]!._row) : null }
            : {}),
          timings: { plan: plannedAt - startedAt, execute: deps.stopwatch() - plannedAt },
        }
      })

      async function countRows(of: Query, reading: Reading, until: AbortSignal): Promise<number | null> {
        if (of.isAggregated) return null
        if (of.where === null) return counts.count(publication, reading, until)
        const statement = compileCount(of, reading.target)
        const [row] = await deps.pool.use(
          (connection) => connection.all(statement.sql, statement.values, until),
          until,
        )
        return Number(row!.n)
      }
    },

    async record(publication, recordId, text, includeAppMetas, signal) {
      const unknown = () => new AppError('records.unknown_record', { record_id: recordId.slice(0, 64) })
      const plain = recordId.replaceAll('-', '').toLowerCase()
      if (!/^[0-9a-f]{32}$/.test(plain)) throw unknown()
      const query = prepared(
        { ...text, where: [], groupBy: undefined, orderBy: undefined },
        schemaOf(publication),
      )
      if (query.isAggregated) throw aggregateOfOne()
      return withReading(deps, publication, signal, async ({ target: whole, ids }, until) => {
        const page = { limit: 1, offset: 0 }
        const extra = includeAppMetas ? appMetas(publication) : []
        // One turn for both statements.
        const row = await deps.pool.use(
          async (connection) => {
            // The position is found in the sorted ids first: the records are ordered by position, not by id.
            const at = ids ? await findRow(connection, ids, plain, until) : null
            if (ids && at === null) return undefined
            const values = [...(whole.values ?? []), ...(at === null ? [plain] : [])]
            // A statement without values is planned once, with them twice: the position is a number of our own.
            const condition = at === null ? `_id = $${values.length}::uuid` : `_row = ${at}`
            const relation = `(select * from ${whole.relation} where ${condition})`
            const target = { ...whole, relation, values }
            const statement = compileRows(query, target, { page, extra: ['_id'], isUnordered: true })
            const sql = `select ${jsonRowSql(statement.columns, query.timezone, extra, publication.files)} as json from (${statement.sql})`
            const [found] = await connection.all(sql, statement.values, until)
            return found
          },
          until,
          // Without the ids every record is looked at.
          ids ? 'short' : 'long',
        )
        if (!row) throw unknown()
        return String(row.json)
      })
    },
  }
}

/** Pages beyond it are groups, up to 20,000, or those of older routes. */
const plainPage = 100

/** The rows of an answer as values. */
export function parsedRows({ rows }: Pick<RecordsAnswer, 'rows'>): Record<string, unknown>[] {
  return JSON.parse(`[${rows.join(', ')}]`)
}

/** No row when there is nothing to join. */
function joinedSql(rowSql: string): string {
  const numbered = `select row_number() over () as n, json from (${rowSql})`
  return `select string_agg(json, ', ' order by n) as json from (${numbered}) having count(*) > 0`
}

async function findRow(
  connection: Connection,
  ids: string,
  id: string,
  until: AbortSignal,
): Promise<bigint | null> {
  // Hex digits and nothing else: as a value it would have the statement planned twice.
  const condition = `_bucket = ${idBucket(id)} and _id = ${quoteLiteral(id)}::uuid`
  const [row] = await connection.all(`select _row from ${ids} where ${condition}`, undefined, until)
  return row ? (row._row as bigint) : null
}

export function aggregateOfOne(): AppError {
  return new AppError('odsql.type_mismatch', {
    reason: 'an aggregate is made of many records, and this is one',
    position: 0,
    clause: 'select',
  })
}

function appMetas(publication: Publication): (readonly [string, string])[] {
  const at = new Date(publication.row.data_processed_at).toISOString()
  return [
    ['_id', recordIdSql],
    ['_timestamp', `'${at}'`],
  ]
}
