import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import { Readable } from 'node:stream'
import type { MultipartFile } from '@fastify/multipart'
import { create as contentDisposition } from 'content-disposition'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { mayDo, type PermissionClass } from '../../access/index.ts'
import {
  addFile,
  deleteFile,
  type FileReader,
  findFile,
  listFiles,
  type StoredFile,
  unknownFile,
} from '../../catalog/index.ts'
import type { FilesTable } from '../../control/index.ts'
import { AppError } from '../../kernel/index.ts'
import { auditing } from '../audit-requests.ts'
import { answerBytes, answerList, answerOf, noContent, operation } from '../openapi/index.ts'
import { mayWithKey } from '../refuse-key.ts'
import { sandboxFile } from '../security-headers.ts'
import type { HttpServices } from '../services.ts'
import { printFile } from './render.ts'
import { type RegisterRoutes, usernameOf } from './scope.ts'

const tags = ['files']
/** What is not published yet is not for a key that may only read: to see files, one needs what uploading them takes. */
const fileRight: PermissionClass = 'TOOLS'
const fileParams = Type.Object({ file_id: Type.String() })
export const uploadBody = {
  isRequired: true,
  content: {
    'multipart/form-data': {
      schema: {
        type: 'object',
        required: ['file'],
        properties: { file: { type: 'string', format: 'binary' } },
      },
    },
    'application/json': {
      schema: {
        type: 'object',
        required: ['content'],
        properties: {
          content: { type: 'string', description: 'The text of the file' },
          mimetype: { type: 'string' },
          filename: { type: 'string', default: 'file' },
        },
      },
    },
  },
}

/** Uploaded files. Management API section 13; deleting is ours. */
export const registerFiles: RegisterRoutes = (scope, services) => {
  const { catalogDeps, blobs } = services

  scope.get(
    '/files',
    operation(
      'SELF',
      'listFiles',
      'List uploaded files: yours, or all for those who may edit all datasets',
      answerList('File'),
      { tags },
    ),
    async (request) => {
      if (!(await mayWithKey(services, request, fileRight))) return []
      return (await listFiles(catalogDeps, fileReaderOf(request))).map(printFile)
    },
  )

  scope.post(
    '/files',
    auditing(
      true,
      operation(
        'TOOLS',
        'uploadFile',
        'Upload a file',
        answerOf('File'),
        {
          tags,
          description:
            'A multipart body is streamed to disk, whatever its size; a JSON body holds at most 8 MiB.',
        },
        uploadBody,
      ),
    ),
    async (request) => {
      const file = await keepUpload(services, await readUpload(request), usernameOf(request))
      request.audited.target = { type: 'file', id: file.file_id }
      return printFile(file)
    },
  )

  scope.get(
    '/files/:file_id',
    operation('SELF', 'readFile', 'Read what is known of a file', answerOf('File'), {
      tags,
      params: fileParams,
    }),
    async (request) => printFile(await find(request, request.params.file_id)),
  )

  scope.delete(
    '/files/:file_id',
    auditing(
      true,
      operation('TOOLS', 'deleteFile', 'Delete a file that no resource uses', noContent, {
        tags,
        params: fileParams,
      }),
    ),
    async (request, reply) => {
      await deleteFile(catalogDeps, request.params.file_id, fileReaderOf(request))
      return reply.status(204).send()
    },
  )

  // The platform's permission table names POST, its documentation GET: both answer.
  for (const [method, operationId] of [
    ['GET', 'downloadFile'],
    ['POST', 'downloadFileByPost'],
  ] as const) {
    scope.route<{ Params: { file_id: string } }>({
      method,
      url: '/download_file/:file_id',
      ...operation('SELF', operationId, 'Download a file', answerBytes('*/*'), {
        tags,
        params: fileParams,
      }),
      handler: async (request, reply) => {
        const file = await find(request, request.params.file_id)
        return sendFile(reply, file, createReadStream(blobs.path(file.sha256)))
      },
    })
  }

  /** Errors: catalog.unknown_file. */
  async function find(request: FastifyRequest, fileId: string): Promise<FilesTable> {
    if (!(await mayWithKey(services, request, fileRight))) throw unknownFile(fileId)
    return findFile(catalogDeps, fileId, fileReaderOf(request))
  }
}

/** Whoever may edit all datasets sees all files, others their own. */
export function fileReaderOf(request: FastifyRequest): FileReader {
  const { principal } = request
  if (mayDo(principal, 'WRITE')) return null
  const limits = principal.kind === 'user' ? principal.keyLimits?.datasets : null
  return { owner: usernameOf(request), datasets: limits?.uids ?? null }
}

