/**
 * Conditions to SQL. The language is two-valued: a comparison with null is false, and `not` of that is true. The engine
 * is three-valued. In a positive place null and false both drop the row, so the plain SQL serves (and the engine can
 * prune by it); only below a `not` must a null be made false.
 */
import type { Word } from '../../../shared/words.ts'
import { foldedTermsSql, foldedTextSql } from '../../kernel/index.ts'
import type { Predicate, Typed, WordSearch } from '../resolve/typed.ts'
import type { Column } from '../schema.ts'
import { compileDay, compileExpr, dayAsInstant, type ExpressionContext } from './expressions.ts'
import { compileInBox, compileRelation, compileWithinDistance } from './spatial.ts'
import type { QueryTarget } from './target.ts'

export interface PredicateContext extends ExpressionContext {
  readonly target: QueryTarget
  /** Searches whose words have been found already, and the tests for that (compile/relevance.ts). */
  readonly found?: ReadonlyMap<WordSearch, string>
  /** The condition is made of searches alone. */
  readonly isSearchOnly?: boolean
}

export function compilePredicate(context: PredicateContext, predicate: Predicate): string {
  return compile({ ...context, isSearchOnly: isSearchOnly(predicate) }, predicate, false)
}

/** Whether a condition is made of searches alone, of which one at least must find something. */
export function isSearchOnly(predicate: Predicate | null): boolean {
  if (predicate?.kind === 'logic') return predicate.operands.every(isSearchOnly)
  return predicate?.kind === 'words' && predicate.columns.length > 0 && predicate.words.length > 0
}

function compile(context: PredicateContext, predicate: Predicate, mustBeExact: boolean): string {
  switch (predicate.kind) {
    case 'logic':
      return `(${predicate.operands.map((operand) => compile(context, operand, mustBeExact)).join(` ${predicate.operator} `)})`
    case 'not':
      return `(not ${compile(context, predicate.operand, true)})`
    case 'is_null':
    case 'words':
      return compileLeaf(context, predicate)
    default: {
      const sql = compileLeaf(context, predicate)
      return mustBeExact ? `coalesce(${sql}, false)` : sql
    }
  }
}

function compileLeaf(
  context: PredicateContext,
  predicate: Exclude<Predicate, { kind: 'logic' | 'not' }>,
): string {
  const { binder } = context
  switch (predicate.kind) {
    case 'compare':
      return compileCompare(context, predicate.operator, predicate.left, predicate.right)
    case 'in_list': {
      const { operand, items } = predicate
      // Only values without a field in them make a list; fields of other types need each its own comparison.
      if (operand.type === 'multitext' || operand.kind !== 'column' || !items.every(isConstant)) {
        return `(${items.map((item) => compileCompare(context, '=', operand, item)).join(' or ')})`
      }
      return `(${compileExpr(context, operand)} in (${items.map((item) => side(context, item, operand)).join(', ')}))`
    }
    case 'in_range':
      return compileRange(context, predicate)
    case 'is_null':
      return `(${compileExpr(context, predicate.operand)} is ${predicate.isNegated ? 'not ' : ''}null)`
    case 'truth': {
      const value = compileExpr(context, predicate.operand)
      if (predicate.isNegated) return `(${value} is distinct from ${predicate.value})`
      return predicate.value ? `(${value})` : `(not ${value})`
    }
    case 'words':
      return context.found?.get(predicate) ?? compileWords(context, predicate.columns, predicate.words)
    case 'startswith': {
      if (predicate.columns.length === 0) return 'false'
      const prefix = `${binder.bind(predicate.text)}::varchar`
      return `(${predicate.columns
        .map((column) =>
          column.type === 'multitext'
            ? `coalesce(len(list_filter(${column.sql}, lambda _v: starts_with(_v, ${prefix}))) > 0, false)`
            : `coalesce(starts_with(${column.sql}, ${prefix}), false)`,
        )
        .join(' or ')})`
    }
    case 'within_distance':
      return compileWithinDistance(context, predicate)
    case 'in_bbox':
      return compileInBox(context, predicate)
    case 'relation':
      return compileRelation(context, predicate)
    case 'path': {
      const path = `${binder.bind(predicate.path)}::varchar`
      const below = `${binder.bind(predicate.path + predicate.separator)}::varchar`
      return `(${predicate.column.sql} = ${path} or starts_with(${predicate.column.sql}, ${below}))`
    }
    default:
      return predicate satisfies never
  }
}

type Comparison = Extract<Predicate, { kind: 'compare' }>['operator']

const isConstant = (expr: Typed) => expr.kind === 'literal' || expr.kind === 'moment'

/** Names inside lambdas begin with an underscore, as no field's name does: a field would otherwise be hidden by them. */
function anyOf(list: string, test: string): string {
  return `(len(list_filter(${list}, lambda _v: ${test})) > 0)`
}

function compileRange(
  context: PredicateContext,
  { operand, low, high, isLowOpen, isHighOpen }: Extract<Predicate, { kind: 'in_range' }>,
): string {
  const above = isLowOpen ? '>' : '>='
  const below = isHighOpen ? '<' : '<='
  if (operand.type !== 'multitext')
    return `(${compileCompare(context, above, operand, low)} and ${compileCompare(context, below, operand, high)})`
  if (low.type === 'multitext' || high.type === 'multitext') return 'false'
  const list = compileExpr(context, operand)
  return anyOf(list, `_v ${above} ${compileExpr(context, low)} and _v ${below} ${compileExpr(context, high)}`)
}

