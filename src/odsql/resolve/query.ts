/** A request's clauses to one resolved query: select, groups and order are checked against each other here. */

import type { AppError } from '../../kernel/index.ts'
import type { Clause } from '../ast.ts'
import { attempt, fault, type Result } from '../fault.ts'
import { parseGroupBy, parseOrderBy, parseSelect, parseWhere } from '../parse/parse.ts'
import type { QuerySchema } from '../schema.ts'
import type { ResolveContext } from './context.ts'
import { containsAggregate } from './expressions.ts'
import { resolveGroup } from './groups.ts'
import { type Rows, resolveOrder } from './order.ts'
import { resolvePredicate } from './predicates.ts'
import { parseRefinement, refinementPredicate } from './refinements.ts'
import { defaultSelect, resolveSelect } from './select.ts'
import type { Order, Predicate, Query, WordSearch } from './typed.ts'

/** The clauses as they came; absent ones undefined or empty. */
export interface QueryText {
  readonly select?: string | undefined
  readonly where?: readonly string[]
  readonly groupBy?: string | undefined
  readonly orderBy?: string | undefined
  /** The order of records where `orderBy` asks for none; not of groups. */
  readonly defaultOrder?: string
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

/** Names of days and months come in English where the platform does not know the language. */
function knownLanguage(lang: string | undefined): string {
  try {
    return Intl.DateTimeFormat.supportedLocalesOf(lang ?? 'en')[0] ?? 'en'
  } catch {
    return 'en'
  }
}

/** Parses and resolves. Every faulty clause is reported, not only the first. */
export function prepareQuery(text: QueryText, schema: QuerySchema): Result<Query> {
  const context: ResolveContext = {
    schema,
    timezone: text.timezone ?? 'UTC',
    lang: knownLanguage(text.lang),
    now: text.now,
  }
  const crowd = attempt('where', () => limitConditions(text))
  if (!crowd.ok) return crowd
  const errors: AppError[] = []
  function judge<T>(name: Clause, pass: () => T, absent: T): T {
    const result = attempt(name, pass)
    if (result.ok) return result.value
    errors.push(...result.errors)
    return absent
  }
  function clause<T>(name: Clause, source: string | undefined, pass: (source: string) => T, absent: T): T {
    return source === undefined || isBlank(source) ? absent : judge(name, () => pass(source), absent)
  }

  const groups = clause(
    'group_by',
    text.groupBy,
    (source) => parseGroupBy(source).map((item) => resolveGroup(context, item)),
    [],
  )
  // What builds on a faulty clause is not judged: its errors would be echoes.
  const isSound = () => errors.length === 0
  const select = !isSound()
    ? []
    : isBlank(text.select)
      ? judge('group_by', () => defaultSelect(context, groups), [])
      : clause('select', text.select, (source) => resolveSelect(context, parseSelect(source), groups), [])
  const isAggregated = groups.length > 0 || select.some((column) => containsAggregate(column.expr))
  const rows: Rows = { select, groups, isAggregated }
  const order = isSound()
    ? clause(
        'order_by',
        isBlank(text.orderBy) && !isAggregated ? text.defaultOrder : text.orderBy,
        (source) => parseOrderBy(source).map((item) => resolveOrder(context, item, rows)),
        [],
      )
    : []
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
  const crowded = attempt('where', () => limitWords(conditions))
  if (!crowded.ok) errors.push(...crowded.errors)
  if (errors.length > 0) return { ok: false, errors }
  const where: Predicate | null =
    conditions.length > 1 ? { kind: 'logic', operator: 'and', operands: conditions } : (conditions[0] ?? null)
  return {
    ok: true,
    value: {
      ...rows,
      where,
      order: withSearches(order, where),
      timezone: context.timezone,
      lang: context.lang,
    },
  }
}

/** Relevance is told the searches that it is about; without any, or a second time, it orders nothing. */
function withSearches(order: readonly Order[], where: Predicate | null): Order[] {
  const searches = where === null ? [] : searchesIn(where)
  const first = order.findIndex(({ expr }) => expr.kind === 'relevance')
  return order.flatMap((item, index): Order[] => {
    if (item.expr.kind !== 'relevance') return [item]
    if (index > first || searches.length === 0) return []
    return [{ ...item, expr: { kind: 'relevance', searches } }]
  })
}

/** What a condition wants to be found; what it wants not to be found says nothing of a record that is. */
function searchesIn(predicate: Predicate): WordSearch[] {
  if (predicate.kind === 'logic') return predicate.operands.flatMap(searchesIn)
  const isSearch = predicate.kind === 'words' && predicate.columns.length > 0 && predicate.words.length > 0
  return isSearch ? [predicate] : []
}

/** Each word is looked up in a subquery of its own, and planning many of them takes far longer than running them. */
const maxWords = 50

function limitWords(conditions: readonly Predicate[]): void {
  const count = (predicate: Predicate): number => {
    if (predicate.kind === 'words') return predicate.words.length
    if (predicate.kind === 'not') return count(predicate.operand)
    if (predicate.kind === 'logic') return predicate.operands.reduce((sum, each) => sum + count(each), 0)
    return 0
  }
  if (conditions.reduce((sum, each) => sum + count(each), 0) > maxWords)
    throw fault(
      'odsql.too_complex',
      { start: 0, end: 0 },
      { reason: `more than ${maxWords} words are searched for` },
    )
}

/** Far more than anybody picks: each is read, judged and planned, and an address has room for ten thousand. */
const maxConditions = 1000

function limitConditions({ where = [], refine = [], exclude = [] }: QueryText): void {
  if (where.length + refine.length + exclude.length > maxConditions)
    throw fault(
      'odsql.too_complex',
      { start: 0, end: 0 },
      { reason: `there are more than ${maxConditions} conditions` },
    )
}

function isBlank(source: string | undefined): boolean {
  return source === undefined || source.trim() === ''
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
