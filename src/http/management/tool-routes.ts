import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { requirePermission } from '../../access/index.ts'
import { storedParams, withoutSealed } from '../../catalog/index.ts'
import {
  describePortalDataset,
  fieldSpecificationNames,
  findExtractor,
  guessExtractorParams,
  guessExtractors,
  processors,
  refuseWebPage,
  validateSourceOptions,
} from '../../ingest/index.ts'
import type { JsonObject } from '../../kernel/index.ts'
import { disconnectSignal } from '../disconnect.ts'
import { spokenLanguage } from '../language.ts'
import { answerList, answerOf, operation } from '../openapi/index.ts'
import type { HttpServices } from '../services.ts'
import { fileReaderOf } from './file-routes.ts'
import { requireSource } from './permitted-sources.ts'
import { type GatheredSource, gatherSource } from './preview-source.ts'
import { printExtractors } from './render.ts'
import { anyObject, type RegisterRoutes } from './scope.ts'

const tags = ['tools']

/** What the pipeline can do, and guesses about a source. Management API sections 12, 14 and 15. */
export const registerTools: RegisterRoutes = (scope, services) => {
  scope.get(
    '/extractors',
    operation('TOOLS', 'listExtractors', 'List extractors with their parameters', answerList('Extractor'), {
      tags,
    }),
    async (request) => printExtractors(spokenLanguage(request)),
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

  const optionalParams = Type.Optional(
    anyObject('How the bytes are fetched, as parameters of a resource say it'),
  )

  /** The source a tool is asked about. Whoever names a connection or a secret must be one who may edit resources. */
  async function gather(
    request: FastifyRequest,
    reply: FastifyReply,
    source: { readonly url: string; readonly params?: JsonObject },
  ): Promise<GatheredSource> {
    const { url, params = {} } = source
    if (params.connection !== undefined) requirePermission(request.principal, 'WRITE')
    return gatherNew(services, request, reply, { url, params })
  }

  function stored(url: string, params: JsonObject): Promise<JsonObject> {
    return storedParams(services.catalogDeps, { url, params }, null)
  }

  scope.post(
    '/guess_extractors',
    operation(
      'TOOLS',
      'guessExtractors',
      'Extractors by how well they fit a source',
      answerOf('ExtractorGuess'),
      { tags, body: Type.Object({ url: Type.String(), params: optionalParams }) },
    ),
    async (request, reply) => {
      const source = await gather(request, reply, request.body)
      try {
        if (source.dataset) return { recommended_extractors: ['dataset'], other_extractors: [] }
        const { recommended, others } = guessExtractors(
          source.filename,
          await source.head(),
          await source.tail(),
        )
        return { recommended_extractors: recommended, other_extractors: others }
      } finally {
        source.release()
      }
    },
  )

  scope.post(
    '/guess_extractor_params',
    operation(
      'TOOLS',
      'guessExtractorParams',
      'Parameters for an extractor and a source',
      answerOf('ExtractorParametersGuess'),
      {
        tags,
        body: Type.Object({ url: Type.String(), extractor: Type.String(), params: optionalParams }),
      },
    ),
    async (request, reply) => {
      const { type } = findExtractor(request.body.extractor)
      const source = await gather(request, reply, request.body)
      source.release()
      return { extractor: type, params: guessExtractorParams(type, source.filename) }
    },
  )

  scope.post(
    '/describe_source',
    operation(
      'TOOLS',
      'describeSource',
      'What an address is: a dataset of an Opendatasoft, CKAN or Socrata portal, a layer of ArcGIS, or a file; with a resource made of it',
      answerOf('SourceDescription'),
      { tags, body: Type.Object({ url: Type.String(), params: optionalParams }) },
    ),
    async (request, reply) => {
      const { url, params = {} } = request.body
      const signal = disconnectSignal(reply)
      const found = await describePortalDataset(url, services.fetchPolicy, signal)
      if (found) {
        const { kind, title, metadata, extractor, downloadUrl } = found
        return {
          kind,
          title,
          metadata,
          recommended_extractor: extractor,
          download_url: downloadUrl,
          resource: { url: downloadUrl, title: title ?? '', type: extractor, params: found.params },
        }
      }
      const source = await gather(request, reply, { url, params })
      try {
        refuseWebPage(await source.head(), source.filename)
        const type = await source.guess()
        const title = source.filename
        return {
          kind: 'file',
          title,
          metadata: {},
          recommended_extractor: type,
          download_url: url,
          resource: { url, title, type, params: withoutSealed(await stored(url, params)) },
        }
      } finally {
        source.release()
      }
    },
  )
}

/**
 * A source that no resource has yet. Errors: ingest.invalid_source_option, those of requireSource, storedParams and
 * gatherSource.
 */
export async function gatherNew(
  services: HttpServices,
  request: FastifyRequest,
  reply: FastifyReply,
  { url, params }: { readonly url: string; readonly params: JsonObject },
): Promise<GatheredSource> {
  validateSourceOptions(url, params.paging ? 'jsonl' : '', params)
  await requireSource(services, request, url, null)
  const found = { url, params: await storedParams(services.catalogDeps, { url, params }, null) }
  return gatherSource(services, found, fileReaderOf(request), disconnectSignal(reply))
}
