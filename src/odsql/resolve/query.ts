/** A request's clauses to one resolved query: select, groups and order are checked against each other here. */

import type { AppError } from '../../kernel/index.ts'
import type { Clause, Expr, GroupItem, OrderItem, SelectItem } from '../ast.ts'
import { attempt, fault, type Result } from '../fault.ts'
import { parseGroupBy, parseOrderBy, parseSelect, parseWhere } from '../parse/parse.ts'
import { print } from '../print.ts'
import type { QuerySchema } from '../schema.ts'
import { findColumn, isDate, isGeo, isNumber, type ResolveContext } from './context.ts'
import { containsAggregate, resolveExpr, wrong } from './expressions.ts'
import { readMoment } from './literals.ts'
import { resolvePredicate } from './predicates.ts'
import { parseRefinement, refinementPredicate } from './refinements.ts'
import type { GroupKey, Order, Predicate, Query, SelectColumn, Typed } from './typed.ts'

/** The clauses as they came; absent ones undefined or empty. */
export interface QueryText {
  readonly select?: string | undefined
  readonly where?: readonly string[]
  readonly groupBy?: string | undefined
  readonly orderBy?: string | undefined
  readonly refine?: readonly string[]
  readonly exclude?: readonly string[]
  /** A zone id that has been checked. */
  readonly timezone?: string
  readonly lang?: string
  /** Time of the request, for now(). Milliseconds. */
  readonly now: number
  /** Separators of hierarchical facets, by field. */
  readonly hierarchies?: Readonly<Record<string, string>>
  /** Fields whose refinements widen instead of narrow: any of the values will do. */
  readonly disjunctive?: readonly string[]
}

/** Parses and resolves. Every faulty clause is reported, not only the first. */
export function prepareQuery(text: QueryText, schema: QuerySchema): Result<Query> {
  const context: ResolveContext = {
    schema,
    timezone: text.timezone ?? 'UTC',
    lang: text.lang ?? 'en',
    now: text.now,
  }
  const errors: AppError[] = []
  function clause<T>(name: Clause, source: string | undefined, pass: (source: string) => T, absent: T): T {
    if (source === undefined || source.trim() === '') return absent
    const result = attempt(name, () => pass(source))
    if (result.ok) return result.value
    errors.push(...result.errors)
    return absent
  }

  const groups = clause(
    'group_by',
    text.groupBy,
    (source) => parseGroupBy(source).map((item) => resolveGroup(context, item)),
    [],
  )
  const isGrouped = groups.length > 0
  const select = clause(
    'select',
    text.select,
    (source) => resolveSelect(context, parseSelect(source), groups),
    isGrouped ? keyColumns(groups) : allColumns(context),
  )
  const isAggregated = isGrouped || select.some((column) => containsAggregate(column.expr))
  const order = clause(
    'order_by',
    text.orderBy,
    (source) => parseOrderBy(source).map((item) => resolveOrder(context, item, select, groups, isAggregated)),
    [],
  )
  const conditions: Predicate[] = []
  for (const source of text.where ?? []) {
    const condition = clause('where', source, (given) => resolvePredicate(context, parseWhere(given)), null)
    if (condition) conditions.push(condition)
  }
  const hierarchies = text.hierarchies ?? {}
  const refined = attempt('where', () => [
    ...joinDisjunctive(refinementConditions(text.refine ?? [], schema, hierarchies), text.disjunctive ?? []),
    ...refinementConditions(text.exclude ?? [], schema, hierarchies).map(
      ({ condition }): Predicate => ({ kind: 'not', operand: condition }),
    ),
  ])
  if (refined.ok) conditions.push(...refined.value)
  else errors.push(...refined.errors)
  if (errors.length > 0) return { ok: false, errors }
  const where: Predicate | null =
    conditions.length === 0
      ? null
      : conditions.length === 1
        ? conditions[0]!
        : { kind: 'logic', operator: 'and', operands: conditions }
  return {
    ok: true,
    value: { select, where, groups, order, isAggregated, timezone: context.timezone, lang: context.lang },
  }
}

interface NamedCondition {
  readonly field: string
  readonly condition: Predicate
}

function refinementConditions(
  texts: readonly string[],
  schema: QuerySchema,
  hierarchies: Readonly<Record<string, string>>,
): NamedCondition[] {
  return texts.map((text) => {
    const refinement = parseRefinement(text, schema)
    const { name } = refinement.column
    return { field: name, condition: refinementPredicate(refinement, hierarchies[name] ?? null) }
  })
}

/** Several refinements of a disjunctive field become one condition; all others stand for themselves. */
function joinDisjunctive(conditions: readonly NamedCondition[], disjunctive: readonly string[]): Predicate[] {
  const alternatives = new Map<string, Predicate[]>()
  const joined: Predicate[] = []
  for (const { field, condition } of conditions) {
    if (!disjunctive.includes(field)) joined.push(condition)
    else alternatives.set(field, [...(alternatives.get(field) ?? []), condition])
  }
  for (const operands of alternatives.values()) {
    joined.push(operands.length === 1 ? operands[0]! : { kind: 'logic', operator: 'or', operands })
  }
  return joined
}

