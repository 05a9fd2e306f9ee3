import type { VNode } from 'preact'
import { Csrf } from '../components/csrf.tsx'
import { Icon, type IconName } from '../components/icon.tsx'
import { Problem } from '../components/problem.tsx'
import type { MessageKey } from '../kit/i18n.ts'
import type { LayoutProps } from '../kit/page.ts'
import { domainPaths } from '../office/domain-tabs.tsx'
import { doneText } from '../office/done.ts'
import { Header } from './header.tsx'
import { SkipLink } from './skip-link.tsx'

interface Place {
  readonly href: string
  readonly text: MessageKey
  readonly icon: IconName
  /** Left out: everybody who has signed in. */
  readonly permissions?: readonly string[]
  /** Where its pages are, when not all are below `href`. */
  readonly under?: readonly string[]
}

const places: readonly Place[] = [
  { href: '/backoffice/datasets', text: 'office.datasets', icon: 'table' },
  { href: '/backoffice/jobs', text: 'office.jobs', icon: 'clock' },
  {
    href: '/backoffice/harvesters',
    text: 'office.harvesters',
    icon: 'download',
    permissions: ['create_dataset', 'edit_dataset', 'publish_dataset'],
  },
  {
    href: '/backoffice/connections',
    text: 'office.connections',
    icon: 'code',
    permissions: ['edit_dataset'],
  },
  { href: '/backoffice/users', text: 'office.users', icon: 'user', permissions: ['edit_domain'] },
  {
    href: '/backoffice/domain',
    text: 'office.domain',
    icon: 'database',
    permissions: ['edit_domain'],
    under: domainPaths,
  },
]

/** Around every page of the back office: where one is, who one is, what was done, what went wrong. */
export function OfficeLayout({ context, children }: LayoutProps): VNode {
  const { t, url, session, sent } = context
  const held = session?.permissions ?? []
  const isIn = ({ href, under = [href] }: Place) => under.some((path) => url.pathname.startsWith(path))
  const done = doneText(url.searchParams.get('done'))
  return (
    <>
      <SkipLink />
      <Header context={context}>
        {places
          .filter(({ permissions = [] }) => permissions.every((name) => held.includes(name)))
          .map((place) => (
            <a key={place.href} href={place.href} aria-current={isIn(place) ? 'page' : undefined}>
              <Icon name={place.icon} />
              <span>{t(place.text)}</span>
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
          <span>{t('office.timezone', { zone: context.timezone })}</span>
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
