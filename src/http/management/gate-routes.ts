import type { PublishOverride } from '../../actions/index.ts'
import { findDatasetUid, findGates, setGates } from '../../catalog/index.ts'
import { defaultGates, type Gates, readGates } from '../../checks/index.ts'
import { formatInstant, type JsonObject, type Language } from '../../kernel/index.ts'
import { spokenLanguage } from '../language.ts'
import { answerList, answerOf, noContent, operation } from '../openapi/index.ts'
import { gateFailuresIn } from './gate-failures.ts'
import {
  anyObject,
  datasetParams,
  editorOf,
  pageQuery,
  type RegisterRoutes,
  readListPage,
  usernameOf,
} from './scope.ts'

const tags = ['gates']

/** What a publish must pass, what is held, and who let it through. docs/publishing.md. */
export const registerGates: RegisterRoutes = (scope, services) => {
  const { control, actions } = services
  const schema = { tags, params: datasetParams }

  const path = '/datasets/:dataset_uid/gates'
  scope.get(
    path,
    operation(
      'READ',
      'readGates',
      'Read the gates; not enabled when none are set',
      answerOf('Gates'),
      schema,
    ),
    async (request) => {
      const gates = await findGates(control.db, await findDatasetUid(control.db, request.params.dataset_uid))
      return printGates(gates ?? { ...defaultGates, enabled: false })
    },
  )
  scope.put(
    path,
    operation('WRITE', 'setGates', 'Set the gates; what is left out gets its default', answerOf('Gates'), {
      ...schema,
      body: anyObject('Gates'),
    }),
    async (request) => {
      const datasetUid = await findDatasetUid(control.db, request.params.dataset_uid)
      const gates = readGates(request.body)
      await services.checkPatterns(gates)
      await setGates(editorOf(services, request), datasetUid, gates)
      return printGates(gates)
    },
  )
  scope.delete(
    path,
    operation('WRITE', 'deleteGates', 'Take the gates away: no publish is held any more', noContent, schema),
    async (request, reply) => {
      await setGates(
        editorOf(services, request),
        await findDatasetUid(control.db, request.params.dataset_uid),
        null,
      )
      return reply.status(204).send()
    },
  )

  scope.get(
    `${path}/overrides`,
    operation(
      'READ',
      'listOverrides',
      'Who published against a gate or a changed recipe, newest first',
      answerList('PublishOverride'),
      { ...schema, querystring: pageQuery },
    ),
    async (request) => {
      const datasetUid = await findDatasetUid(control.db, request.params.dataset_uid)
      const { rows, page } = readListPage(request.query)
      const found = await actions.overrides(datasetUid, { limit: rows, offset: (page - 1) * rows })
      return found.map((override) => printOverride(override, spokenLanguage(request)))
    },
  )

  scope.delete(
    '/datasets/:dataset_uid/held',
    operation(
      'PUBLISH',
      'dismissHeld',
      'Dismiss the publish that is held: it is not shown, and freed with the retention window',
      noContent,
      schema,
    ),
    async (request, reply) => {
      await actions.dismissHeld(
        await findDatasetUid(control.db, request.params.dataset_uid),
        usernameOf(request),
      )
      return reply.status(204).send()
    },
  )
}

function printGates(gates: Gates): JsonObject {
  return gates as unknown as JsonObject
}

function printOverride(override: PublishOverride, language: Language): JsonObject {
  return {
    generation_uid: override.generation_uid,
    job_id: override.job_uid,
    override: JSON.parse(override.overrides_json),
    gates: gateFailuresIn(language, JSON.parse(override.failures_json)),
    at: formatInstant(override.at),
    user: { username: override.username },
  }
}
