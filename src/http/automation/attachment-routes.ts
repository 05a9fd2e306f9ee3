import { createReadStream } from 'node:fs'
import { Type } from 'typebox'
import {
  type AttachedFile,
  attach,
  detach,
  filePrefix,
  findAttached,
  findDatasetUid,
  listAttached,
} from '../../catalog/index.ts'
import { formatInstant, type JsonObject } from '../../kernel/index.ts'
import { fileReaderOf, keepUpload, readPart, sendFile } from '../management/file-routes.ts'
import { answerBytes, answerOf, answerPage, noContent, operation } from '../openapi/index.ts'
import { formBody } from './file-routes.ts'
import {
  datasetParams,
  editorOf,
  invalid,
  pageQuery,
  printPageOf,
  type RegisterRoutes,
  usernameOf,
} from './scope.ts'

const tags = ['automation-datasets']
const params = Type.Object({ ...datasetParams.properties, attachment_uid: Type.String() })

/** Files that are offered with a dataset; readers see changes with the next publish. Automation API section 11. */
export const registerAutomationAttachments: RegisterRoutes = (scope, services) => {
  const { control, blobs } = services
  const all = '/datasets/:dataset_uid/attachments/'
  const one = `${all}:attachment_uid/`
  const schema = { tags, params }

  scope.get(
    all,
    operation('READ', 'automationListAttachments', 'List attachments', answerPage('AutomationFile'), {
      tags,
      params: datasetParams,
      querystring: pageQuery,
    }),
    async (request) => {
      const datasetUid = await findDatasetUid(control.db, request.params.dataset_uid)
      const attached = await listAttached(control.db, datasetUid, 'attachment')
      return printPageOf(request, request.query, attached, print)
    },
  )
  scope.post(
    all,
    operation(
      'WRITE',
      'automationAddAttachment',
      'Upload a file and offer it with the dataset',
      answerOf('AutomationFile', 201),
      { tags, params: datasetParams },
      formBody,
    ),
    async (request, reply) => {
      const datasetUid = await findDatasetUid(control.db, request.params.dataset_uid)
      if (!request.isMultipart()) throw invalid('file', undefined, 'the body must be a form with a part file')
      const { file_id } = await keepUpload(services, await readPart(request), usernameOf(request))
      const input = { url: `${filePrefix}${file_id}` }
      const added = await attach(
        editorOf(services, request),
        datasetUid,
        'attachment',
        input,
        fileReaderOf(request),
      )
      return reply.status(201).send(print(added))
    },
  )
  scope.get(
    one,
    operation('READ', 'automationReadAttachment', 'Read an attachment', answerOf('AutomationFile'), schema),
    async (request) => print(await find(request.params)),
  )
  scope.delete(
    one,
    operation('WRITE', 'automationDeleteAttachment', 'Take an attachment away', noContent, schema),
    async (request, reply) => {
      const datasetUid = await findDatasetUid(control.db, request.params.dataset_uid)
      await detach(editorOf(services, request), datasetUid, 'attachment', request.params.attachment_uid)
      return reply.status(204).send()
    },
  )
  scope.get(
    `${one}download/`,
    operation('READ', 'automationDownloadAttachment', 'Download an attachment', answerBytes('*/*'), schema),
    async (request, reply) => {
      const { file } = await find(request.params)
      // Attachments are uploaded files, all of them.
      return sendFile(reply, file!, createReadStream(blobs.path(file!.sha256)))
    },
  )

  async function find(asked: { dataset_uid: string; attachment_uid: string }): Promise<AttachedFile> {
    return findAttached(
      control.db,
      await findDatasetUid(control.db, asked.dataset_uid),
      'attachment',
      asked.attachment_uid,
    )
  }
}

function print({ attached_uid, title, file, created_at }: AttachedFile): JsonObject {
  return {
    uid: attached_uid,
    filename: file?.filename ?? title,
    mimetype: file?.mimetype ?? null,
    created_at: formatInstant(created_at),
  }
}
