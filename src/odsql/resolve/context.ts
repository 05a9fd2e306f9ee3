import type { Span } from '../ast.ts'
import { fault, suggest } from '../fault.ts'
import type { Column, QuerySchema, Type } from '../schema.ts'
import type { GroupKey } from './typed.ts'

/** What a query is resolved against. */
export interface ResolveContext {
  readonly schema: QuerySchema
  readonly timezone: string
  readonly lang: string
  /** Milliseconds since the epoch. */
  readonly now: number
  /** The groups that expressions may be made of; undefined where rows are records. */
  readonly groups?: readonly GroupKey[] | undefined
}

export function findColumn(context: ResolveContext, name: string, span: Span): Column {
  const column = context.schema.columns.find((candidate) => candidate.name === name)
  if (!column) {
    const known = context.schema.columns
      .filter((candidate) => !candidate.isHidden)
      .map((candidate) => candidate.name)
    throw fault('odsql.unknown_field', span, { field: name, suggestion: suggest(name, known) })
  }
  return column
}

export function wrong(call: { readonly name: string; readonly span: Span }, reason: string): Error {
  return fault('odsql.wrong_arguments', call.span, { name: call.name, reason })
}

export const isNumber = (type: Type) => type === 'int' || type === 'double'
export const isDate = (type: Type) => type === 'date' || type === 'datetime'
export const isText = (type: Type) => type === 'text' || type === 'multitext'
export const isGeo = (type: Type) => type === 'geo_point_2d' || type === 'geo_shape'
