import { Type } from 'typebox'
import { type Harvester, type HarvestJob, harvestSources } from '../../harvest/index.ts'
import { AppError, formatInstant, type JsonObject } from '../../kernel/index.ts'
import { disconnectSignal } from '../disconnect.ts'
import { spokenLanguage } from '../language.ts'
import { errorsOfHarvester } from '../management/harvester-routes.ts'
import { answerOf, answerPage, noContent, operation } from '../openapi/index.ts'
import { registerAutomationSchedulesOf } from './schedule-routes.ts'
import {
  anyObject,
  invalid,
  jobHeader,
  pageQuery,
  printPageOf,
  type RegisterRoutes,
  sendOrdered,
  usernameOf,
} from './scope.ts'

const tags = ['automation-harvesters']
const params = Type.Object({ harvester_uid: Type.String() })
const body = anyObject(
  'type, name, delete_missing_datasets, restrict_datasets_visibility, and the parameters of the type beside them',
)
/** Arcgis has two names, of which we know one. */
const typesOfHere: Readonly<Record<string, string>> = { arcgis_opendata: 'arcgis' }

/** Catalogs of other portals. Automation API section 15; docs/harvesters.md. */
export const registerAutomationHarvesters: RegisterRoutes = (scope, services) => {
  const { harvesters } = services
  const all = '/harvesters/'
  const one = `${all}:harvester_uid/`
  const schema = { tags, params }
  const harvester = answerOf('AutomationHarvester')

  scope.get(
    all,
    operation(
      'HARVEST',
      'automationListHarvesters',
      'List harvesters, oldest first',
      answerPage('AutomationHarvester'),
      {
        tags,
        querystring: pageQuery,
      },
    ),
    async (request) => printPageOf(request, request.query, await harvesters.list(), print),
  )
  scope.post(
    all,
    operation(
      'HARVEST',
      'automationCreateHarvester',
      'Make a harvester; nothing runs yet',
      answerOf('AutomationHarvester', 201),
      { tags, body },
    ),
    async (request, reply) => {
      const input = readHarvester(request.body, null)
      return reply.status(201).send(print(await harvesters.create(usernameOf(request), input)))
    },
  )
  scope.get(
    one,
    operation('HARVEST', 'automationReadHarvester', 'Read a harvester', harvester, schema),
    async (request) => print(await harvesters.find(request.params.harvester_uid)),
  )
  scope.put(
    one,
    operation(
      'HARVEST',
      'automationUpdateHarvester',
      'Change a harvester, whose runs are yours then; what is left out stays',
      harvester,
      { ...schema, body },
    ),
    async (request) => {
      const present = await harvesters.find(request.params.harvester_uid)
      const input = readHarvester(request.body, present)
      return print(await harvesters.update(present.harvesterUid, usernameOf(request), input))
    },
  )
  scope.delete(
    one,
    operation(
      'HARVEST',
      'automationDeleteHarvester',
      'Delete a harvester, with its datasets or without',
      noContent,
      {
        ...schema,
        querystring: Type.Object({
          delete_attached_datasets: Type.Optional(
            Type.String({ description: 'true or false; it must be said' }),
          ),
        }),
      },
    ),
    async (request, reply) => {
      const given = request.query.delete_attached_datasets?.toLowerCase()
      if (given !== 'true' && given !== 'false')
        throw invalid('delete_attached_datasets', given, 'it must be true or false')
      await harvesters.delete(request.params.harvester_uid, given === 'true')
      return reply.status(204).send()
    },
  )

  scope.post(
    `${one}start/`,
    operation(
      'HARVEST',
      'automationStartHarvester',
      'Look through the source; the job says what it changed',
      harvester,
      schema,
    ),
    async (request, reply) => {
      const { harvester_uid } = request.params
      const jobId = await harvesters.order(harvester_uid, 'harvest', usernameOf(request))
      return reply.header(jobHeader, jobId).send(print(await harvesters.find(harvester_uid)))
    },
  )
  scope.post(
    `${one}abort/`,
    operation(
      'HARVEST',
      'automationAbortHarvester',
      'Stop the run; what it has done stays',
      harvester,
      schema,
    ),
    async (request) => {
      await harvesters.abort(request.params.harvester_uid)
      return print(await harvesters.find(request.params.harvester_uid))
    },
  )
  for (const [path, job, operationId, summary] of [
    [
      'publish',
      'publish_harvested',
      'automationPublishHarvester',
      'Publish all its datasets that are at rest',
    ],
    [
      'unpublish',
      'unpublish_harvested',
      'automationUnpublishHarvester',
      'Unpublish all its datasets that are at rest',
    ],
  ] as const satisfies readonly (readonly [string, HarvestJob, string, string])[]) {
    scope.post(
      `${one}${path}/`,
      operation('HARVEST', operationId, summary, answerOf('AutomationOk'), schema),
      async (request, reply) =>
        sendOrdered(reply, await harvesters.order(request.params.harvester_uid, job, usernameOf(request))),
    )
  }

  scope.get(
    `${one}errors/`,
    operation(
      'HARVEST',
      'automationListHarvesterErrors',
      'Why the last run failed, and what it could make no dataset of',
      answerOf('AutomationHarvesterErrors'),
      schema,
    ),
    async (request) =>
      errorsOfHarvester(
        harvesters,
        await harvesters.find(request.params.harvester_uid),
        spokenLanguage(request),
      ),
  )
  scope.get(
    `${one}preview/`,
    operation(
      'HARVEST',
      'automationPreviewHarvester',
      'The first datasets of the source, at most 20',
      answerOf('AutomationHarvesterPreview'),
      schema,
    ),
    async (request, reply) => {
      const { harvesterUid } = await harvesters.find(request.params.harvester_uid)
      return reply.send(printPreview(await harvesters.preview(harvesterUid, disconnectSignal(reply))))
    },
  )
  scope.post(
    `${one}unsaved_preview/`,
    operation(
      'HARVEST',
      'automationPreviewChangedHarvester',
      'The first datasets of the source, were the harvester changed like this',
      answerOf('AutomationHarvesterPreview'),
      { ...schema, body },
    ),
    async (request, reply) => {
      const present = await harvesters.find(request.params.harvester_uid)
      const change = readHarvester(request.body, present)
      const signal = disconnectSignal(reply)
      return reply.send(printPreview(await harvesters.preview(present.harvesterUid, signal, change)))
    },
  )
  registerAutomationSchedulesOf(scope, services, {
    under: one,
    params,
    tag: 'automation-harvesters',
    name: 'automationHarvesterSchedule',
    what: 'harvester',
    permissions: { read: 'HARVEST', write: 'HARVEST' },
    targetOf: async ({ harvester_uid }) => ({
      kind: 'harvester',
      uid: (await harvesters.find(harvester_uid!)).harvesterUid,
    }),
  })
}

