import { createReadStream } from 'node:fs'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { requireAllSeen } from '../../access/index.ts'
import {
  addResource,
  type ConfiguredResource,
  datasetPrefix,
  deleteResource,
  filePrefix,
  findDatasetUid,
  findFile,
  findResource,
  listResources,
  type ResourceInput,
  replaceResource,
  storedParams,
} from '../../catalog/index.ts'
import {
  extractorParams,
  findExtractor,
  type Preview,
  validateParameters,
  validateSourceOptions,
} from '../../ingest/index.ts'
import { AppError, type JsonObject } from '../../kernel/index.ts'
import { realtimePrefix, realtimeType } from '../../realtime/index.ts'
import { disconnectSignal } from '../disconnect.ts'
import { answerBytes, answerList, answerOf, noContent, operation } from '../openapi/index.ts'
import { requireOfKey } from '../refuse-key.ts'
import type { HttpServices } from '../services.ts'
import { sendFile } from './file-routes.ts'
import { requireSource } from './permitted-sources.ts'
import { gatherSource, previewOf } from './preview-source.ts'
import { pushUrl } from './realtime-routes.ts'
import { printPreviewField, printResource } from './render.ts'
import { anyObject, datasetParams, editorOf, nullableText, type RegisterRoutes, usernameOf } from './scope.ts'

const tags = ['resources']
const resourceParams = Type.Object({ ...datasetParams.properties, resource_uid: Type.String() })
const resourceBody = Type.Object({
  url: Type.Optional(
    Type.String({
      description:
        'odsfile://<file_id> of an uploaded file, dataset://<dataset_id>, or an http, https, ftp, ftps, sftp or s3 address; none of a realtime resource',
    }),
  ),
  title: Type.Optional(nullableText()),
  type: Type.Optional(nullableText('Name of the extractor, guessed when left out; or realtime')),
  params: Type.Optional(
    anyObject(
      'Parameters of the extractor, and how the bytes are fetched: connection, method, headers, body, authentication, paging (docs/sources.md)',
    ),
  ),
})
export type ResourceBody = { url?: string; title?: string | null; type?: string | null; params?: JsonObject }

/** The sources of a dataset. Management API section 11. */
export const registerResources: RegisterRoutes = (scope, services) => {
  const { control, catalogDeps } = services
  const schema = { tags, params: datasetParams }
  const oneSchema = { tags, params: resourceParams }

  const all = '/datasets/:dataset_uid/resources'
  scope.get(
    all,
    operation('READ', 'listResources', 'List resources', answerList('Resource'), schema),
    async (request) =>
      (await listResources(catalogDeps, await findDatasetUid(control.db, request.params.dataset_uid))).map(
        printResource,
      ),
  )
  scope.post(
    all,
    operation('WRITE', 'addResource', 'Add a resource', answerOf('Resource', 201), {
      ...schema,
      body: resourceBody,
    }),
    async (request, reply) => {
      const datasetUid = await findDatasetUid(control.db, request.params.dataset_uid)
      const { input } = await readResource(services, request, reply, null)
      const editor = editorOf(services, request)
      if (input.type !== realtimeType)
        return reply.status(201).send(printResource(await addResource(editor, datasetUid, input)))
      // What is pushed is published in the name of whoever has made the key.
      await requireOfKey(services, request, 'PUBLISH', datasetUid)
      let push_key = ''
      // A resource that nobody has the key of is never there.
      const resource = await addResource(editor, datasetUid, input, async (trx, resourceUid) => {
        push_key = await services.realtime.open(trx, datasetUid, resourceUid, usernameOf(request))
      })
      const { resource_uid } = resource
      const push_url = await pushUrl(services, request, datasetUid, resource_uid)
      return reply.status(201).send({ ...printResource(resource), push_url, push_key })
    },
  )

  const one = '/datasets/:dataset_uid/resources/:resource_uid'
  scope.get(
    one,
    operation('READ', 'readResource', 'Read a resource', answerOf('Resource'), oneSchema),
    async (request) =>
      printResource(
        await findResource(
          catalogDeps,
          await findDatasetUid(control.db, request.params.dataset_uid),
          request.params.resource_uid,
        ),
      ),
  )
  scope.put(
    one,
    operation('WRITE', 'replaceResource', 'Replace a resource', answerOf('Resource'), {
      ...oneSchema,
      body: resourceBody,
    }),
    async (request, reply) => {
      const datasetUid = await findDatasetUid(control.db, request.params.dataset_uid)
      const present = await findResource(catalogDeps, datasetUid, request.params.resource_uid)
      const { input } = await readResource(services, request, reply, present)
      return printResource(
        await replaceResource(editorOf(services, request), datasetUid, request.params.resource_uid, input),
      )
    },
  )
  scope.delete(
    one,
    operation('WRITE', 'deleteResource', 'Delete a resource', noContent, oneSchema),
    async (request, reply) => {
      await deleteResource(
        editorOf(services, request),
        await findDatasetUid(control.db, request.params.dataset_uid),
        request.params.resource_uid,
      )
      return reply.status(204).send()
    },
  )

  scope.get(
    `${one}/download`,
    operation(
      'WRITE',
      'downloadResource',
      'Download the uploaded file of a resource',
      answerBytes('*/*'),
      oneSchema,
    ),
    async (request, reply) => {
      const resource = await findResource(
        catalogDeps,
        await findDatasetUid(control.db, request.params.dataset_uid),
        request.params.resource_uid,
      )
      if (!resource.url.startsWith(filePrefix)) {
        throw new AppError('catalog.resource_not_downloadable', { resource_uid: resource.resource_uid })
      }
      const file = await findFile(catalogDeps, resource.url.slice(filePrefix.length), null)
      return sendFile(reply, file, createReadStream(services.blobs.path(file.sha256)))
    },
  )

  scope.get(
    `${one}/preview`,
    operation('READ', 'previewResource', 'First records of a resource', answerOf('Preview'), oneSchema),
    async (request, reply) => {
      const datasetUid = await findDatasetUid(control.db, request.params.dataset_uid)
      await requireAllSeen(services.control.db, request.principal, datasetUid)
      const resource = await findResource(catalogDeps, datasetUid, request.params.resource_uid)
      return sendPreview(reply, await previewOf(services, resource, disconnectSignal(reply)))
    },
  )
  scope.post(
    '/datasets/:dataset_uid/resource_preview',
    operation(
      'WRITE',
      'previewNewResource',
      'First records of a resource that is not added yet',
      answerOf('Preview'),
      { ...schema, body: resourceBody },
    ),
    async (request, reply) => {
      await findDatasetUid(control.db, request.params.dataset_uid)
      const { input, stored } = await readResource(services, request, reply, null)
      const resource = { ...input, params: stored }
      return sendPreview(
        reply,
        await previewOf(services, { resource_uid: 're_preview', ...resource }, disconnectSignal(reply)),
      )
    },
  )
}

