import type { Span } from '../ast.ts'
import { fault } from '../fault.ts'

export type FormatToken =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'letters'; readonly letters: string }

const known = new Set(
  'yy YY yyyy YYYY xx xxxx w ww e E EEEE D DDD M MM MMMM d dd H HH m mm s ss MMM EEE'.split(' '),
)

/** Each part of a pattern repeats the date's own SQL. */
const maxPattern = 100

/** The parts of a date_format pattern. Faults: odsql.wrong_arguments for letters that mean nothing. */
export function formatTokens(pattern: string, span: Span): FormatToken[] {
  if (pattern.length > maxPattern)
    throw fault('odsql.wrong_arguments', span, {
      name: 'date_format',
      reason: `the pattern is longer than ${maxPattern} characters`,
    })
  const tokens: FormatToken[] = []
  function addText(text: string): void {
    const last = tokens.at(-1)
    if (last?.kind === 'text') tokens[tokens.length - 1] = { kind: 'text', text: last.text + text }
    else tokens.push({ kind: 'text', text })
  }
  for (let at = 0; at < pattern.length; ) {
    const char = pattern[at]!
    if (char === "'") {
      const end = closing(pattern, at)
      const text = pattern.slice(at + 1, end).replaceAll("''", "'")
      addText(text === '' ? "'" : text)
      at = end + 1
    } else if (/\p{L}/u.test(char)) {
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
      addText(char)
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
