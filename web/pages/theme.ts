import { accentCss, readColor, themePath } from '../kit/accent.ts'
import type { RawRoute } from '../kit/page.ts'

/** The domain's colour, for pages that have it in the address: another colour is another address. */
export const theme: RawRoute = {
  path: themePath,
  answer: async ({ url }) => {
    const color = readColor(url.searchParams.get('accent') ?? '')
    return {
      status: color === null ? 404 : 200,
      headers: { 'content-type': 'text/css; charset=utf-8', 'cache-control': 'public, max-age=31536000' },
      body: color === null ? '' : accentCss(color),
    }
  },
}
