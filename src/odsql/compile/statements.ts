/** Whole statements: the rows of a resolved query and their number. */

import type { Order, Predicate, Query } from '../resolve/typed.ts'
import type { Type } from '../schema.ts'
import {
  contextOf,
  effective,
  type Page,
  pageSql,
  type ResultColumn,
  type RowsStatement,
  whereSql,
} from './clauses.ts'
import { compileExpr, finite } from './expressions.ts'
import { compileGroups } from './groups.ts'
import { isSearchOnly, type PredicateContext } from './predicates.ts'
import { compileScores } from './relevance.ts'
import { createBinder, type QueryTarget, type Statement } from './target.ts'

/** Statements may ask for columns beyond the select list, under names of their own. */
export interface RowsOptions {
  readonly page: Page
  /** Extra trusted columns, e.g. `_id`; only for queries that are not aggregated. */
  readonly extra?: readonly string[]
  /** Keep to rows with `_row` in [from, to); only for queries that are not aggregated. */
  readonly rowRange?: { readonly from: number; readonly to: number }
  /** Only what comes after the record at this position; only for queries that are not aggregated. */
  readonly afterRow?: number
  /** Leave the order to the caller (the relation's own). */
  readonly isUnordered?: boolean
}

/** The rows of a query, in a total order: its own, then the record's position (or the group's keys). */
export function compileRows(query: Query, target: QueryTarget, options: RowsOptions): RowsStatement {
  const binder = createBinder(target)
  const context = contextOf(query, target, binder)
  return query.isAggregated
    ? compileGroups(query, context, options.page)
    : compileRecords(query, context, options)
}

/** How many records match; for queries that are not aggregated. */
export function compileCount(query: Query, target: QueryTarget): Statement {
  const binder = createBinder(target)
  const where = whereSql(query.where, contextOf(query, target, binder))
  return { sql: `select count(*) as n from ${target.relation}${where}`, values: binder.values }
}

/** The select list of a query that is not aggregated, with the SQL of each column. */
export function compileColumns(query: Query, context: PredicateContext): (ResultColumn & { sql: string })[] {
  return query.select.map((column, index) => ({
    name: column.name,
    type: column.expr.type,
    sqlName: `_c${index}`,
    sql: finite(compileExpr(context, column.expr), column.expr),
  }))
}

function compileRecords(query: Query, context: PredicateContext, options: RowsOptions): RowsStatement {
  const columns = compileColumns(query, context)
  const items = [...columns.map((column) => `${column.sql} as ${column.sqlName}`), ...(options.extra ?? [])]
  const range = options.rowRange ? [`_row >= ${options.rowRange.from}`, `_row < ${options.rowRange.to}`] : []
  const { relation } = context.target
  const orderKey = ({ expr }: Order): string => {
    if (expr.kind === 'random') return randomSql(expr.seed, context)
    if (expr.kind === 'relevance') return 'coalesce(_score, 0)'
    return orderable(compileExpr(context, expr), expr.type)
  }
  const sorted = options.isUnordered ? [] : effective(query.order)
  const relevance = sorted.map(({ expr }) => expr).find((expr) => expr.kind === 'relevance')
  const scores = relevance ? compileScores(context, relevance.searches) : null
  const isFirst = isFoundFirst(query, context, options)
  // Where nothing but words is asked for, what they are found in are the records.
  const isRankedAlone = isFirst && isSearchOnly(query.where) && sorted.length === 1
  const ranked = !scores ? relation : isRankedAlone ? '_scores' : `${relation} left join _scores using (_row)`
  const after = options.afterRow === undefined ? null : afterSql(sorted, orderKey, options.afterRow, ranked)
  const where = whereSql(query.where, scores ? { ...context, found: scores.found } : context, [
    ...range,
    ...(after ? [after.test] : []),
  ])
  const order = sorted.map((item) => `${orderKey(item)} ${item.isDescending ? 'desc' : 'asc'} nulls last`)
  const orderSql = options.isUnordered ? '' : ` order by ${[...order, '_row'].join(', ')}`
  const found = `from ${ranked}${after?.join ?? ''}${where}${orderSql}${pageSql(options.page)}`
  const list = items.join(', ') || 'null as nothing'
  const tables = [...(scores?.tables ?? [])]
  let sql = `select ${list} ${found}`
  if (isFirst) {
    if (scores) {
      tables.push(`_page as materialized (select _row, _score ${found})`)
      sql = `select ${list} from ${relation} join _page using (_row)${orderSql}`
    } else sql = `select ${list} from ${relation} where _row in (select _row ${found})${orderSql}`
  }
  return {
    sql: tables.length > 0 ? `with ${tables.join(', ')} ${sql}` : sql,
    values: context.binder.values,
    columns: columns.map(({ name, type, sqlName }) => ({ name, type, sqlName })),
  }
}

/**
 * Whether a page's records are found first, by position, and read then. The engine does so by itself where a filter looks
 * at the records, but behind a semi-join, which is what words are, it reads every column of every record: for a page of
 * a million records of 29 columns 50 times as long.
 */
function isFoundFirst(query: Query, { target }: PredicateContext, options: RowsOptions): boolean {
  return (
    target.search !== null &&
    options.page.limit !== null &&
    options.rowRange === undefined &&
    query.where !== null &&
    hasWords(query.where)
  )
}

function hasWords(predicate: Predicate): boolean {
  switch (predicate.kind) {
    case 'logic':
      return predicate.operands.some(hasWords)
    case 'not':
      return hasWords(predicate.operand)
    default:
      return predicate.kind === 'words'
  }
}

/**
 * The records behind one record in the total order: by the first key that differs, nulls last. The record's keys are read
 * again from the record itself, so that no value has to survive a trip through text.
 */
function afterSql(
  order: readonly Order[],
  keyOf: (item: Order) => string,
  row: number,
  relation: string,
): { readonly join: string; readonly test: string } {
  const whole = Math.trunc(row)
  if (order.length === 0) return { join: '', test: `_row > ${whole}` }
  const keys = order.map((item, index) => `${keyOf(item)} as _a${index}`)
  const test = order.reduceRight((rest, item, index) => {
    const [key, last] = [keyOf(item), `_a${index}`]
    const beyond = `${key} ${item.isDescending ? '<' : '>'} ${last} or (${key} is null and ${last} is not null)`
    return `(${beyond} or (${key} is not distinct from ${last} and ${rest}))`
  }, `_row > ${whole}`)
  return {
    join: `, (select ${keys.join(', ')} from ${relation} where _row = ${whole}) as _last`,
    test,
  }
}

/** A repeatable order: a digest of the record id and the seed, the same on any release of the engine. */
function randomSql(seed: number, context: PredicateContext): string {
  return `md5(_id::varchar || ${context.binder.bind(String(seed))}::varchar)`
}

function orderable(sql: string, type: Type): string {
  return type === 'multitext' ? `array_to_string(${sql}, ',')` : sql
}
