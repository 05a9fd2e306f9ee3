import type { Span } from '../ast.ts'
import { fault } from '../fault.ts'

export type TokenKind = 'name' | 'quoted_name' | 'string' | 'number' | 'symbol' | 'end'

export interface Token {
  readonly kind: TokenKind
  /** Name as written, string content, number text, or the symbol. */
  readonly text: string
  readonly span: Span
  /** Nothing stands between this token and the one before it. */
  readonly isGlued: boolean
}

export const maxClauseBytes = 64 * 1024
const maxTokens = 20_000

/** What is of one language and not of the words that all have in common: names, numbers, strings. */
export interface Lexicon {
  /** What a text of the language is called. */
  readonly noun: string
  readonly maxBytes: number
  readonly twoCharSymbols: ReadonlySet<string>
  readonly oneCharSymbols: ReadonlySet<string>
  /** Two hyphens begin a comment. */
  readonly hasComments: boolean
  /** `$name` names a field, also where it begins with a digit or is a word of the language. */
  readonly hasForcedNames: boolean
}

const odsql: Lexicon = {
  noun: 'clause',
  maxBytes: maxClauseBytes,
  twoCharSymbols: new Set(['>=', '<=', '!=', '<>', '==', '..']),
  oneCharSymbols: new Set('=:<>+-*/(),[]'.split('')),
  hasComments: true,
  hasForcedNames: false,
}

/** Text to tokens, ending with `end`. Faults: odsql.syntax, odsql.too_complex. */
export function lex(text: string, lexicon: Lexicon = odsql): Token[] {
  const { noun, maxBytes, twoCharSymbols, oneCharSymbols, hasComments, hasForcedNames } = lexicon
  if (Buffer.byteLength(text) > maxBytes) {
    throw fault(
      'odsql.too_complex',
      { start: 0, end: 0 },
      { reason: `the ${noun} is longer than ${maxBytes} bytes` },
    )
  }
  // No text of a dataset holds one, and SQL texts cannot.
  const nul = text.indexOf('\0')
  if (nul >= 0)
    throw fault('odsql.syntax', { start: nul, end: nul + 1 }, { reason: 'unexpected character NUL' })
  const tokens: Token[] = []
  let at = 0
  let lastEnd = -1

  function push(kind: TokenKind, content: string, end: number): void {
    if (tokens.length >= maxTokens)
      throw fault('odsql.too_complex', { start: at, end }, { reason: `the ${noun} has too many parts` })
    tokens.push({ kind, text: content, span: { start: at, end }, isGlued: at === lastEnd })
    at = end
    lastEnd = end
  }

  const space = /[\s\u00a0]+/y
  const comment = /--[^\n]*/y
  // Metadata have names of two parts (`default.title`); two dots belong to a range.
  const name = /[\p{L}_][\p{L}\p{N}_]*(?:\.(?!\.)[\p{L}_][\p{L}\p{N}_]*)*/uy
  const forcedName = /\$[\p{L}\p{N}_]+/uy
  const number = /\d+(?:\.(?!\.)\d*)?(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?/y

  function match(pattern: RegExp): string | null {
    pattern.lastIndex = at
    return pattern.exec(text)?.[0] ?? null
  }

  while (at < text.length) {
    const skipped = match(space) ?? (hasComments ? match(comment) : null)
    if (skipped !== null) {
      at += skipped.length
      continue
    }
    const char = text[at]!
    if (char === '"' || char === "'") {
      const { value, end } = readString(text, at, char)
      push('string', value, end)
    } else if (char === '`') {
      const end = text.indexOf('`', at + 1)
      if (end < 0)
        throw fault('odsql.syntax', { start: at, end: text.length }, { reason: 'a back quote is not closed' })
      push('quoted_name', text.slice(at + 1, end), end + 1)
    } else if (hasForcedNames && char === '$') {
      const forced = match(forcedName)
      if (forced === null)
        throw fault(
          'odsql.syntax',
          { start: at, end: at + 1 },
          { reason: 'there is no name of a field behind $' },
        )
      push('quoted_name', forced.slice(1), at + forced.length)
    } else {
      const word = match(number) ?? null
      if (word !== null) {
        push('number', word, at + word.length)
        continue
      }
      const identifier = match(name)
      if (identifier !== null) {
        push('name', identifier, at + identifier.length)
        continue
      }
      const two = text.slice(at, at + 2)
      if (twoCharSymbols.has(two)) push('symbol', two, at + 2)
      else if (oneCharSymbols.has(char)) push('symbol', char, at + 1)
      else {
        const shown = String.fromCodePoint(text.codePointAt(at)!)
        throw fault('odsql.syntax', { start: at, end: at + 1 }, { reason: `unexpected character ${shown}` })
      }
    }
  }
  push('end', '', at)
  return tokens
}

function readString(text: string, start: number, quote: string): { value: string; end: number } {
  let value = ''
  for (let at = start + 1; at < text.length; at++) {
    const char = text[at]!
    if (char === '\\' && at + 1 < text.length) value += text[++at]
    else if (char === quote) return { value, end: at + 1 }
    else value += char
  }
  throw fault('odsql.syntax', { start, end: text.length }, { reason: 'a string is not closed' })
}
