import { Type } from 'typebox'
import { findDataset } from '../../catalog/index.ts'
import type { DatasetFeedbacksTable } from '../../control/index.ts'
import { formatInstant, type JsonObject } from '../../kernel/index.ts'
import { feedbackStates } from '../../subscriptions/index.ts'
import { readChoice } from '../explore/parameters.ts'
import { answerList, answerOf, noContent, operation } from '../openapi/index.ts'
import { datasetParams, pageQuery, type RegisterRoutes, readListPage, usernameOf } from './scope.ts'

const tags = ['feedback']
const params = Type.Object({ ...datasetParams.properties, feedback_uid: Type.String() })

/** What readers have written to the publisher. Ours; the prefix of uids is the platform's (management API section 6.6). */
export const registerFeedbacks: RegisterRoutes = (scope, services) => {
  const { feedbacks, control } = services
  const all = '/datasets/:dataset_uid/feedbacks'
  const one = `${all}/:feedback_uid`
  const uidOf = async (reference: string) => (await findDataset(control.db, reference)).dataset_uid

  scope.get(
    all,
    operation('READ', 'listFeedbacks', 'What readers have written, newest first', answerList('Feedback'), {
      tags,
      params: datasetParams,
      querystring: Type.Object({
        ...pageQuery.properties,
        state: Type.Optional(Type.String({ description: `${feedbackStates.join(', ')}; open by default` })),
      }),
    }),
    async (request) => {
      const state = readChoice('state', request.query.state, feedbackStates, 'open') as 'open'
      const asked = { state, ...readListPage(request.query) }
      return (await feedbacks.list(await uidOf(request.params.dataset_uid), asked)).map(printFeedback)
    },
  )
  scope.get(
    one,
    operation('READ', 'readFeedback', 'Read what a reader has written', answerOf('Feedback'), {
      tags,
      params,
    }),
    async ({ params: { dataset_uid, feedback_uid } }) =>
      printFeedback(await feedbacks.find(await uidOf(dataset_uid), feedback_uid)),
  )
  scope.put(
    one,
    operation('WRITE', 'changeFeedback', 'Close it, or open it again', answerOf('Feedback'), {
      tags,
      params,
      body: Type.Object({ closed: Type.Boolean() }),
    }),
    async (request) => {
      const { dataset_uid, feedback_uid } = request.params
      const by = request.body.closed ? usernameOf(request) : null
      return printFeedback(await feedbacks.close(await uidOf(dataset_uid), feedback_uid, by))
    },
  )
  scope.delete(
    one,
    operation('WRITE', 'deleteFeedback', 'Delete what a reader has written', noContent, { tags, params }),
    async (request, reply) => {
      const { dataset_uid, feedback_uid } = request.params
      await feedbacks.remove(await uidOf(dataset_uid), feedback_uid)
      return reply.status(204).send()
    },
  )
}

function printFeedback(row: DatasetFeedbacksTable): JsonObject {
  const user = (username: string | null) => (username === null ? null : { username })
  return {
    feedback_uid: row.feedback_uid,
    kind: row.kind,
    record_id: row.record_id,
    comment: row.comment,
    user: user(row.username),
    email: row.email,
    created_at: formatInstant(row.created_at),
    closed_at: row.closed_at === null ? null : formatInstant(row.closed_at),
    closed_by: user(row.closed_by),
  }
}
