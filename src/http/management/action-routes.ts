import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { requireAllSeen } from '../../access/index.ts'
import { type DatasetRow, findDataset, findDatasetUid, readManifest } from '../../catalog/index.ts'
import { listJobs } from '../../jobs/index.ts'
import { AppError, type JsonObject } from '../../kernel/index.ts'
import { idempotencyHeader, idempotencyKeyOf } from '../idempotency-key.ts'
import { spokenLanguage } from '../language.ts'
import { answerList, answerOf, operation } from '../openapi/index.ts'
import { expandedUsers } from './expanded-users.ts'
import { jobQuery, publicFunctions, readStates } from './job-routes.ts'
import { printJobs } from './print-job.ts'
import { recordErrorIn } from './record-error-words.ts'
import { expansionOf, printStatus } from './render.ts'
import {
  datasetParams,
  expandQuery,
  pageQuery,
  type RegisterRoutes,
  readListPage,
  usernameOf,
} from './scope.ts'

const tags = ['actions']

const errorsQuery = Type.Object({
  ...pageQuery.properties,
  generation: Type.Optional(
    Type.String({ description: 'Of what a dry run or a held publish built: its generation_uid' }),
  ),
})

/** The dataset actions, each answered at once with a job's id, and the status they move. Management API sections 1, 3, 4. */
export const registerActions: RegisterRoutes = (scope, services) => {
  const { control, actions } = services
  const schema = { tags, params: datasetParams }
  const order = { ...schema, headers: idempotencyHeader }
  const job = answerOf('JobReference')

  scope.put(
    '/datasets/:dataset_uid/unpublish',
    operation('PUBLISH', 'unpublishDataset', 'Take the dataset and its records from readers', job, order),
    async (request) => ({
      job_id: await actions.order(
        'unpublish',
        await findDatasetUid(control.db, request.params.dataset_uid),
        usernameOf(request),
        {},
        idempotencyKeyOf(request),
      ),
    }),
  )

  scope.put(
    '/datasets/:dataset_uid/undo_unpublish',
    operation(
      'PUBLISH',
      'undoUnpublish',
      'Bring back what the last unpublish took away, without touching the sources',
      job,
      {
        ...order,
        description: 'Possible until `undo_unpublish_until` of the status says.',
      },
    ),
    async (request) => ({
      job_id: await actions.undoUnpublish(
        await findDatasetUid(control.db, request.params.dataset_uid),
        usernameOf(request),
        idempotencyKeyOf(request),
      ),
    }),
  )

  // `abort` is the name in the platform's permission table.
  for (const [path, operationId] of [
    ['abort_processing', 'abortProcessing'],
    ['abort', 'abort'],
  ] as const) {
    scope.put(
      `/datasets/:dataset_uid/${path}`,
      operation('PUBLISH', operationId, 'Stop the running publish, or a queued order', job, {
        ...order,
        querystring: Type.Object({
          records: Type.Optional(
            Type.String({
              description:
                'keep (default): what was processed so far becomes available; discard: readers stay on what they had',
            }),
          ),
        }),
      }),
      async (request) => {
        const records = request.query.records ?? 'keep'
        if (records !== 'keep' && records !== 'discard') {
          throw new AppError('http.invalid_parameter', {
            parameter: 'records',
            value: records.slice(0, 60),
            expected: 'it must be keep or discard',
          })
        }
        return {
          job_id: await actions.abort(
            await findDatasetUid(control.db, request.params.dataset_uid),
            usernameOf(request),
            records,
            idempotencyKeyOf(request),
          ),
        }
      },
    )
  }

  scope.get(
    '/datasets/:dataset_uid/status',
    operation('PUBLISH', 'readStatus', 'Read the status', answerOf('DatasetStatus'), {
      ...schema,
      querystring: expandQuery,
    }),
    async (request) => {
      const row = await findDataset(control.db, request.params.dataset_uid)
      const expand = expansionOf(request.query.expand)
      const errors = expand.has('records_errors')
        ? await errorsOf(request, row, { rows: 100, page: 1 })
        : undefined
      const users = await expandedUsers(control.db, request.principal, expand, ['user'])
      return printStatus(row, spokenLanguage(request), errors, users)
    },
  )

  for (const [path, operationId] of [
    ['status/records_errors', 'listRecordErrors'],
    ['records_errors', 'listRecordErrorsToo'],
  ] as const) {
    scope.get(
      `/datasets/:dataset_uid/${path}`,
      operation(
        'PUBLISH',
        operationId,
        'Values that the last publish could not handle, or the one that built a generation; 100 a page unless rows says less',
        answerList('RecordError'),
        { ...schema, querystring: errorsQuery },
      ),
      async (request) => {
        const row = await findDataset(control.db, request.params.dataset_uid)
        const page =
          request.query.rows === undefined
            ? { ...readListPage(request.query), rows: 100 }
            : readListPage(request.query)
        const { generation } = request.query
        return errorsOf(request, row, page, generation)
      },
    )
  }

  async function errorsOf(
    request: FastifyRequest,
    { dataset_uid, published_generation_uid: generationUid }: DatasetRow,
    page: { rows: number; page: number },
    asked?: string,
  ): Promise<JsonObject[]> {
    await requireAllSeen(control.db, request.principal, dataset_uid)
    if (asked !== undefined) await readManifest(control.db, dataset_uid, asked)
    const uid = asked ?? generationUid
    if (uid === null) return []
    const errors = await services.recordErrors.list(uid, {
      limit: page.rows,
      offset: (page.page - 1) * page.rows,
    })
    return errors.map((error) => recordErrorIn(spokenLanguage(request), error))
  }

  scope.get(
    '/datasets/:dataset_uid/jobs',
    operation('READ', 'listDatasetJobs', 'Jobs of the dataset, newest first', answerList('Job'), {
      ...schema,
      querystring: jobQuery,
    }),
    async (request) => {
      const { rows, page } = readListPage(request.query)
      const jobs = await listJobs(control.db, {
        subject: await findDatasetUid(control.db, request.params.dataset_uid),
        functions: publicFunctions,
        ...readStates(request.query.state),
        limit: rows,
        offset: (page - 1) * rows,
      })
      return printJobs(services, jobs, spokenLanguage(request))
    },
  )
}