const nowhere = { start: 0, end: 0 }

function allColumns(context: ResolveContext): SelectColumn[] {
  return context.schema.columns
    .filter((column) => !column.isHidden)
    .map((column) => ({
      name: column.name,
      expr: { kind: 'column', type: column.type, column, span: nowhere },
      groupKey: null,
    }))
}

function keyColumns(groups: readonly GroupKey[]): SelectColumn[] {
  return groups.map((group, index) => ({ name: group.name, expr: group.expr, groupKey: index }))
}

function resolveSelect(
  context: ResolveContext,
  items: readonly SelectItem[],
  groups: readonly GroupKey[],
): SelectColumn[] {
  const columns: SelectColumn[] = []
  const excluded = new Set<string>()
  const isGrouped = groups.length > 0
  for (const item of items) {
    if (item.kind === 'all') columns.push(...(isGrouped ? keyColumns(groups) : allColumns(context)))
    else if (item.kind === 'rule') {
      for (const pattern of item.patterns) {
        const matching = context.schema.columns.filter(
          (column) =>
            !column.isHidden &&
            (pattern.isPrefix ? column.name.startsWith(pattern.name) : column.name === pattern.name),
        )
        if (matching.length === 0 && !pattern.isPrefix) findColumn(context, pattern.name, pattern.span)
        if (item.rule === 'exclude') for (const column of matching) excluded.add(column.name)
        else
          for (const column of matching)
            columns.push({
              name: column.name,
              expr: { kind: 'column', type: column.type, column, span: pattern.span },
              groupKey: null,
            })
      }
    } else columns.push(selectColumn(context, item.expr, item.alias, groups))
  }
  const isOnlyExcluding = columns.length === 0 && excluded.size > 0
  const kept = (isOnlyExcluding ? allColumns(context) : columns).filter(
    (column) => column.groupKey !== null || !excluded.has(column.name),
  )
  const list = distinctNames(kept)
  if (isGrouped || list.some((column) => containsAggregate(column.expr))) requireGrouped(list)
  return list
}

/** Naming a column twice shows it once. Two different columns of one name (case aside: engines fold it) are an error. */
function distinctNames(columns: readonly SelectColumn[]): SelectColumn[] {
  const byName = new Map<string, SelectColumn>()
  for (const column of columns) {
    const key = column.name.toLowerCase()
    const other = byName.get(key)
    const isSame = other?.name === column.name && other.expr.kind === 'column' && column.expr.kind === 'column' && other.expr.column === column.expr.column
    if (other && !isSame && other.groupKey === null) {
      throw fault('odsql.syntax', column.expr.span, { reason: `two columns are called ${column.name.slice(0, 60)}` })
    }
    byName.set(key, other ?? column)
  }
  return [...byName.values()]
}

function selectColumn(
  context: ResolveContext,
  expr: Expr,
  alias: string | null,
  groups: readonly GroupKey[],
): SelectColumn {
  const text = print(expr)
  const byText = groups.findIndex((group) => group.text === text)
  const byAlias = expr.kind === 'name' ? groups.findIndex((group) => group.name === expr.name) : -1
  const groupKey = byText >= 0 ? byText : byAlias
  if (groupKey >= 0)
    return {
      name:
        alias ??
        (byText >= 0 && byAlias < 0 && expr.kind !== 'name' ? groups[groupKey]!.name : plainText(expr, text)),
      expr: groups[groupKey]!.expr,
      groupKey,
    }
  return { name: alias ?? plainText(expr, text), expr: resolveExpr(context, expr), groupKey: null }
}

/** An unnamed column is called by the normal form of its expression; a field by its bare name. */
function plainText(expr: Expr, text: string): string {
  return expr.kind === 'name' ? expr.name : text
}

function requireGrouped(columns: readonly SelectColumn[]): void {
  for (const column of columns) {
    if (column.groupKey !== null) continue
    const loose = looseColumn(column.expr)
    if (loose) throw fault('odsql.not_grouped', loose.span, { field: loose.name })
  }
}

/** A column that stands outside every aggregate. */
function looseColumn(expr: Typed): { readonly name: string; readonly span: Typed['span'] } | null {
  switch (expr.kind) {
    case 'column':
      return { name: expr.column.name, span: expr.span }
    case 'call':
      return expr.args.map(looseColumn).find((found) => found !== null) ?? null
    case 'arithmetic':
      return looseColumn(expr.left) ?? looseColumn(expr.right)
    case 'negate':
      return looseColumn(expr.operand)
    case 'aggregate':
    case 'literal':
    case 'moment':
    case 'alias':
      return null
    default:
      return expr satisfies never
  }
}

