/**
 * The catalog is a dataset like any other: one row per publication in a small in-memory table, queried through the same
 * language. The table is made anew when a publication has changed, which the change log's last number tells.
 */
import { listDefaultRulesets } from '../access/index.ts'
import { listPublications, publicationRevision } from '../catalog/index.ts'
import type { ControlDb } from '../control/index.ts'
import { deadline, type Pool, serverItself, type WorkKind } from '../engine/index.ts'
import type { Clock, Field, JsonObject } from '../kernel/index.ts'
import {
  compileCount,
  compileFacets,
  compileRows,
  type FacetQuery,
  parseRefinement,
  type Query,
  type QueryTarget,
  type QueryText,
} from '../odsql/index.ts'
import { type CatalogRow, catalogSchema, columns, rowsSql, wellFormedJson } from './catalog-table.ts'
import { datasetObject } from './dataset-object.ts'
import { type Facet, suggested, suggestionsOf, type Typing, typedColumn } from './facets.ts'
import { type Publication, publicationFor, wholePublication } from './publication.ts'
import { prepared, type Records, type RecordsAnswer } from './records.ts'
import { jsonRowSql } from './render.ts'
import { type DatasetUses, noUses, type Uses } from './uses.ts'
import type { Reader } from './views/rules.ts'

/** Whose catalog it is. */
export interface CatalogReader {
  /** Restricted datasets too, and all of every one. */
  readonly seesEverything: boolean
  /** Uids of the datasets that this reader sees otherwise than everybody does, with what is seen of each; null: there is none. */
  readonly own: ReadonlyMap<string, Reader | null>
}

/** What an export of the catalog reads: columns `object` and `visibility` beside the names. */
export interface CatalogSource {
  readonly query: Query
  readonly target: QueryTarget
  /** Changes with every publication. */
  readonly revision: string
  readonly positions: number
  readonly isDense: boolean
}

export interface Catalog {
  /** The resolved query and its table, which stays for a minute after it has been replaced. */
  source(reader: CatalogReader, text: QueryText): Promise<CatalogSource>
  query(
    reader: CatalogReader,
    request: { text: QueryText; limit: number; offset: number; includeAppMetas?: boolean },
    signal?: AbortSignal,
  ): Promise<RecordsAnswer>
  /** One publication, as it is or as a version kept it, with what a query selects of it. */
  describe(publication: Publication, text: QueryText, signal?: AbortSignal): Promise<string>
  /** What `include_app_metas` adds to the metadata of a dataset: how much it is read. */
  appMetas(datasetUid: string): Promise<JsonObject>
  facets(
    reader: CatalogReader,
    text: QueryText,
    names: readonly string[],
    signal?: AbortSignal,
  ): Promise<Facet[]>
  /** As `Facets.suggest`. Errors: odsql.unknown_facet. */
  suggest(reader: CatalogReader, text: QueryText, asked: Typing, signal?: AbortSignal): Promise<Facet>
}

/** What a filter with now() shows is counted anew for the catalog after this. Milliseconds. */
const countsHoldMs = 60_000
/** How often datasets are read is looked at anew after this, in the background. Milliseconds. */
const usesHoldMs = 300_000

/** Of JSON that is taken apart in one statement, which needs some hundred times as much memory. */
const batchCharacters = 100_000

/** Texts in groups of about so many characters; one group at least. */
function batchesOf(texts: readonly string[]): string[][] {
  const batches: string[][] = [[]]
  let length = 0
  for (const text of texts) {
    if (length > 0 && length + text.length > batchCharacters) {
      batches.push([])
      length = 0
    }
    batches.at(-1)!.push(text)
    length += text.length
  }
  return batches
}

