/** HTML that publishers write (descriptions): only what formats a text is kept. On the server alone. */
import { Parser } from 'htmlparser2'
import { isNestedTooDeep } from '../../shared/html-nesting.ts'

const kept = new Set(
  'a b blockquote br code dd dl dt em h2 h3 h4 h5 hr i li ol p pre strong sub sup table tbody td th thead tr u ul'.split(
    ' ',
  ),
)
/** With all that is in them. */
const dropped = new Set(['script', 'style', 'iframe', 'object', 'template', 'noscript', 'svg', 'math'])
const empty = new Set(['br', 'hr'])

const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)

/**
 * Well-formed HTML of the kept elements without attributes, links to http(s) and mailto addresses excepted; nothing of what
 * is nested beyond all measure.
 */
export function sanitizeHtml(html: string): string {
  if (isNestedTooDeep(html)) return ''
  let out = ''
  let depthOfDropped = 0
  const open: string[] = []
  const parser = new Parser({
    onopentag(name, attributes) {
      if (dropped.has(name)) depthOfDropped++
      if (depthOfDropped > 0 || !kept.has(name)) return
      const href = attributes.href ?? ''
      const link =
        name === 'a' && /^(https?:|mailto:)/i.test(href)
          ? ` href="${escapeHtml(href)}" rel="noopener nofollow"`
          : ''
      out += `<${name}${link}>`
      if (!empty.has(name)) open.push(name)
    },
    ontext(text) {
      if (depthOfDropped === 0) out += escapeHtml(text)
    },
    onclosetag(name) {
      if (dropped.has(name)) depthOfDropped = Math.max(0, depthOfDropped - 1)
      const at = open.lastIndexOf(name)
      if (depthOfDropped > 0 || at === -1) return
      // Closed from inside out, whatever the order in the source was.
      while (open.length > at) out += `</${open.pop()}>`
    },
  })
  parser.write(html)
  parser.end()
  while (open.length > 0) out += `</${open.pop()}>`
  return out
}

/** The words of it, on one line. */
export function textOfHtml(html: string): string {
  if (isNestedTooDeep(html)) return ''
  let out = ''
  let depthOfDropped = 0
  const parser = new Parser({
    onopentag: (name) => {
      if (dropped.has(name)) depthOfDropped++
    },
    ontext: (text) => {
      if (depthOfDropped === 0) out += text
    },
    onclosetag: (name) => {
      if (dropped.has(name)) depthOfDropped = Math.max(0, depthOfDropped - 1)
      else out += ' '
    },
  })
  parser.write(html)
  parser.end()
  return out.replaceAll(/\s+/g, ' ').trim()
}
