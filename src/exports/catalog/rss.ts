import type { RowsFormat } from '../format.ts'
import { type FeedItem, rssFeed } from '../print/feeds.ts'
import { type CatalogFormat, type CatalogOptions, wholeDatasets } from './catalog-format.ts'
import { datasetFacts } from './dataset-facts.ts'
import { pageOf } from './dcat.ts'

const { mediaType } = rssFeed

export const rss: CatalogFormat = {
  mediaType,
  extension: 'rss',
  create: (options): RowsFormat => ({
    kind: 'rows',
    mediaType,
    extension: 'rss',
    select: () => wholeDatasets,
    async *write(rows) {
      const feed = {
        title: options.title,
        url: options.portalUrl,
        selfUrl: `${options.catalogUrl}/exports/rss`,
        updatedAt: '',
        author: options.title,
      }
      yield rssFeed.head(feed)
      for await (const batch of rows)
        for (const row of batch) yield rssFeed.item(datasetItem(String(row.object), options), feed)
      yield rssFeed.end
    },
  }),
}

/** A dataset in a feed, from its object in the search API. */
export function datasetItem(object: string, options: Pick<CatalogOptions, 'portalUrl'>): FeedItem {
  const facts = datasetFacts(object, false)
  return {
    id: facts.uid,
    title: facts.title,
    url: pageOf(facts, options),
    summary: facts.description,
    categories: facts.keywords,
    updatedAt: facts.modified,
  }
}
