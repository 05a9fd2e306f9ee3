import { Type } from 'typebox'
import { findDataset } from '../../catalog/index.ts'
import type { DatasetFeedbacksTable } from '../../control/index.ts'
import { formatInstant, type JsonObject } from '../../kernel/index.ts'
import { readFlag } from '../explore/parameters.ts'
import { answerOf, answerPage, operation } from '../openapi/index.ts'
import { datasetParams, invalid, pageQuery, printPageOf, type RegisterRoutes, usernameOf } from './scope.ts'

const tags = ['automation-datasets']
const feedbackParams = Type.Object({ ...datasetParams.properties, feedback_uid: Type.String() })
/** More than a dataset has. */
const all = { rows: 1000, page: 1 } as const

/** Remarks of readers on a dataset or a record of it. Automation API section 11; docs/feedback.md. */
export const registerAutomationFeedbacks: RegisterRoutes = (scope, services) => {
  const { feedbacks } = services
  const { db } = services.control
  const list = '/datasets/:dataset_uid/feedbacks/'
  const one = `${list}:feedback_uid/`
  const uidOf = async (reference: string) => (await findDataset(db, reference)).dataset_uid

  scope.get(
    list,
    operation('READ', 'automationListFeedbacks', 'Remarks of readers', answerPage('AutomationFeedback'), {
      tags,
      params: datasetParams,
      querystring: Type.Object({
        ...pageQuery.properties,
        record_id: Type.Optional(Type.String()),
        is_archived: Type.Optional(Type.String()),
        sort: Type.Optional(Type.String({ description: 'created_at or -created_at' })),
      }),
    }),
    async (request) => {
      const { sort = '-created_at', record_id, is_archived } = request.query
      if (!['created_at', '-created_at'].includes(sort))
        throw invalid('sort', sort, 'it must be created_at or -created_at')
      const state = readFlag('is_archived', is_archived, false) ? 'closed' : 'open'
      const found = await feedbacks.list(await uidOf(request.params.dataset_uid), { state, ...all })
      const wanted = found.filter((row) => record_id === undefined || row.record_id === record_id)
      const sorted = sort === 'created_at' ? wanted.toReversed() : wanted
      return printPageOf(request, request.query, sorted, printFeedback)
    },
  )
  scope.get(
    one,
    operation('READ', 'automationReadFeedback', 'Read a remark', answerOf('AutomationFeedback'), {
      tags,
      params: feedbackParams,
    }),
    async ({ params: { dataset_uid, feedback_uid } }) =>
      printFeedback(await feedbacks.find(await uidOf(dataset_uid), feedback_uid)),
  )
  scope.post(
    `${one}archive/`,
    operation('WRITE', 'automationArchiveFeedback', 'Put a remark away', answerOf('AutomationFeedback'), {
      tags,
      params: feedbackParams,
    }),
    async (request) => {
      const { dataset_uid, feedback_uid } = request.params
      return printFeedback(await feedbacks.close(await uidOf(dataset_uid), feedback_uid, usernameOf(request)))
    },
  )
}

/** A remark on the dataset as a whole has an empty record_id, one of a reader without an account an empty name. */
function printFeedback(row: DatasetFeedbacksTable): JsonObject {
  return {
    uid: row.feedback_uid,
    record_id: row.record_id ?? '',
    user: { username: row.username ?? '' },
    comment: row.comment,
    is_archived: row.closed_at !== null,
    created_at: formatInstant(row.created_at),
  }
}
