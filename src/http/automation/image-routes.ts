import type { FastifyRequest } from 'fastify'
import type { ImagesTable } from '../../control/index.ts'
import type { JsonObject } from '../../kernel/index.ts'
import { countImages, type ImageDeps, listImages, requireImageRight } from '../../pages/index.ts'
import { originOf } from '../explore/links.ts'
import { keepImage } from '../management/image-routes.ts'
import { answerOf, answerPage, operation } from '../openapi/index.ts'
import { formBody } from './file-routes.ts'
import { invalid, pageQuery, printPage, type RegisterRoutes, readPage } from './scope.ts'

const tags = ['automation-content']

/** Images of pages and of the theme. Automation API section 15. */
export const registerAutomationImages: RegisterRoutes = (scope, services) => {
  const all = '/medias/images/'
  const depsOf = ({ principal }: FastifyRequest): ImageDeps => ({ ...services.catalogDeps, principal })
  const print = (request: FastifyRequest, { image_uid }: ImagesTable): JsonObject => ({
    url: `${originOf(request)}/api/portal/v1/images/${image_uid}`,
  })

  scope.get(
    all,
    operation('SELF', 'automationListImages', 'Images, newest first', answerPage('AutomationImage'), {
      tags,
      querystring: pageQuery,
    }),
    async (request) => {
      const page = readPage(request.query)
      const images = await listImages(depsOf(request), page)
      const total = await countImages(services.control.db)
      return printPage(
        request,
        page,
        total,
        images.map((image) => print(request, image)),
      )
    },
  )
  scope.post(
    all,
    operation(
      'SELF',
      'automationUploadImage',
      'Upload an image',
      answerOf('AutomationImage', 201),
      { tags },
      formBody,
    ),
    async (request, reply) => {
      await requireImageRight(depsOf(request))
      if (!request.isMultipart()) throw invalid('file', undefined, 'the body must be a form with a part file')
      return reply.status(201).send(print(request, await keepImage(services, request)))
    },
  )
}
