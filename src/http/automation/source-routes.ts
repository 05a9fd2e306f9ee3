import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { type ConfiguredResource, findDataset, findResource } from '../../catalog/index.ts'
import { extractors, findExtractor, guessExtractorParams, guessExtractors } from '../../ingest/index.ts'
import type { JsonObject } from '../../kernel/index.ts'
import { disconnectSignal } from '../disconnect.ts'
import { spokenLanguage } from '../language.ts'
import { type GatheredSource, gatherSource, previewOf } from '../management/preview-source.ts'
import { readResource } from '../management/resource-routes.ts'
import { gatherNew } from '../management/tool-routes.ts'
import { answerList, answerOf, operation } from '../openapi/index.ts'
import { readDatasource } from './datasource.ts'
import { printExtractor, printPreviewField } from './extractor-shapes.ts'
import { bodyOf, resourceBody, resourceParams } from './resource-routes.ts'
import { datasetParams, invalid, named, type RegisterRoutes } from './scope.ts'

const tags = ['automation-sources']
const guessBody = Type.Object({
  datasource: Type.Unsafe<JsonObject>({ type: 'object' }),
  type: Type.Optional(Type.String({ description: 'Extractor' })),
})

/** What there is to read sources with, guesses about a source, and its first records. Automation API section 7. */
export const registerAutomationSources: RegisterRoutes = (scope, services) => {
  const { control, catalogDeps } = services
  const all = '/datasets/:dataset_uid/resources/'
  const one = `${all}:resource_uid/`
  const schema = { tags, params: datasetParams }
  const oneSchema = { tags, params: resourceParams }
  const guesses = answerList('AutomationExtractor')
  const preview = answerOf('AutomationPreview')

  scope.get(
    '/extractors/',
    operation('TOOLS', 'automationListExtractors', 'List extractors with their parameters', guesses, {
      tags,
    }),
    async (request) => [...extractors.keys()].map((type) => printExtractor(type, spokenLanguage(request))),
  )

  scope.post(
    `${all}guess_extractors/`,
    operation(
      'WRITE',
      'automationGuessNewExtractors',
      'Extractors by how well they fit a source that no resource has yet',
      guesses,
      { ...schema, body: guessBody },
    ),
    async (request, reply) => guess(request, await gatherUnsaved(request, reply)),
  )
  scope.post(
    `${all}guess_extractor_params/`,
    operation(
      'WRITE',
      'automationGuessNewParams',
      'Parameters for an extractor and a source that no resource has yet',
      answerOf('AutomationExtractorGuess'),
      { ...schema, body: guessBody },
    ),
    async (request, reply) => {
      const { type } = request.body
      if (type === undefined) throw invalid('type', type, 'it is needed')
      findExtractor(type)
      return guessParams(type, await gatherUnsaved(request, reply))
    },
  )
  scope.post(
    `${all}preview/`,
    operation(
      'WRITE',
      'automationPreviewNewResource',
      'First records of a resource that is not added yet',
      preview,
      { ...schema, body: resourceBody },
    ),
    async (request, reply) => {
      await findDataset(control.db, request.params.dataset_uid)
      const body = await bodyOf(services, request.body)
      const { input, stored } = await named('datasource', readResource(services, request, reply, null, body))
      return show({ resource_uid: 're_preview', ...input, params: stored }, reply)
    },
  )

  scope.get(
    `${one}guess_extractors/`,
    operation(
      'READ',
      'automationGuessExtractors',
      'Extractors by how well they fit a resource',
      guesses,
      oneSchema,
    ),
    async (request, reply) => guess(request, await gatherSaved(await find(request.params), reply)),
  )
  scope.get(
    `${one}guess_extractors_params/`,
    operation(
      'READ',
      'automationGuessParams',
      'Parameters for the extractor of a resource',
      answerOf('AutomationExtractorGuess'),
      oneSchema,
    ),
    async (request, reply) => {
      const resource = await find(request.params)
      return guessParams(resource.type, await gatherSaved(resource, reply))
    },
  )
  scope.get(
    `${one}preview/`,
    operation('READ', 'automationPreviewResource', 'First records of a resource', preview, oneSchema),
    async (request, reply) => show(await find(request.params), reply),
  )

  async function find(params: { dataset_uid: string; resource_uid: string }): Promise<ConfiguredResource> {
    const { dataset_uid } = await findDataset(control.db, params.dataset_uid)
    return findResource(catalogDeps, dataset_uid, params.resource_uid)
  }

  async function gatherUnsaved(
    request: FastifyRequest<{
      Params: { dataset_uid: string }
      Body: { datasource: JsonObject; type?: string }
    }>,
    reply: FastifyReply,
  ): Promise<GatheredSource> {
    await findDataset(control.db, request.params.dataset_uid)
    const source = await readDatasource(services, request.body.datasource)
    return named('datasource', gatherNew(services, request, reply, source))
  }

  const gatherSaved = (resource: ConfiguredResource, reply: FastifyReply) =>
    gatherSource(services, resource, null, disconnectSignal(reply))

  /** All of them, the best first. */
  async function guess(request: FastifyRequest, source: GatheredSource): Promise<JsonObject[]> {
    const print = (type: string) => printExtractor(type, spokenLanguage(request))
    try {
      if (source.dataset) return [print('dataset')]
      const { recommended, others } = guessExtractors(
        source.filename,
        await source.head(),
        await source.tail(),
      )
      return [...recommended, ...others].map(print)
    } finally {
      source.release()
    }
  }

  function guessParams(type: string, source: GatheredSource): JsonObject {
    source.release()
    return { extractor: type, params: guessExtractorParams(type, source.filename) }
  }

  async function show(resource: ConfiguredResource, reply: FastifyReply): Promise<FastifyReply> {
    const { fields, records } = await previewOf(services, resource, disconnectSignal(reply))
    return reply.send({ fields: fields.map(printPreviewField), records })
  }
}
