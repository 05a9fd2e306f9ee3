import type { Argument, Expr } from './ast.ts'

/** Text of an expression in its normal form. parse(print(e)) equals e. */
export const print = printer(printName)

/**
 * The same as a title: what an unnamed column of an answer is called. Names that only look like words of the language stand
 * as they are, as clients of the hosted platform expect: `min(date)`.
 */
export const printTitle = printer(printPlainName)

function printer(nameText: (name: string) => string): (expr: Expr) => string {
  return print

  function print(expr: Expr): string {
    switch (expr.kind) {
      case 'string':
        return `"${expr.value.replace(/[\\"]/g, (char) => `\\${char}`)}"`
      case 'number':
        return expr.text
      case 'boolean':
        return String(expr.value)
      case 'null':
        return 'null'
      case 'date':
        return `date'${expr.text.replace(/[\\']/g, (char) => `\\${char}`)}'`
      case 'geometry':
        return `geom'${expr.text.replace(/[\\']/g, (char) => `\\${char}`)}'`
      case 'quantity':
        return `${expr.text}${expr.unit.length > 2 ? ' ' : ''}${expr.unit}`
      case 'name':
        return nameText(expr.name)
      case 'star':
        return '*'
      case 'call':
        return `${expr.name}(${expr.isDistinct ? 'distinct ' : ''}${expr.args.map(printArgument).join(', ')})`
      case 'negate':
        // Two dashes would begin a comment.
        return `-${expr.operand.kind === 'negate' ? `(${print(expr.operand)})` : operand(expr.operand)}`
      case 'arithmetic':
        return `${operand(expr.left, expr.operator)} ${expr.operator} ${rightOperand(expr.right, expr.operator)}`
      case 'compare':
        return `${operand(expr.left, '+')} ${expr.operator} ${operand(expr.right, '+')}`
      case 'in_list':
        return `${operand(expr.operand)} in (${expr.items.map(print).join(', ')})`
      case 'in_range':
        return `${operand(expr.operand)} in ${expr.isLowOpen ? ']' : '['}${print(expr.low)} to ${print(expr.high)}${expr.isHighOpen ? '[' : ']'}`
      case 'member':
        return `${print(expr.value)} in ${print(expr.field)}`
      case 'is_null':
        return `${operand(expr.operand)} is ${expr.isNegated ? 'not ' : ''}null`
      case 'is_boolean':
        return `${operand(expr.operand)} is ${expr.isNegated ? 'not ' : ''}${expr.value}`
      case 'not':
        return `not ${expr.operand.kind === 'logic' ? `(${print(expr.operand)})` : print(expr.operand)}`
      case 'logic':
        return expr.operands
          .map((part) => (part.kind === 'logic' ? `(${print(part)})` : print(part)))
          .join(` ${expr.operator} `)
      default:
        return expr satisfies never
    }
  }

  function printArgument(argument: Argument): string {
    return argument.name === null ? print(argument.value) : `${argument.name}=${print(argument.value)}`
  }

  /** Brackets around what binds less tightly than its place; a left operand of the same kind of operator needs none. */
  function operand(expr: Expr, beside?: '+' | '-' | '*' | '/'): string {
    if (expr.kind !== 'arithmetic') return print(expr)
    const isSum = (operator: string) => operator === '+' || operator === '-'
    const fits = beside !== undefined && (isSum(beside) || !isSum(expr.operator))
    return fits ? print(expr) : `(${print(expr)})`
  }

  /** On the right only a product inside a sum needs no brackets. */
  function rightOperand(expr: Expr, beside: '+' | '-' | '*' | '/'): string {
    const isProduct = expr.kind === 'arithmetic' && (expr.operator === '*' || expr.operator === '/')
    return isProduct && (beside === '+' || beside === '-') ? print(expr) : operand(expr)
  }
}

const plainName = /^[\p{L}_][\p{L}\p{N}_]*$/u
const words = new Set(
  'and as asc avg by count date date_format day dayofweek desc distinct equi exclude false geom group hour ifnull in include is like limit lower max millisecond min minute month not null or quarter range search second select sum to top true upper where year'.split(
    ' ',
  ),
)

function printName(name: string): string {
  return plainName.test(name) && !words.has(name.toLowerCase()) ? name : `\`${name}\``
}

/** Words that would make another expression of it. */
const operators = new Set('and as asc by desc distinct false in is like not null or true'.split(' '))

function printPlainName(name: string): string {
  return plainName.test(name) && !operators.has(name.toLowerCase()) ? name : `\`${name}\``
}
