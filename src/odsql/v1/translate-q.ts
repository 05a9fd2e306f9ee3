/**
 * The `q` of API 1.0 as a condition of ODSQL: what people type into a search box, so nothing in it is an error that can
 * be read as words instead. Explore API specification, section 5.
 *
 * | q | where |
 * | --- | --- |
 * | `lyon caf` | `suggest("lyon") and suggest("caf")` |
 * | `"café de la gare"` | `"café de la gare"` |
 * | `city:Lyon AND NOT price > 5` | `city like "Lyon" and not price > "5"` |
 * | `opened:[2010 TO 2020]` | `opened in ["2010" to "2020"]` |
 * | `#exact(city, "Lyon")`, `#null(price)`, `#distance(place, "45,4.8", 1000)` ... | the function of that name |
 */
import { AppError } from '../../kernel/index.ts'
import type { Comparator, Expr } from '../ast.ts'
import { print } from '../print.ts'
import type { Column, QuerySchema } from '../schema.ts'

const span = { start: 0, end: 0 }
const string = (value: string): Expr => ({ kind: 'string', value, span })
const name = (value: string): Expr => ({ kind: 'name', name: value, span })
const call = (callee: string, ...args: Expr[]): Expr => ({
  kind: 'call',
  name: callee,
  isDistinct: false,
  args: args.map((value) => ({ name: null, value })),
  span,
})
const compare = (operator: Comparator, left: Expr, right: Expr): Expr => ({
  kind: 'compare',
  operator,
  left,
  right,
  span,
})

type Token =
  | { readonly kind: 'word' | 'text' | 'symbol'; readonly text: string }
  | { readonly kind: 'call'; readonly text: string; readonly args: readonly string[] }

const pattern =
  /\s+|#([a-z_]+)\(((?:[^()"]|"(?:[^"\\]|\\.)*"|\([^()]*\))*)\)|"((?:[^"\\]|\\.)*)"|(>=|<=|[()<>=:[\]])|([^\s()<>=:"[\]]+)|(.)/giu

function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  for (const [, callee, args, quoted, symbol, word] of text.matchAll(pattern)) {
    if (callee !== undefined)
      tokens.push({ kind: 'call', text: callee.toLowerCase(), args: argumentsOf(args!) })
    else if (quoted !== undefined) tokens.push({ kind: 'text', text: unescaped(quoted) })
    else if (symbol !== undefined) tokens.push({ kind: 'symbol', text: symbol })
    else if (word !== undefined) tokens.push({ kind: 'word', text: word })
  }
  return tokens
}

const unescaped = (text: string) => text.replace(/\\(.)/gs, '$1')

/** Split at commas outside quotes, in one pass; an expression would try every way to share out the spaces. */
function argumentsOf(text: string): string[] {
  const parts: string[] = []
  let start = 0
  let isQuoted = false
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (isQuoted && character === '\\') at++
    else if (character === '"') isQuoted = !isQuoted
    else if (character === ',' && !isQuoted) {
      parts.push(text.slice(start, at))
      start = at + 1
    }
  }
  parts.push(text.slice(start))
  return parts
    .map((part) => part.trim())
    .map((part) => (/^"(?:[^"\\]|\\.)*"$/s.test(part) ? unescaped(part.slice(1, -1)) : part))
    .filter((part, index, all) => part !== '' || index < all.length - 1)
}

const maxNesting = 50
/** Characters: what people type into a box is far shorter, and reading it takes time by the square of its quotes. */
const maxLength = 4096