function compileCompare(context: PredicateContext, operator: Comparison, left: Typed, right: Typed): string {
  // Nothing equals null, and everything differs from it: `a != b` is `not (a = b)`.
  if (left.type === 'null' || right.type === 'null') return operator === '!=' ? 'true' : 'false'
  if (operator === '!=') return `(${compileCompare(context, '=', left, right)} is not true)`
  if (left.type === 'multitext' && right.type === 'multitext') {
    const [a, b] = [compileExpr(context, left), compileExpr(context, right)]
    if (operator === '=') return `list_has_any(${a}, ${b})`
    return anyOf(a, `len(list_filter(${b}, lambda _w: _v ${operator} _w)) > 0`)
  }
  if (left.type === 'multitext' || right.type === 'multitext') {
    const [list, item, mirrored] =
      left.type === 'multitext' ? [left, right, operator] : [right, left, mirror[operator]]
    const values = compileExpr(context, list)
    const value = compileExpr(context, item)
    return mirrored === '=' ? `list_contains(${values}, ${value})` : anyOf(values, `_v ${mirrored} ${value}`)
  }
  return `(${side(context, left, right)} ${operator} ${side(context, right, left)})`
}

const mirror: Readonly<Record<Comparison, Comparison>> = {
  '=': '=',
  '!=': '!=',
  '>': '<',
  '>=': '<=',
  '<': '>',
  '<=': '>=',
}

/** One side of a comparison: date literals beside a day are days. */
function side(context: PredicateContext, expr: Typed, other: Typed): string {
  if (expr.kind === 'moment' && other.type === 'date') return compileDay(context, expr)
  if (expr.type === 'date' && other.type === 'datetime' && other.kind !== 'moment') {
    return dayAsInstant(context, compileExpr(context, expr))
  }
  return compileExpr(context, expr)
}

/** Every word in one of the columns. No words: everything matches, as an empty search does. */
function compileWords(context: PredicateContext, columns: readonly Column[], words: readonly Word[]): string {
  if (words.length === 0) return 'true'
  if (columns.length === 0) return 'false'
  const tests = words.map((word) =>
    isIndexed(context, columns)
      ? wordInPostings(context, columns, word)
      : wordInColumns(context, columns, word),
  )
  return `(${tests.join(' and ')})`
}

export function isIndexed({ target }: PredicateContext, columns: readonly Column[]): boolean {
  return target.search !== null && columns.every((column) => column.fieldIndex !== null)
}

export function folded(context: PredicateContext, word: Word): string {
  return foldedTextSql(`${context.binder.bind(word.text)}::varchar`)
}

export function termTest(term: string, text: string, word: Word): string {
  switch (word.match) {
    case 'exact':
      return `${term} = ${text}`
    case 'prefix':
      return `starts_with(${term}, ${text})`
    case 'fuzzy':
      return `(abs(length(${term}) - length(${text})) <= ${word.distance} and levenshtein(${term}, ${text}) <= ${word.distance})`
    default:
      return word.match satisfies never
  }
}

function wordInPostings(context: PredicateContext, columns: readonly Column[], word: Word): string {
  const search = context.target.search!
  const text = folded(context, word)
  const terms = `select term_id from ${search.terms} where ${termTest('term', text, word)}`
  const isFound = `_row in (select _row from ${search.postings} where term_id in (${terms}) and ${isInFields(columns)})`
  // Beside other filters a semi-join goes from the few records that these leave. Alone it would hash all records to look
  // the postings up in them; as a plain truth value it hashes the postings, which for most words takes a quarter of that.
  return context.isSearchOnly ? `coalesce(${isFound}, false)` : `(${isFound})`
}

/** SQL: whether a posting is of one of the columns. */
export function isInFields(columns: readonly Column[]): string {
  return isOneOf(
    'field',
    columns.map((column) => column.fieldIndex!),
  )
}

/** As ranges: a list with gaps would become a join with every posting there is, which took forty times as long. */
function isOneOf(sql: string, numbers: readonly number[]): string {
  const runs: { from: number; to: number }[] = []
  for (const number of numbers.toSorted((a, b) => a - b)) {
    const last = runs.at(-1)
    if (last && number <= last.to + 1) last.to = number
    else runs.push({ from: number, to: number })
  }
  return `(${runs.map(({ from, to }) => `${sql} between ${from} and ${to}`).join(' or ')})`
}

function wordInColumns(context: PredicateContext, columns: readonly Column[], word: Word): string {
  const text = folded(context, word)
  const tests = columns.map((column) => {
    return `coalesce(len(list_filter(${termsOf(column)}, lambda _t: ${termTest('_t', text, word)})) > 0, false)`
  })
  return `(${tests.join(' or ')})`
}

/** SQL: the terms of a column's value; those of all values of a list. */
export function termsOf({ type, sql, termsSql }: Column): string {
  return termsSql ?? foldedTermsSql(type === 'multitext' ? `array_to_string(${sql}, ' ')` : sql)
}
