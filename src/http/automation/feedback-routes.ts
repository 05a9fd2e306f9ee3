import { Type } from 'typebox'
import { findDataset } from '../../catalog/index.ts'
import { AppError } from '../../kernel/index.ts'
import { answerOf, answerPage, operation } from '../openapi/index.ts'
import { datasetParams, invalid, pageQuery, printPageOf, type RegisterRoutes } from './scope.ts'

const tags = ['automation-datasets']
const feedbackParams = Type.Object({ ...datasetParams.properties, feedback_uid: Type.String() })

/** Remarks of readers on records. There is no way to leave one here, and so there are none. Automation API section 11. */
export const registerAutomationFeedbacks: RegisterRoutes = (scope, services) => {
  const { db } = services.control
  const all = '/datasets/:dataset_uid/feedbacks/'
  const one = `${all}:feedback_uid/`

  scope.get(
    all,
    operation(
      'READ',
      'automationListFeedbacks',
      'Remarks of readers: none, they cannot leave any here',
      answerPage('AutomationFeedback'),
      {
        tags,
        params: datasetParams,
        querystring: Type.Object({
          ...pageQuery.properties,
          record_id: Type.Optional(Type.String()),
          is_archived: Type.Optional(Type.String()),
          sort: Type.Optional(Type.String({ description: 'created_at or -created_at' })),
        }),
      },
    ),
    async (request) => {
      const { sort = '-created_at' } = request.query
      if (!['created_at', '-created_at'].includes(sort))
        throw invalid('sort', sort, 'it must be created_at or -created_at')
      await findDataset(db, request.params.dataset_uid)
      return printPageOf(request, request.query, [], () => ({}))
    },
  )
  for (const [method, path, permission, operationId, summary] of [
    ['GET', one, 'READ', 'automationReadFeedback', 'Read a remark'],
    ['POST', `${one}archive/`, 'WRITE', 'automationArchiveFeedback', 'Put a remark away'],
  ] as const)
    scope.route<{ Params: { dataset_uid: string; feedback_uid: string } }>({
      method,
      url: path,
      ...operation(permission, operationId, summary, answerOf('AutomationFeedback'), {
        tags,
        params: feedbackParams,
      }),
      handler: async ({ params }) => {
        await findDataset(db, params.dataset_uid)
        throw new AppError('catalog.unknown_feedback', { feedback_uid: params.feedback_uid.slice(0, 100) })
      },
    })
}
