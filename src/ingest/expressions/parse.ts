/** Text to a syntax tree, by recursive descent over the tokens of the query language's own lexer. */
import { fault, type Lexicon, lex, type Span, suggest, type Token } from '../../odsql/index.ts'
import { expressionFunctions, findFunction, usageOf } from './functions.ts'
import { type ArithmeticOperator, type CompareOperator, childrenOf, type Expr } from './syntax.ts'

export const maxExpressionBytes = 16 * 1024
/** Of brackets while parsing, and of the tree that comes out: what walks it is recursive, the engine too. */
const maxNesting = 100
const maxNodes = 2000

const lexicon: Lexicon = {
  noun: 'expression',
  maxBytes: maxExpressionBytes,
  twoCharSymbols: new Set(['>=', '<=', '!=', '<>', '==', '&&', '||', '//']),
  oneCharSymbols: new Set('=<>+-*/%^&!?:(),'.split('')),
  hasComments: false,
  hasForcedNames: true,
}

const comparisons: Readonly<Record<string, CompareOperator>> = {
  '=': '==',
  '==': '==',
  '!=': '!=',
  '<>': '!=',
  '>': '>',
  '>=': '>=',
  '<': '<',
  '<=': '<=',
}

const constants: Readonly<Record<string, number>> = { pi: Math.PI, e: Math.E }
/** Words that stand between values and name no field. */
const reserved = new Set(['and', 'or', 'not'])

