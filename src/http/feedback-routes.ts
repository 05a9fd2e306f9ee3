/** What readers write to the publisher of a dataset, where the domain lets them. docs/feedback.md. */
import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import { readDomain } from '../catalog/index.ts'
import { AppError, formatInstant } from '../kernel/index.ts'
import { feedbackKinds, maxComment } from '../subscriptions/index.ts'
import { networkOf } from './client-of.ts'
import { readChoice } from './explore/parameters.ts'
import { findVisible } from './explore/visible.ts'
import { answerOf, operation } from './openapi/index.ts'
import type { HttpServices } from './services.ts'
import { refuseForeignOrigin } from './session-cookie.ts'

const params = Type.Object({ dataset_id: Type.String() })
const body = Type.Object({
  kind: Type.String({ description: feedbackKinds.join(' or ') }),
  comment: Type.String({ maxLength: maxComment }),
  email: Type.Optional(Type.String({ maxLength: 254, description: 'Where the answer is to go' })),
  record_id: Type.Optional(Type.String({ maxLength: 64, description: 'Of the record that it is about' })),
})

export function registerReaderFeedback(app: FastifyInstance, services: HttpServices): void {
  app.post<{ Params: Static<typeof params>; Body: Static<typeof body> }>(
    '/api/portal/v1/datasets/:dataset_id/feedback',
    operation(
      'public',
      'writeFeedback',
      'Report an error, or ask the publisher of a dataset that you see',
      answerOf('FeedbackTaken', 201),
      { tags: ['portal'], params, body },
    ),
    async (request, reply) => {
      // Without a session there is no token to compare: pages of other sites are told by what browsers say.
      refuseForeignOrigin(request)
      const { row } = await findVisible(services, request)
      if (!(await readDomain(services.control.db)).feedback)
        throw new AppError('subscriptions.feedback_off', {})
      const { principal } = request
      const { kind, comment, email = '', record_id = '' } = request.body
      const text = comment.replaceAll('\r\n', '\n').trim()
      if (text === '') throw new AppError('http.missing_parameter', { parameter: 'comment' })
      const written = await services.feedbacks.write({
        datasetUid: row.dataset_uid,
        kind: readChoice('kind', kind, feedbackKinds, 'question') as (typeof feedbackKinds)[number],
        comment: text,
        recordId: record_id.trim() || null,
        username: principal.kind === 'user' ? principal.username : null,
        email: email.trim() || null,
        network: networkOf(request.ip),
      })
      return reply
        .status(201)
        .send({ feedback_uid: written.feedback_uid, created_at: formatInstant(written.created_at) })
    },
  )
}