/** Errors: those of storeUpload. */
export async function keepUpload(services: HttpServices, upload: Upload, owner: string): Promise<FilesTable> {
  const stored = await storeUpload(services, upload)
  const { filename, mimetype } = upload
  return addFile(services.catalogDeps, { ...stored, filename, mimetype, owner })
}

/**
 * `most`: bytes, where less will do than an upload may have. Errors: http.payload_too_large, ingest.source_too_large;
 * http.bad_request for a form that breaks off.
 */
export async function storeUpload(
  { blobs, limits }: HttpServices,
  { source, isTruncated }: Upload,
  most = limits.maxUploadBytes,
) {
  const maxBytes = Math.min(most, limits.maxUploadBytes)
  const stored = await blobs.put(source, { maxBytes }).catch((error) => {
    throw error === source.errored ? brokenForm(source.errored as Error) : error
  })
  if (isTruncated()) throw new AppError('http.payload_too_large', { maxBytes: limits.maxUploadBytes })
  return stored
}

/** A form or JSON. Errors: http.invalid_parameter, http.bad_request. */
export async function readUpload(request: FastifyRequest): Promise<Upload> {
  return request.isMultipart() ? readPart(request) : readJsonUpload(request.body)
}

function brokenForm(error: Error): AppError {
  return new AppError('http.bad_request', { reason: error.message.slice(0, 200) })
}

interface Upload {
  readonly source: Readable
  readonly filename: string
  readonly mimetype: string
  isTruncated(): boolean
}

/** The part `file` of a form. Errors: http.invalid_parameter, http.bad_request. */
export async function readPart(request: FastifyRequest): Promise<Upload> {
  const part = await request.file().catch((error: Error & { statusCode?: number }) => {
    throw error.statusCode === undefined ? brokenForm(error) : error
  })
  if (part?.fieldname !== 'file') {
    part?.file.resume()
    throw new AppError('http.invalid_parameter', {
      parameter: 'file',
      value: part?.fieldname.slice(0, 60) ?? 'nothing',
      expected: 'the body must have a part named file',
    })
  }
  return uploadOf(part)
}

function uploadOf({ file, filename, mimetype }: MultipartFile): Upload {
  return {
    source: file,
    filename: safeName(filename),
    mimetype: safeType(mimetype),
    isTruncated: () => file.truncated,
  }
}

/** A form with texts beside its file, in any order. Errors: those of keepUpload; http.invalid_parameter without a file. */
export async function readUploadForm(
  services: HttpServices,
  request: FastifyRequest,
  owner: string,
): Promise<{ readonly file: FilesTable; readonly texts: Readonly<Record<string, string>> }> {
  let file: FilesTable | null = null
  const texts: Record<string, string> = {}
  for await (const part of request.parts()) {
    if (part.type === 'field') texts[part.fieldname] = String(part.value)
    else if (part.fieldname === 'file') file = await keepUpload(services, uploadOf(part), owner)
    else part.file.resume()
  }
  if (file === null)
    throw new AppError('http.invalid_parameter', {
      parameter: 'file',
      value: 'nothing',
      expected: 'the body must have a part named file',
    })
  return { file, texts }
}

function readJsonUpload(body: unknown): Upload {
  const { content, mimetype, filename } = (body ?? {}) as Record<string, unknown>
  if (typeof content !== 'string') {
    throw new AppError('http.invalid_parameter', {
      parameter: 'content',
      value: String(typeof content),
      expected: 'it must be the text of the file; or send multipart/form-data with a part named file',
    })
  }
  return {
    source: Readable.from([Buffer.from(content, 'utf8')]),
    filename: safeName(typeof filename === 'string' ? filename : 'file'),
    mimetype: safeType(typeof mimetype === 'string' ? mimetype : ''),
    isTruncated: () => false,
  }
}

/** A name without directories and control characters. */
function safeName(filename: string): string {
  const name = basename(filename.replaceAll('\\', '/'))
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is removed
    .replace(/[\u0000-\u001f\u007f]/g, '')
    .slice(0, 200)
    .trim()
  return name === '' || name === '.' || name === '..' ? 'file' : name
}

function safeType(mimetype: string): string {
  return /^[\w.+-]{1,100}\/[\w.+-]{1,100}$/.test(mimetype) ? mimetype : 'application/octet-stream'
}

/** As an attachment, never as a page of ours: an uploaded HTML file must not run here. */
export function sendFile(reply: FastifyReply, file: StoredFile, body: Readable): FastifyReply {
  return sandboxFile(reply)
    .type(file.mimetype.startsWith('text/') ? `${file.mimetype}; charset=utf-8` : file.mimetype)
    .header('Content-Disposition', contentDisposition(file.filename))
    .header('Content-Length', file.bytes)
    .send(body)
}