/**
 * `present`: what a body leaves out, or has as null, stays as it is there. Parameters that only the platform's own
 * harvesters have are passed over: its clients always send them. Errors: http.invalid_parameter, harvest.unknown_type.
 */
function readHarvester(body: JsonObject, present: Harvester | null) {
  const named = String(body.type ?? present?.type ?? '')
  const type = typesOfHere[named] ?? named
  const source = harvestSources.get(type)
  if (!source)
    throw new AppError('harvest.unknown_type', {
      type: type.slice(0, 60),
      known: [...harvestSources.keys()].join(', '),
    })
  const name = body.name ?? present?.name
  if (typeof name !== 'string' || name === '' || name.length > 300)
    throw invalid('name', name, 'it is needed, and a text of at most 300 characters')
  const forced = body.forced_metas ?? null
  if (forced !== null && Object.keys(forced).length > 0)
    throw invalid('forced_metas', forced, 'harvesters here keep what the source says')
  const given = source.parameters
    .map((parameter) => [parameter.name, body[parameter.name] ?? null] as const)
    .filter(([, value]) => value !== null)
  const kept = present?.type === type ? present.params : {}
  const flag = (property: string): boolean | undefined => {
    const value = body[property] ?? undefined
    if (value !== undefined && typeof value !== 'boolean')
      throw invalid(property, value, 'it must be true or false')
    return value
  }
  const deleteMissing = flag('delete_missing_datasets')
  const restricted = flag('restrict_datasets_visibility')
  return {
    name,
    type,
    params: { ...kept, ...Object.fromEntries(given) },
    options: {
      ...(deleteMissing === undefined ? {} : { deleteMissing }),
      ...(restricted === undefined ? {} : { restricted }),
    },
  }
}

function print(harvester: Harvester): JsonObject {
  const { counters, options, lastStartedAt, lastSuccessAt } = harvester
  return {
    ...harvester.params,
    uid: harvester.harvesterUid,
    type: harvester.type,
    name: harvester.name,
    status: harvester.status,
    version: 1,
    restrict_datasets_visibility: options.restricted,
    delete_missing_datasets: options.deleteMissing,
    remote_datasets_count: counters.remote,
    harvested_datasets_count: counters.attached,
    published_datasets_count: counters.published,
    attached_datasets_count: counters.attached,
    has_error: harvester.lastError !== null,
    resource_errors_count: counters.failed,
    created_at: formatInstant(harvester.createdAt),
    updated_at: formatInstant(harvester.lastModifiedAt),
    updated_by: { username: harvester.lastModifiedBy },
    last_started_at: lastStartedAt === null ? null : formatInstant(lastStartedAt),
    last_success_at: lastSuccessAt === null ? null : formatInstant(lastSuccessAt),
  }
}

function printPreview({
  results,
}: {
  results: readonly { id: string; title: string; description: string }[]
}) {
  return { total_count: results.length, results: results.map((result) => ({ ...result })) }
}
