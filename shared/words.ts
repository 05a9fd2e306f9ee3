/**
 * Words of full-text search: what they are, how they are folded, and which terms answer them (ODSQL specification,
 * section 4). One rule for the queries and for what pages mark as found; the index folds in SQL (kernel/folding.ts).
 */

/** Letters that are no letter with an accent, and what somebody without them on the keyboard types. */
export const strokes = ['łøđðħŧŋı', 'loddhtni'] as const
export const ligatures: readonly (readonly [letter: string, letters: string])[] = [
  ['ß', 'ss'],
  ['æ', 'ae'],
  ['œ', 'oe'],
  ['þ', 'th'],
]

/** `exact`: the term itself; `prefix`: terms that begin so; `fuzzy`: terms at most `distance` edits away. */
export interface Word {
  readonly text: string
  readonly match: 'exact' | 'prefix' | 'fuzzy'
  readonly distance: number
}

const wordPattern = /\p{M}*[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu

/** Words as the index has them, before folding: runs of letters and digits (marks belong to their letter). */
function splitWords(text: string): string[] {
  return text.match(wordPattern) ?? []
}

/** Each as it is: a text alone as a condition, and `like`. */
export function exactWords(text: string): Word[] {
  return splitWords(text).map((word) => ({ text: word, match: 'exact', distance: 0 }))
}

/** Each as the beginning of one: `suggest`. */
export function prefixWords(text: string): Word[] {
  return splitWords(text).map((word) => ({ text: word, match: 'prefix', distance: 0 }))
}

/** All but the last with an error or two, the last as a beginning: `search`. */
export function searchedWords(text: string): Word[] {
  const words = splitWords(text)
  return words.map((word, index): Word => {
    if (index === words.length - 1) return { text: word, match: 'prefix', distance: 0 }
    const length = [...word].length
    const distance = length > 5 ? 2 : length > 2 ? 1 : 0
    return { text: word, match: distance === 0 ? 'exact' : 'fuzzy', distance }
  })
}

/** As the engine folds the same text. */
export function foldText(text: string): string {
  const plain = text.toLowerCase().normalize('NFD').replace(/\p{M}/gu, '')
  const [from, to] = strokes
  const stroked = plain.replace(/[łøđðħŧŋı]/gu, (letter) => to[from.indexOf(letter)]!)
  return ligatures.reduce((folded, [letter, letters]) => folded.replaceAll(letter, letters), stroked)
}

/** Insertions, deletions and replacements from `a` to `b`; `limit` where there are as many or more. */
export function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit || a.length > 100) return limit
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1
      row.push(Math.min(row[j - 1]! + 1, previous[j]! + 1, previous[j - 1]! + cost))
    }
    previous = row
  }
  return Math.min(limit, previous[b.length]!)
}

export interface Piece {
  readonly text: string
  readonly isFound: boolean
}

/** Of a text, and of a search: nobody reads on, and pages are made of many texts. */
const limits = { characters: 5_000, words: 20 }

/** The text in pieces, in order and whole; terms that answer one of the words are found. */
export function markFound(text: string, words: readonly Word[]): Piece[] {
  if (words.length === 0) return [{ text, isFound: false }]
  const wanted = words.slice(0, limits.words).map((word) => ({ ...word, text: foldText(word.text) }))
  const pieces: Piece[] = []
  let end = 0
  for (const { 0: term, index } of text.slice(0, limits.characters).matchAll(wordPattern)) {
    const folded = foldText(term)
    if (!wanted.some((word) => answers(folded, word))) continue
    if (index > end) pieces.push({ text: text.slice(end, index), isFound: false })
    pieces.push({ text: term, isFound: true })
    end = index + term.length
  }
  if (end < text.length) pieces.push({ text: text.slice(end), isFound: false })
  return pieces
}

function answers(term: string, { text, match, distance }: Word): boolean {
  if (match === 'prefix') return term.startsWith(text)
  return match === 'exact' ? term === text : editDistance(term, text, distance + 1) <= distance
}
