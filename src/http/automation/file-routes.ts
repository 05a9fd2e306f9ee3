import { createReadStream } from 'node:fs'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { filePrefix, findDataset, findFile, listResources } from '../../catalog/index.ts'
import type { FilesTable } from '../../control/index.ts'
import { formatInstant, type JsonObject } from '../../kernel/index.ts'
import { fileReaderOf, keepUpload, readPart, sendFile } from '../management/file-routes.ts'
import { answerBytes, answerOf, operation } from '../openapi/index.ts'
import { datasetParams, invalid, type RegisterRoutes, usernameOf } from './scope.ts'

const tags = ['automation-sources']
const fileParams = Type.Object({ ...datasetParams.properties, file_uid: Type.String() })
export const formBody = {
  isRequired: true,
  content: {
    'multipart/form-data': {
      schema: {
        type: 'object',
        required: ['file'],
        properties: { file: { type: 'string', format: 'binary' } },
      },
    },
  },
}

/** Files that are uploaded for a dataset. Automation API section 7. */
export const registerAutomationFiles: RegisterRoutes = (scope, services) => {
  const { control, catalogDeps, blobs } = services
  const all = '/datasets/:dataset_uid/resources/files/'
  const one = `${all}:file_uid/`

  scope.post(
    all,
    operation(
      'WRITE',
      'automationUploadFile',
      'Upload a file; a resource that names it makes it a source',
      answerOf('AutomationFile', 201),
      { tags, params: datasetParams },
      formBody,
    ),
    async (request, reply) => {
      await findDataset(control.db, request.params.dataset_uid)
      if (!request.isMultipart()) throw invalid('file', undefined, 'the body must be a form with a part file')
      const file = await keepUpload(services, await readPart(request), usernameOf(request))
      return reply.status(201).send(printFile(file))
    },
  )
  scope.get(
    one,
    operation('READ', 'automationReadFile', 'Read what is known of a file', answerOf('AutomationFile'), {
      tags,
      params: fileParams,
    }),
    async (request) => printFile(await find(request, request.params)),
  )
  scope.get(
    `${one}download/`,
    operation('READ', 'automationDownloadFile', 'Download a file', answerBytes('*/*'), {
      tags,
      params: fileParams,
    }),
    async (request, reply) => {
      const file = await find(request, request.params)
      return sendFile(reply, file, createReadStream(blobs.path(file.sha256)))
    },
  )

  /** Files are everybody's own, but for those that the dataset is made of. Errors: catalog.unknown_file. */
  async function find(
    request: FastifyRequest,
    params: { dataset_uid: string; file_uid: string },
  ): Promise<FilesTable> {
    const { dataset_uid } = await findDataset(control.db, params.dataset_uid)
    const resources = await listResources(catalogDeps, dataset_uid)
    const isOfDataset = resources.some(({ url }) => url === `${filePrefix}${params.file_uid}`)
    return findFile(catalogDeps, params.file_uid, isOfDataset ? null : fileReaderOf(request))
  }
}

function printFile(file: FilesTable): JsonObject {
  return {
    uid: file.file_id,
    filename: file.filename,
    mimetype: file.mimetype,
    created_at: formatInstant(file.created_at),
  }
}
