/** Groups and aggregates as one statement; the keys of groups as SQL, and how they are printed. */

import { keyType } from '../resolve/expressions.ts'
import type { GroupKey, Query, Typed } from '../resolve/typed.ts'
import { effective, type Page, pageSql, type ResultColumn, type RowsStatement, whereSql } from './clauses.ts'
import { cellSql, clusterSql } from './clusters.ts'
import { compileDay, compileExpr, finite } from './expressions.ts'
import { localTime } from './local-time.ts'
import type { PredicateContext } from './predicates.ts'

/** One row a group; one row where there are only aggregates. */
export function compileGroups(query: Query, given: PredicateContext, page: Page): RowsStatement {
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
      return intervalKeySql(group, local(group.expr, value, context))
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

/** The start of the interval that a local timestamp lies in. Single units begin where the calendar has them begin. */
function intervalKeySql({ count, unit }: { count: number; unit: string }, local: string): string {
  if (count === 1) return `date_trunc('${unit}', ${local})`
  return `time_bucket(interval '${count} ${unit}', ${local})`
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
    : localTime(sql, context.timezone, () => context.binder.bind(context.timezone))
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
