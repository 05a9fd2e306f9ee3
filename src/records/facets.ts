/** Facets of a query: values with counts, as the Explore API nests them (section 3). */

import { prefixWords } from '../../shared/words.ts'
import { AppError, type Field, isMultivalued } from '../kernel/index.ts'
import {
  type Column,
  compileFacet,
  compileSuggestions,
  type FacetRequest,
  type FacetSort,
  parseFacet,
  parseRefinement,
  type Query,
  type QuerySchema,
  type QueryTarget,
  type QueryText,
  type Refinement,
  type Statement,
} from '../odsql/index.ts'
import { type Publication, schemaOf } from './publication.ts'
import { prepared, type RecordsDeps, withReading } from './records.ts'

export interface FacetValue {
  readonly name: string
  readonly value: string
  readonly count?: number
  readonly state: 'displayed' | 'refined' | 'excluded'
  readonly facets?: readonly FacetValue[]
}

export interface Facet {
  readonly name: string
  readonly facets: readonly FacetValue[]
}

export interface Facets {
  /**
   * `facets`: texts of the `facet` parameters; none: every field annotated as facet. Errors: odsql.too_complex, those of
   * the facets and of the query.
   */
  query(
    publication: Publication,
    text: QueryText,
    facets: readonly string[],
    signal?: AbortSignal,
  ): Promise<Facet[]>
  /** Values of a text field that hold words beginning as those typed. Errors: odsql.unknown_facet. */
  suggest(publication: Publication, text: QueryText, asked: Typing, signal?: AbortSignal): Promise<Facet>
}

/** What somebody types into the search box of a facet. */
export interface Typing {
  readonly field: string
  readonly typed: string
  readonly limit: number
}

const defaultLimit = 100
/** Of one request: each is a statement of its own. */
const maxFacets = 500

/** One facet with everything decided. */
interface Plan {
  readonly request: FacetRequest
  readonly isDisjunctive: boolean
  readonly separator: string | null
  readonly isDate: boolean
  readonly sort: FacetSort
  readonly limit: number
  readonly refined: readonly string[]
  readonly excluded: readonly string[]
}

export function createFacets(deps: RecordsDeps): Facets {
  return {
    async suggest(publication, text, asked, signal) {
      const schema = schemaOf(publication)
      const column = typedColumn(asked.field, schema)
      const isDisjunctive = disjunctiveFields(publication.fields).includes(column.name)
      const seen = isDisjunctive ? withoutOwn(text, column.name) : text
      const query = prepared(seen, schema)
      const refinements = (text.refine ?? []).map((refinement) => parseRefinement(refinement, schema))
      return withReading(deps, publication, signal, async ({ target }, until) => {
        const statement = suggestionsOf(query, column, asked, target)
        const rows = await deps.pool.use(
          (connection) => connection.all(statement.sql, statement.values, until),
          until,
        )
        return suggested(column.name, rows, refinements)
      })
    },

    async query(publication, text, facets, signal) {
      if (facets.length > maxFacets)
        throw new AppError('odsql.too_complex', {
          reason: `there are more than ${maxFacets} facets`,
          position: 0,
          clause: 'facet',
        })
      const schema = schemaOf(publication)
      const requests =
        facets.length > 0
          ? facets.map((facet) => parsed(facet, schema))
          : annotated(publication.fields, schema)
      prepared(text, schema)
      const refined = valuesByField(text.refine, schema)
      const excluded = valuesByField(text.exclude, schema)
      const plans = requests.map((request) => planFacet(request, publication.fields, { refined, excluded }))
      return withReading(deps, publication, signal, ({ target }, until) => {
        const run = { text, schema, target, signal: until }
        return inTwos(plans, (plan) => listFacet(plan, run))
      })
    },
  }

  interface Run {
    readonly text: QueryText
    readonly schema: QuerySchema
    readonly target: QueryTarget
    readonly signal: AbortSignal
  }

  async function listFacet(plan: Plan, run: Run): Promise<Facet> {
    const { name } = plan.request.column
    // A disjunctive facet shows what picking another of its values would add: its own refinements do not count.
    const text = plan.isDisjunctive ? withoutOwn(run.text, name) : run.text
    const values = await listLevel(plan, { ...run, text }, 0, null)
    const excluded = plan.excluded.map((value): FacetValue => ({ name: value, value, state: 'excluded' }))
    return { name, facets: [...values, ...excluded] }
  }

  async function listLevel(plan: Plan, run: Run, level: number, under: string | null): Promise<FacetValue[]> {
    const query = prepared(run.text, run.schema)
    const statement = compileFacet(
      {
        query,
        column: plan.request.column,
        level,
        under,
        separator: plan.separator,
        sort: plan.sort,
        limit: plan.limit,
      },
      run.target,
    )
    const rows = await deps.pool.use(
      (connection) => connection.all(statement.sql, statement.values, run.signal),
      run.signal,
    )
    const separator = plan.separator ?? '/'
    const isNested = plan.isDate || plan.separator !== null
    return Promise.all(
      rows.map(async (row): Promise<FacetValue> => {
        const value = String(row.value)
        const name = under === null ? value : value.slice(under.length + separator.length)
        const state = plan.refined.some(
          (refined) => refined === value || (isNested && refined.startsWith(value + separator)),
        )
          ? 'refined'
          : 'displayed'
        const entry = { name, value, count: Number(row.n), state } as const
        const hasMore = isNested && state === 'refined' && (!plan.isDate || level < 2)
        if (!hasMore) return entry
        const facets = await listLevel(plan, run, level + 1, value)
        return facets.length > 0 ? { ...entry, facets } : entry
      }),
    )
  }
}

