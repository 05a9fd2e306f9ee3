/** Answers as news feeds: the last formats of API 1.0. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import {
  atomFeed,
  datasetItem,
  type Feed,
  type FeedFormat,
  type FeedItem,
  rssFeed,
} from '../../exports/index.ts'
import type { Publication } from '../../records/index.ts'
import { titleOf } from '../explore/export-options.ts'
import { addressOf, datasetHref, datasetPageHref, portalHref } from '../explore/links.ts'
import { one, type Parameters } from './parameters.ts'

/** The format that is asked for; null: not one of these. */
export function feedFormatOf(parameters: Parameters): FeedFormat | null {
  const format = one(parameters, 'format')
  return format === 'rss' ? rssFeed : format === 'atom' ? atomFeed : null
}

function sendFeed(reply: FastifyReply, format: FeedFormat, feed: Feed, items: readonly FeedItem[]) {
  const text = [format.head(feed), ...items.map((item) => format.item(item, feed)), format.end].join('')
  reply.type(format.mediaType).compress(text)
  return reply
}

/** `rows`: dataset objects as JSON texts; `title`: of the catalog. */
export function sendDatasetFeed(
  request: FastifyRequest,
  reply: FastifyReply,
  format: FeedFormat,
  rows: readonly string[],
  title: string,
): FastifyReply {
  const portalUrl = portalHref(request)
  const items = rows.map((row) => datasetItem(row, { portalUrl }))
  const instants = items.map(({ updatedAt }) => Date.parse(updatedAt))
  const feed = {
    title,
    url: portalUrl,
    selfUrl: addressOf(request),
    updatedAt: new Date(Math.max(0, ...instants.filter((at) => !Number.isNaN(at)))).toISOString(),
    author: title,
  }
  return sendFeed(reply, format, feed, items)
}

/** `records`: in the shape of 1.0. A record is called by its first text; what it holds is its summary. */
export function sendRecordFeed(
  request: FastifyRequest,
  reply: FastifyReply,
  format: FeedFormat,
  { row, fields }: Publication,
  records: readonly Record<string, unknown>[],
): FastifyReply {
  const url = datasetPageHref(request, row.dataset_id)
  const inApi = datasetHref(request, row.dataset_id)
  const updatedAt = new Date(row.data_processed_at).toISOString()
  const title = titleOf(row.metas_json) ?? row.dataset_id
  const named = fields.find((field) => field.type === 'text')?.name
  const items = records.map((record): FeedItem => {
    const values = record.fields as Record<string, unknown>
    const name = named === undefined ? undefined : values[named]
    const address = `${inApi}/records/${record.recordid}`
    return {
      id: address,
      title: name === undefined ? String(record.recordid) : [name].flat().join(', '),
      url: address,
      summary: fields
        .filter((field) => values[field.name] !== undefined)
        .map((field) => `${field.label}: ${textOf(values[field.name])}`)
        .join('\n'),
      categories: [],
      updatedAt,
    }
  })
  const feed = { title, url, selfUrl: addressOf(request), updatedAt, author: request.host }
  return sendFeed(reply, format, feed, items)
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.join(', ')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
