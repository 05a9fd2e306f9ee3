import type { FastifyInstance } from 'fastify'
import { readDomain } from '../../catalog/index.ts'
import type { QuerySchema } from '../../odsql/index.ts'
import { catalogFacets, catalogSchema, datasetObject } from '../../records/index.ts'
import { disconnectSignal } from '../disconnect.ts'
import { catalogReaderOf } from '../explore/visible.ts'
import type { HttpServices } from '../services.ts'
import { datasetOf, facetGroups, parametersShown, send } from './answers.ts'
import { feedFormatOf, sendDatasetFeed } from './feeds.ts'
import { invalid, many, parametersOf, queryTextOf, whole } from './parameters.ts'
import { findAsked, legacyRoute } from './question.ts'

const maxRows = 10_000

/** The catalog, as API 1.0. */
export function registerDatasets(app: FastifyInstance, services: HttpServices): void {
  const schema: QuerySchema = catalogSchema
  app.get(
    '/api/datasets/1.0/search',
    legacyRoute('searchCatalogV1', 'The catalog, as API 1.0'),
    async (request, reply) => {
      const parameters = parametersOf(request)
      const text = queryTextOf(parameters, schema, services.clock.now())
      const rows = whole(parameters, 'rows', 10, maxRows)
      const start = whole(parameters, 'start', 0, maxRows)
      const facets = many(parameters, 'facet')
      const unknown = facets.find((name) => !(catalogFacets as readonly string[]).includes(name))
      if (unknown !== undefined)
        throw invalid('facet', unknown, `it must be one of ${catalogFacets.join(' ')}`)
      const signal = disconnectSignal(reply)
      const reader = await catalogReaderOf(services, request)
      const answer = await services.catalog.query(reader, { text, limit: rows, offset: start }, signal)
      const feed = feedFormatOf(parameters)
      if (feed !== null) {
        const { name } = await readDomain(services.control.db)
        return sendDatasetFeed(request, reply, feed, answer.rows, name || request.host)
      }
      const groups = facets.length === 0 ? [] : await services.catalog.facets(reader, text, facets, signal)
      return send(reply, parameters, {
        nhits: answer.totalCount,
        parameters: parametersShown(parameters),
        datasets: answer.rows.map(datasetOf),
        ...(facets.length === 0 ? {} : { facet_groups: facetGroups(groups) }),
      })
    },
  )

  app.get<{ Params: { dataset_id: string } }>(
    '/api/datasets/1.0/:dataset_id',
    legacyRoute('readDatasetV1', 'One dataset, as API 1.0'),
    async (request, reply) => {
      const publication = await findAsked(services, request, reply, request.params.dataset_id)
      const count = await services.records.count(publication, disconnectSignal(reply))
      return send(reply, parametersOf(request), datasetOf(JSON.stringify(datasetObject(publication, count))))
    },
  )
}
