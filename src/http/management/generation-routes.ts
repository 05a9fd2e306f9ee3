import { Type } from 'typebox'
import { requireAllSeen } from '../../access/index.ts'
import { findDataset, type GenerationEntry, listGenerations, readManifest } from '../../catalog/index.ts'
import { AppError, formatInstant, type JsonObject } from '../../kernel/index.ts'
import { type RejectFormat, rejectFormats } from '../../records/index.ts'
import { auditing, noteExport } from '../audit-requests.ts'
import { disconnectSignal } from '../disconnect.ts'
import { answerBytes, answerList, answerOf, operation } from '../openapi/index.ts'
import { datasetParams, pageQuery, type RegisterRoutes, readListPage } from './scope.ts'

const tags = ['provenance']

/** What a dataset's records are made of: kept generations, their manifests, and the rows that could not be read. */
export const registerGenerations: RegisterRoutes = (scope, services) => {
  const { db } = services.control

  scope.get(
    '/datasets/:dataset_uid/generations',
    operation(
      'READ',
      'listGenerations',
      'States of the records that are kept, newest first, with the balance of rows of each source',
      answerList('Generation'),
      { tags, params: datasetParams, querystring: pageQuery },
    ),
    async (request) => {
      const { rows, page } = readListPage(request.query)
      const { dataset_uid } = await findDataset(db, request.params.dataset_uid)
      const found = await listGenerations(db, dataset_uid, { limit: rows, offset: (page - 1) * rows })
      return found.map(printGeneration)
    },
  )

  scope.get(
    '/datasets/:dataset_uid/generations/:generation_uid/manifest',
    operation('READ', 'readManifest', 'What a generation is made of, as sealed', answerOf('Manifest'), {
      tags,
      params: Type.Object({ ...datasetParams.properties, generation_uid: Type.String() }),
    }),
    async (request) => {
      const { dataset_uid } = await findDataset(db, request.params.dataset_uid)
      return readManifest(db, dataset_uid, request.params.generation_uid)
    },
  )

  const mediaTypes = Object.values(rejectFormats).map(({ mediaType }) => mediaType.split(';')[0]!)
  scope.get(
    '/datasets/:dataset_uid/rejects',
    auditing(
      'restricted',
      operation(
        'READ',
        'downloadRejects',
        'Source rows of the current publication that could not be read: resource_uid, line, reason, raw',
        answerBytes(...mediaTypes),
        {
          tags,
          params: datasetParams,
          querystring: Type.Object({
            format: Type.Optional(Type.String({ description: 'csv (default) or jsonl' })),
          }),
        },
      ),
    ),
    async (request, reply) => {
      const format = formatOf(request.query.format ?? 'csv')
      const dataset = await findDataset(db, request.params.dataset_uid)
      const { dataset_uid, dataset_id, published_generation_uid: uid } = dataset
      await requireAllSeen(db, request.principal, dataset_uid)
      await noteExport(services, request, dataset_uid)
      if (uid === null) throw new AppError('catalog.not_published', { dataset_uid })
      const manifest = await readManifest(db, dataset_uid, uid)
      const { body, bytes } = await services.rejects.open(manifest, format, disconnectSignal(reply))
      reply.type(rejectFormats[format].mediaType).header('Content-Length', bytes)
      reply.header('Content-Disposition', `attachment; filename="${dataset_id}-rejects.${format}"`)
      return reply.send(body)
    },
  )
}

function printGeneration(entry: GenerationEntry): JsonObject {
  const { manifest } = entry
  return {
    generation_uid: entry.generation_uid,
    state: entry.state,
    versions: [...entry.versions],
    job_id: entry.job_uid,
    created_at: formatInstant(entry.created_at),
    retired_at: entry.retired_at === null ? null : formatInstant(entry.retired_at),
    partial: manifest.partial,
    records_count: manifest.records_count,
    records_errors: manifest.record_errors.count,
    rows_rejected: manifest.rejects.rows,
    bytes: manifest.bytes,
    parts: manifest.parts.length,
    recipe: manifest.recipe,
    content_hash: manifest.content_hash,
    sources: manifest.sources.map((source) => ({ ...source })),
  }
}

function formatOf(text: string): RejectFormat {
  if (Object.hasOwn(rejectFormats, text)) return text as RejectFormat
  throw new AppError('http.invalid_parameter', {
    parameter: 'format',
    value: text.slice(0, 60),
    expected: `it must be one of ${Object.keys(rejectFormats).join(', ')}`,
  })
}
