import { Type } from 'typebox'
import {
  fieldSpecificationNames,
  findExtractor,
  guessExtractorParams,
  guessExtractors,
  processors,
} from '../../ingest/index.ts'
import { disconnectSignal } from '../disconnect.ts'
import { answerList, answerOf, operation } from '../openapi/index.ts'
import { ownerFilter } from './file-routes.ts'
import { gatherSource } from './preview-source.ts'
import { printExtractors } from './render.ts'
import type { RegisterRoutes } from './scope.ts'

const tags = ['tools']

/** What the pipeline can do, and guesses about a source. Management API sections 12, 14 and 15. */
export const registerTools: RegisterRoutes = (scope, services) => {
  scope.get(
    '/extractors',
    operation('TOOLS', 'listExtractors', 'List extractors with their parameters', answerList('Extractor'), {
      tags,
    }),
    async () => printExtractors(),
  )
  scope.get(
    '/processors',
    operation('TOOLS', 'listProcessorNames', 'List names of processors', answerOf('Names'), { tags }),
    async () => [...processors.keys()],
  )
  scope.get(
    '/fields_specifications',
    operation(
      'TOOLS',
      'listFieldSpecificationNames',
      'List names of field specifications',
      answerOf('Names'),
      { tags },
    ),
    async () => [...fieldSpecificationNames],
  )

  scope.post(
    '/guess_extractors',
    operation(
      'TOOLS',
      'guessExtractors',
      'Extractors by how well they fit a source',
      answerOf('ExtractorGuess'),
      {
        tags,
        body: Type.Object({ url: Type.String() }),
      },
    ),
    async (request, reply) => {
      const source = await gatherSource(
        services,
        request.body.url,
        ownerFilter(request),
        disconnectSignal(reply),
      )
      const { recommended, others } = guessExtractors(
        source.filename,
        await source.head(),
        await source.tail(),
      )
      return { recommended_extractors: recommended, other_extractors: others }
    },
  )

  scope.post(
    '/guess_extractor_params',
    operation(
      'TOOLS',
      'guessExtractorParams',
      'Parameters for an extractor and a source',
      answerOf('ExtractorParametersGuess'),
      { tags, body: Type.Object({ url: Type.String(), extractor: Type.String() }) },
    ),
    async (request, reply) => {
      const { extractor, url } = request.body
      const { type } = findExtractor(extractor)
      const source = await gatherSource(services, url, ownerFilter(request), disconnectSignal(reply))
      return { extractor: type, params: guessExtractorParams(type, source.filename) }
    },
  )
}
