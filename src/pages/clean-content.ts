import { createHash } from 'node:crypto'
import type { PageText, Texts } from './check-page.ts'

type Content = PageText['content']

/** Characters of all that is kept: two pages of the size that a page may have. */
const mostKept = 16 << 20
/**
 * What was cleaned, by what it was; the least recently asked for first. A page as large as pages may be takes seconds, in
 * which nothing else is served, and anybody may ask for it again and again.
 */
const kept = new Map<string, { readonly content: Content; readonly size: number }>()
let keptSize = 0

/** The content of a page as readers get it. What cleans it is loaded by the first who reads a page. */
export async function cleanContent(written: Content): Promise<Content> {
  const key = digestOf(written)
  const known = kept.get(key)
  if (known) {
    kept.delete(key)
    kept.set(key, known)
    return known.content
  }
  const { cleanCss, cleanHtml } = await import('./clean.ts')
  const each = (texts: Texts, clean: (text: string) => string) =>
    Object.fromEntries(Object.entries(texts).map(([language, text]) => [language, clean(text)]))
  const content = { html: each(written.html, cleanHtml), css: each(written.css, cleanCss) }
  keep(key, content)
  return content
}

function keep(key: string, content: Content): void {
  const size = textsOf(content).reduce((sum, text) => sum + text.length, 0)
  if (size > mostKept || kept.has(key)) return
  kept.set(key, { content, size })
  keptSize += size
  for (const [oldest, entry] of kept) {
    if (keptSize <= mostKept) return
    kept.delete(oldest)
    keptSize -= entry.size
  }
}

function digestOf(content: Content): string {
  const hash = createHash('sha256')
  // Each with its length: where one ends and the next begins must not be told by what is in them.
  for (const text of textsOf(content)) hash.update(`${text.length} `).update(text)
  return hash.digest('base64')
}

const textsOf = ({ html, css }: Content): string[] => [
  ...Object.entries(html).flat(),
  '',
  ...Object.entries(css).flat(),
]
