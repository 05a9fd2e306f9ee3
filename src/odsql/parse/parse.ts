import {
  type Argument,
  type Comparator,
  childrenOf,
  type Expr,
  type GroupItem,
  type OrderItem,
  type SelectItem,
  type Span,
} from '../ast.ts'
import { fault } from '../fault.ts'
import { lex, type Token } from '../lex/lex.ts'

/** Of brackets and calls while parsing, and of the tree that comes out: later passes and the engine walk it recursively. */
const maxNesting = 200
const maxNodes = 10_000

const comparators: Readonly<Record<string, Comparator>> = {
  '=': '=',
  ':': '=',
  '==': '=',
  '!=': '!=',
  '<>': '!=',
  '>': '>',
  '>=': '>=',
  '<': '<',
  '<=': '<=',
}

/** Words that end an expression rather than name a field. */
const reserved = new Set(['and', 'or', 'not', 'as', 'asc', 'desc', 'in', 'is', 'like', 'to'])

const distanceUnits = new Set(['mm', 'cm', 'm', 'km', 'ft', 'yd', 'mi'])
const intervalUnits = new Set(
  'ms millisecond milliseconds s second seconds m minute minutes h hour hours d day days w week weeks M month months q quarter quarters y year years'.split(
    ' ',
  ),
)

export const parseSelect = (text: string): SelectItem[] => createParser(text).select()
export const parseWhere = (text: string): Expr => createParser(text).where()
export const parseGroupBy = (text: string): GroupItem[] => createParser(text).groupBy()
export const parseOrderBy = (text: string): OrderItem[] => createParser(text).orderBy()
export const parseCall = (text: string): Expr => createParser(text).single()