/** The condition as ODSQL text; null when q asks for nothing. Errors: odsql.too_complex. */
export function translateQ(q: string, schema: QuerySchema): string | null {
  if (q.length > maxLength) {
    const reason = `it is longer than ${maxLength} characters`
    throw new AppError('odsql.too_complex', { reason, position: maxLength, clause: 'q' })
  }
  const tokens = tokensOf(q)
  let index = 0
  let nesting = 0
  const columnOf = (text: string | undefined): Column | undefined =>
    schema.columns.find((column) => column.name === text)
  const isWord = (word: string) =>
    tokens[index]?.kind === 'word' && tokens[index]!.text.toUpperCase() === word
  const isSymbol = (symbol: string, at = index) =>
    tokens[at]?.kind === 'symbol' && tokens[at]!.text === symbol

  function any(): Expr | null {
    const operands = [all()]
    while (isWord('OR')) {
      index++
      operands.push(all())
    }
    return joined('or', operands)
  }
  function all(): Expr | null {
    const operands: (Expr | null)[] = []
    while (index < tokens.length && !isWord('OR') && !isSymbol(')')) {
      if (isWord('AND')) index++
      else operands.push(one())
    }
    return joined('and', operands)
  }
  function one(): Expr | null {
    if (isWord('NOT')) {
      let isNegated = false
      for (; isWord('NOT'); index++) isNegated = !isNegated
      if (index >= tokens.length || isWord('OR') || isWord('AND')) return null
      const operand = one()
      return operand === null || !isNegated ? operand : { kind: 'not', operand, span }
    }
    if (isSymbol('(') && nesting < maxNesting) {
      index++
      nesting++
      const inner = any()
      nesting--
      if (isSymbol(')')) index++
      return inner
    }
    const token = tokens[index++]!
    if (token.kind === 'call') return filterCall(token.text, token.args)
    if (token.kind === 'text') return string(token.text)
    if (token.kind === 'symbol') return null
    const column = columnOf(token.text)
    const next = tokens[index]
    if (column && next?.kind === 'symbol' && [':', '=', '>', '<', '>=', '<='].includes(next.text)) {
      index++
      return ofField(column, next.text)
    }
    return call('suggest', string(token.text))
  }
  function ofField(column: Column, operator: string): Expr | null {
    if (operator === ':' && (isSymbol('[') || isSymbol(']'))) {
      const range = rangeOf(column)
      if (range) return range
    }
    const token = tokens[index]
    if (token === undefined || token.kind === 'symbol')
      return { kind: 'is_null', operand: name(column.name), isNegated: true, span }
    index++
    const value = token.kind === 'call' ? momentOf(token) : string(token.text)
    if (value === null) return null
    const isText = column.type === 'text' || column.type === 'multitext'
    if (operator === ':' && isText) return compare('like', name(column.name), value)
    return compare(operator === ':' ? '=' : (operator as Comparator), name(column.name), value)
  }
  function rangeOf(column: Column): Expr | null {
    const start = index
    const isLowOpen = isSymbol(']')
    index++
    const [low, high] = [bound('TO'), bound(null)]
    if (!low || !high || !(isSymbol(']') || isSymbol('['))) {
      index = start
      return null
    }
    const isHighOpen = isSymbol('[')
    index++
    const field = name(column.name)
    const tests = [
      ...(low.text === '*' ? [] : [compare(isLowOpen ? '>' : '>=', field, low.value)]),
      ...(high.text === '*' ? [] : [compare(isHighOpen ? '<' : '<=', field, high.value)]),
    ]
    return joined('and', tests) ?? { kind: 'is_null', operand: field, isNegated: true, span }
  }
  /** A bound of a range, with the word behind it. */
  function bound(word: string | null): { text: string; value: Expr } | null {
    const token = tokens[index]
    if (token === undefined || token.kind === 'symbol') return null
    index++
    if (word !== null && !isWord(word)) return null
    if (word !== null) index++
    const value = token.kind === 'call' ? momentOf(token) : string(token.text)
    return value === null ? null : { text: token.text, value }
  }
  function filterCall(callee: string, args: readonly string[]): Expr | null {
    const fields = args.slice(0, -1)
    const last = args.at(-1) ?? ''
    const [first] = args
    // ODSQL has no way to write it: it names no field.
    const isNamed = ![first, ...fields].some((text) => text?.includes('`'))
    switch (isNamed ? callee : '') {
      case 'null':
        return first ? { kind: 'is_null', operand: name(first), isNegated: false, span } : null
      case 'exact':
        return first ? compare('=', name(first), string(last)) : string(last)
      case 'search':
      case 'startswith':
        return call(callee, ...fields.map(name), string(last))
      case 'distance': {
        const [lat, lon] = (args[1] ?? '').split(',').map((text) => text.trim())
        const text = (args[2] ?? '0').trim()
        if (!/^\d+(\.\d+)?$/.test(text)) return words(callee, args)
        const metres: Expr = { kind: 'number', text, span }
        return call('within_distance', name(first ?? ''), geometry(`POINT(${lon} ${lat})`), metres)
      }
      case 'polygon':
        return call('within', name(first ?? ''), geometry(polygonOf(last)))
      case 'now':
        return null
      default:
        return words(callee, args)
    }
  }
  const found = any()
  return found === null ? null : print(found)
}

const words = (callee: string, args: readonly string[]): Expr =>
  call('suggest', string(`${callee} ${args.join(' ')}`))

const geometry = (text: string): Expr => ({ kind: 'geometry', text, span })

/** `(lat,lon),(lat,lon)...` as WKT, closed. */
export function polygonOf(text: string): string {
  const corners = [...text.matchAll(/\(\s*([-+\d.eE]+)\s*,\s*([-+\d.eE]+)\s*\)/g)].map(
    ([, lat, lon]) => `${lon} ${lat}`,
  )
  const ring = corners.length > 0 && corners[0] !== corners.at(-1) ? [...corners, corners[0]!] : corners
  return `POLYGON((${ring.join(', ')}))`
}

/** `#now(days=-1)` as the function of that name. */
function momentOf(token: Extract<Token, { kind: 'call' }>): Expr | null {
  if (token.text !== 'now') return null
  const parts = token.args.map((part) => /^([a-z]+)\s*=\s*(-?)(\d+)$/i.exec(part.trim()))
  return {
    kind: 'call',
    name: 'now',
    isDistinct: false,
    args: parts.flatMap((part) => {
      if (part === null) return []
      const number: Expr = { kind: 'number', text: part[3]!, span }
      const value: Expr = part[2] === '-' ? { kind: 'negate', operand: number, span } : number
      return [{ name: part[1]!.toLowerCase(), value }]
    }),
    span,
  }
}

function joined(operator: 'and' | 'or', given: readonly (Expr | null)[]): Expr | null {
  const operands = given.filter((operand) => operand !== null)
  if (operands.length === 0) return null
  return operands.length === 1 ? operands[0]! : { kind: 'logic', operator, operands, span }
}
