/** What can be written in a query over a schema, for editors that complete it: from the tables that the compiler uses. */
import {
  aggregateFunctions,
  type NamedFunction,
  predicateFunctions,
  type QueryClause,
  queryClauses,
  scalarFunctions,
  specialFunctions,
} from './functions.ts'
import { print } from './print.ts'
import type { QuerySchema, Type } from './schema.ts'

export interface LanguageDescription {
  readonly clauses: readonly {
    readonly name: QueryClause
    readonly description: string
    readonly keywords: readonly string[]
  }[]
  readonly functions: readonly DescribedFunction[]
  readonly fields: readonly DescribedField[]
}

export interface DescribedFunction {
  readonly name: string
  readonly kind: 'scalar' | 'aggregate' | 'special' | 'predicate'
  readonly usage: string
  readonly clauses: readonly QueryClause[]
  /** `same`: that of the first argument. */
  readonly result: Type | 'same' | null
  readonly description: string
}

export interface DescribedField {
  readonly name: string
  /** As it is written in a clause: in back quotes where it must be. */
  readonly text: string
  readonly type: Type
  /** Left out of `*`. */
  readonly is_technical: boolean
}

const clauseFacts: Readonly<
  Record<QueryClause, { readonly description: string; readonly keywords: string }>
> = {
  select: { description: 'Fields, expressions, aggregates', keywords: 'as distinct include exclude' },
  where: { description: 'A condition', keywords: 'and or not in is null like to true false date geom' },
  group_by: { description: 'Fields, functions, ranges, clusters', keywords: 'as' },
  order_by: { description: 'Fields, expressions, aggregates of groups', keywords: 'asc desc' },
}

export function describeLanguage(schema: QuerySchema): LanguageDescription {
  return {
    clauses: queryClauses.map((name) => {
      const { description, keywords } = clauseFacts[name]
      return { name, description, keywords: keywords.split(' ') }
    }),
    functions: describedFunctions,
    fields: schema.columns.map(({ name, type, isHidden }) => ({
      name,
      text: print({ kind: 'name', name, span: { start: 0, end: 0 } }),
      type,
      is_technical: isHidden,
    })),
  }
}

const named = (kind: DescribedFunction['kind'], table: Readonly<Record<string, NamedFunction>>) =>
  Object.entries(table).map(
    ([name, { usage, clauses, result, doc }]): DescribedFunction => ({
      name,
      kind,
      usage,
      clauses,
      result,
      description: doc,
    }),
  )

const describedFunctions: readonly DescribedFunction[] = [
  ...Object.entries(scalarFunctions).map(
    ([name, { args, result, doc }]): DescribedFunction => ({
      name,
      kind: 'scalar',
      usage: `${name}(${args.join(', ')})`,
      clauses: queryClauses,
      result,
      description: doc,
    }),
  ),
  ...named('special', specialFunctions),
  ...Object.entries(aggregateFunctions).map(
    ([name, { args, result, doc }]): DescribedFunction => ({
      name,
      kind: 'aggregate',
      usage: `${name}(${args.join(', ')})`,
      // A shape has no order.
      clauses: result === 'geo_shape' ? ['select'] : ['select', 'order_by'],
      // A sum of whole numbers is whole.
      result: result === 'sum' ? 'same' : result,
      description: doc,
    }),
  ),
  ...named('predicate', predicateFunctions),
]
