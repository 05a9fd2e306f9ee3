/** What the server and the web both ask of HTML before they clean it. It knows neither of them. */
import { Parser } from 'htmlparser2'

/** Nobody writes such a text. */
const maxDepth = 1000

/**
 * Whether elements are nested beyond all measure: a parser's time goes by the depth times the length. The parser itself
 * says how deep it is. Counting tags in the text cannot: a text may have as many end tags as elements and close none
 * (`<b></i>`), or leave out those that HTML lets it leave out (of `li` and `p`) and be flat.
 */
export function isNestedTooDeep(html: string): boolean {
  let depth = 0
  const parser = new Parser({
    onopentagname() {
      if (++depth > maxDepth) throw tooDeep
    },
    onclosetag() {
      depth--
    },
  })
  try {
    parser.end(html)
    return false
  } catch (error) {
    // Out of the parser at once: what it would still read is what must not be read.
    if (error === tooDeep) return true
    throw error
  }
}

const tooDeep = new Error('too deep')