function resolveGroup(context: ResolveContext, item: GroupItem): GroupKey {
  const { expr } = item
  const text = print(expr)
  const name = item.alias ?? (expr.kind === 'name' ? expr.name : text)
  if (expr.kind === 'call' && expr.name === 'range') return resolveRange(context, expr, name, text)
  if (expr.kind === 'call' && expr.name === 'geo_cluster')
    throw fault('odsql.not_supported', expr.span, { reason: 'geo_cluster()' })
  const resolved = resolveExpr(context, expr)
  if (containsAggregate(resolved))
    throw fault('odsql.type_mismatch', expr.span, { reason: 'an aggregate cannot be grouped by' })
  if (isGeo(resolved.type))
    throw fault('odsql.type_mismatch', expr.span, { reason: `a ${resolved.type} cannot be grouped by` })
  return { kind: 'value', expr: resolved, name, text }
}

const maxSteps = 1000
const wholeUnits = new Set(['week', 'month', 'quarter', 'year'])
const units: Readonly<Record<string, string>> = {
  ms: 'millisecond',
  millisecond: 'millisecond',
  milliseconds: 'millisecond',
  s: 'second',
  second: 'second',
  seconds: 'second',
  m: 'minute',
  minute: 'minute',
  minutes: 'minute',
  h: 'hour',
  hour: 'hour',
  hours: 'hour',
  d: 'day',
  day: 'day',
  days: 'day',
  w: 'week',
  week: 'week',
  weeks: 'week',
  M: 'month',
  month: 'month',
  months: 'month',
  q: 'quarter',
  quarter: 'quarter',
  quarters: 'quarter',
  y: 'year',
  year: 'year',
  years: 'year',
}

function resolveRange(
  context: ResolveContext,
  call: Extract<Expr, { kind: 'call' }>,
  name: string,
  text: string,
): GroupKey {
  const [first, ...steps] = call.args.map((arg) => arg.value)
  if (!first || steps.length === 0) throw wrong(call, 'it takes a field and its steps')
  if (steps.length > maxSteps) throw wrong(call, `it takes at most ${maxSteps} steps`)
  const expr = resolveExpr(context, first)
  const isNumeric = isNumber(expr.type)
  if (!isNumeric && !isDate(expr.type)) throw wrong(call, `it needs a number or a date, not ${expr.type}`)
  if (steps.length === 1 && steps[0]!.kind === 'quantity') {
    const unit = units[steps[0]!.unit]
    const count = Number(steps[0]!.text)
    if (isNumeric || unit === undefined || !Number.isInteger(count) || count < 1)
      throw wrong(call, 'its width must fit the field, e.g. 5 or 1 day')
    if (wholeUnits.has(unit) && count !== 1) throw wrong(call, `a width in ${unit}s must be 1`)
    return { kind: 'interval', expr, count, unit, name, text }
  }
  if (steps.length === 1 && steps[0]!.kind === 'number') {
    const width = Number(steps[0]!.text)
    if (!isNumeric || !(width > 0)) throw wrong(call, 'its width must fit the field, e.g. 5 or 1 day')
    return { kind: 'width', expr, width, name, text }
  }
  const bounds: (Typed | null)[] = []
  const labels: string[] = []
  for (const [index, step] of steps.entries()) {
    if (step.kind === 'star') {
      if (index !== 0 && index !== steps.length - 1) throw wrong(call, "'*' belongs at the ends")
      bounds.push(null)
      labels.push('*')
      continue
    }
    const bound = resolveExpr(context, step)
    const fits = isNumeric ? bound.kind === 'literal' && isNumber(bound.type) : bound.kind === 'moment'
    if (!fits) throw wrong(call, `its steps must be ${isNumeric ? 'numbers' : 'dates'}`)
    bounds.push(bound)
    labels.push(step.kind === 'date' ? readMoment(step.text, step.span).local.slice(0, 10) : print(step))
  }
  if (bounds.length < 2) throw wrong(call, 'it takes at least two steps')
  return { kind: 'range', expr, bounds, labels, name, text }
}

function resolveOrder(
  context: ResolveContext,
  item: OrderItem,
  select: readonly SelectColumn[],
  groups: readonly GroupKey[],
  isAggregated: boolean,
): Order {
  const { expr, isDescending } = item
  if (expr.kind === 'call' && expr.name === 'random') {
    const seed = expr.args[0]?.value
    if (expr.args.length !== 1 || seed?.kind !== 'number' || !/^\d{1,15}$/.test(seed.text))
      throw wrong(expr, 'it takes a whole number')
    return { expr: { kind: 'random', seed: Number(seed.text) }, isDescending, groupKey: null }
  }
  const text = print(expr)
  const groupKey = groups.findIndex(
    (group) => group.text === text || (expr.kind === 'name' && group.name === expr.name),
  )
  if (groupKey >= 0) return { expr: groups[groupKey]!.expr, isDescending, groupKey }
  const named =
    expr.kind === 'name'
      ? select.find((column) => column.name === expr.name)
      : select.find((column) => column.name === text)
  const resolved = named && (isAggregated || expr.kind === 'name') ? named.expr : resolveExpr(context, expr)
  if (named && named.groupKey !== null) return { expr: resolved, isDescending, groupKey: named.groupKey }
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
