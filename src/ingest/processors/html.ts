/** What is in HTML: read by libraries, for the list of entities and the ways that browsers forgive are long. */
import { decodeHTML } from 'entities'
import { Tokenizer } from 'htmlparser2'

/** Elements whose text nobody reads. */
const hidden = new Set(['script', 'style', 'template', 'title', 'noscript'])
/** Elements that words do not run through. */
const blocks = new Set(
  'address article aside blockquote br dd div dl dt figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section table td th tr ul'.split(
    ' ',
  ),
)

/**
 * The text of HTML, with single blanks between words. By tokens alone: a parser keeps the elements that are open, and the
 * one at hand takes a time that grows with the square of their depth.
 */
export function textOfHtml(html: string): string {
  const pieces: string[] = []
  // How many of an element of hidden text are open; what is closed without having been opened does not count.
  let hiddenIn: string | null = null
  let depth = 0
  const nameAt = (start: number, end: number) => html.slice(start, end).toLowerCase()
  const between = (name: string) => {
    if (hiddenIn === null && blocks.has(name)) pieces.push(' ')
  }
  const nothing = () => {}
  const tokenizer = new Tokenizer(
    { decodeEntities: true },
    {
      onopentagname(start, end) {
        const name = nameAt(start, end)
        if (hiddenIn === null && hidden.has(name)) hiddenIn = name
        if (hiddenIn === name) depth++
        between(name)
      },
      onclosetag(start, end) {
        const name = nameAt(start, end)
        if (hiddenIn === name && --depth === 0) hiddenIn = null
        between(name)
      },
      ontext(start, end) {
        if (hiddenIn === null) pieces.push(html.slice(start, end))
      },
      ontextentity(codepoint) {
        if (hiddenIn === null) pieces.push(String.fromCodePoint(codepoint))
      },
      onselfclosingtag: nothing,
      onopentagend: nothing,
      onattribdata: nothing,
      onattribentity: nothing,
      onattribend: nothing,
      onattribname: nothing,
      oncdata: nothing,
      oncomment: nothing,
      ondeclaration: nothing,
      onprocessinginstruction: nothing,
      onend: nothing,
    },
  )
  tokenizer.write(html)
  tokenizer.end()
  return pieces
    .join('')
    .replace(/[\s\u00a0]+/g, ' ')
    .trim()
    .replaceAll('\0', '')
}

/** In: a JSON array of texts, or of null where there is none. Out: another, entities decoded. */
export function decodeEntities(texts: string): (string | null)[] {
  return (JSON.parse(texts) as (string | null)[]).map((text) =>
    text === null ? null : decodeHTML(text).replaceAll('\0', ''),
  )
}
