import { createReadStream } from 'node:fs'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import {
  type AttachedFile,
  type AttachedInput,
  attach,
  deleteFile,
  describeAttached,
  detach,
  filePrefix,
  findAttached,
  findDatasetUid,
  listAttached,
} from '../../catalog/index.ts'
import { formatInstant, type JsonObject } from '../../kernel/index.ts'
import { fileReaderOf, readUploadForm, sendFile } from '../management/file-routes.ts'
import { answerBytes, answerOf, answerPage, noContent, operation } from '../openapi/index.ts'
import {
  datasetParams,
  editorOf,
  invalid,
  pageQuery,
  printPageOf,
  type RegisterRoutes,
  textOrNull,
  usernameOf,
} from './scope.ts'

const tags = ['automation-datasets']
const params = Type.Object({ ...datasetParams.properties, export_uid: Type.String() })
const text = { type: 'string' }
const body = {
  isRequired: true,
  content: {
    'multipart/form-data': {
      schema: {
        type: 'object',
        required: ['title', 'type', 'file'],
        properties: {
          title: text,
          type: { ...text, enum: ['uploaded_file'] },
          description: text,
          file: { ...text, format: 'binary' },
        },
      },
    },
    'application/json': {
      schema: {
        type: 'object',
        required: ['title', 'type', 'url'],
        properties: { title: text, type: { ...text, enum: ['url'] }, description: text, url: text },
      },
    },
  },
}

/** Other forms of a dataset that are offered with it. Automation API section 11; exports elsewhere (`url`) are made as JSON. */
export const registerAutomationExports: RegisterRoutes = (scope, services) => {
  const { control, blobs } = services
  const all = '/datasets/:dataset_uid/alternative_exports/'
  const one = `${all}:export_uid/`
  const schema = { tags, params }

  scope.get(
    all,
    operation('READ', 'automationListExports', 'List alternative exports', answerPage('AutomationExport'), {
      tags,
      params: datasetParams,
      querystring: pageQuery,
    }),
    async (request) => {
      const datasetUid = await findDatasetUid(control.db, request.params.dataset_uid)
      const attached = await listAttached(control.db, datasetUid, 'alternative_export')
      return printPageOf(request, request.query, attached, print)
    },
  )
  scope.post(
    all,
    operation(
      'WRITE',
      'automationAddExport',
      'Upload a file and offer it as an alternative export',
      answerOf('AutomationExport', 201),
      { tags, params: datasetParams },
      body,
    ),
    async (request, reply) => {
      const datasetUid = await findDatasetUid(control.db, request.params.dataset_uid)
      const input = await readInput(request)
      const editor = editorOf(services, request)
      const added = await attach(editor, datasetUid, 'alternative_export', input, fileReaderOf(request))
      return reply.status(201).send(print(added))
    },
  )
  scope.get(
    one,
    operation(
      'READ',
      'automationReadExport',
      'Read an alternative export',
      answerOf('AutomationExport'),
      schema,
    ),
    async (request) => print(await find(request.params)),
  )
  scope.put(
    one,
    operation(
      'WRITE',
      'automationUpdateExport',
      'Change what is said of an alternative export; what is left out stays',
      answerOf('AutomationExport'),
      { ...schema, body: Type.Object({ title: textOrNull(), description: textOrNull() }) },
    ),
    async (request) => {
      const { dataset_uid, export_uid } = request.params
      const { title, description } = request.body
      const texts = { title: title ?? undefined, description: description ?? undefined }
      const editor = editorOf(services, request)
      const datasetUid = await findDatasetUid(control.db, dataset_uid)
      return print(await describeAttached(editor, datasetUid, 'alternative_export', export_uid, texts))
    },
  )
  scope.delete(
    one,
    operation('WRITE', 'automationDeleteExport', 'Take an alternative export away', noContent, schema),
    async (request, reply) => {
      const datasetUid = await findDatasetUid(control.db, request.params.dataset_uid)
      await detach(editorOf(services, request), datasetUid, 'alternative_export', request.params.export_uid)
      return reply.status(204).send()
    },
  )
  scope.get(
    `${one}download/`,
    operation(
      'READ',
      'automationDownloadExport',
      'Download an alternative export; 303 to where it is when that is elsewhere',
      answerBytes('*/*'),
      schema,
    ),
    async (request, reply) => {
      const { file, url } = await find(request.params)
      if (file === null) return reply.redirect(url, 303)
      return sendFile(reply, file, createReadStream(blobs.path(file.sha256)))
    },
  )

  async function find(asked: { dataset_uid: string; export_uid: string }): Promise<AttachedFile> {
    return findAttached(
      control.db,
      await findDatasetUid(control.db, asked.dataset_uid),
      'alternative_export',
      asked.export_uid,
    )
  }

  /** Errors: http.invalid_parameter, those of an upload. */
  async function readInput(request: FastifyRequest): Promise<AttachedInput> {
    if (!request.isMultipart()) {
      const { title, description, type, url } = (request.body ?? {}) as JsonObject
      if (type !== 'url') throw invalid('type', type, 'it must be uploaded_file, in a form, or url')
      return { url: textAt('url', url), title: textAt('title', title), description: textOf(description) }
    }
    const { file, texts } = await readUploadForm(services, request, usernameOf(request))
    try {
      const { title, description, type } = texts
      if (type !== undefined && type !== 'uploaded_file')
        throw invalid('type', type, 'it must be uploaded_file')
      return { url: `${filePrefix}${file.file_id}`, title: textAt('title', title), description }
    } catch (error) {
      await deleteFile(services.catalogDeps, file.file_id, null)
      throw error
    }
  }
}

function textAt(property: string, value: unknown): string {
  if (typeof value !== 'string' || value === '') throw invalid(property, value, 'it is needed, and a text')
  return value
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

function print({ attached_uid, title, description, url, file, ...times }: AttachedFile): JsonObject {
  return {
    uid: attached_uid,
    title,
    description,
    type: file === null ? 'url' : 'uploaded_file',
    mimetype: file?.mimetype ?? null,
    created_at: formatInstant(times.created_at),
    updated_at: formatInstant(times.updated_at),
    ...(file === null ? { url } : { filename: file.filename }),
  }
}
