/**
 * The tree to SQL over the columns of a step, types chosen on the way. Every text is quoted by one function and every
 * name is that of a column, so nothing that was written reaches the engine as SQL.
 */

import { quoteLiteral } from '../../kernel/index.ts'
import { fault, type Span, suggest } from '../../odsql/index.ts'
import type { ArgumentClass, ExpressionFunction, Type } from './blueprints.ts'
import {
  asCondition,
  asText,
  type Compiled,
  commonType,
  dateOf,
  dateText,
  doubleLiteral,
  type ExpressionField,
  expected,
  isDate,
  isNothing,
  isNumberText,
  isOpenText,
  numberOf,
  numberWritten,
} from './conversions.ts'
import { findFunction, timeFunctions } from './functions.ts'
import type { CompareOperator, Expr } from './syntax.ts'
import { writtenOut } from './written-out.ts'

/** Values of a text field that were needed as something else and are not. */
export interface Unconverted {
  readonly field: string
  /** SQL: the text. */
  readonly value: string
  /** SQL: what became of it, null where it could not be converted. */
  readonly converted: string
  readonly wanted: 'number' | 'date'
}

export interface CompiledExpression {
  readonly type: Type
  readonly sql: string
  readonly unconverted: readonly Unconverted[]
}

export interface CompileContext {
  /** By the name as it is written; null: there is no such field. */
  find(name: string): ExpressionField | null
  readonly fieldNames: readonly string[]
  /** What `now()` says, ISO 8601. */
  readonly now: string
  /** A name for a value that is used more than once; without it the value is written out. */
  readonly shared?: ((sql: string) => string) | undefined
}

/** Longer SQL is of an expression that repeats itself in itself; the engine takes long to plan it. */
const maxSqlLength = 400_000

