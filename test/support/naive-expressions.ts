/** The expression language a second time, as plainly as it can be said: values of one record, for tests that compare. */
import { parse } from '../../src/ingest/expressions/parse.ts'
import type { Expr } from '../../src/ingest/expressions/syntax.ts'
import type { Chance } from './seed.ts'

export type Fields = Readonly<Record<string, string | null>>
type Value = string | number | boolean | null

/** The value of an expression as the text that a field shows; null: empty. */
export function evaluateText(text: string, fields: Fields): string | null {
  const shown = textOf(evaluate(parse(text), fields))
  return shown === '' ? null : shown
}

function evaluate(expr: Expr, fields: Fields): Value {
  const of = (inner: Expr) => evaluate(inner, fields)
  switch (expr.kind) {
    case 'text':
    case 'number':
    case 'boolean':
      return expr.value
    case 'null':
      return null
    case 'field':
      return fields[expr.name]!
    case 'negate': {
      const value = numberOf(of(expr.operand))
      return value === null ? null : -value
    }
    case 'factorial':
      return factorial(numberOf(of(expr.operand)))
    case 'not':
      return !isTrue(of(expr.operand))
    case 'join':
      return expr.operands.map((operand) => textOf(of(operand)) ?? '').join('')
    case 'logic': {
      const truths = expr.operands.map((operand) => isTrue(of(operand)))
      return expr.operator === 'and' ? truths.every(Boolean) : truths.some(Boolean)
    }
    case 'choice': {
      // A choice between a number and a text is a text, even where the number is chosen.
      const chosen = isTrue(of(expr.condition)) ? expr.value : expr.otherwise
      const value = chosen ? of(chosen) : null
      return typeOf(expr) === 'text' ? textOf(value) : value
    }
    case 'arithmetic':
      return calculate(expr.operator, numberOf(of(expr.left)), numberOf(of(expr.right)))
    case 'compare':
      return compare(expr.operator, expr.left, expr.right, fields)
    case 'call':
      return typeOf(expr) === 'text'
        ? textOf(call(expr.name, expr.args.map(of)))
        : call(expr.name, expr.args.map(of))
    default:
      return expr satisfies never
  }
}

const finite = (value: number) => (Number.isFinite(value) ? value : null)

function factorial(value: number | null): number | null {
  if (value === null || value < 0) return null
  const n = Math.trunc(value)
  return n > 33 ? null : Array.from({ length: n }, (_, index) => index + 1).reduce((a, b) => a * b, 1)
}

function calculate(operator: string, a: number | null, b: number | null): number | null {
  if (a === null || b === null) return null
  if (b === 0 && ['/', '//', '%'].includes(operator)) return null
  switch (operator) {
    case '+':
      return finite(a + b)
    case '-':
      return finite(a - b)
    case '*':
      return finite(a * b)
    case '/':
      return finite(a / b)
    case '//':
      return finite(Math.floor(a / b))
    case '%':
      return finite(a % b)
    default:
      return finite(a ** b)
  }
}

function compare(operator: string, left: Expr, right: Expr, fields: Fields): boolean {
  const [a, b] = [evaluate(left, fields), evaluate(right, fields)]
  const isNothing = (expr: Expr) => typeOf(expr) === 'null' || (expr.kind === 'text' && expr.value === '')
  if (isNothing(left) || isNothing(right)) {
    const isEmpty = (isNothing(left) ? b : a) === null || (isNothing(left) ? b : a) === ''
    return operator === '==' ? isEmpty : operator === '!=' ? !isEmpty : false
  }
  const types = [typeOf(left), typeOf(right)]
  if (types.includes('boolean')) return ordered(operator, Number(isTrue(a)), Number(isTrue(b)))
  const isEquality = operator === '==' || operator === '!='
  const isNumberText = (expr: Expr) => expr.kind === 'text' && numberOf(expr.value) !== null
  if (types.includes('number') || (!isEquality && (isNumberText(left) || isNumberText(right))))
    return ordered(operator, numberOf(a), numberOf(b))
  if (!isEquality && left.kind !== 'text' && right.kind !== 'text') {
    const [x, y] = [numberOf(a), numberOf(b)]
    if (x !== null && y !== null) return ordered(operator, x, y)
  }
  return ordered(operator, a as string | null, b as string | null)
}

function ordered<T extends string | number>(operator: string, a: T | null, b: T | null): boolean {
  if (operator === '==') return a === b
  if (operator === '!=') return a !== b
  if (a === null || b === null) return false
  return operator === '>' ? a > b : operator === '>=' ? a >= b : operator === '<' ? a < b : a <= b
}

