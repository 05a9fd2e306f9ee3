import type { ComponentChildren, VNode } from 'preact'
import { Icon } from '../components/icon.tsx'
import type { PageContext } from '../kit/page.ts'

/** The top of every page: name, ways in, language, theme, who is signed in. `children`: of the area's own. */
export function Header({
  context,
  children,
}: {
  readonly context: PageContext
  readonly children?: ComponentChildren
}): VNode {
  const { t, title, brand } = context
  return (
    <header class="site-header">
      <div class="site-header-in">
        <a class="brand" href="/">
          {brand.logo ? <img class="logo" src={brand.logo} alt="" /> : <Logo />}
          <span>{title}</span>
        </a>
        <nav class="site-nav" aria-label={t('nav.main')}>
          {children}
        </nav>
        <div class="site-tools">
          <Switches context={context} />
        </div>
      </div>
    </header>
  )
}

function Logo(): VNode {
  return (
    <svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="7" />
      <path d="M7 8h18v4H7zm0 6h8v3H7zm0 5h8v3H7zm10-5h8v8h-8z" />
    </svg>
  )
}

function Switches({ context }: { readonly context: PageContext }): VNode {
  const { t, lang, area, url, session, cookies } = context
  const back = encodeURIComponent(`${url.pathname}${url.search}`)
  const other = lang === 'en' ? 'fr' : 'en'
  const theme = cookies.broadsheet_theme === 'dark' ? 'light' : 'dark'
  return (
    <>
      <a
        class="tool"
        href={`/preferences?to_lang=${other}&back=${back}`}
        hreflang={other}
        lang={other}
        rel="nofollow"
        title={t('switch.language_label')}
      >
        <span class="tool-wide">{t('switch.language')}</span>
        <span class="tool-narrow" aria-hidden="true">
          {other.toUpperCase()}
        </span>
      </a>
      <a
        class="tool"
        href={`/preferences?to_theme=${theme}&back=${back}`}
        data-theme-to={theme}
        rel="nofollow"
        title={t('switch.theme')}
        aria-label={t('switch.theme')}
      >
        <Icon name="theme" />
      </a>
      {session === null ? (
        <a class="tool sign-in" href={`/login?back=${back}`} rel="nofollow" aria-label={t('nav.sign_in')}>
          <Icon name="user" />
          <span class="tool-wide">{t('nav.sign_in')}</span>
        </a>
      ) : (
        <a
          class="tool sign-in"
          href={area === 'office' ? '/backoffice/account' : '/backoffice'}
          aria-current={url.pathname.startsWith('/backoffice/account') ? 'page' : undefined}
          aria-label={`${session.username}: ${t(area === 'office' ? 'office.account' : 'nav.office')}`}
        >
          <Icon name="user" />
          <span class="tool-wide">{session.username}</span>
        </a>
      )}
    </>
  )
}
