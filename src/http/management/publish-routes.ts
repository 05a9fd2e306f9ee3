import { type Static, Type } from 'typebox'
import { findDataset } from '../../catalog/index.ts'
import { AppError, type JsonObject } from '../../kernel/index.ts'
import { readFlag } from '../explore/parameters.ts'
import { idempotencyHeader, idempotencyKeyOf } from '../idempotency-key.ts'
import { answerOf, operation } from '../openapi/index.ts'
import { datasetParams, type RegisterRoutes, usernameOf } from './scope.ts'

const overridable = ['gates', 'recipe']

const publishQuery = Type.Object({
  dry_run: Type.Optional(
    Type.String({
      description: 'true: build, check and compare without showing; the job tells the differences',
    }),
  ),
  generation: Type.Optional(
    Type.String({ description: 'Show what a dry run or a held publish built, as it is: its generation_uid' }),
  ),
  override: Type.Optional(
    Type.Array(Type.String(), {
      description:
        'gates: show it although a gate would hold it. recipe, with generation: although the configuration has changed since',
    }),
  ),
})

/** publish, with what it can be told. Management API section 1; the parameters are ours: docs/publishing.md. */
export const registerPublish: RegisterRoutes = (scope, services) => {
  scope.put(
    '/datasets/:dataset_uid/publish',
    operation(
      'PUBLISH',
      'publishDataset',
      'Process all records and make them available to readers',
      answerOf('JobReference'),
      { tags: ['actions'], params: datasetParams, headers: idempotencyHeader, querystring: publishQuery },
    ),
    async (request) => {
      const { dataset_uid } = await findDataset(services.control.db, request.params.dataset_uid)
      const params = readPublishParams(request.query)
      const key = idempotencyKeyOf(request)
      return {
        job_id: await services.actions.order('publish', dataset_uid, usernameOf(request), params, key),
      }
    },
  )
}

/** The job's parameters; a plain publish has none. Errors: http.invalid_parameter. */
function readPublishParams(query: Static<typeof publishQuery>): JsonObject {
  const isDryRun = readFlag('dry_run', query.dry_run, false)
  const { generation } = query
  const override = [...new Set((query.override ?? []).flatMap((text) => text.split(',')))]
  const invalid = (parameter: string, value: string, expected: string) =>
    new AppError('http.invalid_parameter', { parameter, value: value.slice(0, 100), expected })
  for (const name of override) {
    if (!overridable.includes(name)) throw invalid('override', name, `it must be ${overridable.join(' or ')}`)
  }
  if (generation !== undefined && !/^ge_[a-z0-9]{1,40}$/.test(generation))
    throw invalid('generation', generation, 'it must be a generation_uid, such as a dry run answers')
  if (isDryRun && generation !== undefined)
    throw invalid('generation', generation, 'it is built already: a dry run builds one')
  if (isDryRun && override.length > 0)
    throw invalid('override', override.join(','), 'a dry run shows nothing that could be held')
  if (override.includes('recipe') && generation === undefined)
    throw invalid('override', 'recipe', 'it goes with generation; a publish makes a new recipe anyway')
  return {
    ...(isDryRun ? { dry_run: true } : {}),
    ...(generation === undefined ? {} : { generation_uid: generation }),
    ...(override.length > 0 ? { override } : {}),
  }
}
