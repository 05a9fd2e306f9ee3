/** What search engines ask for first. */
import type { RawRoute } from '../../kit/page.ts'
import { catalogPath, type DatasetPage, meta, pagePath, viewsOf } from '../../portal/dataset.ts'

const pageSize = 100
/** As many as offsets of the API reach; a sitemap holds 50,000 addresses. */
const most = 10_000

export const robots: RawRoute = {
  path: '/robots.txt',
  answer: async ({ origin }) => ({
    status: 200,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'public, max-age=3600' },
    body: [
      'User-agent: *',
      'Disallow: /api/',
      'Disallow: /preferences',
      'Disallow: /login',
      'Disallow: /backoffice',
      `Sitemap: ${origin}/sitemap.xml`,
      '',
    ].join('\n'),
  }),
}

export const sitemap: RawRoute = {
  path: '/sitemap.xml',
  async answer({ api, origin }) {
    const entries = [entry(`${origin}/`), entry(`${origin}/explore`)]
    for (let offset = 0; offset < most; offset += pageSize) {
      const { results } = await api.get<DatasetPage>(`${catalogPath}/datasets`, {
        order_by: 'dataset_id',
        limit: pageSize,
        offset,
      })
      for (const dataset of results) {
        const modified = meta(dataset, 'modified')
        const views = viewsOf(dataset).filter((view) => view !== 'api' && view !== 'export')
        for (const view of views)
          entries.push(entry(`${origin}${pagePath(dataset.dataset_id, view)}`, modified))
      }
      if (results.length < pageSize) break
    }
    return {
      status: 200,
      headers: { 'content-type': 'application/xml; charset=utf-8', 'cache-control': 'public, max-age=3600' },
      body: `<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n${entries.join('\n')}\n</urlset>\n`,
    }
  },
}

const escapeXml = (text: string) => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)

function entry(address: string, modified = ''): string {
  const date = modified === '' ? '' : `<lastmod>${escapeXml(modified.slice(0, 10))}</lastmod>`
  return `<url><loc>${escapeXml(address)}</loc>${date}</url>`
}
