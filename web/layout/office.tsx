import type { VNode } from 'preact'
import { Csrf } from '../components/csrf.tsx'
import { Icon, type IconName } from '../components/icon.tsx'
import { Problem } from '../components/problem.tsx'
import type { MessageKey } from '../kit/i18n.ts'
import type { LayoutProps } from '../kit/page.ts'
import { doneText } from '../office/done.ts'
import { Header } from './header.tsx'
import { SkipLink } from './skip-link.tsx'

interface Place {
  readonly href: string
  readonly text: MessageKey
  readonly icon: IconName
  /** Left out: everybody who has signed in. */
  readonly permission?: string
}

const places: readonly Place[] = [
  { href: '/backoffice/datasets', text: 'office.datasets', icon: 'table' },
  { href: '/backoffice/jobs', text: 'office.jobs', icon: 'clock' },
  { href: '/backoffice/users', text: 'office.users', icon: 'user', permission: 'edit_domain' },
  { href: '/backoffice/disk', text: 'office.disk', icon: 'database', permission: 'edit_domain' },
  { href: '/backoffice/audit', text: 'office.audit', icon: 'check', permission: 'edit_domain' },
  { href: '/backoffice/account', text: 'office.account', icon: 'edit' },
]

/** Around every page of the back office: where one is, who one is, what was done, what went wrong. */
export function OfficeLayout({ context, children }: LayoutProps): VNode {
  const { t, url, session, sent } = context
  const permissions = session?.permissions ?? []
  const done = doneText(url.searchParams.get('done'))
  return (
    <>
      <SkipLink />
      <Header context={context}>
        {places
          .filter(({ permission }) => permission === undefined || permissions.includes(permission))
          .map(({ href, text, icon }) => (
            <a key={href} href={href} aria-current={url.pathname.startsWith(href) ? 'page' : undefined}>
              <Icon name={icon} />
              <span>{t(text)}</span>
            </a>
          ))}
      </Header>
      <main id="content" tabIndex={-1}>
        <div class="page office">
          {sent?.problem && <Problem problem={sent.problem} />}
          {done && !sent && (
            <p class="notice ok" role="status">
              <Icon name="check" />
              {t(done)}
            </p>
          )}
          {children}
        </div>
      </main>
      <footer class="site-footer">
        <div class="site-footer-in">
          <span>{session && t('office.signed_in_as', { name: session.username })}</span>
          <a href="/">{t('office.to_portal')}</a>
          <form method="post" action="/login">
            <Csrf action="sign_out" />
            <button class="button quiet small" type="submit">
              {t('office.sign_out')}
            </button>
          </form>
        </div>
      </footer>
    </>
  )
}
