/** News feeds: RSS 2.0 (https://www.rssboard.org/rss-specification) and Atom (RFC 4287). */
import { xmlHead, xmlText } from './xml.ts'

export interface Feed {
  readonly title: string
  /** Where what the feed is about is to be seen. */
  readonly url: string
  /** Of the feed itself. */
  readonly selfUrl: string
  /** ISO 8601. */
  readonly updatedAt: string
  readonly author: string
}

export interface FeedItem {
  /** For ever the same: an address or a name. */
  readonly id: string
  readonly title: string
  readonly url: string
  /** Plain text, or HTML that the publisher wrote. */
  readonly summary: string
  readonly categories: readonly string[]
  /** ISO 8601; what is no instant is left out, or the feed's own where one must be. */
  readonly updatedAt: string
}

export interface FeedFormat {
  readonly mediaType: string
  head(feed: Feed): string
  item(item: FeedItem, feed: Feed): string
  readonly end: string
}

const element = (name: string, text: string) => `<${name}>${xmlText(text)}</${name}>`

function instantOf(text: string): Date | null {
  const date = new Date(text)
  return Number.isNaN(date.getTime()) ? null : date
}

export const rssFeed: FeedFormat = {
  mediaType: 'application/rss+xml; charset=utf-8',
  head: ({ title, url, selfUrl }) =>
    `${xmlHead}<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel>${element('title', title)}${element('link', url)}${element('description', title)}<atom:link rel="self" type="application/rss+xml" href="${xmlText(selfUrl)}"/>\n`,
  item({ id, title, url, summary, categories, updatedAt }) {
    const date = instantOf(updatedAt)
    const parts = [
      element('title', title),
      element('link', url),
      `<guid isPermaLink="false">${xmlText(id)}</guid>`,
      element('description', summary),
      ...categories.map((word) => element('category', word)),
      ...(date === null ? [] : [element('pubDate', date.toUTCString())]),
    ]
    return `<item>${parts.join('')}</item>\n`
  },
  end: '</channel></rss>\n',
}

const iri = (id: string) =>
  /^[a-z][a-z\d+.-]*:/i.test(id) ? id : `urn:x-broadsheet:${encodeURIComponent(id)}`

export const atomFeed: FeedFormat = {
  mediaType: 'application/atom+xml; charset=utf-8',
  head: ({ title, url, selfUrl, updatedAt, author }) =>
    `${xmlHead}<feed xmlns="http://www.w3.org/2005/Atom">${element('title', title)}${element('id', iri(url))}<link rel="alternate" href="${xmlText(url)}"/><link rel="self" type="application/atom+xml" href="${xmlText(selfUrl)}"/>${element('updated', updatedAt)}<author>${element('name', author)}</author>\n`,
  item({ id, title, url, summary, categories, updatedAt }, feed) {
    const parts = [
      element('title', title),
      element('id', iri(id)),
      `<link rel="alternate" href="${xmlText(url)}"/>`,
      element('updated', instantOf(updatedAt)?.toISOString() ?? feed.updatedAt),
      `<summary>${xmlText(summary)}</summary>`,
      ...categories.map((word) => `<category term="${xmlText(word)}"/>`),
    ]
    return `<entry>${parts.join('')}</entry>\n`
  },
  end: '</feed>\n',
}
