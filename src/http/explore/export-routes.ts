import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { exportFormats, formatOf, formatsFor } from '../../exports/index.ts'
import {
  type GenerationHandle,
  type Publication,
  prepared,
  readingOf,
  schemaOf,
} from '../../records/index.ts'
import { auditing } from '../audit-requests.ts'
import { disconnectSignal } from '../disconnect.ts'
import { answerBytes, answerOf } from '../openapi/index.ts'
import type { HttpServices } from '../services.ts'
import { dependsOnTime, fileTag, isUnchanged, sendJson } from './answers.ts'
import { type DatasetParams, datasetParams } from './catalog-routes.ts'
import { isWantedInParts, sendExported } from './export-answers.ts'
import { readExportOptions } from './export-options.ts'
import { datasetHref } from './links.ts'
import {
  type ExportQuery,
  exportQuery,
  readExportLimit,
  readFlag,
  readQueryText,
  versionQuery,
} from './parameters.ts'
import type { RouteOptions } from './route-options.ts'
import { noteDownload } from './uses.ts'
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
      const publication = await findVisible(services, request)
      const { row, fields } = publication
      const { version } = request.query
      if (isUnchanged(request, reply, publication)) return reply.status(304).send()
      const base = `${datasetHref(request, row.dataset_id)}/exports`
      const query = version ? `?version=${encodeURIComponent(version)}` : ''
      const formats = formatsFor(fields.map(({ type }) => type))
      const links = formats.map((format) => ({ href: `${base}/${format}${query}`, rel: format }))
      return sendJson(reply, JSON.stringify({ _links: links }))
    },
  )

  const mediaTypes = [
    ...Object.values(exportFormats).map(({ mediaType }) => mediaType.split(';')[0]!),
    'application/gzip',
  ]
  app.get<{ Params: ExportParams; Querystring: ExportQuery }>(
    '/catalog/datasets/:dataset_id/exports/:format',
    auditing(
      'restricted',
      route('exportRecords', 'All matching records as a file', answerBytes(...mediaTypes), {
        params: Type.Object({
          ...datasetParams.properties,
          format: Type.String({ description: `One of ${Object.keys(exportFormats).join(', ')}` }),
        }),
        querystring: exportQuery,
      }),
    ),
    async (request, reply) => {
      const publication = await findVisible(services, request)
      return sendRecords(services, request, reply, publication, request.params.format, request.query)
    },
  )
}

/** What an export reads; the lease is let go when the reader may not. Errors: records.data_not_visible. */
function sourceOf(publication: Publication, handle: GenerationHandle) {
  try {
    const { target, isDense, positions } = readingOf(publication, handle)
    return { target, isDense, positions }
  } catch (error) {
    handle.release()
    throw error
  }
}

/** Sends records of a publication that the reader may see. Errors: http.invalid_parameter; exports.*; odsql.*. */
export async function sendRecords(
  services: HttpServices,
  request: FastifyRequest,
  reply: FastifyReply,
  publication: Publication,
  formatName: string,
  query: ExportQuery,
): Promise<FastifyReply> {
  const { row, fields } = publication
  const format = formatOf(formatName)
  const text = withFields(readQueryText(query, services.clock.now()), fields)
  const resolved = prepared(text, schemaOf(publication))
  const limit = readExportLimit(query.limit)
  const isCompressed = readFlag('compressed', query.compressed, false)
  const options = readExportOptions(request, query, publication, {
    timezone: resolved.timezone,
    isProjected: format.isProjected === true,
  })
  noteDownload(request)
  const isFile = (format.kind === 'file' || isWantedInParts(request, format)) && !isCompressed
  const tag = isFile ? fileTag(request, reply, publication) : null
  if (tag ? tag.isUnchanged : isUnchanged(request, reply, publication)) return reply.status(304).send()
  if (!isCompressed && !dependsOnTime(request, publication)) reply.header('Accept-Ranges', 'bytes')
  return services.generations.lend(row.generation_uid, (handle) => {
    const order = {
      format,
      formatName,
      generation: `${row.generation_uid} ${publication.view?.key ?? ''}`,
      ...sourceOf(publication, handle),
      query: resolved,
      limit,
      offset: 0,
      options,
      isWhole: tag?.prefix != null,
      signal: disconnectSignal(reply),
      release: () => handle.release(),
    }
    return sendExported(services, request, reply, {
      order,
      // Identifiers need no escaping: catalog/datasets.ts lets none with a quote in.
      filename: `${row.dataset_id}.${format.extension}`,
      isCompressed,
      tagPrefix: tag?.prefix ?? null,
      // What has been sent cannot be taken back; the next reader gets the parts.
      onUnreadable: () => handle.distrust(),
    })
  })
}
