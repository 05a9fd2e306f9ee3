import type { Span } from '../ast.ts'
import { fault } from '../fault.ts'

export type FormatToken =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'letters'; readonly letters: string }

const known = new Set(
  'yy YY yyyy YYYY xx xxxx w ww e E EEEE D DDD M MM MMMM d dd H HH m mm s ss MMM EEE'.split(' '),
)

/** The parts of a date_format pattern. Faults: odsql.wrong_arguments for letters that mean nothing. */
export function formatTokens(pattern: string, span: Span): FormatToken[] {
  const tokens: FormatToken[] = []
  for (let at = 0; at < pattern.length; ) {
    const char = pattern[at]!
    if (char === "'") {
      const end = closing(pattern, at)
      const text = pattern.slice(at + 1, end).replaceAll("''", "'")
      tokens.push({ kind: 'text', text: text === '' ? "'" : text })
      at = end + 1
    } else if (/[A-Za-z]/.test(char)) {
      let end = at
      while (pattern[end] === char) end++
      const letters = pattern.slice(at, end)
      if (!known.has(letters)) {
        throw fault('odsql.wrong_arguments', span, {
          name: 'date_format',
          reason: `the pattern letters ${letters.slice(0, 20)} mean nothing`,
        })
      }
      tokens.push({ kind: 'letters', letters })
      at = end
    } else {
      tokens.push({ kind: 'text', text: char })
      at++
    }
  }
  return tokens
}

/** End of a quoted piece: the next quote that is not doubled, or the end of the pattern. */
function closing(pattern: string, start: number): number {
  for (let at = start + 1; at < pattern.length; at++) {
    if (pattern[at] !== "'") continue
    if (pattern[at + 1] === "'" && at > start + 1) at++
    else return at
  }
  return pattern.length
}
