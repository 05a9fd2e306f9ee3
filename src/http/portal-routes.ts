/** What the portal shows beside datasets: settings of the domain, pages, images. For anyone who may see them. */
import { createReadStream } from 'node:fs'
import { create as contentDisposition } from 'content-disposition'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { Type } from 'typebox'
import { readDomain } from '../catalog/index.ts'
import { formatInstant, type JsonObject } from '../kernel/index.ts'
import { cleanContent, findImage, findPage, listPages, type Page } from '../pages/index.ts'
import { answerBytes, answerOf, operation } from './openapi/index.ts'
import { sandboxPicture } from './security-headers.ts'
import type { HttpServices } from './services.ts'

const tags = ['portal']
const maxListed = 1000

export function registerPortal(app: FastifyInstance, services: HttpServices): void {
  const { db } = services.control

  app.get(
    '/api/portal/v1/domain',
    operation(
      'public',
      'readPortalDomain',
      'Name, look, languages, licences and themes',
      answerOf('PortalDomain'),
      {
        tags,
      },
    ),
    async (_request, reply): Promise<JsonObject> => {
      const { default_security: _own, quotas: _quotas, ...settings } = await readDomain(db)
      const shown = { ...settings, timezone: settings.timezone ?? services.web.timezone }
      revalidated(reply, true)
      return shown as unknown as JsonObject
    },
  )

  app.get(
    '/api/portal/v1/pages',
    operation('public', 'listPortalPages', 'Pages that you may see, by title', answerOf('PortalPageList'), {
      tags,
    }),
    async (request, reply): Promise<JsonObject> => {
      const asked = {
        isToEdit: false,
        search: '',
        sort: 'title',
        limit: maxListed,
        offset: 0,
        hasContent: false,
      }
      const { pages, total } = await listPages({ db, principal: request.principal }, asked)
      revalidated(reply, false)
      return { total_count: total, results: pages.map(printHead) }
    },
  )

  app.get<{ Params: { slug: string } }>(
    '/api/portal/v1/pages/:slug',
    operation('public', 'readPortalPage', 'A page, its HTML and CSS cleaned', answerOf('PortalPage'), {
      tags,
      params: Type.Object({ slug: Type.String() }),
    }),
    async (request, reply): Promise<JsonObject> => {
      const page = await findPage({ db, principal: request.principal }, request.params.slug, 'sees')
      revalidated(reply, !page.isRestricted && !page.isArchived)
      const content = (await cleanContent(page.content)) as unknown as JsonObject
      return { ...printHead(page), content }
    },
  )

  app.get<{ Params: { image_uid: string } }>(
    '/api/portal/v1/images/:image_uid',
    operation('public', 'readImage', 'An image', answerBytes('*/*'), {
      tags,
      params: Type.Object({ image_uid: Type.String() }),
    }),
    async (request, reply) => {
      const image = await findImage(db, request.params.image_uid)
      return sandboxPicture(reply)
        .type(image.mimetype)
        .header('Content-Length', image.bytes)
        .header('Content-Disposition', contentDisposition(image.filename, { type: 'inline' }))
        .header('Cache-Control', 'public, max-age=86400, immutable')
        .send(createReadStream(services.blobs.path(image.sha256)))
    },
  )
}

/** Caches ask each time: rights and settings change at once. */
function revalidated(reply: FastifyReply, isForAll: boolean): void {
  reply.header('Cache-Control', isForAll ? 'public, no-cache' : 'private, no-cache')
  reply.header('Vary', 'Authorization, Cookie')
}

function printHead(page: Page): JsonObject {
  return {
    slug: page.slug,
    title: { ...page.title },
    description: page.description,
    template: page.template,
    tags: [...page.tags],
    restricted: page.isRestricted,
    last_modified: formatInstant(page.lastModifiedAt),
  }
}