/**
 * `input`: as it was given, for the catalog to store. `stored`: its parameters as they are stored, to look at the source.
 * `body`: where the request's says it in other words.
 * Errors: those of requireSource, ingest.unknown_extractor, ingest.invalid_parameter, ingest.invalid_source_option,
 * those of storedParams, and those of a source that has to be looked at for a guess.
 */
export async function readResource(
  services: HttpServices,
  request: FastifyRequest,
  reply: FastifyReply,
  present: ConfiguredResource | null,
  body = request.body as ResourceBody,
): Promise<{ readonly input: ResourceInput; readonly stored: JsonObject }> {
  const { url, params = {}, title } = body
  const isRealtime = body.type === realtimeType
  if (present !== null && (present.type === realtimeType) !== isRealtime)
    throw new AppError('ingest.invalid_source_option', {
      option: 'type',
      expected:
        'a realtime resource stays one, and another does not become one: add a resource and delete this',
    })
  if (isRealtime) {
    const input = { url: realtimePrefix, title: title ?? '', type: realtimeType, params: {} }
    return { input, stored: {} }
  }
  if (url === undefined) {
    const expected = 'it is needed, unless type is realtime'
    throw new AppError('http.invalid_parameter', { parameter: 'url', value: 'nothing', expected })
  }
  const given = body.type ?? (params.paging ? 'jsonl' : null)
  validateSourceOptions(url, given ?? '', params)
  await requireSource(services, request, url, present?.url ?? null)
  const stored = await storedParams(services.catalogDeps, { url, params }, present)
  const type = given ?? (await guessType(services, { url, params: stored }, reply))
  if (url.startsWith(realtimePrefix))
    throw new AppError('ingest.invalid_source_option', { option: 'url', expected: 'its type is realtime' })
  if ((type === 'dataset') !== url.startsWith(datasetPrefix))
    throw new AppError('ingest.invalid_source_option', {
      option: 'type',
      expected: 'dataset is the type of dataset:// addresses, and of them alone',
    })
  validateParameters(findExtractor(type), extractorParams(params))
  return { input: { url, title: title ?? '', type, params }, stored }
}

async function guessType(
  services: HttpServices,
  source: { readonly url: string; readonly params: JsonObject },
  reply: FastifyReply,
): Promise<string> {
  const gathered = await gatherSource(services, source, null, disconnectSignal(reply))
  try {
    return await gathered.guess()
  } finally {
    gathered.release()
  }
}

function sendPreview(reply: FastifyReply, { fields, records }: Preview): FastifyReply {
  return reply.send({ fields: fields.map(printPreviewField), records })
}
