/** Values of a field for what somebody has typed so far: those that hold words that begin so, with their counts. */
import type { Word } from '../../../shared/words.ts'
import { foldedTextSql } from '../../kernel/index.ts'
import type { Predicate, Query } from '../resolve/typed.ts'
import type { Column } from '../schema.ts'
import { compilePredicate, type PredicateContext } from './predicates.ts'
import { createBinder, type QueryTarget, type Statement } from './target.ts'

export interface SuggestionsQuery {
  /** The conditions that apply to the counts. */
  readonly query: Query
  /** A text, or a list of them. */
  readonly column: Column
  /** What was typed. */
  readonly typed: string
  /** Its words, each the beginning of one; none: any value will do. */
  readonly words: readonly Word[]
  readonly limit: number
}

/**
 * Columns `value` and `n`. The value that was typed comes first, then those that begin with it, then the others; each by
 * falling count, then value.
 */
export function compileSuggestions(asked: SuggestionsQuery, target: QueryTarget): Statement {
  const { query, column, words } = asked
  const binder = createBinder(target)
  const context: PredicateContext = { binder, target, timezone: query.timezone, lang: query.lang }
  const wanted: Predicate = { kind: 'words', columns: [column], words }
  const conditions = [...(query.where ? [query.where] : []), ...(words.length > 0 ? [wanted] : [])]
  const where = conditions.map((condition) => compilePredicate(context, condition))
  const isList = column.type === 'multitext'
  const rows = `select ${isList ? `unnest(${column.sql})` : column.sql} as _v from ${target.relation}${where.length > 0 ? ` where ${where.join(' and ')}` : ''}`
  const tests = ["_v <> ''"]
  // Records were chosen by all values of their lists; here it is one value that must hold the words.
  if (isList && words.length > 0) {
    const value: Column = { name: '_v', type: 'text', sql: '_v', fieldIndex: null, isHidden: true }
    tests.push(compilePredicate(context, { ...wanted, columns: [value] }))
  }
  const typed = foldedTextSql(`${binder.bind(asked.typed.trim())}::varchar`)
  const values = `select _v, count(*) as n from (${rows}) group by _v`
  const folded = `select _v, n, ${foldedTextSql('_v')} as _f, ${typed} as _q from (${values}) where ${tests.join(' and ')}`
  const nearest = 'case when _f = _q then 0 when starts_with(_f, _q) then 1 else 2 end'
  return {
    sql: `select _v as value, n from (${folded}) order by ${nearest}, n desc, _v limit ${asked.limit}`,
    values: binder.values,
  }
}
