import { Type } from 'typebox'
import { datasetIdsOf, withoutSecrets } from '../../catalog/index.ts'
import {
  type Harvester,
  type Harvesters,
  type HarvestJob,
  harvestSourceIn,
  harvestSources,
} from '../../harvest/index.ts'
import { AppError, formatInstant, type JsonObject, type Language } from '../../kernel/index.ts'
import { disconnectSignal } from '../disconnect.ts'
import { spokenLanguage } from '../language.ts'
import { answerList, answerOf, noContent, operation } from '../openapi/index.ts'
import { harvestDetailsIn, harvestReportIn } from './harvest-words.ts'
import { inWords } from './print-job.ts'
import { registerSchedulesOf } from './schedule-routes.ts'
import { anyObject, pageQuery, type RegisterRoutes, readListPage, usernameOf } from './scope.ts'

const tags = ['harvesters']
const params = Type.Object({ harvester_id: Type.String() })
const options = {
  delete_missing_datasets: Type.Optional(
    Type.Boolean({ description: 'Delete here what the source has no more; default: false' }),
  ),
  publish_datasets: Type.Optional(
    Type.Boolean({ description: 'Publish what a run has created or updated; default: false' }),
  ),
  restrict_datasets_visibility: Type.Optional(
    Type.Boolean({ description: 'New datasets are restricted; default: false' }),
  ),
}
const name = Type.String({ minLength: 1, maxLength: 300 })
const type = Type.String({ description: [...harvestSources.keys()].join(', ') })
const newHarvester = Type.Object({ name, type, params: Type.Optional(anyObject('By type')), ...options })
const harvesterChange = Type.Object({
  name: Type.Optional(name),
  type: Type.Optional(type),
  params: Type.Optional(anyObject('By type; replaces all of them')),
  ...options,
})
type Options = {
  delete_missing_datasets?: boolean
  publish_datasets?: boolean
  restrict_datasets_visibility?: boolean
}

