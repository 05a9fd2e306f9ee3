import type { VNode } from 'preact'
import type { LayoutProps } from '../kit/page.ts'

/** In a frame on another site: the view and where it comes from. */
export function EmbedLayout({ context, children }: LayoutProps): VNode {
  const { title, url } = context
  const whole = `${url.pathname.replace('/explore/embed/', '/explore/')}${url.search}`
  return (
    <>
      <main id="content">{children}</main>
      <footer class="embed-footer">
        <a href={whole} target="_blank" rel="noopener">
          {title}
        </a>
      </footer>
    </>
  )
}
