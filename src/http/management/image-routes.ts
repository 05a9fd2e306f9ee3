import { open } from 'node:fs/promises'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { ImagesTable } from '../../control/index.ts'
import { AppError, formatInstant, type JsonObject, mediaTypeBytes } from '../../kernel/index.ts'
import {
  addImage,
  deleteImage,
  type ImageDeps,
  invalidImage,
  listImages,
  maxImageBytes,
  requireImageRight,
} from '../../pages/index.ts'
import { answerList, answerOf, noContent, operation } from '../openapi/index.ts'
import type { HttpServices } from '../services.ts'
import { readUpload, storeUpload, uploadBody } from './file-routes.ts'
import { pageQuery, type RegisterRoutes, readListPage } from './scope.ts'

const tags = ['pages']
const description = 'Needs create_page, edit_page (also on one page), edit_theme or edit_domain.'

/** Images of pages and of the theme. Ours: the platform has these in its other API (automation API section 15). */
export const registerImages: RegisterRoutes = (scope, services) => {
  const depsOf = (request: { principal: ImageDeps['principal'] }): ImageDeps => ({
    ...services.catalogDeps,
    principal: request.principal,
  })
  scope.get(
    '/images',
    operation('SELF', 'listImages', 'Images, newest first', answerList('Image'), {
      tags,
      description,
      querystring: pageQuery,
    }),
    async (request) => {
      const { rows, page } = readListPage(request.query)
      const images = await listImages(depsOf(request), { limit: rows, offset: (page - 1) * rows })
      return images.map(printImage)
    },
  )
  scope.post(
    '/images',
    operation(
      'SELF',
      'uploadImage',
      'Upload an image',
      answerOf('Image', 201),
      {
        tags,
        description: `PNG, JPEG, GIF, WebP, AVIF, SVG or ICO of at most 10 MiB; the kind is told from the bytes. ${description}`,
      },
      uploadBody,
    ),
    async (request, reply) => {
      return reply.status(201).send(printImage(await keepImage(services, request)))
    },
  )
  scope.delete(
    '/images/:image_uid',
    operation(
      'SELF',
      'deleteImage',
      'Delete an image: yours, or any with edit_page or edit_domain',
      noContent,
      {
        tags,
        description,
        params: Type.Object({ image_uid: Type.String() }),
      },
    ),
    async (request, reply) => {
      await deleteImage(depsOf(request), request.params.image_uid)
      return reply.status(204).send()
    },
  )
}

/** Errors: those of addImage and of an upload. */
export async function keepImage(services: HttpServices, request: FastifyRequest): Promise<ImagesTable> {
  const deps: ImageDeps = { ...services.catalogDeps, principal: request.principal }
  // Before the body is taken in.
  await requireImageRight(deps)
  const upload = await readUpload(request)
  // What is too large for an image is not taken in first, whatever a source may be as large as.
  const stored = await storeUpload(services, upload, maxImageBytes).catch((error: unknown) => {
    throw error instanceof AppError && error.key === 'ingest.source_too_large' ? invalidImage() : error
  })
  const head = await readHead(services.blobs.path(stored.sha256))
  return addImage(deps, { ...stored, filename: upload.filename }, head)
}

async function readHead(path: string): Promise<Buffer> {
  const handle = await open(path)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(mediaTypeBytes), 0, mediaTypeBytes, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}

function printImage(image: ImagesTable): JsonObject {
  return {
    image_uid: image.image_uid,
    url: `/api/portal/v1/images/${image.image_uid}`,
    filename: image.filename,
    mimetype: image.mimetype,
    size: image.bytes,
    created_at: formatInstant(image.created_at),
    user: { username: image.username },
  }
}
