/**
 * The expression language of processors: lex -> parse -> compile. In: the text of an expression and the columns before a
 * step. Out: SQL. docs/expressions.md describes the language.
 */
import { type AppError, quoteIdentifier, safeFieldName } from '../../kernel/index.ts'
import { Fault } from '../../odsql/index.ts'
import type { RawColumn } from '../extractors/reader.ts'
import { asText, type InferredType, nativeFieldType } from '../types/types.ts'
import type { Type } from './blueprints.ts'
import { compile, type Unconverted } from './compile.ts'
import { asCondition, type ExpressionField, numberText } from './conversions.ts'
import { findFunction, timeFunctions } from './functions.ts'
import { parse } from './parse.ts'
import { callsIn, type Expr } from './syntax.ts'

/** What is wrong with an expression, with its place; null: it can be read. Fields are not looked at. */
export function findFault(text: string): string | null {
  return attempt(() => parse(text)).problem
}

/** Regular expressions and date formats that an expression holds: only the engine can tell whether they are right. */
export function patternsIn(
  text: string,
): { readonly type: 'regexp' | 'date_format'; readonly text: string }[] {
  const { value } = attempt(() => parse(text))
  return (value === null ? [] : callsIn(value)).flatMap(({ name, args }) =>
    args.flatMap((arg, index) => {
      const type = findFunction(name)!.args[index]
      return (type === 'regexp' || type === 'date_format') && arg.kind === 'text'
        ? [{ type, text: arg.value }]
        : []
    }),
  )
}

/** Whether the time of the publish is part of its value. */
export function asksForTime(text: string): boolean {
  const { value } = attempt(() => parse(text))
  return value !== null && callsIn(value).some(({ name }) => timeFunctions.has(name))
}

export interface ExpressionResult {
  /** Type of the column that holds the value. */
  readonly engineType: string
  readonly sql: string
  /** What inference may consider for it. */
  readonly candidates?: readonly InferredType[]
  readonly unconverted: readonly Unconverted[]
}

export interface ExpressionScope {
  readonly columns: readonly RawColumn[]
  /** Names that stand for a column: `X` of a meta expression. */
  readonly aliases?: Readonly<Record<string, string>>
  readonly now: string
  /** A name for a value that is used more than once. Default: it is written out. */
  readonly shared?: (sql: string) => string
}

/** The value of an expression as a column. Errors: what `fail` makes of a reason. */
export function expressionColumn(
  text: string,
  scope: ExpressionScope,
  fail: (reason: string) => AppError,
): ExpressionResult {
  const { type, sql, unconverted } = compileIn(text, scope, fail)
  switch (type) {
    case 'double':
      // As text, for inference to find out whether all are whole numbers.
      return {
        engineType: 'VARCHAR',
        sql: numberText(scope.shared?.(sql) ?? sql),
        candidates: ['int', 'double'],
        unconverted,
      }
    case 'int':
      return { engineType: 'BIGINT', sql, unconverted }
    case 'boolean':
      return { engineType: 'BOOLEAN', sql, unconverted }
    case 'date':
      return { engineType: 'DATE', sql, unconverted }
    case 'datetime':
      return { engineType: 'TIMESTAMP WITH TIME ZONE', sql: `timezone('UTC', ${sql})`, unconverted }
    case 'text':
      return { engineType: 'VARCHAR', sql: `nullif(${sql}, '')`, unconverted }
    case 'null':
      return { engineType: 'VARCHAR', sql: 'null::varchar', unconverted }
    default:
      return type satisfies never
  }
}

/** An expression as a condition, never null. Errors: what `fail` makes of a reason. */
export function expressionCondition(
  text: string,
  scope: ExpressionScope,
  fail: (reason: string) => AppError,
): string {
  const { type, sql } = compileIn(text, scope, fail)
  return asCondition({ type, sql, span: { start: 0, end: 0 } })
}

function compileIn(text: string, scope: ExpressionScope, fail: (reason: string) => AppError) {
  const byName = new Map(scope.columns.map((column) => [column.name, column]))
  const find = (written: string): ExpressionField | null => {
    const name = scope.aliases?.[written] ?? written
    const column = byName.get(name) ?? byName.get(safeFieldName(name, new Set()))
    return column ? fieldOf(column) : null
  }
  const { value, problem } = attempt(() =>
    compile(parse(text), { find, fieldNames: [...byName.keys()], now: scope.now, shared: scope.shared }),
  )
  if (value === null) throw fail(problem)
  return value
}

function fieldOf({ name, engineType }: RawColumn): ExpressionField {
  const x = quoteIdentifier(name)
  const type = nativeFieldType(engineType)
  switch (type) {
    case 'int':
      return { name, type, sql: `${x}::bigint` }
    case 'double':
      return { name, type, sql: `${x}::double` }
    case 'boolean':
    case 'date':
      return { name, type, sql: x }
    case 'datetime': {
      const sql = engineType === 'TIMESTAMP WITH TIME ZONE' ? `timezone('UTC', ${x})` : `${x}::timestamp`
      return { name, type, sql }
    }
    default:
      return { name, type: 'text', sql: asText(engineType, x) }
  }
}

type Attempt<T> =
  | { readonly value: T; readonly problem: null }
  | { readonly value: null; readonly problem: string }

function attempt<T>(work: () => T): Attempt<T> {
  try {
    return { value: work(), problem: null }
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    const params = error.make('select').params as Readonly<Record<string, unknown>>
    return { value: null, problem: `${reasonOf(params)} at position ${error.span.start}${hintOf(params)}` }
  }
}

function reasonOf({ reason, name, field }: Readonly<Record<string, unknown>>): string {
  if (field !== undefined) return `there is no field ${field}`
  if (reason === undefined) return `there is no function ${name}`
  return name === undefined ? String(reason) : `${name}: ${reason}`
}

const hintOf = ({ suggestion }: Readonly<Record<string, unknown>>) =>
  suggestion === undefined || suggestion === '' ? '' : `. ${suggestion}`

export type { Expr, Type }
