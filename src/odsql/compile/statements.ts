/** Whole statements: rows, counts and facets of a resolved query. */

import { keyType } from '../resolve/expressions.ts'
import type { GroupKey, Order, Predicate, Query, Typed } from '../resolve/typed.ts'
import type { Type } from '../schema.ts'
import { cellSql, clusterSql } from './clusters.ts'
import { compileDay, compileExpr, finite } from './expressions.ts'
import { compilePredicate, isSearchOnly, type PredicateContext } from './predicates.ts'
import { compileScores } from './relevance.ts'
import { type Binder, createBinder, type QueryTarget, type Statement } from './target.ts'

/** A column of the answer, in select order; `sqlName` is what it is called in the statement's result. */
export interface ResultColumn {
  readonly name: string
  readonly type: Type
  readonly sqlName: string
}

export interface Page {
  /** Null: all. */
  readonly limit: number | null
  readonly offset: number
}

export interface RowsStatement extends Statement {
  readonly columns: readonly ResultColumn[]
}

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

export function contextOf(query: Query, target: QueryTarget, binder: Binder): PredicateContext {
  return { binder, target, timezone: query.timezone, lang: query.lang }
}

export function whereSql(
  where: Predicate | null,
  context: PredicateContext,
  extra: readonly string[] = [],
): string {
  const conditions = [...(where ? [compilePredicate(context, where)] : []), ...extra]
  return conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`
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

/** A constant orders nothing, and the engine refuses some. */
function effective(order: readonly Order[]): Order[] {
  return order.filter(({ expr }) => expr.kind !== 'literal' && expr.kind !== 'moment')
}

/** A repeatable order: a digest of the record id and the seed, the same on any release of the engine. */
function randomSql(seed: number, context: PredicateContext): string {
  return `md5(_id::varchar || ${context.binder.bind(String(seed))}::varchar)`
}

function orderable(sql: string, type: Type): string {
  return type === 'multitext' ? `array_to_string(${sql}, ',')` : sql
}

function pageSql(page: Page): string {
  const limit = page.limit === null ? '' : ` limit ${page.limit}`
  return page.offset === 0 ? limit : `${limit} offset ${page.offset}`
}

function compileGroups(query: Query, given: PredicateContext, page: Page): RowsStatement {
  const keys = query.groups.map((_group, index) => ({ name: `_k${index}` }))
  const { tables, inner } = keyedRows(query, given)
  const context: PredicateContext = {
    ...given,
    keySql: (index) => keyLabel(query.groups[index]!, `_k${index}`, given),
  }
  const needed = query.groups.flatMap((group, index) =>
    group.kind === 'value' ? [] : [`_k${index} is not null`],
  )
  const columns = query.select.map((column, index): ResultColumn & { sql: string } => {
    const group = column.groupKey === null ? null : query.groups[column.groupKey]!
    return {
      name: column.name,
      type: group ? keyType(group) : column.expr.type,
      sqlName: `_c${index}`,
      sql: group
        ? keyLabel(group, `_k${column.groupKey}`, context)
        : finite(compileExpr(context, column.expr), column.expr),
    }
  })
  // One row has no order; a value bound for it would be one too many.
  const order = (keys.length === 0 ? [] : effective(query.order)).flatMap((item) => {
    // Relevance of groups has been refused.
    if (item.expr.kind === 'relevance') return []
    const sql =
      item.groupKey !== null
        ? `_k${item.groupKey}`
        : item.expr.kind === 'random'
          ? `md5(concat(${keys.map((key) => key.name).join(', ')}, ${context.binder.bind(String(item.expr.seed))}::varchar))`
          : compileExpr(context, item.expr)
    return [`${sql} ${item.isDescending ? 'desc' : 'asc'} nulls last`]
  })
  const total = [...order, ...keys.map((key) => `${key.name} asc nulls last`)]
  const parts = [
    ...(tables.length > 0 ? [`with recursive ${tables.join(', ')}`] : []),
    `select ${columns.map((column) => `${column.sql} as ${column.sqlName}`).join(', ') || 'null as nothing'}`,
    `from (${inner})`,
    ...(needed.length > 0 ? [`where ${needed.join(' and ')}`] : []),
    ...(keys.length > 0 ? [`group by ${keys.map((key) => key.name).join(', ')}`] : []),
    ...(total.length > 0 ? [`order by ${total.join(', ')}`] : []),
  ]
  return {
    sql: parts.join(' ') + pageSql(page),
    values: context.binder.values,
    columns: columns.map(({ name, type, sqlName }) => ({ name, type, sqlName })),
  }
}

/** The records with their keys as `_k0`, `_k1`...; clusters need tables of their own before. */
function keyedRows(query: Query, context: PredicateContext): { tables: readonly string[]; inner: string } {
  const columns: string[] = []
  const clusters: { index: number; point: string }[] = []
  for (const [index, group] of query.groups.entries()) {
    if (group.kind !== 'cluster') {
      columns.push(`${keySql(group, context)} as _k${index}`)
      continue
    }
    const point = compileExpr(context, group.expr)
    const [x, y] = cellSql(point, group.zoom, group.cellPixels)
    columns.push(`${x} as _x${index}`, `${y} as _y${index}`)
    clusters.push({ index, point })
  }
  const rows = `select ${['*', ...columns].join(', ')} from ${context.target.relation}${whereSql(query.where, context)}`
  if (clusters.length === 0) return { tables: [], inner: rows }
  const joined = clusters.map(({ index, point }) => ({
    index,
    ...clusterSql({ rows: '_rows', index, point }),
  }))
  return {
    tables: [`_rows as (${rows})`, ...joined.flatMap((cluster) => cluster.tables)],
    inner: `select _rows.*${joined.map((cluster) => `, ${cluster.key} as _k${cluster.index}`).join('')} from _rows ${joined.map((cluster) => cluster.join).join(' ')}`,
  }
}

/** What records are grouped by. Ranges group by the number of the range, so that they come in their own order. */
function keySql(group: Exclude<GroupKey, { kind: 'cluster' }>, context: PredicateContext): string {
  const value = compileExpr(context, group.expr)
  switch (group.kind) {
    case 'value':
      if (group.expr.type === 'multitext')
        return `unnest(case when len(${value}) > 0 then ${value} else [null] end)`
      return finite(value, group.expr)
    case 'width':
      return widthKeySql(value, group.width, context)
    case 'interval':
      return `time_bucket(interval '${group.count} ${group.unit}', ${local(group.expr, value, context)})`
    case 'range': {
      const cases = group.bounds.slice(1).map((high, index) => {
        const low = group.bounds[index]!
        const tests = [
          ...(low === null ? [] : [`${value} >= ${bound(low, group.expr, context)}`]),
          ...(high === null ? [] : [`${value} < ${bound(high, group.expr, context)}`]),
        ]
        return `when ${[...tests, `${value} is not null`].join(' and ')} then ${index}`
      })
      return `case ${cases.join(' ')} end`
    }
    default:
      return group satisfies never
  }
}

/**
 * The number of the range: a quotient's last digit is noise, so that 3.9 / 0.1 is less than 39. What decides is what the
 * key will say: `from` and `to` as they are printed.
 */
function widthKeySql(value: string, width: number, context: PredicateContext): string {
  const bound = `${context.binder.bind(width)}::double`
  const number = `floor(${value}::double / ${bound})`
  const edge = (sql: string) => `round(${sql} * ${bound}, ${decimalsOf(width)})`
  // Adding zero turns -0 into 0, which would be printed with its sign.
  return `${number} + case when ${value} >= ${edge(`(${number} + 1)`)} then 1 when ${value} < ${edge(number)} then -1 else 0 end`
}

function bound(expr: Typed, field: Typed, context: PredicateContext): string {
  return field.type === 'date' && expr.kind === 'moment'
    ? compileDay(context, expr)
    : compileExpr(context, expr)
}

function local(expr: Typed, sql: string, context: PredicateContext): string {
  return expr.type === 'date'
    ? `${sql}::timestamp`
    : `timezone(${context.binder.bind(context.timezone)}, ${sql})`
}

/** What a group is called in the answer: its value, or `[from, to[` for ranges. */
function keyLabel(group: GroupKey, key: string, context: PredicateContext): string {
  const { binder } = context
  switch (group.kind) {
    case 'value':
    case 'cluster':
      return key
    case 'width': {
      const width = `${binder.bind(group.width)}::double`
      // A multiple of the width has no more decimals than the width; what comes after them is noise.
      const number = (sql: string) =>
        `regexp_replace(round(${sql}, ${decimalsOf(group.width)})::varchar, '\\.0$', '')`
      return `'[' || ${number(`${key} * ${width}`)} || ', ' || ${number(`(${key} + 1) * ${width}`)} || '['`
    }
    case 'interval': {
      const isDays = !['hour', 'minute', 'second', 'millisecond'].includes(group.unit)
      const time = group.unit === 'millisecond' ? 'T%H:%M:%S.%g' : 'T%H:%M:%S'
      const format = `%Y-%m-%d${group.expr.type === 'date' && isDays ? '' : time}`
      const end = `${key} + interval '${group.count} ${group.unit}'`
      return `'[' || strftime(${key}, '${format}') || ', ' || strftime(${end}, '${format}') || '['`
    }
    case 'range': {
      const labels = group.labels.slice(1).map((high, index) => `[${group.labels[index]}, ${high}[`)
      return `[${labels.map((label) => `${binder.bind(label)}::varchar`).join(', ')}][${key} + 1]`
    }
    default:
      return group satisfies never
  }
}

function decimalsOf(width: number): number {
  const [digits, exponent] = String(width).split('e')
  return Math.max(0, (digits!.split('.')[1]?.length ?? 0) - Number(exponent ?? 0))
}

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
      value = `strftime(timezone(${binder.bind(query.timezone)}, ${column.sql}), '${dateLevels[Math.min(level, 2)]}')`
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
  const tests = [
    '_v is not null',
    ...(column.type === 'text' || column.type === 'multitext' ? ["_v <> ''"] : []),
  ]
  if (facet.under !== null) {
    const separator = facet.separator ?? '/'
    tests.push(`starts_with(_v, ${binder.bind(facet.under + separator)}::varchar)`)
  }
  const number = column.type === 'text' || column.type === 'multitext' ? 'try_cast(_v as double)' : '_v'
  const order = {
    count: 'n asc, _v asc',
    '-count': 'n desc, _v asc',
    alphanum: '_v asc',
    '-alphanum': '_v desc',
    num: `${number} asc nulls last, _v asc`,
    '-num': `${number} desc nulls last, _v asc`,
  }[facet.sort]
  const grouped = `select _v, count(*) as n from (${rows}) where ${tests.join(' and ')} group by _v order by ${order} limit ${facet.limit}`
  return { sql: `select _v::varchar as value, n from (${grouped})`, values: binder.values }
}