/** Catalogs of other portals. Management API section 21; docs/harvesters.md. */
export const registerHarvesters: RegisterRoutes = (scope, services) => {
  const { harvesters, control } = services
  const schema = { tags, params }
  const one = '/harvesters/:harvester_id'

  scope.get(
    '/harvester_types',
    operation(
      'HARVEST',
      'listHarvesterTypes',
      'Kinds of sources, with their parameters',
      answerList('HarvesterType'),
      { tags },
    ),
    async (request) =>
      [...harvestSources.values()].map((source) => printSource(source, spokenLanguage(request))),
  )
  scope.get(
    '/harvesters',
    operation('HARVEST', 'listHarvesters', 'List harvesters, oldest first', answerList('Harvester'), {
      tags,
    }),
    async (request) =>
      Promise.all((await harvesters.list()).map((harvester) => print(harvester, spokenLanguage(request)))),
  )
  scope.post(
    '/harvesters',
    operation(
      'HARVEST',
      'createHarvester',
      'Make a harvester; nothing runs yet',
      answerOf('Harvester', 201),
      {
        tags,
        body: newHarvester,
      },
    ),
    async (request, reply) => {
      const { name, type, params = {} } = request.body
      const input = { name, type, params, options: optionsOf(request.body) }
      return reply
        .status(201)
        .send(await print(await harvesters.create(usernameOf(request), input), spokenLanguage(request)))
    },
  )
  scope.get(
    one,
    operation('HARVEST', 'readHarvester', 'Read a harvester', answerOf('Harvester'), schema),
    async (request) => print(await harvesters.find(request.params.harvester_id), spokenLanguage(request)),
  )
  scope.put(
    one,
    operation(
      'HARVEST',
      'updateHarvester',
      'Change a harvester, whose runs are yours then; what is left out stays',
      answerOf('Harvester'),
      { ...schema, body: harvesterChange },
    ),
    async (request) => {
      const { name, type, params } = request.body
      const change = {
        ...(name === undefined ? {} : { name }),
        ...(type === undefined ? {} : { type }),
        ...(params === undefined ? {} : { params }),
        options: optionsOf(request.body),
      }
      const changed = await harvesters.update(request.params.harvester_id, usernameOf(request), change)
      return print(changed, spokenLanguage(request))
    },
  )
  scope.delete(
    one,
    operation('HARVEST', 'deleteHarvester', 'Delete a harvester, with its datasets or without', noContent, {
      ...schema,
      querystring: Type.Object({
        delete_attached_datasets: Type.Optional(Type.String({ description: '0 or 1; it must be said' })),
      }),
    }),
    async (request, reply) => {
      const given = request.query.delete_attached_datasets ?? ''
      if (!['0', '1', 'true', 'false'].includes(given))
        throw new AppError('http.invalid_parameter', {
          parameter: 'delete_attached_datasets',
          value: given.slice(0, 20),
          expected: 'it must be 0 or 1',
        })
      await harvesters.delete(request.params.harvester_id, given === '1' || given === 'true')
      return reply.status(204).send()
    },
  )

  for (const [path, job, operationId, summary] of [
    ['start', 'harvest', 'startHarvester', 'Look through the source; the job says what it changed'],
    ['publish', 'publish_harvested', 'publishHarvester', 'Publish all its datasets that are at rest'],
    ['unpublish', 'unpublish_harvested', 'unpublishHarvester', 'Unpublish all its datasets that are at rest'],
  ] as const satisfies readonly (readonly [string, HarvestJob, string, string])[]) {
    scope.put(
      `${one}/${path}`,
      operation('HARVEST', operationId, summary, answerOf('Harvester'), schema),
      async (request) => {
        const { harvester_id } = request.params
        const job_id = await harvesters.order(harvester_id, job, usernameOf(request))
        return { ...(await print(await harvesters.find(harvester_id), spokenLanguage(request))), job_id }
      },
    )
  }
  scope.put(
    `${one}/abort`,
    operation(
      'HARVEST',
      'abortHarvester',
      'Stop the run; what it has done stays',
      answerOf('Harvester'),
      schema,
    ),
    async (request) => {
      await harvesters.abort(request.params.harvester_id)
      return print(await harvesters.find(request.params.harvester_id), spokenLanguage(request))
    },
  )
  scope.get(
    `${one}/preview`,
    operation(
      'HARVEST',
      'previewHarvester',
      'The first datasets of the source, at most 20',
      answerOf('HarvesterPreview'),
      schema,
    ),
    async (request, reply) => {
      const found = await harvesters.preview(request.params.harvester_id, disconnectSignal(reply))
      return reply.send({ results: found.results.map((result) => ({ ...result })) })
    },
  )
  scope.get(
    `${one}/errors`,
    operation(
      'HARVEST',
      'listHarvesterErrors',
      'Why the last run failed, and what it could make no dataset of',
      answerOf('HarvesterErrors'),
      schema,
    ),
    async (request) =>
      errorsOfHarvester(
        harvesters,
        await harvesters.find(request.params.harvester_id),
        spokenLanguage(request),
      ),
  )
  scope.get(
    `${one}/datasets`,
    operation(
      'HARVEST',
      'listHarvested',
      'What the source has, and what the last run made of it, by the ids of the source',
      answerList('Harvested'),
      { ...schema, querystring: pageQuery },
    ),
    async (request) => {
      const { rows, page } = readListPage(request.query)
      const { harvesterUid } = await harvesters.find(request.params.harvester_id)
      const found = await harvesters.harvested(harvesterUid, { limit: rows, offset: (page - 1) * rows })
      const uids = found.flatMap(({ dataset_uid }) => dataset_uid ?? [])
      const ids = await datasetIdsOf(control.db, uids)
      return found.map((row) => ({
        remote_id: row.remote_id,
        title: row.title,
        dataset_uid: row.dataset_uid,
        dataset_id: row.dataset_uid === null ? null : (ids.get(row.dataset_uid) ?? null),
        change: row.change,
        details: harvestDetailsIn(spokenLanguage(request), JSON.parse(row.details_json)),
        reason: row.error_json === null ? null : inWords(JSON.parse(row.error_json), spokenLanguage(request)),
        job_id: row.job_uid,
        seen_at: formatInstant(row.seen_at),
      }))
    },
  )
  registerSchedulesOf(scope, services, {
    under: one,
    params,
    name: 'HarvesterSchedule',
    what: 'harvester',
    permissions: { read: 'HARVEST', write: 'HARVEST' },
    targetOf: async ({ harvester_id }) => ({
      kind: 'harvester',
      uid: (await harvesters.find(harvester_id)).harvesterUid,
    }),
  })

  async function print(harvester: Harvester, language: Language): Promise<JsonObject> {
    const { options, counters, lastStartedAt, lastSuccessAt } = harvester
    const source = harvestSources.get(harvester.type)
    const schedules = await services.schedules.list({ kind: 'harvester', uid: harvester.harvesterUid })
    return {
      harvester_id: harvester.harvesterUid,
      name: harvester.name,
      type: harvester.type,
      status: harvester.status,
      fetcher: source
        ? printSource(source, language)
        : { type: harvester.type, label: harvester.type, description: '', parameters: [] },
      params: withoutSecrets(harvester.params),
      delete_missing_datasets: options.deleteMissing,
      publish_datasets: options.publish,
      restrict_datasets_visibility: options.restricted,
      schedules: schedules.map(({ scheduleUid, cron, timezone, dueAt }) => ({
        schedule_uid: scheduleUid,
        cron_schedule: cron,
        timezone,
        next_run: formatInstant(dueAt),
      })),
      errors: {
        harvester: harvester.lastError === null ? null : inWords(harvester.lastError, language),
        resources: counters.failed,
      },
      counters: { attached: counters.attached, published: counters.published },
      active_job_id: harvester.activeJobUid,
      last_report: harvester.lastReport === null ? null : harvestReportIn(language, harvester.lastReport),
      last_started_at: lastStartedAt === null ? null : formatInstant(lastStartedAt),
      last_success_at: lastSuccessAt === null ? null : formatInstant(lastSuccessAt),
      version: 1,
      created_at: formatInstant(harvester.createdAt),
      last_modified_at: formatInstant(harvester.lastModifiedAt),
      last_modified_by: { username: harvester.lastModifiedBy },
    }
  }
}

