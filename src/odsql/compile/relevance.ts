/**
 * Relevance, as SQL: how well a record answers the words that are searched for (docs/decisions/0012-relevance.md).
 *
 * A word is worth, in the field where it is found best, 4 when it stands there itself, 3 when it begins a word there, 2 and
 * 1 when it is one or two edits away; and, up to 1 more, the fewer words the field has. Times the weight of the field, and
 * times the logarithm that makes a rare word count more than a common one. A record's score is the sum over the words.
 *
 * With the postings and without them the same numbers come out. They are whole numbers, so that the order in which the
 * engine's threads add them up cannot matter.
 */
import type { Word } from '../../../shared/words.ts'
import type { WordSearch } from '../resolve/typed.ts'
import type { Column } from '../schema.ts'
import { folded, isIndexed, isInFields, type PredicateContext, termsOf, termTest } from './predicates.ts'

export interface Scores {
  /** To put before a statement; the last is `_scores`: `_row`, `_score`, and what `found` tests. */
  readonly tables: readonly string[]
  /** Tests of rows of `_scores`: whether a search has found all of its words. */
  readonly found: ReadonlyMap<WordSearch, string>
}

interface SearchedWord extends Word {
  readonly columns: readonly Column[]
}

/** Looks every word up once: for the scores, and for the conditions themselves. */
export function compileScores(context: PredicateContext, searches: readonly WordSearch[]): Scores {
  const words: SearchedWord[] = []
  const found = new Map<WordSearch, string>()
  for (const search of searches) {
    const tests = search.words.map((_, n) => `_s${words.length + n} is not null`)
    found.set(search, `(${tests.join(' and ')})`)
    words.push(...search.words.map((word) => ({ ...word, columns: search.columns })))
  }
  const worths = words.every((word) => isIndexed(context, word.columns))
    ? foundInPostings(context, words)
    : foundInColumns(context, words)
  const records = `(select count(*) from ${context.target.relation})`
  const rarities = words.map((_, n) => `ln(1 + ${records}::double / count(_s${n})) as _r${n}`)
  const points = words.map((_, n) => `coalesce(round(1000 * _s${n} * _r${n})::bigint, 0)`)
  return {
    found,
    tables: [
      `_found as materialized (${worths})`,
      `_rarity as (select ${rarities.join(', ')} from _found)`,
      `_scores as (select _found.*, ${points.join(' + ')} as _score from _found, _rarity)`,
    ],
  }
}

/** `_row`, and what each word is worth there as `_s0`, `_s1`...; null where it is not. */
function foundInPostings(context: PredicateContext, words: readonly SearchedWord[]): string {
  const { terms, postings } = context.target.search!
  const hits = words.map((word, n) => {
    const text = folded(context, word)
    const matching = `select term_id, ${closeness('term', text, word)} as _close from ${terms} where ${termTest('term', text, word)}`
    return `select _row, ${n} as _n, ${worth('_close', 'words', weightOf(word.columns))} as _worth
      from ${postings} join (${matching}) using (term_id) where ${isInFields(word.columns)}`
  })
  const best = words.map(
    (_, n) => `max(_worth)${words.length > 1 ? ` filter (where _n = ${n})` : ''} as _s${n}`,
  )
  // Neither ranked nor counted is what the relation does not have.
  const own = context.target.isPart ? ` where _row in (select _row from ${context.target.relation})` : ''
  return `select _row, ${best.join(', ')} from (${hits.join(' union all ')})${own} group by _row`
}

function foundInColumns(context: PredicateContext, words: readonly SearchedWord[]): string {
  const columns = [...new Set(words.flatMap((word) => word.columns))]
  const at = (column: Column) => `_t${columns.indexOf(column)}`
  const lists = columns.map((column) => `${termsOf(column)} as ${at(column)}`)
  const best = words.map((word, n) => {
    const text = folded(context, word)
    const close = `lambda _t: case when ${termTest('_t', text, word)} then ${closeness('_t', text, word)} end`
    const fields = word.columns.map((column) => {
      const nearest = `list_max(list_transform(${at(column)}, ${close}))`
      return worth(nearest, `least(len(${at(column)}), 255)`, String(column.weight ?? 1))
    })
    return `greatest(${fields.join(', ')}) as _s${n}`
  })
  const isFound = words.map((_, n) => `_s${n} is not null`).join(' or ')
  return `select * from (select _row, ${best.join(', ')} from (select _row, ${lists.join(', ')} from ${context.target.relation})) where ${isFound}`
}

/** SQL: how near a term that matches a word is to it, 1 to 4. */
function closeness(term: string, text: string, word: SearchedWord): string {
  switch (word.match) {
    case 'exact':
      return '4'
    case 'prefix':
      return `case when ${term} = ${text} then 4 else 3 end`
    case 'fuzzy':
      return `case levenshtein(${term}, ${text}) when 0 then 4 when 1 then 2 else 1 end`
    default:
      return word.match satisfies never
  }
}

function worth(close: string, words: string, weight: string): string {
  return `${weight} * (${close} + 1 / sqrt(${words}))`
}

/** SQL: the weight of the field that a posting is of. */
function weightOf(columns: readonly Column[]): string {
  const heavy = columns.filter((column) => (column.weight ?? 1) !== 1)
  if (heavy.length === 0) return '1'
  return `case field ${heavy.map((column) => `when ${column.fieldIndex} then ${column.weight}`).join(' ')} else 1 end`
}
