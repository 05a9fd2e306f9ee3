/** `refine=facet:value` and `exclude=facet:value` as conditions. Explore API, section 3. */
import { AppError } from '../../kernel/index.ts'
import { suggest } from '../fault.ts'
import type { Column, QuerySchema } from '../schema.ts'
import type { Predicate, Typed } from './typed.ts'

export interface Refinement {
  readonly column: Column
  readonly value: string
}

/** Errors: odsql.invalid_refinement, odsql.unknown_facet. */
export function parseRefinement(text: string, schema: QuerySchema): Refinement {
  const at = text.indexOf(':')
  if (at <= 0)
    throw new AppError('odsql.invalid_refinement', { value: text.slice(0, 100), reason: 'there is no colon' })
  const name = text.slice(0, at).trim()
  const value = text.slice(at + 1).replace(/^"(.*)"$/s, '$1')
  const column = schema.columns.find((candidate) => candidate.name === name && !candidate.isHidden)
  if (!column) throw unknownFacet(name, schema)
  return { column, value }
}

export function unknownFacet(name: string, schema: QuerySchema): AppError {
  const known = schema.columns.filter((column) => !column.isHidden).map((column) => column.name)
  return new AppError('odsql.unknown_facet', { field: name.slice(0, 100), suggestion: suggest(name, known) })
}

const span = { start: 0, end: 0 }

/** The records that have the value. `separator`: the facet is hierarchical, and the value is a path into it. */
export function refinementPredicate({ column, value }: Refinement, separator: string | null): Predicate {
  const operand: Typed = { kind: 'column', type: column.type, column, span }
  const equals = (literal: Typed): Predicate => ({
    kind: 'compare',
    operator: '=',
    left: operand,
    right: literal,
  })
  const invalid = (reason: string) =>
    new AppError('odsql.invalid_refinement', { value: `${column.name}:${value}`.slice(0, 100), reason })
  switch (column.type) {
    case 'text':
      if (separator !== null) return { kind: 'path', column, path: value, separator }
      return equals({ kind: 'literal', type: 'text', value, span })
    case 'multitext':
      return { kind: 'in_list', operand, items: [{ kind: 'literal', type: 'text', value, span }] }
    case 'int':
    case 'double': {
      const number = Number(value)
      if (value.trim() === '' || !Number.isFinite(number)) throw invalid('it must be a number')
      return equals({ kind: 'literal', type: 'double', value: number, span })
    }
    case 'boolean':
      if (!/^(true|false)$/i.test(value)) throw invalid('it must be true or false')
      return { kind: 'truth', operand, value: value.toLowerCase() === 'true', isNegated: false }
    case 'date':
    case 'datetime': {
      const range = dateRange(value)
      if (!range) throw invalid('it must be a year, a month or a day, e.g. 2020/12')
      const moment = (local: string): Typed => ({
        kind: 'moment',
        type: 'datetime',
        local,
        isInstant: false,
        isWholeDay: true,
        span,
      })
      return {
        kind: 'in_range',
        operand,
        low: moment(range.from),
        high: moment(range.to),
        isLowOpen: false,
        isHighOpen: true,
      }
    }
    case 'geo_point_2d':
    case 'geo_shape':
    case 'file':
    case 'json':
    case 'null':
      throw invalid(`a ${column.type} cannot be a facet`)
    default:
      return column.type satisfies never
  }
}

/** From the first instant of the year, month or day to that of the next. Local, as text; null when it is no date. */
function dateRange(value: string): { from: string; to: string } | null {
  const match = /^(\d{4})(?:[/-](\d{1,2})(?:[/-](\d{1,2}))?)?$/.exec(value.trim())
  if (!match) return null
  const year = Number(match[1])
  const month = match[2] === undefined ? null : Number(match[2])
  const day = match[3] === undefined ? null : Number(match[3])
  if (year < 1 || (month !== null && (month < 1 || month > 12))) return null
  const from = new Date(0)
  from.setUTCFullYear(year, (month ?? 1) - 1, day ?? 1)
  if (day !== null && from.getUTCDate() !== day) return null
  const to = new Date(from)
  if (month === null) to.setUTCFullYear(year + 1)
  else if (day === null) to.setUTCMonth(month)
  else to.setUTCDate(day + 1)
  // The year after 9999 has five digits, which the engine reads and toISOString would sign.
  const local = (date: Date) =>
    `${String(date.getUTCFullYear()).padStart(4, '0')}-${date.toISOString().slice(-19, -14)} 00:00:00.000000`
  return { from: local(from), to: local(to) }
}
