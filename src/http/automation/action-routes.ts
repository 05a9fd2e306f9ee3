import type { FastifyRequest } from 'fastify'
import type { PermissionClass } from '../../access/index.ts'
import { type DatasetRow, findDataset, findPublication } from '../../catalog/index.ts'
import {
  AppError,
  type ErrorValue,
  formatInstant,
  fromErrorValue,
  type JsonObject,
  type Language,
  wordsOf,
} from '../../kernel/index.ts'
import { idempotencyHeader, idempotencyKeyOf } from '../idempotency-key.ts'
import { spokenLanguage } from '../language.ts'
import { recordErrorIn } from '../management/record-error-words.ts'
import { answerOf, operation } from '../openapi/index.ts'
import { datasetParams, type RegisterRoutes, sendOrdered, usernameOf } from './scope.ts'

const tags = ['automation-datasets']
/** So many values are told with a status. */
const maxErrors = 100

/** The dataset actions and the status that they move. Automation API sections 3 and 4. */
export const registerAutomationActions: RegisterRoutes = (scope, services) => {
  const { control, actions } = services
  const { db } = control

  type Order = (datasetUid: string, request: FastifyRequest) => Promise<string>
  const order =
    (action: 'publish' | 'publish_metadata' | 'unpublish'): Order =>
    (datasetUid, request) =>
      actions.order(action, datasetUid, usernameOf(request), {}, idempotencyKeyOf(request))

  for (const [path, operationId, summary, run] of [
    ['publish', 'automationPublish', 'Process all records and show them to readers', order('publish')],
    [
      'publish_metadata',
      'automationPublishMetadata',
      'Show the metadata as they are configured now; the records stay what they are',
      order('publish_metadata'),
    ],
    ['unpublish', 'automationUnpublish', 'Take the dataset and its records from readers', order('unpublish')],
    ['abort', 'automationAbort', 'Stop the running publish; what it has processed is shown', abort],
  ] as const satisfies readonly (readonly [string, string, string, Order])[]) {
    const permission: PermissionClass = 'PUBLISH'
    scope.post(
      `/datasets/:dataset_uid/${path}/`,
      operation(permission, operationId, summary, answerOf('AutomationOk'), {
        tags,
        params: datasetParams,
        headers: idempotencyHeader,
      }),
      async (request, reply) => {
        const { dataset_uid } = await findDataset(db, request.params.dataset_uid)
        return sendOrdered(reply, await run(dataset_uid, request))
      },
    )
  }

  async function abort(datasetUid: string, request: FastifyRequest): Promise<string> {
    const { status } = await findDataset(db, datasetUid)
    // The management API takes a queued order back; here only what runs can be aborted: section 16. Its own words.
    if (status !== 'processing')
      throw new AppError('actions.invalid_status', {
        status,
        allowed: 'processing_all_dataset_data, processing_dataset, processing_resource_records',
      })
    return actions.abort(datasetUid, usernameOf(request), 'keep', idempotencyKeyOf(request))
  }

  scope.get(
    '/datasets/:dataset_uid/status/',
    operation('PUBLISH', 'automationReadStatus', 'Read the status', answerOf('AutomationStatus'), {
      tags,
      params: datasetParams,
    }),
    async (request) => {
      const row = await findDataset(db, request.params.dataset_uid)
      const isShown = row.published_generation_uid !== null
      const errors = isShown
        ? await services.recordErrors.list(row.published_generation_uid!, { limit: maxErrors, offset: 0 })
        : []
      const publication = row.status === 'limit_reached' ? await findPublication(db, row.dataset_uid) : null
      const language = spokenLanguage(request)
      return printStatus(
        row,
        language,
        errors.map((error) => recordErrorIn(language, error)),
        publication?.records_count ?? null,
      )
    },
  )
}

/** `limit`: how many records were published, where there were more. */
function printStatus(
  row: DatasetRow,
  language: Language,
  recordErrors: readonly JsonObject[],
  limit: number | null,
): JsonObject {
  const error = row.status_error_json === null ? null : (JSON.parse(row.status_error_json) as ErrorValue)
  return {
    status: row.status,
    previous: row.previous_status,
    next: null,
    since: formatInstant(row.status_since_at),
    is_published: row.is_published,
    message: row.status === 'error' && error ? wordsOf(fromErrorValue(error), language).message : null,
    records_errors: recordErrors.map(({ record_id, field_uid, processor_uid, message }) => ({
      record_id: record_id ?? null,
      field_uid: field_uid ?? null,
      processor_uid: processor_uid ?? null,
      message: message ?? '',
    })),
    params: limit === null ? {} : { error: { limit_type: 'records_by_dataset', limit, value: limit } },
    ...(row.active_job_uid === null ? {} : { job_id: row.active_job_uid }),
  }
}
