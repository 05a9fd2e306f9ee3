/** The select clause: what an answer's columns are, and what each is called. */
import type { Expr, SelectItem, Span } from '../ast.ts'
import { fault } from '../fault.ts'
import { printTitle } from '../print.ts'
import type { Column } from '../schema.ts'
import { findColumn, type ResolveContext } from './context.ts'
import { containsAggregate, resolveExpr } from './expressions.ts'
import type { GroupKey, SelectColumn, Typed } from './typed.ts'

/** A column with the normal form of what it shows. */
interface Candidate {
  readonly column: SelectColumn
  readonly text: string
}

/** The columns of `select`. Errors: those of its expressions, odsql.not_grouped, odsql.syntax for one name twice. */
export function resolveSelect(
  context: ResolveContext,
  items: readonly SelectItem[],
  groups: readonly GroupKey[],
): SelectColumn[] {
  const candidates: Candidate[] = []
  const excluded = new Set<string>()
  for (const item of items) {
    if (item.kind === 'all') candidates.push(...everything(context, groups))
    else if (item.kind === 'item') candidates.push(selectItem(context, item.expr, item.alias, groups))
    else {
      for (const pattern of item.patterns) {
        const matching = pattern.isPrefix
          ? visible(context).filter((column) => column.name.startsWith(pattern.name))
          : [findColumn(context, pattern.name, pattern.span)]
        if (item.rule === 'exclude') for (const column of matching) excluded.add(column.name)
        else candidates.push(...matching.map((column) => fieldCandidate(column, pattern.span)))
      }
    }
  }
  const isOnlyExcluding = items.every((item) => item.kind === 'rule' && item.rule === 'exclude')
  const kept = (isOnlyExcluding ? everything(context, groups) : candidates).filter(
    ({ column }) => !(column.expr.kind === 'column' && excluded.has(column.name)),
  )
  const columns = distinctNames([...unselectedGroups(context, groups, kept, excluded), ...kept])
  if (groups.length > 0 || columns.some((column) => containsAggregate(column.expr))) requireGrouped(columns)
  return columns
}

/**
 * A count without its group says nothing: groups that `select` does not name come first in the answer, as on the
 * platform, unless they are excluded or something selected has taken their name.
 */
function unselectedGroups(
  context: ResolveContext,
  groups: readonly GroupKey[],
  kept: readonly Candidate[],
  excluded: ReadonlySet<string>,
): Candidate[] {
  if (groups.length === 0) return []
  const taken = new Set(kept.map(({ column }) => column.name.toLowerCase()))
  return everything(context, groups).filter(
    ({ column }) =>
      !kept.some((other) => other.column.groupKey === column.groupKey) &&
      !excluded.has(column.name) &&
      !taken.has(column.name.toLowerCase()),
  )
}

/** The columns of a query without `select`. */
export function defaultSelect(context: ResolveContext, groups: readonly GroupKey[]): SelectColumn[] {
  return distinctNames(everything(context, groups))
}

/** What `*` stands for: the groups, or every visible field. */
function everything(context: ResolveContext, groups: readonly GroupKey[]): Candidate[] {
  if (groups.length === 0) return visible(context).map((column) => fieldCandidate(column))
  return groups.map(({ name, expr, text }, index) => ({ column: { name, expr, groupKey: index }, text }))
}

function visible(context: ResolveContext): Column[] {
  return context.schema.columns.filter((column) => !column.isHidden)
}

function fieldCandidate(column: Column, span: Span = { start: 0, end: 0 }): Candidate {
  return {
    column: { name: column.name, expr: { kind: 'column', type: column.type, column, span }, groupKey: null },
    text: printTitle({ kind: 'name', name: column.name, span }),
  }
}

/** Showing one thing twice shows it once. Two things of one name (case aside: engines fold it) are an error. */
function distinctNames(candidates: readonly Candidate[]): SelectColumn[] {
  const byName = new Map<string, Candidate>()
  for (const candidate of candidates) {
    const { name, expr } = candidate.column
    const other = byName.get(name.toLowerCase())
    if (other && (other.text !== candidate.text || other.column.name !== name))
      throw fault('odsql.syntax', expr.span, { reason: `two columns are called ${name.slice(0, 60)}` })
    if (!other) byName.set(name.toLowerCase(), candidate)
  }
  return [...byName.values()].map(({ column }) => column)
}

/** A group is shown by its expression or by its alias, and called by its alias when it has one. */
function selectItem(
  context: ResolveContext,
  expr: Expr,
  alias: string | null,
  groups: readonly GroupKey[],
): Candidate {
  const text = printTitle(expr)
  const byText = groups.findIndex((group) => group.text === text)
  const byAlias = expr.kind === 'name' ? groups.findIndex((group) => group.name === expr.name) : -1
  const groupKey = byText >= 0 ? byText : byAlias
  // An unnamed column is called by the normal form of its expression; a field by its bare name.
  const plainName = expr.kind === 'name' ? expr.name : text
  if (groupKey < 0)
    return {
      column: {
        name: alias ?? plainName,
        expr: resolveExpr(rowsContext(context, groups), expr),
        groupKey: null,
      },
      text,
    }
  const group = groups[groupKey]!
  const name = alias ?? (expr.kind === 'name' ? plainName : group.name)
  return { column: { name, expr: group.expr, groupKey }, text: group.text }
}

/** Expressions over groups are made of the groups. */
export function rowsContext(context: ResolveContext, groups: readonly GroupKey[]): ResolveContext {
  return groups.length > 0 ? { ...context, groups } : context
}

function requireGrouped(columns: readonly SelectColumn[]): void {
  for (const column of columns) {
    if (column.groupKey !== null) continue
    const loose = looseColumn(column.expr)
    if (loose) throw fault('odsql.not_grouped', loose.span, { field: loose.name })
  }
}

/** A column that stands outside every aggregate. */
export function looseColumn(expr: Typed): { readonly name: string; readonly span: Span } | null {
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
    case 'key':
      return null
    default:
      return expr satisfies never
  }
}
