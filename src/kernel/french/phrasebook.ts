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
  readonly begin: string
  readonly end: string
  readonly whole: RegExp
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
    for (const { begin, end, whole, french } of patterns) {
      if (!english.startsWith(begin) || !english.endsWith(end)) continue
      const found = whole.exec(english)?.groups
      if (found)
        return french.replace(everyPlaceholder, (_whole, name) => find(found[`p${name}`]!, depth + 1))
    }
    return english
  }
}

const placeholder = /\{\d\}/
const everyPlaceholder = /\{(\d)\}/g

function patternOf(english: string, french: string): Pattern {
  const literals = english.split(placeholder)
  const names = [...english.matchAll(everyPlaceholder)].map(([, name]) => name)
  const source = literals
    .map(
      (literal, at) =>
        `${literal.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')}${at < names.length ? `(?<p${names[at]}>.*?)` : ''}`,
    )
    .join('')
  return {
    begin: literals[0]!,
    end: literals.at(-1)!,
    whole: new RegExp(`^${source}$`, 's'),
    french,
  }
}

const lettersOf = ({ whole }: Pattern) => whole.source.replaceAll(/\(\?<p\d>\.\*\?\)/g, '').length