/** Recursive descent over tokens, one function a rule of the grammar (ODSQL specification, section 1). */
function createParser(text: string) {
  const tokens = lex(text)
  let index = 0
  let nesting = 0
  let nodes = 0

  const peek = (ahead = 0): Token => tokens[Math.min(index + ahead, tokens.length - 1)]!
  const take = (): Token => tokens[index < tokens.length - 1 ? index++ : index]!

  function isWord(token: Token, word: string): boolean {
    return token.kind === 'name' && token.text.toLowerCase() === word
  }
  function isSymbol(token: Token, symbol: string): boolean {
    return token.kind === 'symbol' && token.text === symbol
  }
  function takeWord(word: string): boolean {
    if (!isWord(peek(), word)) return false
    take()
    return true
  }
  function takeSymbol(symbol: string): boolean {
    if (!isSymbol(peek(), symbol)) return false
    take()
    return true
  }
  function expectSymbol(symbol: string): Token {
    if (!isSymbol(peek(), symbol)) throw unexpected(`'${symbol}'`)
    return take()
  }
  function unexpected(wanted: string): Error {
    const token = peek()
    const shown = token.kind === 'end' ? 'the clause ends' : `there is '${token.text.slice(0, 40)}'`
    return fault('odsql.syntax', token.span, { reason: `${shown} where ${wanted} is expected` })
  }
  function made<T extends Expr>(node: T): T {
    if (++nodes > maxNodes)
      throw fault('odsql.too_complex', node.span, { reason: `the clause has more than ${maxNodes} parts` })
    return node
  }
  function nested<T>(rule: () => T): T {
    if (++nesting > maxNesting) throw tooDeep(peek().span)
    const value = rule()
    nesting--
    return value
  }
  function from(start: Span): Span {
    return { start: start.start, end: tokens[Math.max(0, index - 1)]!.span.end }
  }
  function toEnd<T>(value: T): T {
    if (peek().kind !== 'end') throw unexpected('the end of the clause')
    return value
  }
  function list<T>(item: () => T): T[] {
    const items = [item()]
    while (takeSymbol(',')) items.push(item())
    return items
  }
  function alias(): string | null {
    if (!takeWord('as')) return null
    const token = peek()
    if (token.kind !== 'name' && token.kind !== 'quoted_name') throw unexpected('a name')
    take()
    return token.text
  }

  function selectItem(): SelectItem {
    const start = peek().span
    if (isSymbol(peek(), '*') && (isSymbol(peek(1), ',') || peek(1).kind === 'end')) {
      take()
      return { kind: 'all', span: from(start) }
    }
    if ((isWord(peek(), 'include') || isWord(peek(), 'exclude')) && isSymbol(peek(1), '(')) {
      const rule = take().text.toLowerCase() as 'include' | 'exclude'
      take()
      const patterns = list(() => {
        const at = peek()
        if (at.kind !== 'name' && at.kind !== 'quoted_name') throw unexpected('a field name')
        take()
        const isPrefix = takeSymbol('*')
        return { name: at.text, isPrefix, span: from(at.span) }
      })
      expectSymbol(')')
      return { kind: 'rule', rule, patterns, span: from(start) }
    }
    const expr = limitDepth(additive())
    return { kind: 'item', expr, alias: alias(), span: from(start) }
  }

  function or(): Expr {
    const start = peek().span
    const operands = [and()]
    while (takeWord('or')) operands.push(and())
    return operands.length === 1
      ? operands[0]!
      : made({ kind: 'logic', operator: 'or', operands, span: from(start) })
  }

  function and(): Expr {
    const start = peek().span
    const operands = [not()]
    while (takeWord('and')) operands.push(not())
    return operands.length === 1
      ? operands[0]!
      : made({ kind: 'logic', operator: 'and', operands, span: from(start) })
  }

  function not(): Expr {
    const start = peek().span
    if (isWord(peek(), 'not')) {
      take()
      return made({ kind: 'not', operand: nested(not), span: from(start) })
    }
    return predicate()
  }

  function predicate(): Expr {
    const start = peek().span
    if (isSymbol(peek(), '(')) {
      // A bracket holds a condition or an expression, which shows only inside; an expression may go on behind it.
      take()
      const inner = nested(or)
      expectSymbol(')')
      return isCondition(inner) ? inner : afterOperand(additive(inner, start), start)
    }
    return afterOperand(additive(), start)
  }

  function afterOperand(left: Expr, start: Span): Expr {
    const token = peek()
    if (token.kind === 'symbol' && Object.hasOwn(comparators, token.text)) {
      take()
      const right = additive()
      return made({ kind: 'compare', operator: comparators[token.text]!, left, right, span: from(start) })
    }
    if (takeWord('like'))
      return made({ kind: 'compare', operator: 'like', left, right: additive(), span: from(start) })
    if (takeWord('in')) return membership(left, start)
    if (takeWord('is')) {
      const isNegated = takeWord('not')
      if (takeWord('null')) return made({ kind: 'is_null', operand: left, isNegated, span: from(start) })
      for (const value of [true, false]) {
        if (takeWord(String(value)))
          return made({ kind: 'is_boolean', operand: left, value, isNegated, span: from(start) })
      }
      throw unexpected("'null', 'true' or 'false'")
    }
    return left
  }

  function membership(operand: Expr, start: Span): Expr {
    if (takeSymbol('(')) {
      const items = list(() => additive())
      expectSymbol(')')
      return made({ kind: 'in_list', operand, items, span: from(start) })
    }
    if (isSymbol(peek(), '[') || isSymbol(peek(), ']')) {
      const isLowOpen = take().text === ']'
      const low = additive()
      if (!takeSymbol('..') && !takeWord('to')) throw unexpected("'..' or 'to'")
      const high = additive()
      if (!isSymbol(peek(), '[') && !isSymbol(peek(), ']')) throw unexpected("']' or '['")
      const isHighOpen = take().text === '['
      return made({ kind: 'in_range', operand, low, high, isLowOpen, isHighOpen, span: from(start) })
    }
    if (isLiteral(operand))
      return made({ kind: 'member', value: operand, field: additive(), span: from(start) })
    throw unexpected("'(' or '['")
  }

  /** `first`: an operand that has been read already, from `start` on. */
  function additive(first?: Expr, start = peek().span): Expr {
    let left = multiplicative(first, start)
    while (isSymbol(peek(), '+') || isSymbol(peek(), '-')) {
      const operator = take().text as '+' | '-'
      const right = multiplicative()
      left = made({ kind: 'arithmetic', operator, left, right, span: from(start) })
    }
    return left
  }

  function multiplicative(first?: Expr, start = peek().span): Expr {
    let left = first ?? factor()
    while (isSymbol(peek(), '*') || isSymbol(peek(), '/')) {
      // A star in front of the end of an argument is an open end, not a product.
      if (
        isSymbol(peek(), '*') &&
        (isSymbol(peek(1), ',') || isSymbol(peek(1), ')') || peek(1).kind === 'end')
      )
        break
      const operator = take().text as '*' | '/'
      const right = factor()
      left = made({ kind: 'arithmetic', operator, left, right, span: from(start) })
    }
    return left
  }

  function factor(): Expr {
    const start = peek().span
    if (takeSymbol('-')) return made({ kind: 'negate', operand: nested(factor), span: from(start) })
    if (takeSymbol('(')) {
      const inner = nested(additive)
      expectSymbol(')')
      return inner
    }
    return primary()
  }

  function primary(): Expr {
    const token = peek()
    switch (token.kind) {
      case 'string':
        take()
        return made({ kind: 'string', value: token.text, span: token.span })
      case 'number':
        return numberOrQuantity()
      case 'quoted_name':
        take()
        return made({ kind: 'name', name: token.text, span: token.span })
      case 'name':
        return word(token)
      case 'symbol':
      case 'end':
        throw unexpected('a value or a field')
      default:
        return token.kind satisfies never
    }
  }

  function numberOrQuantity(): Expr {
    const token = take()
    const next = peek()
    const isUnit = next.kind === 'name' && (distanceUnits.has(next.text) || intervalUnits.has(next.text))
    if (isUnit && (next.isGlued || !reserved.has(next.text.toLowerCase()))) {
      take()
      return made({ kind: 'quantity', text: token.text, unit: next.text, span: from(token.span) })
    }
    if (next.kind === 'name' && next.isGlued) throw unexpected('a unit or the end of the number')
    return made({ kind: 'number', text: token.text, span: token.span })
  }

  function word(token: Token): Expr {
    const lower = token.text.toLowerCase()
    const next = peek(1)
    if ((lower === 'date' || lower === 'geom') && next.kind === 'string') {
      take()
      const literal = take()
      const kind = lower === 'date' ? 'date' : 'geometry'
      return made({ kind, text: literal.text, span: from(token.span) })
    }
    if (isSymbol(next, '(')) return call()
    if (lower === 'true' || lower === 'false') {
      take()
      return made({ kind: 'boolean', value: lower === 'true', span: token.span })
    }
    if (lower === 'null') {
      take()
      return made({ kind: 'null', span: token.span })
    }
    if (reserved.has(lower)) throw unexpected('a value or a field')
    take()
    return made({ kind: 'name', name: token.text, span: token.span })
  }

  function call(): Expr {
    const token = take()
    take()
    const name = token.text.toLowerCase()
    const isDistinct = isWord(peek(), 'distinct') && !isSymbol(peek(1), ')') && takeWord('distinct')
    const args = isSymbol(peek(), ')') ? [] : nested(() => list(argument))
    expectSymbol(')')
    return made({ kind: 'call', name, isDistinct, args, span: from(token.span) })
  }

  function argument(): Argument {
    const token = peek()
    if (isSymbol(token, '*')) {
      take()
      return { name: null, value: made({ kind: 'star', span: token.span }) }
    }
    if (token.kind === 'name' && isSymbol(peek(1), '=')) {
      take()
      take()
      return { name: token.text.toLowerCase(), value: additive() }
    }
    return { name: null, value: additive() }
  }

  function orderItem(): OrderItem {
    const expr = limitDepth(additive())
    if (takeWord('desc')) return { expr, isDescending: true }
    takeWord('asc')
    return { expr, isDescending: false }
  }

  return {
    select: () => toEnd(list(selectItem)),
    where: () => toEnd(limitDepth(or())),
    groupBy: () => toEnd(list(() => ({ expr: limitDepth(additive()), alias: alias() }))),
    orderBy: () => toEnd(list(orderItem)),
    single: () => toEnd(limitDepth(additive())),
  }
}

function tooDeep(span: Span): Error {
  return fault('odsql.too_complex', span, { reason: `the clause is nested deeper than ${maxNesting} levels` })
}

/** A chain of operators makes a tree as deep as it is long, without any bracket. */
function limitDepth(root: Expr): Expr {
  let level: Expr[] = [root]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > maxNesting) throw tooDeep(level[0]!.span)
    level = level.flatMap(childrenOf)
  }
  return root
}

function isLiteral(expr: Expr): boolean {
  return expr.kind === 'string' || expr.kind === 'number' || expr.kind === 'date' || expr.kind === 'boolean'
}

function isCondition(expr: Expr): boolean {
  return ['compare', 'in_list', 'in_range', 'member', 'is_null', 'is_boolean', 'not', 'logic'].includes(
    expr.kind,
  )
}
