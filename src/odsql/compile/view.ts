/** A relation that shows some of the records and columns of another: what is compiled into every statement of a reader. */
import type { Predicate } from '../resolve/typed.ts'
import type { Column } from '../schema.ts'
import { compilePredicate } from './predicates.ts'
import { createBinder, type QueryTarget } from './target.ts'

/** What one rule shows: of the records that any of the conditions admits, the columns named. */
export interface Grant {
  /** Null: all records. */
  readonly conditions: readonly Predicate[] | null
  readonly names: ReadonlySet<string>
}

export interface ViewOrder {
  readonly base: QueryTarget
  /** Those that some grant shows; technical ones, which have no place among the fields, are made of what is left. */
  readonly columns: readonly Column[]
  readonly grants: readonly Grant[]
  /** Key of the record ids; null: they are the records' own. */
  readonly idKey: string | null
}

/**
 * A record is there if a grant admits it, and a value if a grant that admits its record shows its column; elsewhere it is
 * null. Where values are hidden in some records only, words are looked for in the columns: the postings know of all values.
 */
export function compileView({ base, columns, grants, idKey }: ViewOrder): QueryTarget {
  const binder = createBinder(base)
  const context = { binder, target: base, timezone: 'UTC', lang: 'en' }
  const tests = grants.map(({ conditions }) => {
    if (conditions === null) return 'true'
    const sql = conditions.map((condition) => compilePredicate(context, condition))
    return sql.length === 0 ? 'false' : `coalesce(${sql.join(' or ')}, false)`
  })
  const hasAllRecords = tests.includes('true')
  const recordId = idKey === null ? '_id' : `${keyedIdSql(binder.bind(idKey))} as _id`
  const isMasked = (name: string) => grants.some(({ names }) => !names.has(name))
  const hasMasks = columns.some(({ name }) => isMasked(name))
  const shown = (name: string) =>
    grants.flatMap(({ names }, index) => (names.has(name) ? [`_v${index}`] : [])).join(' or ')
  const items = columns.flatMap(({ name, sql, boxSql, cellSql }) =>
    [sql, ...(boxSql ? [boxSql] : []), ...(cellSql ? [cellSql.lon, cellSql.lat] : [])].map((column) =>
      isMasked(name) ? `case when ${shown(name)} then ${column} end as ${column}` : column,
    ),
  )
  const rows = hasMasks
    ? `(select *, ${tests.map((test, index) => `${test} as _v${index}`).join(', ')} from ${base.relation})`
    : base.relation
  const isAdmitted = hasMasks ? tests.map((_, index) => `_v${index}`) : tests
  const where = hasAllRecords ? '' : ` where ${isAdmitted.join(' or ') || 'false'}`
  return {
    relation: `(select ${['_row', recordId, ...items].join(', ')} from ${rows}${where})`,
    search: hasMasks ? null : base.search,
    values: binder.values,
    isPart: !hasAllRecords,
  }
}

/**
 * Ids are digests of values, also of hidden ones: whoever guesses those could tell from the id whether the guess is right.
 * With a key in it the id says nothing.
 */
function keyedIdSql(key: string): string {
  return `left(sha256(${key}::varchar || _id::varchar), 32)::uuid`
}
