import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { AppError } from '../../kernel/index.ts'
import { catalogFacets, catalogLanguage, datasetObject, withAppMetas } from '../../records/index.ts'
import { disconnectSignal } from '../disconnect.ts'
import { answerOf } from '../openapi/index.ts'
import type { HttpServices } from '../services.ts'
import { isUnchanged, sendJson, sendRows, setCacheHeaders, withLinks } from './answers.ts'
import { datasetLinks, listLinks } from './links.ts'
import {
  catalogQuery,
  type FacetQueryParameters,
  facetQuery,
  type ListQuery,
  type RecordQuery,
  readFlag,
  readPage,
  readQueryText,
  readTyping,
  recordQuery,
  type SuggestQuery,
  suggestQuery,
} from './parameters.ts'
import type { RouteOptions } from './route-options.ts'
import { catalogReaderOf, findVisible } from './visible.ts'

export const datasetParams = Type.Object({
  dataset_id: Type.String({ description: 'Identifier of the dataset; its uid is understood too' }),
})
export const fieldParams = Type.Object({ field: Type.String({ description: 'Name of a text field' }) })
export type DatasetParams = { dataset_id: string }

/** The catalog: all datasets that the reader may see, itself queryable. Explore API section 2. */
export function registerCatalog(app: FastifyInstance, services: HttpServices, route: RouteOptions): void {
  app.get<{ Querystring: ListQuery }>(
    '/catalog/datasets',
    route('searchCatalog', 'Search the catalog', answerOf('CatalogPage'), {
      querystring: catalogQuery,
    }),
    async (request, reply) => {
      const page = readPage(request.query)
      const text = readQueryText(request.query, services.clock.now())
      const hasLinks = readFlag('include_links', request.query.include_links, false)
      const includeAppMetas = readFlag('include_app_metas', request.query.include_app_metas, false)
      const answer = await services.catalog.query(
        await catalogReaderOf(services, request),
        { text, ...page, includeAppMetas },
        disconnectSignal(reply),
      )
      return sendRows(reply, answer, hasLinks ? listLinks(request, page, answer.totalCount) : null)
    },
  )

  app.get<{ Querystring: FacetQueryParameters }>(
    '/catalog/facets',
    route('catalogFacets', 'Facets of the catalog', answerOf('Facets'), { querystring: facetQuery }),
    async (request, reply) => {
      const text = readQueryText(request.query, services.clock.now())
      const names = request.query.facet ?? []
      for (const name of names) {
        if (!(catalogFacets as readonly string[]).includes(name))
          throw new AppError('odsql.unknown_facet', {
            field: name.slice(0, 100),
            suggestion: `The catalog has ${catalogFacets.join(', ')}`,
          })
      }
      const facets = await services.catalog.facets(
        await catalogReaderOf(services, request),
        text,
        names.length > 0 ? names : catalogFacets,
        disconnectSignal(reply),
      )
      return sendJson(reply, JSON.stringify({ _links: [], facets }))
    },
  )

  app.get(
    '/catalog/odsql',
    route(
      'describeCatalogLanguage',
      'What can be written in a query over the catalog: names, functions, clauses. For editors',
      answerOf('QueryLanguage'),
      {},
    ),
    async (_request, reply) => sendJson(reply, JSON.stringify(catalogLanguage)),
  )

  app.get<{ Params: { field: string }; Querystring: SuggestQuery }>(
    '/catalog/facets/:field/suggest',
    route(
      'suggestCatalogValues',
      'Values of a text of the catalog for what was typed: titles, keywords, publishers...',
      answerOf('Facet'),
      { params: fieldParams, querystring: suggestQuery },
    ),
    async (request, reply) => {
      const text = readQueryText(request.query, services.clock.now())
      const typing = readTyping(request.params.field, request.query)
      const facet = await services.catalog.suggest(
        await catalogReaderOf(services, request),
        text,
        typing,
        disconnectSignal(reply),
      )
      return sendJson(reply, JSON.stringify(facet))
    },
  )

  app.get<{ Params: DatasetParams; Querystring: RecordQuery }>(
    '/catalog/datasets/:dataset_id',
    route('readCatalogDataset', 'One dataset: metadata and fields', answerOf('CatalogDataset'), {
      params: datasetParams,
      querystring: recordQuery,
    }),
    async (request, reply) => {
      const text = readQueryText(request.query, services.clock.now())
      const hasLinks = readFlag('include_links', request.query.include_links, false)
      const publication = await findVisible(services, request)
      const includeAppMetas = readFlag('include_app_metas', request.query.include_app_metas, false)
      const links = hasLinks ? datasetLinks(request) : null
      // No tag where the answer tells how much is read, which changes with each reader.
      const isKnown = () => {
        if (!includeAppMetas && !/\bexplore\b/.test(text.select ?? ''))
          return isUnchanged(request, reply, publication)
        setCacheHeaders(reply, publication)
        return false
      }
      if (!text.select || text.select.trim() === '*') {
        if (isKnown()) return reply.status(304).send()
        const count = await services.records.count(publication, disconnectSignal(reply))
        const object = JSON.stringify(datasetObject(publication, count))
        const { dataset_uid } = publication.row
        const answer = includeAppMetas
          ? withAppMetas(object, await services.catalog.appMetas(dataset_uid))
          : object
        return sendJson(reply, withLinks(answer, links))
      }
      const answer = await services.catalog.describe(publication, text, disconnectSignal(reply))
      if (isKnown()) return reply.status(304).send()
      return sendJson(reply, withLinks(answer, links))
    },
  )
}
