/** What is in HTML: read by libraries, for the list of entities and the ways that browsers forgive are long. */
import { decodeHTML } from 'entities'
import { Parser } from 'htmlparser2'

/** Elements whose text nobody reads. */
const hidden = new Set(['script', 'style', 'template', 'head', 'noscript'])
/** Elements that words do not run through. */
const blocks = new Set(
  'address article aside blockquote br dd div dl dt figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section table td th tr ul'.split(
    ' ',
  ),
)

/** The text of HTML, with single blanks between words; the parser goes through it once, however deep it is. */
export function textOfHtml(html: string): string {
  const pieces: string[] = []
  let hiddenDepth = 0
  const between = (name: string) => {
    if (blocks.has(name)) pieces.push(' ')
  }
  const parser = new Parser(
    {
      onopentag(name) {
        if (hidden.has(name)) hiddenDepth++
        between(name)
      },
      onclosetag(name) {
        if (hidden.has(name)) hiddenDepth--
        between(name)
      },
      ontext(text) {
        if (hiddenDepth === 0) pieces.push(text)
      },
    },
    { decodeEntities: true },
  )
  parser.end(html)
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