/** Faults: odsql.syntax, odsql.too_complex, odsql.unknown_function, odsql.wrong_arguments. */
export function parse(text: string): Expr {
  const tokens = lex(withoutMarks(text), lexicon)
  let index = 0
  let nesting = 0
  let nodes = 0

  const peek = (ahead = 0): Token => tokens[Math.min(index + ahead, tokens.length - 1)]!
  const take = (): Token => tokens[index < tokens.length - 1 ? index++ : index]!

  function isSymbol(symbol: string, ahead = 0): boolean {
    const token = peek(ahead)
    return token.kind === 'symbol' && token.text === symbol
  }
  function isWord(word: string): boolean {
    return peek().kind === 'name' && peek().text.toLowerCase() === word
  }
  function takeIf(isNext: boolean): boolean {
    if (isNext) take()
    return isNext
  }
  function unexpected(wanted: string): Error {
    const token = peek()
    const shown = token.kind === 'end' ? 'the expression ends' : `there is '${token.text.slice(0, 40)}'`
    return fault('odsql.syntax', token.span, { reason: `${shown} where ${wanted} is expected` })
  }
  function expectSymbol(symbol: string): void {
    if (!takeIf(isSymbol(symbol))) throw unexpected(`'${symbol}'`)
  }
  function made<T extends Expr>(node: T): T {
    if (++nodes > maxNodes)
      throw fault('odsql.too_complex', node.span, {
        reason: `the expression has more than ${maxNodes} parts`,
      })
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

  function choice(): Expr {
    const start = peek().span
    const condition = or()
    if (!takeIf(isSymbol('?'))) return condition
    const value = nested(choice)
    const otherwise = takeIf(isSymbol(':')) ? nested(choice) : null
    return made({ kind: 'choice', condition, value, otherwise, span: from(start) })
  }

  function or(): Expr {
    const start = peek().span
    const operands = [and()]
    while (takeIf(isWord('or') || isSymbol('||'))) operands.push(and())
    return operands.length === 1
      ? operands[0]!
      : made({ kind: 'logic', operator: 'or', operands, span: from(start) })
  }

  function and(): Expr {
    const start = peek().span
    const operands = [not()]
    while (takeIf(isWord('and') || isSymbol('&&'))) operands.push(not())
    return operands.length === 1
      ? operands[0]!
      : made({ kind: 'logic', operator: 'and', operands, span: from(start) })
  }

  function not(): Expr {
    const start = peek().span
    if (!takeIf(isWord('not'))) return comparison()
    return made({ kind: 'not', operand: nested(not), span: from(start) })
  }

  function comparison(): Expr {
    const start = peek().span
    const left = join()
    const token = peek()
    if (token.kind !== 'symbol' || !Object.hasOwn(comparisons, token.text)) return left
    take()
    return made({
      kind: 'compare',
      operator: comparisons[token.text]!,
      left,
      right: join(),
      span: from(start),
    })
  }

  function join(): Expr {
    const start = peek().span
    const operands = [additive()]
    while (takeIf(isSymbol('&'))) operands.push(additive())
    return operands.length === 1 ? operands[0]! : made({ kind: 'join', operands, span: from(start) })
  }

  function chain(operators: readonly ArithmeticOperator[], operand: () => Expr): Expr {
    const start = peek().span
    let left = operand()
    for (;;) {
      const operator = operators.find((candidate) => isSymbol(candidate))
      if (operator === undefined) return left
      take()
      left = made({ kind: 'arithmetic', operator, left, right: operand(), span: from(start) })
    }
  }
  const additive = () => chain(['+', '-'], multiplicative)
  const multiplicative = () => chain(['*', '//', '/', '%'], prefixed)

  function prefixed(): Expr {
    const start = peek().span
    if (takeIf(isSymbol('-'))) return made({ kind: 'negate', operand: nested(prefixed), span: from(start) })
    if (takeIf(isSymbol('+'))) return nested(prefixed)
    if (takeIf(isSymbol('!'))) return made({ kind: 'not', operand: nested(prefixed), span: from(start) })
    return power()
  }

  /** To the right: 2 ^ 3 ^ 2 is 2 ^ 9. */
  function power(): Expr {
    const start = peek().span
    const left = suffixed()
    if (!takeIf(isSymbol('^'))) return left
    const right = nested(prefixed)
    return made({ kind: 'arithmetic', operator: '^', left, right, span: from(start) })
  }

  function suffixed(): Expr {
    const start = peek().span
    let operand = primary()
    while (takeIf(isSymbol('!'))) operand = made({ kind: 'factorial', operand, span: from(start) })
    return operand
  }

  function primary(): Expr {
    const token = peek()
    const { span } = token
    switch (token.kind) {
      case 'string':
        take()
        return made({ kind: 'text', value: token.text, span })
      case 'number':
        take()
        if (peek().kind === 'name' && peek().isGlued) throw unexpected('the end of the number')
        return made({ kind: 'number', value: Number(token.text), isWhole: /^\d+$/.test(token.text), span })
      case 'quoted_name':
        take()
        return made({ kind: 'field', name: token.text, span })
      case 'name':
        return word(token)
      case 'symbol':
        if (!takeIf(isSymbol('('))) throw unexpected('a value or a field')
        return bracket()
      case 'end':
        throw unexpected('a value or a field')
      default:
        return token.kind satisfies never
    }
  }

  function bracket(): Expr {
    const inner = nested(choice)
    expectSymbol(')')
    return inner
  }

  function word(token: Token): Expr {
    const { span } = token
    const lower = token.text.toLowerCase()
    if (reserved.has(lower)) throw unexpected('a value or a field')
    if (isSymbol('(', 1)) return call()
    take()
    if (lower === 'true' || lower === 'false') return made({ kind: 'boolean', value: lower === 'true', span })
    if (lower === 'null') return made({ kind: 'null', span })
    if (Object.hasOwn(constants, lower))
      return made({ kind: 'number', value: constants[lower]!, isWhole: false, span })
    return made({ kind: 'field', name: token.text, span })
  }

  function call(): Expr {
    const token = take()
    take()
    const args: Expr[] = []
    if (!isSymbol(')')) {
      do args.push(nested(choice))
      while (takeIf(isSymbol(',')))
    }
    expectSymbol(')')
    const name = token.text.toLowerCase()
    const definition = findFunction(name)
    if (definition === null) {
      const suggestion = suggest(name, Object.keys(expressionFunctions))
      throw fault('odsql.unknown_function', token.span, { name, suggestion })
    }
    const most = definition.rest ? Number.POSITIVE_INFINITY : definition.args.length
    if (args.length < (definition.least ?? definition.args.length) || args.length > most)
      throw fault('odsql.wrong_arguments', from(token.span), {
        name,
        reason: `it is called as ${usageOf(name)}, not with ${args.length} argument${args.length === 1 ? '' : 's'}`,
      })
    return made({ kind: 'call', name, args, span: from(token.span) })
  }

  const root = choice()
  if (peek().kind !== 'end') throw unexpected('an operator or the end')
  limitDepth(root)
  return root
}

/** An expression may begin with `=` and may stand in `{{ }}`; positions stay what they are. */
function withoutMarks(text: string): string {
  if (text.length > maxExpressionBytes) return text
  const blank = (found: string) => ' '.repeat(found.length)
  const plain = text.replace(/^\s*=(?!=)/, blank)
  return /^\s*\{\{[\s\S]*\}\}\s*$/.test(plain)
    ? plain
        .replace(/^\s*\{\{/, blank)
        .replace(/\}\}\s*$/, blank)
        .replace(/^\s*=(?!=)/, blank)
    : plain
}

function tooDeep(span: Span): Error {
  return fault('odsql.too_complex', span, {
    reason: `the expression is nested deeper than ${maxNesting} levels`,
  })
}

/** A chain of operators makes a tree as deep as it is long, without any bracket. */
function limitDepth(root: Expr): void {
  let level: readonly Expr[] = [root]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > maxNesting) throw tooDeep(level[0]!.span)
    level = level.flatMap(childrenOf)
  }
}