/** As the compiler sees it, from what is written alone. */
function typeOf(expr: Expr): 'text' | 'number' | 'boolean' | 'null' {
  switch (expr.kind) {
    case 'text':
    case 'field':
    case 'join':
      return 'text'
    case 'number':
    case 'negate':
    case 'factorial':
    case 'arithmetic':
      return 'number'
    case 'null':
      return 'null'
    case 'boolean':
    case 'not':
    case 'logic':
    case 'compare':
      return 'boolean'
    case 'choice':
      return common([expr.value, ...(expr.otherwise ? [expr.otherwise] : [])])
    case 'call':
      if (expr.name === 'ifnull') return common(expr.args)
      return functions[expr.name]![0]
    default:
      return expr satisfies never
  }
}

function common(exprs: readonly Expr[]) {
  const types = new Set(exprs.map(typeOf).filter((type) => type !== 'null'))
  return types.size === 0 ? 'null' : types.size === 1 ? [...types][0]! : 'text'
}

const withText =
  (change: (text: string) => Value) =>
  ([value]: readonly Value[]): Value => {
    const text = textOf(value!)
    return text === null ? null : change(text)
  }
const withNumber =
  (change: (number: number) => number | null) =>
  ([value]: readonly Value[]): Value => {
    const number = numberOf(value!)
    return number === null ? null : change(number)
  }

const functions: Readonly<
  Record<string, readonly [type: 'text' | 'number' | 'boolean', run: (args: readonly Value[]) => Value]>
> = {
  upper: ['text', withText((text) => text.toUpperCase())],
  capitalize: ['text', withText((text) => text.slice(0, 1).toUpperCase() + text.slice(1).toLowerCase())],
  length: ['number', withText((text) => [...text].length)],
  empty: ['boolean', ([value]) => (textOf(value!) ?? '') === ''],
  contains: [
    'boolean',
    ([value, part]) => {
      const [text, sought] = [textOf(value!), textOf(part!)]
      return text !== null && sought !== null && text.includes(sought)
    },
  ],
  abs: ['number', withNumber(Math.abs)],
  floor: ['number', withNumber(Math.floor)],
  sqrt: ['number', withNumber((number) => (number < 0 ? null : Math.sqrt(number)))],
  ifnull: ['text', ([value, other]) => value ?? other ?? null],
}

function call(name: string, args: readonly Value[]): Value {
  return functions[name]![1](args)
}

function isTrue(value: Value): boolean {
  if (typeof value === 'string')
    return !['', '0', 'false', 'f', 'no', 'n', 'non', 'off'].includes(value.trim().toLowerCase())
  return value !== null && value !== 0 && value !== false
}

function numberOf(value: Value): number | null {
  if (typeof value === 'number') return value
  if (typeof value === 'boolean') return Number(value)
  if (value === null) return null
  const text = value.replace(/ /g, '').replace(',', '.')
  return /^[-+]?(\d+(\.\d*)?|\.\d+)(e[-+]?\d+)?$/i.test(text) ? finite(Number(text)) : null
}

/** Numbers as JavaScript and the engine print them alike, up to what the tests draw. */
function textOf(value: Value): string | null {
  return value === null ? null : String(value)
}

/** A random expression over the fields a, b, c and d, no deeper than `depth`. */
export function randomExpression(chance: Chance, depth: number): string {
  const value = () => randomExpression(chance, depth - 1)
  if (depth === 0 || chance.below(5) === 0)
    return chance.pick(['a', 'b', 'c', '$d', '1', '2.5', '0', "'x'", "'Ab c'", '""', 'true', 'null', "'3'"])
  const number = () => randomNumber(chance, depth - 1)
  switch (chance.below(9)) {
    case 0:
      return `(${number()} ${chance.pick(['+', '-', '*', '/', '//', '%'])} ${number()})`
    case 1:
      return `(${value()} ${chance.pick(['==', '!=', '<', '<=', '>', '>='])} ${value()})`
    case 2:
      return `(${value()} ${chance.pick(['and', 'or', '&&', '||'])} ${value()})`
    case 3:
      return `(${chance.pick(['not ', '!'])}${value()})`
    case 4:
      return `(${value()} & ${value()})`
    case 5:
      return `(${value()} ? ${value()}${chance.below(4) === 0 ? '' : ` : ${value()}`})`
    case 6:
      return `${chance.pick(['upper', 'capitalize', 'length', 'empty'])}(${value()})`
    case 7:
      return `${chance.pick(['contains', 'ifnull'])}(${value()}, ${value()})`
    default:
      return number()
  }
}

/** Never a text that is written out and no number: that is refused. */
function randomNumber(chance: Chance, depth: number): string {
  if (depth <= 0 || chance.below(3) === 0)
    return chance.pick(['a', 'b', 'c', '$d', '7', '0.25', "'1,5'", '-3'])
  const number = () => randomNumber(chance, depth - 1)
  return chance.below(2) === 0
    ? `${chance.pick(['abs', 'floor', 'sqrt'])}(${number()})`
    : `(${number()} ${chance.pick(['+', '-', '*', '/'])} ${number()})`
}
