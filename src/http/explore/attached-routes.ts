import { open } from 'node:fs/promises'
import { create as contentDisposition } from 'content-disposition'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { type AttachedKind, unknownAttached } from '../../catalog/index.ts'
import { attachedObject, visibleAttached } from '../../records/index.ts'
import { answerBytes, answerOf } from '../openapi/index.ts'
import { sandboxFile } from '../security-headers.ts'
import type { HttpServices } from '../services.ts'
import { isUnchanged, sendJson, setCacheHeaders } from './answers.ts'
import { type DatasetParams, datasetParams } from './catalog-routes.ts'
import { sendFile } from './file-answers.ts'
import { datasetHref } from './links.ts'
import type { RouteOptions } from './route-options.ts'
import { noteDownload } from './uses.ts'
import { findVisible } from './visible.ts'

const versionQuery = Type.Object({
  version: Type.Optional(Type.String({ description: 'Of a saved version' })),
})
const families = [
  { kind: 'attachment', path: 'attachments', name: 'Attachment', words: 'attachment' },
  {
    kind: 'alternative_export',
    path: 'alternative_exports',
    name: 'AlternativeExport',
    words: 'alternative export',
  },
] as const

/** Files that are published beside the records. Explore API section 3; alternative exports by address are ours. */
export function registerAttached(app: FastifyInstance, services: HttpServices, route: RouteOptions): void {
  for (const { kind, path, name, words } of families) {
    app.get<{ Params: DatasetParams; Querystring: { version?: string } }>(
      `/catalog/datasets/:dataset_id/${path}`,
      route(
        `list${name}s`,
        name === 'Attachment' ? 'Attachments' : 'Alternative exports',
        answerOf(`${name}s`),
        {
          params: datasetParams,
          querystring: versionQuery,
        },
      ),
      async (request, reply) => {
        const publication = await findVisible(services, request)
        const { row } = publication
        if (isUnchanged(request, reply, publication)) return reply.status(304).send()
        const { version } = request.query
        const suffix = version ? `?version=${encodeURIComponent(version)}` : ''
        const listed = visibleAttached(publication, kind).map((attached) => {
          const { mimetype, ...facts } = attachedObject(attached)
          return {
            href: `${datasetHref(request, row.dataset_id)}/${path}/${attached.attached_uid}${suffix}`,
            metas: { 'mime-type': mimetype, ...facts },
          }
        })
        return sendJson(reply, JSON.stringify({ _links: [], [path]: listed }))
      },
    )
    app.get<{ Params: DatasetParams & { attached_uid: string } }>(
      `/catalog/datasets/:dataset_id/${path}/:attached_uid`,
      route(`downloadPublished${name}`, `File of an ${words}`, answerBytes('*/*'), {
        params: Type.Object({ ...datasetParams.properties, attached_uid: Type.String() }),
        querystring: versionQuery,
      }),
      async (request, reply) => sendAttached(services, request, reply, kind, request.params.attached_uid),
    )
  }
}

/** Errors: catalog.unknown_attachment or unknown_alternative_export. */
async function sendAttached(
  services: HttpServices,
  request: FastifyRequest,
  reply: FastifyReply,
  kind: AttachedKind,
  attachedUid: string,
): Promise<FastifyReply> {
  const publication = await findVisible(services, request)
  const attached = visibleAttached(publication, kind).find((other) => other.attached_uid === attachedUid)
  if (!attached) throw unknownAttached(kind, attachedUid)
  setCacheHeaders(reply, publication)
  noteDownload(request)
  const { file } = attached
  if (file === null) return reply.redirect(attached.url, 303)
  const handle = await open(services.blobs.path(file.sha256))
  // As an attachment, never as a page of ours: an uploaded HTML file must not run here.
  sandboxFile(reply)
    .type(file.mimetype.startsWith('text/') ? `${file.mimetype}; charset=utf-8` : file.mimetype)
    .header('Content-Disposition', contentDisposition(file.filename))
  return sendFile(request, reply, { handle, bytes: file.bytes, etag: `"${file.sha256}"` })
}
