/** What rows, groups and facets have in common: conditions, pages, orders. */

import type { Order, Predicate, Query } from '../resolve/typed.ts'
import type { Type } from '../schema.ts'
import { cellConditions } from './cells.ts'
import { compilePredicate, type PredicateContext } from './predicates.ts'
import type { Binder, QueryTarget, Statement } from './target.ts'

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

export function contextOf(query: Query, target: QueryTarget, binder: Binder): PredicateContext {
  return { binder, target, timezone: query.timezone, lang: query.lang }
}

export function whereSql(
  where: Predicate | null,
  context: PredicateContext,
  extra: readonly string[] = [],
): string {
  const conditions = [
    ...cellConditions(where),
    ...(where ? [compilePredicate(context, where)] : []),
    ...extra,
  ]
  return conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`
}

/** A constant orders nothing, and the engine refuses some. */
export function effective(order: readonly Order[]): Order[] {
  return order.filter(({ expr }) => expr.kind !== 'literal' && expr.kind !== 'moment')
}

export function pageSql(page: Page): string {
  const limit = page.limit === null ? '' : ` limit ${page.limit}`
  return page.offset === 0 ? limit : `${limit} offset ${page.offset}`
}
