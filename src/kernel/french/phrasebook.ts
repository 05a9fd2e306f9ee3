/**
 * Texts that are made where they are needed and kept as they are: why a record is refused, what a parameter must be. Their
 * French is found by the English: `{0}`, `{1}` stand for what a text says of its case, and are put where the French has
 * them. What is kept from before a text had a French one is said in French, too, and what has none stays as it is.
 */
import { setFrench } from '../../../shared/languages.ts'

/** French by English. A parameter must be in both. */
export type Phrases = Readonly<Record<string, string>>

export type Phrasebook = (english: string) => string

interface Pattern {
  /** What stands before, between and behind what it holds. */
  readonly literals: readonly string[]
  /** Of what it holds, in the order of the English. */
  readonly names: readonly string[]
  readonly french: string
}

/** Nobody reads more, and patterns are looked for in all of it. */
const maxLength = 2000
/** A phrase in a phrase in a phrase. */
const usualDepth = 3

/**
 * Nothing is made of the phrases before somebody asks: most servers start without anybody who reads French. `maxDepth`: how
 * many phrases stand in one another at most.
 */
export function createPhrasebook(phrases: Phrases, maxDepth = usualDepth): Phrasebook {
  let find: ((english: string, depth: number) => string) | null = null
  return (english) => {
    find ??= openBook(phrases, maxDepth)
    return find(english, 0)
  }
}

function openBook(phrases: Phrases, maxDepth: number): (english: string, depth: number) => string {
  const fixed = new Map<string, string>()
  const patterns: Pattern[] = []
  for (const [english, text] of Object.entries(phrases)) {
    const french = setFrench(text)
    if (placeholder.test(english)) patterns.push(patternOf(english, french))
    else fixed.set(english, french)
  }
  // What says more goes first: `it must be {0}` is the last that is left of many.
  patterns.sort((one, other) => lettersOf(other) - lettersOf(one))

  return function find(english: string, depth: number): string {
    const known = fixed.get(english)
    if (known !== undefined || depth > maxDepth || english.length > maxLength) return known ?? english
    for (const pattern of patterns) {
      const held = heldBy(pattern, english)
      if (held)
        return pattern.french.replace(everyPlaceholder, (_whole, name) => find(held.get(name)!, depth + 1))
    }
    return english
  }
}

const placeholder = /\{\d\}/
const everyPlaceholder = /\{(\d)\}/g

function patternOf(english: string, french: string): Pattern {
  return {
    literals: english.split(placeholder),
    names: [...english.matchAll(everyPlaceholder)].map(([, name]) => name!),
    french,
  }
}

/**
 * What a text holds where a pattern has its placeholders: each as short as it can be, the last one up to the end. Null: it is
 * another text. One look from left to right: a regular expression would try all ways to cut what somebody has written.
 */
function heldBy({ literals, names }: Pattern, text: string): ReadonlyMap<string, string> | null {
  const [begin, end] = [literals[0]!, literals.at(-1)!]
  if (!text.startsWith(begin) || !text.endsWith(end)) return null
  const last = text.length - end.length
  const held = new Map<string, string>()
  let from = begin.length
  for (const [index, name] of names.entries()) {
    const to = index === names.length - 1 ? last : text.indexOf(literals[index + 1]!, from)
    if (to < from || to > last) return null
    held.set(name, text.slice(from, to))
    from = to + literals[index + 1]!.length
  }
  return held
}

const lettersOf = ({ literals }: Pattern) => literals.join('').length
