/** What the catalog's table is made of: a row per publication, with what queries may name of it. */
import { foldedTermsSql, type JsonObject, momentSql, quoteIdentifier } from '../kernel/index.ts'
import type { Column, QuerySchema, Type } from '../odsql/index.ts'

/** Names that queries over the catalog may use: metadata by short and by full name. */
export const names: readonly (readonly [name: string, type: Type, path: string])[] = [
  ['dataset_id', 'text', '$.dataset_id'],
  ['dataset_uid', 'text', '$.dataset_uid'],
  ['has_records', 'boolean', '$.has_records'],
  ['data_visible', 'boolean', '$.data_visible'],
  ['features', 'multitext', '$.features'],
  ['title', 'text', '$.metas.default.title'],
  ['description', 'text', '$.metas.default.description'],
  ['keyword', 'multitext', '$.metas.default.keyword'],
  ['theme', 'multitext', '$.metas.default.theme'],
  ['license', 'text', '$.metas.default.license'],
  ['language', 'text', '$.metas.default.language'],
  ['publisher', 'text', '$.metas.default.publisher'],
  ['references', 'text', '$.metas.default.references'],
  ['territory', 'multitext', '$.metas.default.territory'],
  ['modified', 'datetime', '$.metas.default.modified'],
  ['data_processed', 'datetime', '$.metas.default.data_processed'],
  ['metadata_processed', 'datetime', '$.metas.default.metadata_processed'],
  ['records_count', 'int', '$.metas.default.records_count'],
]

export const catalogFacets = [
  'features',
  'modified',
  'publisher',
  'keyword',
  'theme',
  'language',
  'license',
] as const

/** Application metadata, by their names on the hosted platform: in the object only where they are asked for. */
const useNames: readonly (readonly [name: string, type: Type, path: string])[] = [
  ['explore.popularity_score', 'double', '$.explore.popularity_score'],
  ['explore.api_call_count', 'int', '$.explore.api_call_count'],
  ['explore.download_count', 'int', '$.explore.download_count'],
]

/** In relevance: enough that a word of the title, even one that is nearly it, comes before the same word elsewhere. */
const weights: Readonly<Record<string, number>> = { title: 5, keyword: 2, theme: 2 }

const isText = (type: Type) => type === 'text' || type === 'multitext'
/** Words of the texts, told apart when the table is made: to do so takes a query longer than everything else in it. */
const termsColumn = (name: string) => `terms of ${name}`

export const columns: readonly Column[] = [...names, ...useNames].flatMap(([name, type, path]) => {
  const column = (alias: string, isHidden: boolean): Column => ({
    name: alias,
    type,
    sql: quoteIdentifier(name),
    fieldIndex: null,
    ...(isText(type) ? { termsSql: quoteIdentifier(termsColumn(name)) } : {}),
    ...(weights[name] === undefined ? {} : { weight: weights[name] }),
    isHidden,
  })
  // Not of what is searched and listed: it tells of readers, nothing of the data.
  if (path.startsWith('$.explore.')) return [column(name, true)]
  return path.startsWith('$.metas.default.')
    ? [column(name, false), column(`default.${name}`, true)]
    : [column(name, false)]
})

/** The names that queries over the catalog may use. */
export const catalogSchema: QuerySchema = { columns }

/** The engine refuses JSON with half a surrogate pair, and one dataset must not take the catalog from all. */
export function wellFormedJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner) => (typeof inner === 'string' ? inner.toWellFormed() : inner))
}

export interface CatalogRow {
  readonly object: JsonObject
  readonly appMetas: JsonObject
  readonly visibility: string
  /** For whom the object is as it is: a dataset whose default ruleset hides something has two. */
  readonly audience: 'all' | 'editors' | 'readers'
}

/** The catalog's rows, from SQL of a JSON array of them. `isSearched`: words are looked for in them, with the names' `termsSql`. */
export function rowsSql(json: string, { isSearched = true } = {}): string {
  const picked = [
    ...names.map(([name, type, path]) => `${pick(type, path)} as ${quoteIdentifier(name)}`),
    ...useNames.map(([name, type, path]) => `${pick(type, path, 'a')} as ${quoteIdentifier(name)}`),
  ]
  const rows = `select row_number() over () - 1 as _row, md5(o->>'$.dataset_uid')::uuid as _id, visibility, audience, o::varchar as object, a::varchar as app_metas, ${picked.join(', ')}
    from (select r->'$.object' as o, r->'$.appMetas' as a, r->>'$.visibility' as visibility, r->>'$.audience' as audience from (select unnest(json_extract(${json}::json, '$[*]')) as r))`
  if (!isSearched) return rows
  const terms = names
    .filter(([, type]) => isText(type))
    .map(([name, type]) => {
      const value =
        type === 'multitext' ? `array_to_string(${quoteIdentifier(name)}, ' ')` : quoteIdentifier(name)
      return `${foldedTermsSql(value)} as ${quoteIdentifier(termsColumn(name))}`
    })
  return `select *, ${terms.join(', ')} from (${rows})`
}

/** SQL of what a JSON object has under a path. */
export function pick(type: Type, path: string, o = 'o'): string {
  switch (type) {
    case 'multitext':
      return `case when json_type(${o}, '${path}') = 'ARRAY' then json_extract_string(${o}, '${path}[*]') end`
    case 'boolean':
      return `try_cast(${o}->>'${path}' as boolean)`
    case 'int':
      return `try_cast(${o}->>'${path}' as bigint)`
    case 'double':
      return `try_cast(${o}->>'${path}' as double)`
    case 'datetime':
      return momentSql(`(${o}->>'${path}')`)
    default:
      return `${o}->>'${path}'`
  }
}
