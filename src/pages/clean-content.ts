import type { PageText, Texts } from './check-page.ts'

/** The content of a page as readers get it. What cleans it is loaded by the first who reads a page. */
export async function cleanContent({ html, css }: PageText['content']): Promise<PageText['content']> {
  const { cleanCss, cleanHtml } = await import('./clean.ts')
  const each = (texts: Texts, clean: (text: string) => string) =>
    Object.fromEntries(Object.entries(texts).map(([language, text]) => [language, clean(text)]))
  return { html: each(html, cleanHtml), css: each(css, cleanCss) }
}
