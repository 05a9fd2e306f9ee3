import { open } from 'node:fs/promises'
import { create as contentDisposition } from 'content-disposition'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { findGenerationMedia } from '../../catalog/index.ts'
import { AppError } from '../../kernel/index.ts'
import { disconnectSignal } from '../disconnect.ts'
import { answerBytes } from '../openapi/index.ts'
import { sandboxPicture } from '../security-headers.ts'
import type { HttpServices } from '../services.ts'
import { isKnownTag, setCacheHeaders } from './answers.ts'
import { datasetParams } from './catalog-routes.ts'
import { sendFile } from './file-answers.ts'
import type { RouteOptions } from './route-options.ts'
import { findVisible } from './visible.ts'

const params = Type.Object({
  ...datasetParams.properties,
  file_id: Type.String({ description: '`id` of a file object' }),
})
const querystring = Type.Object({
  version: Type.Optional(Type.String({ description: 'Of a saved version' })),
})

/**
 * Shown by browsers as they are; anything else is to be saved. They come from anywhere and are served from the server's own
 * address: none may run a script there.
 */
const shownTypes =
  /^(image\/(png|jpeg|gif|webp|bmp|avif|svg\+xml)|audio\/[a-z0-9]+|video\/[a-z0-9]+|application\/pdf)$/

/** Files of records, as far as the publication that the reader may see has them. Explore API section 3. */
export function registerMedia(app: FastifyInstance, services: HttpServices, route: RouteOptions): void {
  app.get<{ Params: { dataset_id: string; file_id: string }; Querystring: { version?: string } }>(
    '/catalog/datasets/:dataset_id/files/:file_id',
    route('readRecordFile', 'A file that a record of the dataset has', answerBytes('*/*'), {
      params,
      querystring,
    }),
    async (request, reply) => {
      const publication = await findVisible(services, request)
      const { file_id: fileId } = request.params
      const unknown = () => new AppError('records.unknown_file', { file_id: fileId.slice(0, 100) })
      const media = await findGenerationMedia(services.control.db, publication.row.generation_uid, fileId)
      if (!media || !(await services.records.hasFile(publication, media.sha256, disconnectSignal(reply))))
        throw unknown()
      const etag = `"${media.sha256}"`
      setCacheHeaders(reply, publication)
      sandboxPicture(reply)
        .header('Content-Type', media.mimetype)
        .header('X-Content-Type-Options', 'nosniff')
        .header(
          'Content-Disposition',
          contentDisposition(media.filename, {
            type: shownTypes.test(media.mimetype) ? 'inline' : 'attachment',
          }),
        )
      if (isKnownTag(request, etag)) return reply.header('ETag', etag).status(304).send()
      const handle = await open(services.blobs.path(media.sha256)).catch(() => null)
      if (!handle) throw unknown()
      return sendFile(request, reply, { handle, bytes: media.bytes, etag })
    },
  )
}
