/**
 * A second door for analysts: the publication as Parquet under an address that stays, read in ranges. `all.parquet` is one
 * file, the same as the Parquet export; the parts are the generation's own files, which never change.
 */
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { AppError } from '../../kernel/index.ts'
import { requireData } from '../../records/index.ts'
import { auditing } from '../audit-requests.ts'
import { disconnectSignal } from '../disconnect.ts'
import { answerBytes } from '../openapi/index.ts'
import type { HttpServices } from '../services.ts'
import { isKnownTag, sendJson, setCacheHeaders } from './answers.ts'
import { type DatasetParams, datasetParams } from './catalog-routes.ts'
import { sendRecords } from './export-routes.ts'
import { sendFile } from './file-answers.ts'
import { datasetHref } from './links.ts'
import type { RouteOptions } from './route-options.ts'
import { noteDownload } from './uses.ts'
import { findVisible } from './visible.ts'

const wholeFile = 'all.parquet'
const mediaType = 'application/vnd.apache.parquet'
const versionQuery = Type.Object({
  version: Type.Optional(Type.String({ description: 'Of a saved version' })),
})

const fileFacts = {
  href: Type.String(),
  rows: Type.Integer(),
}
const listing = Type.Object({
  generation_uid: Type.String(),
  records_count: Type.Integer(),
  file: Type.Object(fileFacts),
  parts: Type.Array(Type.Object({ ...fileFacts, bytes: Type.Integer(), sha256: Type.String() })),
})

export function registerParquet(app: FastifyInstance, services: HttpServices, route: RouteOptions): void {
  app.get<{ Params: DatasetParams; Querystring: { version?: string } }>(
    '/catalog/datasets/:dataset_id/parquet',
    route(
      'listParquet',
      'Parquet files of the publication',
      {
        status: 200,
        description: 'One file for all records, and the parts of the generation',
        content: { 'application/json': { schema: listing } },
      },
      { params: datasetParams, querystring: versionQuery },
    ),
    async (request, reply) => {
      const publication = await findVisible(services, request)
      requireData(publication)
      const { row, view } = publication
      const { version } = request.query
      const suffix = version ? `?version=${encodeURIComponent(version)}` : ''
      const at = (file: string) => `${datasetHref(request, row.dataset_id)}/parquet/${file}${suffix}`
      const rows = await services.records.count(publication, disconnectSignal(reply))
      // Parts hold everything: who sees less has the one file, made for that reader.
      const parts =
        view === null
          ? await services.generations.use(row.generation_uid, () => services.parts.list(row.generation_uid))
          : []
      setCacheHeaders(reply, publication)
      return sendJson(
        reply,
        JSON.stringify({
          generation_uid: row.generation_uid,
          records_count: rows,
          file: { href: at(wholeFile), rows },
          parts: parts.map((part) => ({
            href: at(part.file),
            rows: part.rows,
            bytes: part.bytes,
            sha256: part.sha256,
          })),
        }),
      )
    },
  )

  app.get<{ Params: DatasetParams & { file: string }; Querystring: { version?: string } }>(
    '/catalog/datasets/:dataset_id/parquet/:file',
    auditing(
      'restricted',
      route('readParquet', 'A Parquet file, whole or a range of it', answerBytes(mediaType), {
        params: Type.Object({
          ...datasetParams.properties,
          file: Type.String({ description: `${wholeFile}, or a part as the list names it` }),
        }),
        querystring: versionQuery,
      }),
    ),
    async (request, reply) => {
      const publication = await findVisible(services, request)
      const { row } = publication
      if (request.params.file === wholeFile) {
        return sendRecords(services, request, reply, publication, 'parquet', {})
      }
      requireData(publication)
      if (publication.view !== null)
        throw new AppError('exports.unknown_part', { file: request.params.file.slice(0, 100) })
      noteDownload(request)
      const lease = await services.generations.acquire(row.generation_uid)
      try {
        const { part, handle } = await services.parts.open(row.generation_uid, request.params.file)
        const etag = `"${part.sha256}"`
        setCacheHeaders(reply, publication)
        reply.type(mediaType).header('ETag', etag)
        if (isKnownTag(request, etag)) {
          await handle.close()
          lease.release()
          return reply.status(304).send()
        }
        const { bytes } = part
        return await sendFile(request, reply, { handle, bytes, etag, onEnd: () => lease.release() })
      } catch (error) {
        lease.release()
        throw error
      }
    },
  )
}
