import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { languageOf } from '../../records/index.ts'
import { disconnectSignal } from '../disconnect.ts'
import { answerOf } from '../openapi/index.ts'
import type { HttpServices } from '../services.ts'
import { isUnchanged, rowsText, sendJson, setCacheHeaders, withLinks } from './answers.ts'
import { answerFromPublication } from './cached-answers.ts'
import { type DatasetParams, datasetParams, fieldParams } from './catalog-routes.ts'
import { readCursorPage } from './cursor-page.ts'
import { cursorLinks, listLinks, recordLinks } from './links.ts'
import {
  type FacetQueryParameters,
  facetQuery,
  listQuery,
  type RecordQuery,
  type RecordsQuery,
  readFlag,
  readPage,
  readQueryText,
  readTyping,
  recordQuery,
  recordsQuery,
  type SuggestQuery,
  suggestQuery,
  versionQuery,
} from './parameters.ts'
import type { RouteOptions } from './route-options.ts'
import { findVisible, withFields } from './visible.ts'

/** Records, one record and facets of one dataset. Explore API section 3. */
export function registerRecords(app: FastifyInstance, services: HttpServices, route: RouteOptions): void {
  app.get<{ Params: DatasetParams; Querystring: RecordsQuery }>(
    '/catalog/datasets/:dataset_id/records',
    route('searchRecords', 'Records: filtered, ordered, grouped, paged', answerOf('RecordPage'), {
      params: datasetParams,
      querystring: recordsQuery,
    }),
    async (request, reply) => {
      if (request.query.cursor !== undefined) return sendCursorPage(request, reply)
      return answerFromPublication(services, request, reply, listNames, (publication) => {
        const page = readPage(request.query)
        const text = withFields(readQueryText(request.query, services.clock.now()), publication.fields)
        const includeAppMetas = readFlag('include_app_metas', request.query.include_app_metas, false)
        const hasLinks = readFlag('include_links', request.query.include_links, false)
        const question = { text, ...page, includeAppMetas }
        return async () => {
          const answer = await services.records.query(publication, question, disconnectSignal(reply))
          reply.header('Server-Timing', serverTiming(answer.timings))
          return rowsText(answer, hasLinks ? listLinks(request, page, answer.totalCount) : null)
        }
      })
    },
  )

  async function sendCursorPage(
    request: FastifyRequest<{ Querystring: RecordsQuery }>,
    reply: FastifyReply,
  ): Promise<FastifyReply> {
    const current = await findVisible(services, request)
    const hasLinks = readFlag('include_links', request.query.include_links, false)
    const page = await readCursorPage(services, current, request.query, reply)
    if (page.publication.row.is_partial === 1) reply.header('Broadsheet-Partial', 'true')
    // A page of a generation that is not the current one any more is nobody else's.
    reply.header('Cache-Control', 'private, no-store')
    reply.header('Server-Timing', serverTiming(page.timings))
    const links = hasLinks ? cursorLinks(request, page.nextCursor) : null
    return sendJson(reply, rowsText(page, links, page.nextCursor))
  }

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
      if (isUnchanged(request, reply, publication)) return reply.status(304).send()
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
    async (request, reply) =>
      answerFromPublication(services, request, reply, facetNames, (publication) => {
        const text = withFields(readQueryText(request.query, services.clock.now()), publication.fields)
        const wanted = request.query.facet ?? []
        return async () => {
          const facets = await services.facets.query(publication, text, wanted, disconnectSignal(reply))
          return JSON.stringify({ _links: [], facets })
        }
      }),
  )

  app.get<{ Params: DatasetParams & { field: string }; Querystring: SuggestQuery }>(
    '/catalog/datasets/:dataset_id/facets/:field/suggest',
    route(
      'suggestValues',
      'Values of a text field for what was typed: those with words that begin so, and their counts',
      answerOf('Facet'),
      {
        params: Type.Object({ ...datasetParams.properties, ...fieldParams.properties }),
        querystring: suggestQuery,
      },
    ),
    async (request, reply) =>
      answerFromPublication(services, request, reply, suggestNames, (publication) => {
        const text = withFields(readQueryText(request.query, services.clock.now()), publication.fields)
        const typing = readTyping(request.params.field, request.query)
        return async () =>
          JSON.stringify(await services.facets.suggest(publication, text, typing, disconnectSignal(reply)))
      }),
  )

  app.get<{ Params: DatasetParams }>(
    '/catalog/datasets/:dataset_id/odsql',
    route(
      'describeLanguage',
      'What can be written in a query: fields, functions, clauses. For editors',
      answerOf('QueryLanguage'),
      { params: datasetParams, querystring: versionQuery },
    ),
    async (request, reply) => {
      const publication = await findVisible(services, request)
      // No tag: the language changes with the release, not with the generation.
      setCacheHeaders(reply, publication)
      return sendJson(reply, JSON.stringify(languageOf(publication)))
    },
  )
}

const listNames = Object.keys(listQuery.properties)
const suggestNames = Object.keys(suggestQuery.properties)
const facetNames = Object.keys(facetQuery.properties)

/** `plan;dur=0.4, execute;dur=7.1`: milliseconds of each stage. */
function serverTiming(timings: Readonly<Record<string, number>>): string {
  return Object.entries(timings)
    .map(([stage, ms]) => `${stage};dur=${ms.toFixed(1)}`)
    .join(', ')
}
