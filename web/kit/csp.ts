import type { EnvFacts } from './env.ts'
import type { LayoutName } from './page.ts'

/**
 * What a page may do: everything comes from this server, and nothing that stands in the page is run. Data that
 * stands in it (`application/json`, `application/ld+json`) is not script. Pages for embedding may be framed by anybody.
 */
export function contentSecurityPolicy(layout: LayoutName, { map }: Pick<EnvFacts, 'map'>): string {
  const tiles = map.tiles === null ? '' : ` ${new URL(map.tiles.url.replaceAll(/[{}]/g, '')).origin}`
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    // Pictures in datasets are where their publishers keep them.
    `img-src 'self' data: blob: https:${tiles}`,
    `connect-src 'self'${tiles}`,
    "font-src 'self'",
    "worker-src 'self' blob:",
    "frame-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    `frame-ancestors ${layout === 'embed' ? '*' : "'none'"}`,
  ].join('; ')
}