export function createCatalog(deps: {
  db: ControlDb
  pool: Pool
  records: Pick<Records, 'count'>
  uses: Pick<Uses, 'read' | 'revision' | 'write'>
  clock: Clock
  queryTimeoutMs: number
}): Catalog {
  interface Built {
    readonly revision: number
    readonly usesRevision: number
    readonly builtAt: number
    readonly table: Promise<string>
    /** Milliseconds. */
    staleAt: number
  }
  let current: Built | null = null
  let isRenewing = false
  let counter = 0

  async function fresh(): Promise<string> {
    const revision = await publicationRevision(deps.db)
    const now = deps.clock.now()
    const previous = current
    if (!previous || previous.revision !== revision || previous.staleAt <= now) {
      const mine = start(revision)
      current = mine
      mine.table.catch(() => {
        if (current === mine) current = null
      })
      if (previous) dropLater(previous)
    } else if (previous.usesRevision !== deps.uses.revision() && now >= previous.builtAt + usesHoldMs)
      void renew(previous)
    return current!.table
  }

  function start(revision: number): Built {
    const mine: Built = {
      revision,
      usesRevision: deps.uses.revision(),
      builtAt: deps.clock.now(),
      table: build((at) => {
        mine.staleAt = at
      }),
      staleAt: Number.POSITIVE_INFINITY,
    }
    return mine
  }

  /** Nobody waits for the new table: the old one is right but for how often datasets are read. */
  async function renew(previous: Built): Promise<void> {
    if (isRenewing) return
    isRenewing = true
    try {
      await deps.uses.write()
      const mine = start(previous.revision)
      await mine.table
      const isStillThere = current === previous
      if (isStillThere) current = mine
      dropLater(isStillThere ? previous : mine)
    } catch {
      // The next who asks tries again.
    } finally {
      isRenewing = false
    }
  }

  /** Queries that began on the old table finish on it. */
  function dropLater(built: Built): void {
    void built.table.then((table) => setTimeout(() => void drop(table), 60_000).unref()).catch(() => {})
  }

  /** `passing`: told when counts will no longer hold, if they do not for ever. */
  async function build(passing: (at: number) => void): Promise<string> {
    const [publications, rulesets, uses] = await Promise.all([
      listPublications(deps.db),
      listDefaultRulesets(deps.db),
      deps.uses.read(),
    ])
    const rows: CatalogRow[] = []
    for (const row of publications) {
      const fields = JSON.parse(row.fields_json) as Field[]
      const whole = wholePublication(row, fields)
      const ruleset = rulesets.get(row.dataset_uid)
      // Ids are not asked for.
      const reader = { rules: ruleset ? [ruleset] : null, isPublic: true, nowMs: deps.clock.now(), idKey: '' }
      const seen = publicationFor(reader, row, fields)
      if (row.visibility !== 'domain' || seen.view === null) rows.push(await rowOf(whole, 'all', uses))
      else {
        if (seen.view.dependsOnTime) passing(deps.clock.now() + countsHoldMs)
        rows.push(await rowOf(whole, 'editors', uses), await rowOf(seen, 'readers', uses))
      }
    }
    const table = `catalog_${counter++}`
    // For all who wait for it.
    let filled = 0
    try {
      for (const batch of batchesOf(rows.map(wellFormedJson))) {
        const made =
          filled === 0
            ? `create table ${table} as ${rowsSql('$1')}`
            : `insert into ${table} by name select * replace (_row + ${filled} as _row) from (${rowsSql('$1')})`
        await deps.pool.useEach((connection) => connection.run(made, [`[${batch.join()}]`]))
        filled += batch.length
      }
    } catch (error) {
      // One of the engines may have made it.
      await drop(table)
      throw error
    }
    return table
  }

  const drop = (table: string) =>
    deps.pool.useEach((connection) => connection.run(`drop table if exists ${table}`)).catch(() => {})

  async function rowOf(
    publication: Publication,
    audience: CatalogRow['audience'],
    uses: ReadonlyMap<string, DatasetUses>,
  ): Promise<CatalogRow> {
    // What cannot be counted, because it is damaged or gone, is still listed.
    const count = await deps.records.count(publication, undefined, serverItself).catch(() => null)
    const { dataset_uid, visibility } = publication.row
    const appMetas = appMetasOf(uses.get(dataset_uid))
    return { object: datasetObject(publication, count), appMetas, visibility, audience }
  }

  /** Those of one reader, in place of what everybody sees. */
  async function ownRows({ own }: CatalogReader): Promise<CatalogRow[]> {
    const rows: CatalogRow[] = []
    const uses = await deps.uses.read([...own.keys()])
    for (const row of await listPublications(deps.db, [...own.keys()])) {
      const reader = own.get(row.dataset_uid)
      if (!reader) continue
      rows.push(await rowOf(publicationFor(reader, row, JSON.parse(row.fields_json)), 'readers', uses))
    }
    return rows
  }

  async function targetOf(table: string, reader: CatalogReader): Promise<QueryTarget> {
    if (reader.seesEverything)
      return { relation: `(select * from ${table} where audience <> 'readers')`, search: null }
    const others = `select * from ${table} where visibility = 'domain' and audience <> 'editors'`
    if (reader.own.size === 0) return { relation: `(${others})`, search: null }
    const rows = await ownRows(reader)
    const uids = "select unnest(json_extract_string($2::json, '$[*]'))"
    return {
      // Behind all others: a position is one dataset's.
      relation: `(${others} and dataset_uid not in (${uids}) union all by name select * replace (_row + (select count(*) from ${table}) as _row) from (${rowsSql('$1')}))`,
      search: null,
      values: [wellFormedJson(rows), JSON.stringify([...reader.own.keys()])],
    }
  }

  return {
    async source(reader, text) {
      const query = prepared({ ...text, defaultOrder: 'title' }, catalogSchema)
      const table = await fresh()
      const target = await targetOf(table, reader)
      const [row] = await deps.pool.use(
        (connection) =>
          connection.all(`select coalesce(max(_row) + 1, 0) as n from ${target.relation}`, [
            ...(target.values ?? []),
          ]),
        undefined,
        'short',
      )
      return { query, target, revision: table, positions: Number(row!.n), isDense: false }
    },

    async query(reader, request, signal) {
      const query = prepared({ ...request.text, defaultOrder: 'relevance() desc, title' }, catalogSchema)
      const target = await targetOf(await fresh(), reader)
      const limit = deadline(signal, deps.queryTimeoutMs)
      try {
        const isWhole = !query.isAggregated && !request.text.select
        const statement = compileRows(query, target, {
          page: { limit: request.limit, offset: request.offset },
          ...(isWhole ? { extra: ['object', 'app_metas'] } : {}),
        })
        const hasAppMetas = isWhole && request.includeAppMetas === true
        const printed = isWhole ? 'object' : jsonRowSql(statement.columns, query.timezone)
        const count = compileCount(query, target)
        const kind = kindOf(query)
        const [rows, counted] = await Promise.all([
          deps.pool.use(
            (connection) =>
              connection.all(
                `select ${printed} as json${hasAppMetas ? ', app_metas' : ''} from (${statement.sql})`,
                statement.values,
                limit.signal,
              ),
            limit.signal,
            kind,
          ),
          query.isAggregated
            ? null
            : deps.pool.use(
                (connection) => connection.all(count.sql, count.values, limit.signal),
                limit.signal,
                kind,
              ),
        ])
        return {
          totalCount: counted ? Number(counted[0]!.n) : null,
          rows: rows.map(({ json, app_metas: appMetas }) =>
            hasAppMetas ? withAppMetas(String(json), JSON.parse(String(appMetas))) : String(json),
          ),
          timings: {},
        }
      } finally {
        limit.clear()
      }
    },

    async describe(publication, text, signal) {
      const query = prepared(text, catalogSchema)
      const rows = [await rowOf(publication, 'all', await deps.uses.read([publication.row.dataset_uid]))]
      const relation = `(${rowsSql('$1', { isSearched: false })})`
      const target = { relation, search: null, values: [wellFormedJson(rows)] }
      const limit = deadline(signal, deps.queryTimeoutMs)
      try {
        const statement = compileRows(query, target, { page: { limit: 1, offset: 0 } })
        const printed = jsonRowSql(statement.columns, query.timezone)
        const sql = `select ${printed} as json from (${statement.sql})`
        const rows = await deps.pool.use(
          (connection) => connection.all(sql, statement.values, limit.signal),
          limit.signal,
          'short',
        )
        return rows[0] ? String(rows[0].json) : '{}'
      } finally {
        limit.clear()
      }
    },

    async appMetas(datasetUid) {
      return appMetasOf((await deps.uses.read([datasetUid])).get(datasetUid))
    },

    async suggest(reader, text, asked, signal) {
      const column = typedColumn(asked.field, catalogSchema)
      const query = prepared(text, catalogSchema)
      const target = await targetOf(await fresh(), reader)
      const limit = deadline(signal, deps.queryTimeoutMs)
      try {
        const statement = suggestionsOf(query, column, asked, target)
        const rows = await deps.pool.use(
          (connection) => connection.all(statement.sql, statement.values, limit.signal),
          limit.signal,
        )
        return suggested(
          column.name,
          rows,
          (text.refine ?? []).map((refinement) => parseRefinement(refinement, catalogSchema)),
        )
      } finally {
        limit.clear()
      }
    },

    async facets(reader, text, wanted, signal) {
      const query = prepared(text, catalogSchema)
      const target = await targetOf(await fresh(), reader)
      const limit = deadline(signal, deps.queryTimeoutMs)
      try {
        const names = [...new Set(wanted)]
        if (names.length === 0) return []
        const statement = compileFacets(query, names.map(facetOf), target)
        const rows = await deps.pool.use(
          (connection) => connection.all(statement.sql, statement.values, limit.signal),
          limit.signal,
          kindOf(query),
        )
        return names.map((name, index): Facet => {
          const refined = (text.refine ?? [])
            .filter((item) => item.startsWith(`${name}:`))
            .map((item) => item.slice(name.length + 1))
          const own = rows.filter(({ facet }) => facet === index)
          return {
            name,
            facets: own.map((row) => {
              const value = String(row.value)
              return {
                name: value,
                value,
                count: Number(row.n),
                state: refined.includes(value) ? 'refined' : 'displayed',
              }
            }),
          }
        })
      } finally {
        limit.clear()
      }
    },
  }
}

function facetOf(name: string): Omit<FacetQuery, 'query'> {
  const column = columns.find((candidate) => candidate.name === name)!
  return { column, level: 0, under: null, separator: null, sort: '-count', limit: 100 }
}

function appMetasOf(uses: DatasetUses = noUses): JsonObject {
  const { apiCallCount, downloadCount, popularityScore } = uses
  return {
    explore: {
      popularity_score: popularityScore,
      api_call_count: apiCallCount,
      download_count: downloadCount,
    },
  }
}

/** A dataset object, as JSON, with these beside its other metadata. */
export function withAppMetas(json: string, appMetas: JsonObject): string {
  const object = JSON.parse(json) as JsonObject & { metas: JsonObject }
  return JSON.stringify({ ...object, metas: { ...object.metas, ...appMetas } })
}

/** The table is small: only what is computed for every row of it may take its time. */
function kindOf(query: Query): WorkKind {
  return query.where === null && !query.isAggregated ? 'short' : 'long'
}
