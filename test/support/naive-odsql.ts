/** The language a second time, as plainly as it can be said: over rows in memory, for tests that compare. */
import type { Expr, OrderItem } from '../../src/odsql/ast.ts'

export type Value = null | number | string | boolean | readonly string[]
export type Row = Readonly<Record<string, Value>>

/** A value of an expression; dates are ISO texts of days. */
export function evaluate(expr: Expr, row: Row): Value {
  switch (expr.kind) {
    case 'string':
    case 'boolean':
      return expr.value
    case 'number':
      return Number(expr.text)
    case 'date':
      return expr.text
    case 'null':
      return null
    case 'name':
      return row[expr.name]!
    case 'negate': {
      const value = evaluate(expr.operand, row)
      return value === null ? null : -(value as number)
    }
    case 'arithmetic': {
      const [a, b] = [evaluate(expr.left, row), evaluate(expr.right, row)]
      if (a === null || b === null) return null
      return calculate(expr.operator, a as number, b as number)
    }
    case 'call':
      return called(
        expr.name,
        expr.args.map((argument) => evaluate(argument.value, row)),
      )
    default:
      throw new Error(`${expr.kind} is not a value`)
  }
}

function calculate(operator: '+' | '-' | '*' | '/', a: number, b: number): number | null {
  switch (operator) {
    case '+':
      return a + b
    case '-':
      return a - b
    case '*':
      return a * b
    default:
      return b === 0 ? null : a / b
  }
}

function called(name: string, args: readonly Value[]): Value {
  const [first] = args
  if (name === 'ifnull') return first === null ? args[1]! : first!
  if (first === null) return null
  switch (name) {
    case 'length':
      return [...(first as string)].length
    case 'lower':
      return (first as string).toLowerCase()
    case 'upper':
      return (first as string).toUpperCase()
    case 'year':
      return Number((first as string).slice(0, 4))
    case 'month':
      return Number((first as string).slice(5, 7))
    default:
      throw new Error(`${name} is not known here`)
  }
}

/** Two truths: nothing is true of null. */
export function holds(expr: Expr, row: Row): boolean {
  switch (expr.kind) {
    case 'logic':
      return expr.operator === 'and'
        ? expr.operands.every((operand) => holds(operand, row))
        : expr.operands.some((operand) => holds(operand, row))
    case 'not':
      return !holds(expr.operand, row)
    case 'compare': {
      const [a, b] = [evaluate(expr.left, row), evaluate(expr.right, row)]
      if (expr.operator === '!=') return !anyPair(a, b, '=')
      return anyPair(a, b, expr.operator)
    }
    case 'in_list':
      return expr.items.some((item) => anyPair(evaluate(expr.operand, row), evaluate(item, row), '='))
    case 'in_range': {
      const [low, high] = [evaluate(expr.low, row), evaluate(expr.high, row)]
      return valuesOf(evaluate(expr.operand, row)).some(
        (value) =>
          anyPair(value, low, expr.isLowOpen ? '>' : '>=') &&
          anyPair(value, high, expr.isHighOpen ? '<' : '<='),
      )
    }
    case 'member':
      return anyPair(evaluate(expr.value, row), evaluate(expr.field, row), '=')
    case 'is_null':
      return (evaluate(expr.operand, row) === null) !== expr.isNegated
    case 'is_boolean':
      return (evaluate(expr.operand, row) === expr.value) !== expr.isNegated
    default:
      return evaluate(expr, row) === true
  }
}

const valuesOf = (value: Value): readonly Exclude<Value, readonly string[] | null>[] =>
  value === null ? [] : typeof value === 'object' ? value : [value]

function anyPair(a: Value, b: Value, operator: string): boolean {
  return valuesOf(a).some((x) => valuesOf(b).some((y) => compared(x, y, operator)))
}

function compared<T extends string | number | boolean>(a: T, b: T, operator: string): boolean {
  switch (operator) {
    case '=':
      return a === b
    case '>':
      return a > b
    case '>=':
      return a >= b
    case '<':
      return a < b
    case '<=':
      return a <= b
    default:
      throw new Error(`${operator} is not known here`)
  }
}

/** Nulls last either way; rows that are alike stay in their order. */
export function sortRows(rows: readonly Row[], order: readonly OrderItem[]): Row[] {
  return rows.toSorted((one, other) => {
    for (const { expr, isDescending } of order) {
      const [a, b] = [evaluate(expr, one), evaluate(expr, other)]
      if (a === b) continue
      if (a === null) return 1
      if (b === null) return -1
      return a < b === isDescending ? 1 : -1
    }
    return 0
  })
}

/** Rows by the value of a key; each value of a list makes a group, and no value makes one too. */
export function groupRows(rows: readonly Row[], key: Expr): Map<Value, Row[]> {
  const groups = new Map<Value, Row[]>()
  for (const row of rows) {
    const value = evaluate(key, row)
    const keys: readonly Value[] = value !== null && typeof value === 'object' ? value : [value]
    for (const each of keys) groups.set(each, [...(groups.get(each) ?? []), row])
  }
  return groups
}

export function aggregate(name: string, argument: Expr, rows: readonly Row[]): number | null {
  const values = rows.flatMap((row) => {
    const value = evaluate(argument, row)
    return typeof value === 'number' ? [value] : []
  })
  const sum = values.reduce((total, value) => total + value, 0)
  switch (name) {
    case 'count':
      return values.length
    case 'sum':
      return values.length === 0 ? null : sum
    case 'avg':
      return values.length === 0 ? null : sum / values.length
    case 'min':
      return values.length === 0 ? null : Math.min(...values)
    case 'max':
      return values.length === 0 ? null : Math.max(...values)
    case 'median': {
      const sorted = values.toSorted((a, b) => a - b)
      const middle = (sorted.length - 1) / 2
      return sorted.length === 0 ? null : (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2
    }
    default:
      throw new Error(`${name} is not known here`)
  }
}
