import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { disconnectSignal } from '../disconnect.ts'
import { answerOf } from '../openapi/index.ts'
import type { HttpServices } from '../services.ts'
import { isUnchanged, sendJson, sendRows, withLinks } from './answers.ts'
import { type DatasetParams, datasetParams } from './catalog-routes.ts'
import { listLinks, recordLinks } from './links.ts'
import {
  type FacetQueryParameters,
  facetQuery,
  type ListQuery,
  listQuery,
  type RecordQuery,
  readFlag,
  readPage,
  readQueryText,
  recordQuery,
  versionQuery,
} from './parameters.ts'
import type { RouteOptions } from './route-options.ts'
import { findVisible, withFields } from './visible.ts'

/** Records, one record, facets and attachments of one dataset. Explore API section 3. */
export function registerRecords(app: FastifyInstance, services: HttpServices, route: RouteOptions): void {
  app.get<{ Params: DatasetParams; Querystring: ListQuery }>(
    '/catalog/datasets/:dataset_id/records',
    route('searchRecords', 'Records: filtered, ordered, grouped, paged', answerOf('RecordPage'), {
      params: datasetParams,
      querystring: listQuery,
    }),
    async (request, reply) => {
      const publication = await findVisible(services, request)
      const page = readPage(request.query)
      const text = withFields(readQueryText(request.query, services.clock.now()), publication.fields)
      const includeAppMetas = readFlag('include_app_metas', request.query.include_app_metas, false)
      const hasLinks = readFlag('include_links', request.query.include_links, false)
      if (isUnchanged(request, reply, publication.row)) return reply.status(304).send()
      const answer = await services.records.query(
        publication,
        { text, ...page, includeAppMetas },
        disconnectSignal(reply),
      )
      reply.header('Server-Timing', serverTiming(answer.timings))
      return sendRows(reply, answer, hasLinks ? listLinks(request, page, answer.totalCount) : null)
    },
  )

  app.get<{ Params: DatasetParams & { record_id: string }; Querystring: RecordQuery }>(
    '/catalog/datasets/:dataset_id/records/:record_id',
    route('readRecord', 'One record', answerOf('Record'), {
      params: Type.Object({
        ...datasetParams.properties,
        record_id: Type.String({ description: '`_id` of a record, as include_app_metas shows it' }),
      }),
      querystring: recordQuery,
    }),
    async (request, reply) => {
      const publication = await findVisible(services, request)
      const text = withFields(readQueryText(request.query, services.clock.now()), publication.fields)
      const includeAppMetas = readFlag('include_app_metas', request.query.include_app_metas, false)
      const hasLinks = readFlag('include_links', request.query.include_links, false)
      if (isUnchanged(request, reply, publication.row)) return reply.status(304).send()
      const record = await services.records.record(
        publication,
        request.params.record_id,
        text,
        includeAppMetas,
        disconnectSignal(reply),
      )
      const links = hasLinks ? recordLinks(request, publication.row.dataset_id) : null
      return sendJson(reply, withLinks(record, links))
    },
  )

  app.get<{ Params: DatasetParams; Querystring: FacetQueryParameters }>(
    '/catalog/datasets/:dataset_id/facets',
    route('listFacets', 'Facets: values of fields with their counts', answerOf('Facets'), {
      params: datasetParams,
      querystring: facetQuery,
    }),
    async (request, reply) => {
      const publication = await findVisible(services, request)
      const text = withFields(readQueryText(request.query, services.clock.now()), publication.fields)
      if (isUnchanged(request, reply, publication.row)) return reply.status(304).send()
      const facets = await services.facets.query(
        publication,
        text,
        request.query.facet ?? [],
        disconnectSignal(reply),
      )
      return sendJson(reply, JSON.stringify({ _links: [], facets }))
    },
  )

  app.get<{ Params: DatasetParams }>(
    '/catalog/datasets/:dataset_id/attachments',
    route('listAttachments', 'Attachments', answerOf('Attachments'), {
      params: datasetParams,
      querystring: versionQuery,
    }),
    async (request, reply) => {
      const { row } = await findVisible(services, request)
      if (isUnchanged(request, reply, row)) return reply.status(304).send()
      return sendJson(reply, JSON.stringify({ _links: [], attachments: [] }))
    },
  )
}

/** `plan;dur=0.4, execute;dur=7.1`: milliseconds of each stage. */
function serverTiming(timings: Readonly<Record<string, number>>): string {
  return Object.entries(timings)
    .map(([stage, ms]) => `${stage};dur=${ms.toFixed(1)}`)
    .join(', ')
}
