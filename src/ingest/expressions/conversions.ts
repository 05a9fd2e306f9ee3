/** How a value of an expression becomes one of another type, as SQL. */
import { fault, type Span } from '../../odsql/index.ts'
import { plainTimestamp, setConversion } from '../types/types.ts'
import { isColumn, once, type Type } from './blueprints.ts'

/** A field that an expression may name. */
export interface ExpressionField {
  readonly name: string
  /** `text` for whatever has no type of its own. */
  readonly type: Type
  /** SQL of the value as that type; a datetime is a timestamp without zone, in UTC. */
  readonly sql: string
}

/** A part of an expression that has been compiled. */
export interface Compiled {
  readonly type: Type
  readonly sql: string
  readonly span: Span
  /** A text as it was written. */
  readonly literal?: string
  /** The field that this is. */
  readonly field?: ExpressionField
}

export const isDate = (type: Type) => type === 'date' || type === 'datetime'
export const isNothing = (value: Compiled) => value.type === 'null' || value.literal === ''
export const isOpenText = (value: Compiled) => value.type === 'text' && value.literal === undefined
const numberPattern = /^[-+]?(\d+([.,]\d*)?|[.,]\d+)([eE][-+]?\d+)?$/
const withoutBlanks = (text: string) => text.replace(/[ \u00a0\u202f]/g, '')
export const isNumberText = ({ literal }: Compiled) =>
  literal !== undefined && numberPattern.test(withoutBlanks(literal))

export function doubleLiteral(value: number, span: Span): string {
  if (!Number.isFinite(value)) throw fault('odsql.type_mismatch', span, { reason: 'the number is too large' })
  return `${value}::double`
}

export function numberWritten(literal: string, value: Compiled): string {
  const text = withoutBlanks(literal)
  if (text === '') return 'null::double'
  if (!numberPattern.test(text)) throw expected('a number', value)
  return doubleLiteral(Number(text.replace(',', '.')), value.span)
}

export function expected(what: string, { span, literal, type }: Compiled): Error {
  const found =
    literal === undefined
      ? `${type === 'int' ? 'an' : 'a'} ${type}`
      : `the text ${JSON.stringify(literal.slice(0, 40))}`
  const advice = what === 'a number' && literal !== undefined ? '; texts are joined by &' : ''
  return fault('odsql.type_mismatch', span, { reason: `${what} is expected, not ${found}${advice}` })
}

/**
 * Numbers as people write them: a decimal comma, blanks between thousands. `nan` and `inf` are none. The way for blanks is
 * slow and taken only where the other fails.
 */
export function numberOf(text: string, shared = (sql: string) => sql): string {
  if (text.length > 200) return once(text, (v) => numberOf(v))
  const plain = shared(
    `coalesce(try_cast(${text} as double), try_cast(replace(${text}, ',', '.') as double))`,
  )
  const blanks = `translate(${text}, ',_nN ' || chr(160) || chr(8239), '.xxx')`
  return `coalesce(case when isfinite(${plain}) then ${plain} end, try_cast(${blanks} as double))`
}

/** A timestamp of UTC. */
export function dateOf(text: string): string {
  const read = `timezone('UTC', ${setConversion('datetime', text)})`
  // Nothing can be said twice without its being computed twice; a column costs nothing.
  return isColumn(text) ? `coalesce(${plainTimestamp(text)}, ${read})` : read
}
export const dateText = (date: string) => `strftime(${date}, '%Y-%m-%dT%H:%M:%S+00:00')`

/** A double without the zero behind the point of whole numbers and without minus zero; null where it is not finite. */
export function numberText(sql: string): string {
  // Most numbers have decimals, and no zero that stands for none.
  return once(
    sql,
    (v) => `case when ${v} = 0 then '0' when ${v} <> trunc(${v}) then ${v}::varchar
      when isfinite(${v}) then rtrim(replace(${v}::varchar || '$', '.0$', ''), '$') end`,
  )
}

export function asText({ type, sql }: Compiled): string {
  switch (type) {
    case 'text':
      return sql
    case 'int':
    case 'boolean':
    case 'date':
      return `${sql}::varchar`
    case 'double':
      return numberText(sql)
    case 'datetime':
      return dateText(sql)
    case 'null':
      return 'null::varchar'
    default:
      return type satisfies never
  }
}

/** Never null: what is empty, 0, false or no is not true. */
export function asCondition({ type, sql }: Compiled): string {
  switch (type) {
    case 'boolean':
      return `coalesce(${sql}, false)`
    case 'int':
    case 'double':
      return `coalesce(${sql} <> 0, false)`
    case 'text':
      return `coalesce(lower(trim(${sql})) not in ('', '0', 'false', 'f', 'no', 'n', 'non', 'off'), false)`
    case 'date':
    case 'datetime':
      return `(${sql} is not null)`
    case 'null':
      return 'false'
    default:
      return type satisfies never
  }
}

/** What holds values of all types; text in the last resort. */
export function commonType(types: readonly Type[]): Type {
  const known = [...new Set(types.filter((type) => type !== 'null'))]
  if (known.length === 0) return 'null'
  if (known.length === 1) return known[0]!
  if (known.every((type) => type === 'int' || type === 'double')) return 'double'
  return known.every(isDate) ? 'datetime' : 'text'
}
