import type { RowsFormat } from '../format.ts'
import { xmlHead, xmlText } from '../print/xml.ts'
import { type CatalogFormat, wholeDatasets } from './catalog-format.ts'
import { datasetFacts } from './dataset-facts.ts'
import { urlOf } from './dcat.ts'

const mediaType = 'application/rss+xml; charset=utf-8'

/** RSS 2.0: https://www.rssboard.org/rss-specification */
export const rss: CatalogFormat = {
  mediaType,
  extension: 'rss',
  create: (options): RowsFormat => ({
    kind: 'rows',
    mediaType,
    extension: 'rss',
    select: () => wholeDatasets,
    async *write(rows) {
      const title = xmlText(options.title)
      yield `${xmlHead}<rss version="2.0"><channel><title>${title}</title><link>${xmlText(options.catalogUrl)}/datasets</link><description>${title}</description>\n`
      for await (const batch of rows) {
        for (const row of batch) {
          const facts = datasetFacts(String(row.object), row.visibility !== 'domain')
          const url = xmlText(urlOf(facts, options))
          const words = facts.keywords.map((word) => `<category>${xmlText(word)}</category>`).join('')
          const date = new Date(facts.modified)
          const published = Number.isNaN(date.getTime()) ? '' : `<pubDate>${date.toUTCString()}</pubDate>`
          yield `<item><title>${xmlText(facts.title)}</title><link>${url}</link><guid isPermaLink="false">${xmlText(facts.uid)}</guid><description>${xmlText(facts.description)}</description>${words}${published}</item>\n`
        }
      }
      yield '</channel></rss>\n'
    },
  }),
}
