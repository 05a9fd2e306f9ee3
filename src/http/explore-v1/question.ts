import type { FastifyReply, FastifyRequest } from 'fastify'
import type { QueryText } from '../../odsql/index.ts'
import { type Publication, schemaOf } from '../../records/index.ts'
import { findVisibleById, withFields } from '../explore/visible.ts'
import { operation } from '../openapi/index.ts'
import type { HttpServices } from '../services.ts'
import { invalid, one, type Parameters, parametersOf, queryTextOf } from './parameters.ts'

export interface Question {
  readonly publication: Publication
  readonly parameters: Parameters
  readonly text: QueryText
}

/** The dataset that is asked and the filters on it. Errors: records.unknown_dataset, http.invalid_parameter. */
export async function readQuestion(
  services: HttpServices,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Question> {
  const parameters = parametersOf(request)
  const dataset = one(parameters, 'dataset')
  if (dataset === undefined) throw invalid('dataset', '', 'it must name a dataset')
  const publication = await findAsked(services, request, reply, dataset)
  const text = queryTextOf(parameters, schemaOf(publication), services.clock.now())
  return { publication, parameters, text: withFields(text, publication.fields) }
}

/**
 * The publication or version that is asked, with what the answer's headers say of it.
 * Errors: records.unknown_dataset, records.unknown_version.
 */
export async function findAsked(
  services: HttpServices,
  request: FastifyRequest,
  reply: FastifyReply,
  datasetId: string,
): Promise<Publication> {
  const version = one(parametersOf(request), 'version')
  const publication = await findVisibleById(services, request, datasetId, version)
  const { row, reader } = publication
  if (row.is_partial === 1) reply.header('Broadsheet-Partial', 'true')
  reply.header('Cache-Control', reader.isPublic ? 'public, no-cache' : 'private, no-cache')
  return publication
}

const described = {
  status: 200,
  description: 'As API 1.0 answers',
  content: { 'application/json': { schema: {} } },
} as const

/** Options of a route of 1.0: described in docs/explore-v1.md rather than in the OpenAPI document. */
export const legacyRoute = (operationId: string, summary: string) =>
  operation('public', operationId, summary, described, { tags: ['explore'], hide: true })
