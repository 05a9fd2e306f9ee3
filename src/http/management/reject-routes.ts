import { readFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import {
  addFile,
  addResource,
  type ConfiguredResource,
  filePrefix,
  findDataset,
  findFile,
  listResources,
} from '../../catalog/index.ts'
import { AppError } from '../../kernel/index.ts'
import { disconnectSignal } from '../disconnect.ts'
import { answerList, operation } from '../openapi/index.ts'
import type { HttpServices } from '../services.ts'
import { usernameOf } from '../username-of.ts'
import { type CorrectedRow, type CorrectedSource, parseRows, sourceOf, unreadable } from './corrected-rows.ts'
import { fileReaderOf } from './file-routes.ts'
import { previewOf } from './preview-source.ts'
import { printResource } from './render.ts'
import { datasetParams, editorOf, type RegisterRoutes } from './scope.ts'

/** It is held in memory, and was corrected by hand. */
const maxBytes = 32 << 20

/** Rejected rows that come back corrected, as resources that the next publish reads. docs/publishing.md. */
export const registerRejects: RegisterRoutes = (scope, services) => {
  scope.post(
    '/datasets/:dataset_uid/rejects',
    operation(
      'WRITE',
      'resubmitRejects',
      'Give rejected rows back, corrected: a resource is added for each that they came from',
      answerList('Resource', 201),
      {
        tags: ['resources'],
        params: datasetParams,
        body: Type.Object({
          url: Type.String({
            description:
              'odsfile:// address of an uploaded file: as downloadRejects gives it, with raw corrected',
          }),
        }),
      },
    ),
    async (request, reply) => {
      const { dataset_uid } = await findDataset(services.control.db, request.params.dataset_uid)
      const rows = parseRows(await readUpload(services, request, request.body.url))
      const added = await addCorrected(services, request, dataset_uid, rows, disconnectSignal(reply))
      return reply.status(201).send(added.map(printResource))
    },
  )
}

/** Errors: catalog.unknown_file, catalog.rejects_unreadable. */
async function readUpload(services: HttpServices, request: FastifyRequest, url: string): Promise<string> {
  if (!url.startsWith(filePrefix)) throw unreadable('upload it first, and give its odsfile:// address')
  const file = await findFile(services.catalogDeps, url.slice(filePrefix.length), fileReaderOf(request))
  if (file.bytes > maxBytes) throw new AppError('ingest.source_too_large', { maxBytes })
  const bytes = await readFile(services.blobs.path(file.sha256))
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw unreadable('it is not UTF-8')
  }
}

/** All of them are made before the first is added, and added together: what fails leaves the dataset as it was. */
async function addCorrected(
  services: HttpServices,
  request: FastifyRequest,
  datasetUid: string,
  rows: readonly CorrectedRow[],
  signal: AbortSignal,
): Promise<ConfiguredResource[]> {
  const resources = await listResources(services.catalogDeps, datasetUid)
  const sources = []
  for (const [resourceUid, own] of Map.groupBy(rows, (row) => row.resourceUid)) {
    const resource = resources.find(({ resource_uid }) => resource_uid === resourceUid)
    if (!resource) throw unreadable(`the dataset has no resource ${resourceUid.slice(0, 60)}`)
    const labels = resource.type === 'csvfile' ? await labelsOf(services, resource, signal) : []
    sources.push(
      sourceOf(
        resource,
        labels,
        own.map(({ raw }) => raw),
      ),
    )
  }
  const stored: (CorrectedSource & { readonly blob: { sha256: string; bytes: number } })[] = []
  for (const source of sources) {
    const bytes = Readable.from([Buffer.from(source.content, 'utf8')])
    stored.push({ ...source, blob: await services.blobs.put(bytes, { maxBytes: 2 * maxBytes }) })
  }
  return services.control.db.transaction().execute(async (trx) => {
    const editor = { ...editorOf(services, request), db: trx }
    const added: ConfiguredResource[] = []
    for (const { blob, filename, mimetype, type, params } of stored) {
      const file = await addFile(editor, { filename, mimetype, ...blob, owner: usernameOf(request) })
      const input = { url: `${filePrefix}${file.file_id}`, title: filename, type, params }
      added.push(await addResource(editor, datasetUid, input))
    }
    return added
  })
}

/** Of the columns that the rows have values for. */
async function labelsOf(
  services: HttpServices,
  resource: ConfiguredResource,
  signal: AbortSignal,
): Promise<string[]> {
  const params = { ...resource.params, extract_filename: false }
  const { fields } = await previewOf(services, { ...resource, params }, signal)
  return fields.map(({ label }) => label)
}
