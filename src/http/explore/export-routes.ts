import { pipeline } from 'node:stream'
import { createGzip } from 'node:zlib'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { exportFormats, formatOf } from '../../exports/index.ts'
import { prepared, schemaOf } from '../../records/index.ts'
import { disconnectSignal } from '../disconnect.ts'
import { answerBytes, answerOf } from '../openapi/index.ts'
import type { HttpServices } from '../services.ts'
import { isUnchanged, sendJson } from './answers.ts'
import { type DatasetParams, datasetParams } from './catalog-routes.ts'
import { datasetHref } from './links.ts'
import {
  type ExportQuery,
  exportQuery,
  readChoice,
  readExportLimit,
  readFlag,
  readQueryText,
  versionQuery,
} from './parameters.ts'
import type { RouteOptions } from './route-options.ts'
import { findVisible, withFields } from './visible.ts'

type ExportParams = DatasetParams & { format: string }

/** Exports: all matching records as a file, streamed. Explore API section 3. */
export function registerExports(app: FastifyInstance, services: HttpServices, route: RouteOptions): void {
  app.get<{ Params: DatasetParams; Querystring: { version?: string } }>(
    '/catalog/datasets/:dataset_id/exports',
    route('listExports', 'Export formats', answerOf('Links'), {
      params: datasetParams,
      querystring: versionQuery,
    }),
    async (request, reply) => {
      const { row } = await findVisible(services, request)
      const { version } = request.query
      if (isUnchanged(request, reply, row)) return reply.status(304).send()
      const base = `${datasetHref(request, row.dataset_id)}/exports`
      const query = version ? `?version=${encodeURIComponent(version)}` : ''
      const links = Object.keys(exportFormats).map((format) => ({
        href: `${base}/${format}${query}`,
        rel: format,
      }))
      return sendJson(reply, JSON.stringify({ _links: links }))
    },
  )

  const mediaTypes = [
    ...Object.values(exportFormats).map(({ mediaType }) => mediaType.split(';')[0]!),
    'application/gzip',
  ]
  app.get<{ Params: ExportParams; Querystring: ExportQuery }>(
    '/catalog/datasets/:dataset_id/exports/:format',
    route('exportRecords', 'All matching records as a file', answerBytes(...mediaTypes), {
      params: Type.Object({
        ...datasetParams.properties,
        format: Type.String({ description: `One of ${Object.keys(exportFormats).join(', ')}` }),
      }),
      querystring: exportQuery,
    }),
    (request, reply) => sendExport(services, request, reply),
  )
}

async function sendExport(
  services: HttpServices,
  request: FastifyRequest<{ Params: ExportParams; Querystring: ExportQuery }>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const publication = await findVisible(services, request)
  const { query } = request
  const format = formatOf(request.params.format)
  const text = withFields(readQueryText(query, services.clock.now()), publication.fields)
  const resolved = prepared(text, schemaOf(publication))
  const limit = readExportLimit(query.limit)
  const delimiter = readChoice('delimiter', query.delimiter, [';', ',', '\t', '|', 'tab'], ';')
  const useLabels = readFlag('use_labels', query.use_labels, false)
  const isCompressed = readFlag('compressed', query.compressed, false)
  const options = {
    timezone: resolved.timezone,
    headings: useLabels
      ? Object.fromEntries(publication.fields.map((field) => [field.name, field.label]))
      : {},
    delimiter: delimiter === 'tab' ? '\t' : delimiter,
    listSeparator: query.list_separator ?? ',',
    isQuoteAll: readFlag('quote_all', query.quote_all, false),
    hasByteOrderMark: readFlag('with_bom', query.with_bom, true),
    parquetCompression: readChoice(
      'parquet_compression',
      query.parquet_compression,
      ['snappy', 'zstd'],
      'snappy',
    ),
  }
  if (isUnchanged(request, reply, publication.row)) return reply.status(304).send()
  const filename = `${publication.row.dataset_id}.${format.extension}${isCompressed ? '.gz' : ''}`
  reply.type(isCompressed ? 'application/gzip' : format.mediaType)
  // Identifiers need no escaping: catalog/datasets.ts lets none with a quote in.
  reply.header('Content-Disposition', `attachment; filename="${filename}"`)
  if (request.method === 'HEAD') return reply.send()
  const handle = await services.generations.acquire(publication.row.generation_uid)
  const exported = await services.exports.open({
    format: request.params.format,
    handle,
    query: resolved,
    limit,
    options,
    signal: disconnectSignal(reply),
  })
  if (isCompressed) return reply.send(pipeline(exported.body, createGzip(), () => {}))
  if (exported.length !== null) reply.header('Content-Length', exported.length)
  return reply.send(exported.body)
}
