/** The order_by clause. Its end, the record's position or the group's keys, is added when the query is compiled. */
import type { OrderItem } from '../ast.ts'
import { fault } from '../fault.ts'
import { printTitle } from '../print.ts'
import { isGeo, type ResolveContext, wrong } from './context.ts'
import { containsAggregate, positional, resolveExpr } from './expressions.ts'
import { looseColumn, rowsContext } from './select.ts'
import type { GroupKey, Order, SelectColumn } from './typed.ts'

/** What a query's rows are, as far as an order must know. */
export interface Rows {
  readonly select: readonly SelectColumn[]
  readonly groups: readonly GroupKey[]
  readonly isAggregated: boolean
}

export function resolveOrder(context: ResolveContext, item: OrderItem, rows: Rows): Order {
  const { expr, isDescending } = item
  const { select, groups, isAggregated } = rows
  if (expr.kind === 'call' && expr.name === 'random') {
    const [seed] = positional(expr, 1)
    if (seed!.kind !== 'number' || !/^\d{1,15}$/.test(seed!.text))
      throw wrong(expr, 'it takes a whole number')
    return { expr: { kind: 'random', seed: Number(seed!.text) }, isDescending, groupKey: null }
  }
  if (expr.kind === 'call' && expr.name === 'relevance') {
    positional(expr, 0)
    if (isAggregated)
      throw fault('odsql.type_mismatch', expr.span, { reason: 'relevance orders records, not groups' })
    // The searches are those of `where`, which is resolved apart.
    return { expr: { kind: 'relevance', searches: [] }, isDescending, groupKey: null }
  }
  const text = printTitle(expr)
  const groupKey = groups.findIndex(
    (group) => group.text === text || (expr.kind === 'name' && group.name === expr.name),
  )
  if (groupKey >= 0) return { expr: groups[groupKey]!.expr, isDescending, groupKey }
  const named = expr.kind === 'name' ? select.find((column) => column.name === expr.name) : undefined
  if (named && named.groupKey !== null) return { expr: named.expr, isDescending, groupKey: named.groupKey }
  const resolved = named ? named.expr : resolveExpr(rowsContext(context, groups), expr)
  if (isGeo(resolved.type))
    throw fault('odsql.type_mismatch', expr.span, { reason: `a ${resolved.type} has no order` })
  if (!isAggregated && containsAggregate(resolved))
    throw fault('odsql.type_mismatch', expr.span, { reason: 'an aggregate orders groups only' })
  if (isAggregated) {
    const loose = looseColumn(resolved)
    if (loose) throw fault('odsql.not_grouped', loose.span, { field: loose.name })
  }
  return { expr: resolved, isDescending, groupKey: null }
}
