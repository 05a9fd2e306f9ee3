/** `/preferences?lang=fr&back=/explore`: keeps a choice in a cookie, without JavaScript, and goes back. */
import { isLanguage } from '../../shared/languages.ts'
import type { RawRoute } from '../kit/page.ts'

const aYear = 31_536_000

export const preferences: RawRoute = {
  path: '/preferences',
  async answer({ url }) {
    const lang = url.searchParams.get('to_lang')
    const theme = url.searchParams.get('to_theme')
    const cookies = [
      ...(isLanguage(lang) ? [`broadsheet_lang=${lang}`] : []),
      ...(theme === 'light' || theme === 'dark' ? [`broadsheet_theme=${theme}`] : []),
    ].map((pair) => `${pair}; Path=/; Max-Age=${aYear}; SameSite=Lax`)
    return {
      status: 303,
      headers: { location: localPath(url), 'set-cookie': cookies, 'cache-control': 'no-store' },
      body: '',
    }
  },
}

/** Of this server: an address that leads elsewhere (`//example.org`) is not followed. */
export function localPath({ searchParams, origin }: URL): string {
  const back = searchParams.get('back') ?? '/'
  if (!URL.canParse(back, origin)) return '/'
  const to = new URL(back, origin)
  to.searchParams.delete('lang')
  return to.origin === origin ? `${to.pathname}${to.search}`.replace(/^\/{2,}/, '/') : '/'
}