type Source = NonNullable<ReturnType<(typeof harvestSources)['get']>>

function printSource(source: Source, language: Language): JsonObject {
  const { type, label, description, parameters } = harvestSourceIn(language, source)
  return {
    type,
    label,
    description,
    parameters: parameters.map(({ isMandatory, ...parameter }) => ({
      ...parameter,
      is_mandatory: isMandatory,
    })),
  }
}

/** Why the last run failed, and what it could make no dataset of, by the ids of the source. */
export async function errorsOfHarvester(
  harvesters: Harvesters,
  { harvesterUid, lastError }: Harvester,
  language: Language,
): Promise<JsonObject> {
  const failed = await harvesters.harvested(harvesterUid, { changes: ['failed'], limit: 1000, offset: 0 })
  return {
    harvester: lastError === null ? null : inWords(lastError, language),
    resources: Object.fromEntries(
      failed.map((row) => [row.remote_id, inWords(JSON.parse(row.error_json!), language)]),
    ),
  }
}

function optionsOf(body: Options) {
  const { delete_missing_datasets, publish_datasets, restrict_datasets_visibility } = body
  return {
    ...(delete_missing_datasets === undefined ? {} : { deleteMissing: delete_missing_datasets }),
    ...(publish_datasets === undefined ? {} : { publish: publish_datasets }),
    ...(restrict_datasets_visibility === undefined ? {} : { restricted: restrict_datasets_visibility }),
  }
}
