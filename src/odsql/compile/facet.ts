/** The values of one facet, counted. */

import type { Query } from '../resolve/typed.ts'
import type { Type } from '../schema.ts'
import { contextOf, whereSql } from './clauses.ts'
import { localTime } from './local-time.ts'
import { createBinder, type QueryTarget, type Statement } from './target.ts'

export interface FacetQuery {
  /** The conditions that apply to this facet's counts. */
  readonly query: Query
  readonly column: { readonly sql: string; readonly type: Type }
  /** 0 for the first level; a date has year, month, day. */
  readonly level: number
  /** Only values below this path; null at the first level. */
  readonly under: string | null
  readonly separator: string | null
  readonly sort: 'count' | '-count' | 'alphanum' | '-alphanum' | 'num' | '-num'
  readonly limit: number
}

const dateLevels = ['%Y', '%Y/%m', '%Y/%m/%d']

/** Values of one facet with their counts: columns `value` (text) and `n`. Empty values are not listed. */
export function compileFacet(facet: FacetQuery, target: QueryTarget): Statement {
  const { query, column, level } = facet
  const binder = createBinder(target)
  const context = contextOf(query, target, binder)
  let value: string
  switch (column.type) {
    case 'multitext':
      value = `unnest(${column.sql})`
      break
    case 'date':
      value = `strftime(${column.sql}, '${dateLevels[Math.min(level, 2)]}')`
      break
    case 'datetime':
      value = `strftime(${localTime(column.sql, query.timezone, () => binder.bind(query.timezone))}, '${dateLevels[Math.min(level, 2)]}')`
      break
    case 'text':
      value =
        facet.separator === null
          ? column.sql
          : `array_to_string(string_split(${column.sql}, ${binder.bind(facet.separator)})[1:${level + 1}], ${binder.bind(facet.separator)})`
      break
    default:
      value = column.sql
  }
  const rows = `select ${value} as _v from ${target.relation}${whereSql(query.where, context)}`
  const isText = column.type === 'text' || column.type === 'multitext'
  const tests = ['_v is not null']
  if (facet.under !== null) {
    const separator = facet.separator ?? '/'
    tests.push(`starts_with(_v, ${binder.bind(facet.under + separator)}::varchar)`)
  }
  const number = isText ? 'try_cast(_v as double)' : '_v'
  const order = {
    count: 'n asc, _v asc',
    '-count': 'n desc, _v asc',
    alphanum: '_v asc',
    '-alphanum': '_v desc',
    num: `${number} asc nulls last, _v asc`,
    '-num': `${number} desc nulls last, _v asc`,
  }[facet.sort]
  // The empty text is one value of many: taken out behind the limit, or the engine would look at every record for it.
  const grouped = `select _v, count(*) as n from (${rows}) where ${tests.join(' and ')} group by _v order by ${order} limit ${facet.limit + (isText ? 1 : 0)}`
  const listed = isText
    ? `select * from (${grouped}) where _v <> '' order by ${order} limit ${facet.limit}`
    : grouped
  return { sql: `select _v::varchar as value, n from (${listed})`, values: binder.values }
}

/**
 * Several facets of the same records, which are found once. Columns: `facet`, its place in the list, `value` and `n`; in the
 * order of the list, and of each facet.
 */
export function compileFacets(
  query: Query,
  facets: readonly Omit<FacetQuery, 'query'>[],
  target: QueryTarget,
): Statement {
  const binder = createBinder(target)
  const where = whereSql(query.where, contextOf(query, target, binder))
  const columns = facets.map(({ column }, index) => `${column.sql} as _c${index}`)
  let { values } = binder
  const counted = facets.map((facet, index) => {
    const column = { sql: `_c${index}`, type: facet.column.type }
    const found = { relation: '_found', search: null, values }
    const statement = compileFacet({ ...facet, column, query: { ...query, where: null } }, found)
    values = statement.values
    return `(select ${index} as facet, row_number() over () as place, value, n from (${statement.sql}))`
  })
  return {
    sql: `with _found as materialized (select ${columns.join(', ')} from ${target.relation}${where})
      select facet, value, n from (${counted.join(' union all ')}) order by facet, place`,
    values,
  }
}
