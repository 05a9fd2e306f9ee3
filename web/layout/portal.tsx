import type { VNode } from 'preact'
import type { LayoutProps } from '../kit/page.ts'
import { Footer } from './footer.tsx'
import { Header } from './header.tsx'
import { SkipLink } from './skip-link.tsx'

export function PortalLayout({ context, children }: LayoutProps): VNode {
  const { t, url } = context
  const link = (href: string, text: string) => (
    <a href={href} aria-current={url.pathname.startsWith(href) ? 'page' : undefined}>
      {text}
    </a>
  )
  return (
    <>
      <SkipLink />
      <Header context={context}>
        {link('/explore', t('nav.explore'))}
        {link('/api/docs', t('nav.api'))}
      </Header>
      <main id="content" tabIndex={-1}>
        {children}
        <p class="print-only small muted">
          {context.title}: {url.href}
        </p>
      </main>
      <Footer />
    </>
  )
}
