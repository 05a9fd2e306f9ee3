import type { VNode } from 'preact'
import type { LayoutProps } from '../kit/page.ts'
import { Header } from './header.tsx'
import { SkipLink } from './skip-link.tsx'

/** For pages with one purpose, like signing in. */
export function BareLayout({ context, children }: LayoutProps): VNode {
  return (
    <>
      <SkipLink />
      <Header context={context} />
      <main id="content" tabIndex={-1}>
        {children}
      </main>
    </>
  )
}