/** Faults: odsql.unknown_field, odsql.type_mismatch, odsql.too_complex. */
export function compile(root: Expr, context: CompileContext): CompiledExpression {
  const unconverted = new Map<string, Unconverted>()

  /**
   * `isSure`: the value is needed whatever the record says. Only there is a value that cannot be converted an error; in
   * a branch, a condition or a fallback it may be just what was asked about.
   */
  function visit(expr: Expr, isSure: boolean): Compiled {
    const compiled = visitNode(expr, isSure)
    if (compiled.sql.length > maxSqlLength)
      throw fault('odsql.too_complex', expr.span, {
        reason: 'the expression is too long once it is written out',
      })
    return compiled
  }

  function visitNode(expr: Expr, isSure: boolean): Compiled {
    const { span } = expr
    switch (expr.kind) {
      case 'text':
        return { type: 'text', sql: `${quoteLiteral(expr.value)}::varchar`, span, literal: expr.value }
      case 'number':
        return expr.isWhole && Number.isSafeInteger(expr.value)
          ? { type: 'int', sql: `${expr.value}::bigint`, span }
          : { type: 'double', sql: doubleLiteral(expr.value, span), span }
      case 'boolean':
        return { type: 'boolean', sql: String(expr.value), span }
      case 'null':
        return { type: 'null', sql: 'null', span }
      case 'field': {
        const field = context.find(expr.name)
        if (field) return { type: field.type, sql: field.sql, span, field }
        throw fault('odsql.unknown_field', span, {
          field: expr.name.slice(0, 60),
          suggestion: suggest(expr.name, context.fieldNames),
        })
      }
      case 'negate': {
        const operand = visit(expr.operand, isSure)
        return operand.type === 'int'
          ? { type: 'int', sql: `try_cast(-(${operand.sql}::hugeint) as bigint)`, span }
          : { type: 'double', sql: `(-${asNumber(operand, isSure)})`, span }
      }
      case 'factorial':
        return call('factorial', findFunction('factorial')!, [expr.operand], span, isSure)
      case 'not':
        return { type: 'boolean', sql: `(not ${asCondition(visit(expr.operand, false))})`, span }
      case 'arithmetic':
        return arithmetic(expr, isSure)
      case 'join': {
        const texts = expr.operands.map((operand) => asText(visit(operand, isSure)))
        return { type: 'text', sql: `concat(${texts.join(', ')})`, span }
      }
      case 'logic': {
        const operands = expr.operands.map((operand) => asCondition(visit(operand, false)))
        return { type: 'boolean', sql: `(${operands.join(` ${expr.operator} `)})`, span }
      }
      case 'compare':
        return {
          type: 'boolean',
          sql: compare(expr.operator, visit(expr.left, false), visit(expr.right, false)),
          span,
        }
      case 'choice': {
        const condition = asCondition(visit(expr.condition, false))
        const value = visit(expr.value, false)
        const otherwise: Compiled = expr.otherwise
          ? visit(expr.otherwise, false)
          : { type: 'null', sql: 'null', span }
        const type = commonType([value.type, otherwise.type])
        const sql = `case when ${condition} then ${as(type, value)} else ${as(type, otherwise)} end`
        return { type, sql: `(${sql})`, span }
      }
      case 'call':
        return call(expr.name, findFunction(expr.name)!, expr.args, span, isSure)
      default:
        return expr satisfies never
    }
  }

  function arithmetic(expr: Extract<Expr, { kind: 'arithmetic' }>, isSure: boolean): Compiled {
    const { operator, span } = expr
    const left = visit(expr.left, isSure)
    const right = visit(expr.right, isSure)
    if (isDate(left.type) && operator === '-' && isDate(right.type))
      return { type: 'double', sql: `((epoch(${asDate(left)}) - epoch(${asDate(right)})) / 86400)`, span }
    if (isDate(left.type) && (operator === '+' || operator === '-'))
      return shifted(left, operator, right, span, isSure)
    if (isDate(right.type) && operator === '+') return shifted(right, operator, left, span, isSure)
    const isWhole = left.type === 'int' && right.type === 'int'
    if (isWhole && (operator === '+' || operator === '-' || operator === '*' || operator === '%'))
      // Whole numbers that outgrow 64 bits become null instead of an error.
      return {
        type: 'int',
        sql: `try_cast(${left.sql}::hugeint ${operator} ${right.sql}::hugeint as bigint)`,
        span,
      }
    const [a, b] = [asNumber(left, isSure), asNumber(right, isSure)]
    switch (operator) {
      case '+':
      case '-':
      case '*':
      case '/':
      case '%':
        return { type: 'double', sql: `(${a} ${operator} ${b})`, span }
      case '//':
        return { type: 'double', sql: `floor(${a} / ${b})`, span }
      case '^':
        return { type: 'double', sql: `pow(${a}, ${b})`, span }
      default:
        return operator satisfies never
    }
  }

  /** A date and so many days. */
  function shifted(
    date: Compiled,
    operator: '+' | '-',
    days: Compiled,
    span: Span,
    isSure: boolean,
  ): Compiled {
    const isWhole = date.type === 'date' && days.type === 'int'
    const seconds = `to_seconds(86400 * ${asNumber(days, isSure)})`
    const sql = `try((${asDate(date)} ${operator} ${seconds}))`
    return isWhole ? { type: 'date', sql: `${sql}::date`, span } : { type: 'datetime', sql, span }
  }

  function call(
    name: string,
    definition: ExpressionFunction,
    given: readonly Expr[],
    span: Span,
    isOuterSure: boolean,
  ): Compiled {
    if (timeFunctions.has(name)) {
      const now = `timezone('UTC', ${quoteLiteral(context.now)}::timestamptz)`
      return name === 'now'
        ? { type: 'datetime', sql: now, span }
        : { type: 'date', sql: `${now}::date`, span }
    }
    const classOf = (index: number) => definition.args[Math.min(index, definition.args.length - 1)]!
    const isSure = isOuterSure && !name.startsWith('to_') && !definition.args.includes('common')
    const args = given.map((arg) => visit(arg, isSure))
    const ordered: Type = args.some((arg) => isDate(arg.type)) ? 'datetime' : 'double'
    const wanted = definition.args.includes('ordered') ? ordered : commonType(args.map((arg) => arg.type))
    const common =
      definition.args.includes('ordered') &&
      args.every((arg) => arg.type === args[0]!.type && arg.type !== 'text')
        ? args[0]!.type
        : wanted
    const sqls = args.map((arg, index) => argument(name, classOf(index), arg, common, isSure))
    // A text is read as a date by the format beside it, or as dates are read.
    if (name === 'date' || name === 'datetime') sqls[0] = readDate(args[0]!, sqls[1], isSure)
    const sql = definition.sql(
      sqls,
      args.map((arg) => arg.type),
    )
    if (definition.result === 'common') return { type: common, sql, span }
    if (definition.result !== 'shifted') return { type: definition.result, sql, span }
    const isOfDays = name === 'add_years' || name === 'add_months' || name === 'add_days'
    const [date] = args
    if (isOfDays && date!.type === 'date') return { type: 'date', sql: `${sql}::date`, span }
    if (!isOfDays || date!.type !== 'text') return { type: 'datetime', sql, span }
    // What was written as a day stays one.
    const isDay = `regexp_full_match(trim(${date!.sql}), '[0-9]{1,4}[-/][0-9]{1,2}[-/][0-9]{1,4}')`
    return { type: 'text', sql: `left(${dateText(sql)}, case when ${isDay} then 10 else 40 end)`, span }
  }

  function argument(
    name: string,
    wanted: ArgumentClass,
    arg: Compiled,
    common: Type,
    isSure: boolean,
  ): string {
    switch (wanted) {
      case 'text':
        return asText(arg)
      case 'number':
        return asNumber(arg, isSure)
      case 'date':
        return asDate(arg, isSure)
      case 'any':
        return arg.sql
      case 'condition':
        return asCondition(arg)
      case 'common':
        return as(common, arg)
      case 'ordered':
        return common === 'double' ? asNumber(arg, false) : isDate(common) ? as(common, arg) : arg.sql
      case 'regexp':
      case 'date_format':
      case 'timezone':
      case 'unit':
        return writtenOut(name, wanted, arg)
      default:
        return wanted satisfies never
    }
  }

  function asNumber(value: Compiled, isSure: boolean): string {
    switch (value.type) {
      case 'int':
        return `${value.sql}::double`
      case 'double':
        return value.sql
      case 'boolean':
        return `${value.sql}::int::double`
      case 'null':
        return 'null::double'
      case 'date':
      case 'datetime':
        throw expected('a number', value)
      case 'text': {
        if (value.literal !== undefined) return numberWritten(value.literal, value)
        return isSure ? noted(value, numberOf(value.sql, context.shared), 'number') : numberOf(value.sql)
      }
      default:
        return value.type satisfies never
    }
  }

  function asDate(value: Compiled, isSure = false): string {
    switch (value.type) {
      case 'date':
        return `${value.sql}::timestamp`
      case 'datetime':
        return value.sql
      case 'null':
        return 'null::timestamp'
      case 'text': {
        if (value.literal !== undefined && !/^\s*[0-9]/.test(value.literal)) throw expected('a date', value)
        const isNoted = isSure && value.literal === undefined
        return isNoted ? noted(value, dateOf(value.sql), 'date') : dateOf(value.sql)
      }
      case 'int':
      case 'double':
      case 'boolean':
        throw expected('a date', value)
      default:
        return value.type satisfies never
    }
  }

  function readDate(value: Compiled, format: string | undefined, isSure: boolean): string {
    if (format === undefined) {
      if (value.literal !== undefined) return dateOf(value.sql)
      return asDate(value, isSure)
    }
    const converted = `try_strptime(${asText(value)}, ${format})`
    return isSure ? noted(value, converted, 'date') : converted
  }

  /** SQL of what became of a value, which is an error where it is null. */
  function noted({ field }: Compiled, sql: string, wanted: Unconverted['wanted']): string {
    if (field?.type !== 'text') return sql
    const converted = context.shared?.(sql) ?? sql
    unconverted.set(`${wanted} ${field.name}`, { field: field.name, value: field.sql, converted, wanted })
    return converted
  }

  function as(type: Type, value: Compiled): string {
    switch (type) {
      case 'text':
        return asText(value)
      case 'double':
        return asNumber(value, false)
      case 'datetime':
        return asDate(value)
      case 'int':
        return value.type === 'null' ? 'null::bigint' : value.sql
      case 'boolean':
        return value.type === 'null' ? 'null::boolean' : value.sql
      case 'date':
        return value.type === 'null' ? 'null::date' : value.sql
      case 'null':
        return 'null'
      default:
        return type satisfies never
    }
  }

  function compare(operator: CompareOperator, left: Compiled, right: Compiled): string {
    const isEquality = operator === '==' || operator === '!='
    if (isNothing(left) || isNothing(right)) {
      if (!isEquality) return 'false'
      const other = isNothing(left) ? right : left
      const isNull = other.type === 'text' ? `coalesce(${other.sql}, '') = ''` : `${other.sql} is null`
      return operator === '==' ? `(${isNull})` : `(not (${isNull}))`
    }
    const [a, b] = compared(left, right, isEquality)
    if (operator === '==') return `(${a} is not distinct from ${b})`
    if (operator === '!=') return `(${a} is distinct from ${b})`
    if (a !== left.sql || b !== right.sql || !isOpenText(left) || !isOpenText(right))
      return `coalesce(${a} ${operator} ${b}, false)`
    // Two texts are ordered as numbers where both are numbers.
    return `coalesce(${numberOf(a)} ${operator} ${numberOf(b)}, ${a} ${operator} ${b}, false)`
  }

  /** Both sides as what they can be compared as. */
  function compared(left: Compiled, right: Compiled, isEquality: boolean): [string, string] {
    const types = [left.type, right.type]
    if (types.includes('boolean')) return [asCondition(left), asCondition(right)]
    if (types.some(isDate)) return [asDate(left), asDate(right)]
    if (left.type === 'int' && right.type === 'int') return [left.sql, right.sql]
    const isOrderOfNumbers = !isEquality && [left, right].some((side) => isNumberText(side))
    if (isOrderOfNumbers || types.includes('int') || types.includes('double'))
      return [comparedNumber(left), comparedNumber(right)]
    return [left.sql, right.sql]
  }

  /** A text beside a number that is none is just not equal to it. */
  function comparedNumber(value: Compiled): string {
    return value.literal !== undefined && !isNumberText(value) ? 'null::double' : asNumber(value, false)
  }

  const { type, sql } = visit(root, true)
  return { type, sql, unconverted: [...unconverted.values()] }
}