const fieldOf = (refinement: string) => refinement.slice(0, refinement.indexOf(':')).trim()

/** The conditions without the refinements of one field. */
function withoutOwn(text: QueryText, name: string): QueryText {
  return { ...text, refine: (text.refine ?? []).filter((refinement) => fieldOf(refinement) !== name) }
}

/** Errors: odsql.unknown_facet. */
export function typedColumn(name: string, schema: QuerySchema): Column {
  const isTyped = ({ type, isHidden }: Column) => (type === 'text' || type === 'multitext') && !isHidden
  const column = schema.columns.find((candidate) => candidate.name === name)
  if (column && isTyped(column)) return column
  const known = schema.columns.filter(isTyped).map((candidate) => candidate.name)
  const suggestion = `Values can be searched in ${known.slice(0, 20).join(', ') || 'texts, and there are none'}`
  throw new AppError('odsql.unknown_facet', { field: name.slice(0, 100), suggestion })
}

export function suggestionsOf(
  query: Query,
  column: Column,
  { typed, limit }: Typing,
  target: QueryTarget,
): Statement {
  return compileSuggestions({ query, column, typed, words: prefixWords(typed), limit }, target)
}

/** Rows of suggestions as values of a facet. */
export function suggested(
  name: string,
  rows: readonly Readonly<Record<string, unknown>>[],
  refinements: readonly Refinement[],
): Facet {
  const refined = new Set(refinements.filter(({ column }) => column.name === name).map(({ value }) => value))
  return {
    name,
    facets: rows.map((row): FacetValue => {
      const value = String(row.value)
      const state = refined.has(value) ? 'refined' : 'displayed'
      return { name: value, value, count: Number(row.n), state }
    }),
  }
}

/**
 * Two at a time: a request with many facets must not fill its client's line by itself. All are over before the answer,
 * whichever fails.
 */
async function inTwos<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  let next = 0
  async function workOn(): Promise<void> {
    while (next < items.length) {
      const at = next++
      try {
        results[at] = await work(items[at]!)
      } catch (error) {
        next = items.length
        throw error
      }
    }
  }
  const two = [workOn(), workOn()]
  await Promise.allSettled(two)
  await Promise.all(two)
  return results
}

function parsed(text: string, schema: QuerySchema): FacetRequest {
  const result = parseFacet(text, schema)
  if (result.ok) return result.value
  throw result.errors[0]!
}

function annotated(fields: readonly Field[], schema: QuerySchema): FacetRequest[] {
  return fields
    .filter((field) => Object.hasOwn(field.annotations, 'facet'))
    .map((field) => ({
      column: schema.columns.find((column) => column.name === field.name)!,
      isDisjunctive: undefined,
      isHierarchical: undefined,
      separator: undefined,
      sort: undefined,
      limit: undefined,
    }))
}

type ValuesByField = ReadonlyMap<string, readonly string[]>

/** Values that refinements name. Read once for all facets: an address has room for thousands of both. */
function valuesByField(refinements: readonly string[] | undefined, schema: QuerySchema): ValuesByField {
  const values = new Map<string, string[]>()
  for (const refinement of refinements ?? []) {
    const { column, value } = parseRefinement(refinement, schema)
    const known = values.get(column.name)
    if (known) known.push(value)
    else values.set(column.name, [value])
  }
  return values
}

function planFacet(
  request: FacetRequest,
  fields: readonly Field[],
  given: { readonly refined: ValuesByField; readonly excluded: ValuesByField },
): Plan {
  const { column } = request
  const field = fields.find((candidate) => candidate.name === column.name)
  const has = (annotation: string) => field !== undefined && Object.hasOwn(field.annotations, annotation)
  const isHierarchical = request.isHierarchical ?? has('hierarchical')
  const separator =
    isHierarchical && column.type === 'text'
      ? (request.separator ?? String(field?.annotations.hierarchical?.[0] ?? '/'))
      : null
  const isDate = column.type === 'date' || column.type === 'datetime'
  const own = (values: ValuesByField) =>
    (values.get(column.name) ?? []).map((value) => (isDate ? value.replaceAll('-', '/') : value))
  return {
    request,
    isDisjunctive: request.isDisjunctive ?? has('disjunctive'),
    separator,
    isDate,
    sort: request.sort ?? (field?.annotations.facetsort?.[0] as FacetSort | undefined) ?? '-count',
    limit: request.limit ?? defaultLimit,
    refined: own(given.refined),
    excluded: own(given.excluded),
  }
}

/** Separators of the fields whose facets are hierarchical: refinements on them are paths. */
export function hierarchiesOf(fields: readonly Field[]): Record<string, string> {
  const separators: Record<string, string> = {}
  for (const field of fields) {
    if (Object.hasOwn(field.annotations, 'hierarchical') && !isMultivalued(field)) {
      separators[field.name] = String(field.annotations.hierarchical?.[0] ?? '/')
    }
  }
  return separators
}

/** Fields whose refinements are OR-ed. */
export function disjunctiveFields(fields: readonly Field[]): string[] {
  return fields.filter((field) => Object.hasOwn(field.annotations, 'disjunctive')).map((field) => field.name)
}
