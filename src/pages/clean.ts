/**
 * Pages as readers get them. Whoever writes pages is not who runs the server: nothing of a page may run in a reader's
 * browser, send what is typed somewhere, cover the portal, or tell another server who reads it.
 */
import postcss, { type ChildNode, type Container, type Document } from 'postcss'
import sanitizeHtml from 'sanitize-html'
import { isNestedTooDeep } from '../../shared/html-nesting.ts'

/** An image of this server, by its path. */
const ownImage = /^\/api\/portal\/v1\/images\/im_[a-z0-9]+$/

const allowedTags = [
  'a',
  'abbr',
  'article',
  'aside',
  'b',
  'blockquote',
  'br',
  'caption',
  'cite',
  'code',
  'col',
  'colgroup',
  'dd',
  'details',
  'div',
  'dl',
  'dt',
  'em',
  'figcaption',
  'figure',
  'footer',
  'h1',
  'h2',
  'h3',
  'h4',
  'h5',
  'h6',
  'header',
  'hr',
  'i',
  'img',
  'li',
  'main',
  'mark',
  'nav',
  'ol',
  'p',
  'pre',
  'q',
  's',
  'section',
  'small',
  'span',
  'strong',
  'sub',
  'summary',
  'sup',
  'table',
  'tbody',
  'td',
  'tfoot',
  'th',
  'thead',
  'time',
  'tr',
  'u',
  'ul',
]

/** Structure, text, links and images of this server; nothing of what is nested beyond all measure. `id` and `name` are left out: scripts of the portal go by ids. */
export function cleanHtml(html: string): string {
  if (isNestedTooDeep(html)) return ''
  return sanitizeHtml(html, {
    allowedTags,
    disallowedTagsMode: 'discard',
    nonTextTags: [
      'script',
      'style',
      'textarea',
      'option',
      'noscript',
      'template',
      'title',
      'iframe',
      'object',
    ],
    allowedAttributes: {
      '*': ['class', 'lang', 'dir', 'title'],
      a: ['href', 'rel', 'target'],
      img: ['src', 'alt', 'width', 'height'],
      td: ['colspan', 'rowspan'],
      th: ['colspan', 'rowspan', 'scope'],
      time: ['datetime'],
      ol: ['start'],
    },
    allowedSchemes: ['http', 'https', 'mailto'],
    allowProtocolRelative: false,
    exclusiveFilter: ({ tag, attribs }) => tag === 'img' && !ownImage.test(attribs.src ?? ''),
    transformTags: {
      a: (tagName, attribs) => ({
        tagName,
        attribs: /^https?:/i.test(attribs.href ?? '') ? { ...attribs, rel: 'noopener nofollow' } : attribs,
      }),
    },
  })
}

/** Rules that may stay around others. */
const keptAtRules = new Set(['media', 'supports', 'container', 'layer', 'keyframes'])

/**
 * CSS without what loads anything but images of this server, and without positions that leave the page's own place. Text
 * that is not CSS becomes none.
 */
export function cleanCss(css: string): string {
  let root: ReturnType<typeof postcss.parse>
  try {
    root = postcss.parse(css)
  } catch {
    return ''
  }
  clean(root)
  // What is left could still close the element that it is put into.
  return root.toString().replace(/<\/?/g, '\\3c ')
}

function clean(container: Container | Document): void {
  for (const node of [...(container.nodes ?? [])] as ChildNode[]) {
    if (node.type === 'comment') node.remove()
    else if (node.type === 'decl') {
      if (!isHarmless(node.prop, node.value)) node.remove()
    } else if (node.type === 'atrule') {
      if (!keptAtRules.has(node.name.toLowerCase()) || hasAddress(node.params)) node.remove()
      else clean(node)
    } else if (node.selector.includes('<')) node.remove()
    else clean(node)
  }
}

function isHarmless(property: string, value: string): boolean {
  const name = unescaped(property).toLowerCase()
  if (name === 'behavior' || name === '-moz-binding') return false
  if (name === 'position' && /fixed|sticky/i.test(unescaped(value))) return false
  // A custom property could be put together to an address elsewhere.
  return !hasAddress(value)
}

/** Read in one way only, and no further than addresses of ours are long: a text of many would take hours otherwise. */
const addressOf = /url\s*\(\s*(?:"([^"]{0,100})"\s*|'([^']{0,100})'\s*|([^)'"\s]{1,100})\s*)?\)/gi

function hasAddress(value: string): boolean {
  const text = unescaped(value)
  const rest = text.replace(addressOf, (whole, ...quoted: (string | undefined)[]) =>
    ownImage.test(quoted.slice(0, 3).find((part) => part !== undefined) ?? '') ? '' : whole,
  )
  return /url\s*\(|image-set|expression\s*\(|\bsrc\s*\(|javascript:|\/\//i.test(rest)
}

/** `\75rl(` is `url(` to a browser. */
function unescaped(text: string): string {
  return withoutComments(text)
    .replace(/\\([0-9a-f]{1,6})\s?/gi, (_whole, hex: string) => {
      const code = Number.parseInt(hex, 16)
      return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : ''
    })
    .replace(/\\(.)/g, '$1')
}

/** One that is not closed stays; nothing behind it is looked at again. */
function withoutComments(text: string): string {
  let out = ''
  let at = 0
  for (;;) {
    const start = text.indexOf('/*', at)
    const end = start < 0 ? -1 : text.indexOf('*/', start + 2)
    if (end < 0) return out + text.slice(at)
    out += text.slice(at, start)
    at = end + 2
  }
}
