import { Type } from 'typebox'
import {
  fieldSpecificationNames,
  findExtractor,
  guessExtractorParams,
  guessExtractors,
  processors,
} from '../../ingest/index.ts'
import { disconnectSignal } from '../disconnect.ts'
import { gatherSource } from './preview-source.ts'
import { printExtractors } from './render.ts'
import type { RegisterRoutes } from './scope.ts'

const tags = ['tools']
const config = { permission: 'TOOLS' as const }

/** What the pipeline can do, and guesses about a source. Management API sections 12, 14 and 15. */
export const registerTools: RegisterRoutes = (scope, services) => {
  scope.get(
    '/extractors',
    { config, schema: { tags, summary: 'List extractors with their parameters' } },
    async () => printExtractors(),
  )
  scope.get('/processors', { config, schema: { tags, summary: 'List names of processors' } }, async () => [
    ...processors.keys(),
  ])
  scope.get(
    '/fields_specifications',
    { config, schema: { tags, summary: 'List names of field specifications' } },
    async () => [...fieldSpecificationNames],
  )

  scope.post(
    '/guess_extractors',
    {
      config,
      schema: {
        tags,
        summary: 'Extractors by how well they fit a source',
        body: Type.Object({ url: Type.String() }),
      },
    },
    async (request, reply) => {
      const source = await gatherSource(services, request.body.url, disconnectSignal(reply))
      const { recommended, others } = guessExtractors(source.filename, await source.head())
      return { recommended_extractors: recommended, other_extractors: others }
    },
  )

  scope.post(
    '/guess_extractor_params',
    {
      config,
      schema: {
        tags,
        summary: 'Parameters for an extractor and a source',
        body: Type.Object({ url: Type.String(), extractor: Type.String() }),
      },
    },
    async (request, reply) => {
      const { extractor, url } = request.body
      const { type } = findExtractor(extractor)
      const source = await gatherSource(services, url, disconnectSignal(reply))
      return { extractor: type, params: guessExtractorParams(type, source.filename) }
    },
  )
}
