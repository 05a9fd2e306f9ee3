/** `facet=name` or `facet=facet(name="x", disjunctive=true, ...)`. Explore API, section 1.2. */
import { AppError } from '../kernel/index.ts'
import type { Expr } from './ast.ts'
import { attempt, fault, type Result } from './fault.ts'
import { parseCall } from './parse/parse.ts'
import { isGeo } from './resolve/context.ts'
import { unknownFacet } from './resolve/refinements.ts'
import type { Column, QuerySchema } from './schema.ts'

export const facetSorts = ['count', '-count', 'alphanum', '-alphanum', 'num', '-num'] as const
export type FacetSort = (typeof facetSorts)[number]

/** What was asked of one facet; undefined leaves it to the field's annotations. */
export interface FacetRequest {
  readonly column: Column
  readonly isDisjunctive: boolean | undefined
  readonly isHierarchical: boolean | undefined
  readonly separator: string | undefined
  readonly sort: FacetSort | undefined
  readonly limit: number | undefined
}

/** Errors: odsql.unknown_facet, odsql.syntax, odsql.wrong_arguments. */
export function parseFacet(text: string, schema: QuerySchema): Result<FacetRequest> {
  return attempt('facet', () => {
    if (findVisible(text, schema)) return plain(text, schema)
    const expr = parseCall(text)
    if (expr.kind === 'name') return plain(expr.name, schema)
    if (expr.kind === 'call' && expr.name === 'facet') return detailed(expr, schema)
    throw fault('odsql.syntax', expr.span, { reason: 'a facet is a name or facet(name="...")' })
  })
}

/** A bare name needs no back quotes here, whatever it is. */
function findVisible(name: string, schema: QuerySchema): Column | undefined {
  return schema.columns.find((candidate) => candidate.name === name && !candidate.isHidden)
}

function plain(name: string, schema: QuerySchema): FacetRequest {
  const column = findVisible(name, schema)
  if (!column) throw unknownFacet(name, schema)
  if (isGeo(column.type) || column.type === 'file') {
    const suggestion = `It is of type ${column.type}, whose values cannot be counted as facets`
    throw new AppError('odsql.unknown_facet', { field: name.slice(0, 100), suggestion })
  }
  return {
    column,
    isDisjunctive: undefined,
    isHierarchical: undefined,
    separator: undefined,
    sort: undefined,
    limit: undefined,
  }
}

function detailed(call: Extract<Expr, { kind: 'call' }>, schema: QuerySchema): FacetRequest {
  const given = new Map<string, Expr>()
  for (const arg of call.args) {
    const name = arg.name ?? (given.has('name') ? '' : 'name')
    if (!['name', 'disjunctive', 'hierarchical', 'separator', 'sort', 'limit'].includes(name)) {
      throw fault('odsql.wrong_arguments', call.span, {
        name: 'facet',
        reason: `there is no argument ${name || 'without a name'}`,
      })
    }
    given.set(name, arg.value)
  }
  const text = (name: string): string | undefined => {
    const value = given.get(name)
    if (value === undefined) return undefined
    if (value.kind === 'string') return value.value
    if (value.kind === 'name') return value.name
    throw fault('odsql.wrong_arguments', value.span, { name: 'facet', reason: `${name} must be a text` })
  }
  const flag = (name: string): boolean | undefined => {
    const value = given.get(name)
    if (value === undefined) return undefined
    if (value.kind === 'boolean') return value.value
    throw fault('odsql.wrong_arguments', value.span, {
      name: 'facet',
      reason: `${name} must be true or false`,
    })
  }
  const sort = text('sort')
  if (sort !== undefined && !(facetSorts as readonly string[]).includes(sort)) {
    throw fault('odsql.wrong_arguments', call.span, {
      name: 'facet',
      reason: `sort must be one of ${facetSorts.join(' ')}`,
    })
  }
  const limit = given.get('limit')
  if (limit !== undefined && (limit.kind !== 'number' || !/^\d{1,5}$/.test(limit.text))) {
    throw fault('odsql.wrong_arguments', call.span, { name: 'facet', reason: 'limit must be a whole number' })
  }
  const separator = text('separator')
  if (separator === '')
    throw fault('odsql.wrong_arguments', call.span, { name: 'facet', reason: 'separator must not be empty' })
  return {
    ...plain(text('name') ?? '', schema),
    isDisjunctive: flag('disjunctive'),
    isHierarchical: flag('hierarchical'),
    separator,
    sort: sort as FacetSort | undefined,
    limit: limit?.kind === 'number' ? Math.min(20_000, Number(limit.text)) : undefined,
  }
}
