import { Type } from 'typebox'
import {
  changeVersion,
  deleteVersion,
  findVersion,
  listVersions,
  type RestoreChoice,
  readRetention,
  restoreChoices,
  type VersionRow,
} from '../../actions/index.ts'
import { type Configuration, findDatasetUid, withoutSecrets } from '../../catalog/index.ts'
import type { PublicationsTable } from '../../control/index.ts'
import { AppError, formatInstant, type JsonObject, type JsonValue } from '../../kernel/index.ts'
import { idempotencyHeader, idempotencyKeyOf } from '../idempotency-key.ts'
import { answerList, answerOf, noContent, operation, retentionRule } from '../openapi/index.ts'
import { printResource, printStep } from './render.ts'
import {
  datasetParams,
  editorOf,
  nullableText,
  pageQuery,
  type RegisterRoutes,
  readListPage,
  usernameOf,
} from './scope.ts'

const tags = ['versions']
const versionParams = Type.Object({ ...datasetParams.properties, version_uid: Type.String() })
const labels = Type.Object({
  label: Type.Optional(nullableText('A few words; labelled versions are kept by retention rules')),
  note: Type.Optional(Type.Unsafe<string | null>({ type: ['string', 'null'], maxLength: 10_000 })),
})

/** Versions of a dataset: saved, listed, told apart, restored, deleted; which are kept. Ours: docs/versions.md. */
export const registerVersions: RegisterRoutes = (scope, services) => {
  const { control, actions } = services
  const { db } = control
  const job = answerOf('JobReference')

  scope.put(
    '/datasets/:dataset_uid/save_version',
    operation('PUBLISH', 'saveVersion', 'Save a version of the current data', job, {
      tags: ['actions'],
      params: datasetParams,
      headers: idempotencyHeader,
      body: labels,
    }),
    async (request) => {
      const { label, note } = request.body
      return {
        job_id: await actions.order(
          'save_version',
          await findDatasetUid(db, request.params.dataset_uid),
          usernameOf(request),
          { ...(label ? { label } : {}), ...(note ? { note } : {}) },
          idempotencyKeyOf(request),
        ),
      }
    },
  )

  const all = '/datasets/:dataset_uid/versions'
  scope.get(
    all,
    operation('READ', 'listVersions', 'Saved versions, newest first', answerList('Version'), {
      tags,
      params: datasetParams,
      querystring: pageQuery,
    }),
    async (request) => {
      const datasetUid = await findDatasetUid(db, request.params.dataset_uid)
      return (await listVersions(db, datasetUid, readListPage(request.query))).map(printVersion)
    },
  )

  const one = `${all}/:version_uid`
  const schema = { tags, params: versionParams }
  scope.get(
    one,
    operation('READ', 'readVersion', 'A version with its configuration', answerOf('VersionDetail'), schema),
    async (request) => {
      const { dataset_uid, version_uid } = request.params
      return printVersionDetail(await findVersion(db, await findDatasetUid(db, dataset_uid), version_uid))
    },
  )
  scope.put(
    one,
    operation('WRITE', 'changeVersion', 'Change label or note of a version', answerOf('Version'), {
      ...schema,
      body: labels,
    }),
    async (request) => {
      const { dataset_uid, version_uid } = request.params
      const editor = editorOf(services, request)
      return printVersion(
        await changeVersion(editor, await findDatasetUid(db, dataset_uid), version_uid, request.body),
      )
    },
  )
  // Not WRITE, as other deletions: what is deleted here, readers may be reading.
  scope.delete(
    one,
    operation('PUBLISH', 'deleteVersion', 'Delete a version, for good', noContent, schema),
    async (request, reply) => {
      const { dataset_uid, version_uid } = request.params
      await deleteVersion(editorOf(services, request), await findDatasetUid(db, dataset_uid), version_uid)
      return reply.status(204).send()
    },
  )
  scope.put(
    `${one}/restore`,
    operation(
      'PUBLISH',
      'restoreVersion',
      'Go back to a saved version: its data, its configuration, or both',
      job,
      {
        ...schema,
        headers: idempotencyHeader,
        querystring: Type.Object({
          restore: Type.Optional(
            Type.String({
              description:
                'all (default); data: readers get the records, the configuration stays; configuration: readers get it with the next publish',
            }),
          ),
        }),
      },
    ),
    async (request) => {
      const { dataset_uid, version_uid } = request.params
      const choice = readRestoreChoice(request.query.restore)
      const datasetUid = await findDatasetUid(db, dataset_uid)
      const key = idempotencyKeyOf(request)
      return { job_id: await actions.restore(datasetUid, version_uid, usernameOf(request), choice, key) }
    },
  )

  const retention = '/datasets/:dataset_uid/versions_retention'
  scope.get(
    retention,
    operation(
      'READ',
      'readVersionsRetention',
      'Which versions are kept; null: all',
      answerOf('VersionsRetention'),
      { tags, params: datasetParams },
    ),
    async (request) => ({
      retention: await readRetention(db, await findDatasetUid(db, request.params.dataset_uid)),
    }),
  )
  scope.put(
    retention,
    operation(
      'PUBLISH',
      'changeVersionsRetention',
      'Say which versions are kept; what is not, goes at once',
      answerOf('VersionsRetention'),
      { tags, params: datasetParams, body: Type.Object({ retention: retentionRule }) },
    ),
    async (request) => {
      const { retention: wanted } = request.body
      if (wanted !== null && (wanted.keep_last ?? wanted.keep_days ?? null) === null) {
        throw new AppError('http.invalid_parameter', {
          parameter: 'retention',
          value: JSON.stringify(wanted).slice(0, 100),
          expected: 'keep_last or keep_days must be a number; null keeps all',
        })
      }
      const rule = wanted && {
        keep_last: wanted.keep_last ?? null,
        keep_days: wanted.keep_days ?? null,
        keep_labelled: wanted.keep_labelled ?? true,
      }
      await actions.setRetention(
        await findDatasetUid(db, request.params.dataset_uid),
        rule,
        usernameOf(request),
      )
      return { retention: rule }
    },
  )
}

/** Errors: http.invalid_parameter. */
function readRestoreChoice(text: string | undefined): RestoreChoice {
  const choice = restoreChoices.find((candidate) => candidate === (text || 'all'))
  if (choice) return choice
  throw new AppError('http.invalid_parameter', {
    parameter: 'restore',
    value: String(text).slice(0, 60),
    expected: `it must be one of ${restoreChoices.join(', ')}`,
  })
}

function printVersion(version: VersionRow): JsonObject {
  return {
    version_uid: version.version_uid,
    dataset_uid: version.dataset_uid,
    label: version.label,
    note: version.note,
    automatic: version.is_automatic === 1,
    records_count: version.records_count,
    bytes: version.bytes,
    content_hash: version.content_hash,
    partial: version.is_partial === 1,
    published: version.publication_json !== null,
    created_at: formatInstant(version.created_at),
    user: { username: version.username },
  }
}

function printVersionDetail(version: VersionRow): JsonObject {
  const publication =
    version.publication_json === null ? null : (JSON.parse(version.publication_json) as PublicationsTable)
  const { metas, resources, processors, fieldSpecifications } = JSON.parse(
    version.configuration_json,
  ) as Configuration
  const hide = (objects: JsonObject[]) => withoutSecrets(objects as JsonValue)
  return {
    ...printVersion(version),
    fields: publication ? JSON.parse(publication.fields_json) : [],
    published_metas: publication ? JSON.parse(publication.metas_json) : null,
    configuration: {
      metas,
      resources: hide(resources.map(printResource)),
      processors: hide(processors.map(printStep)),
      fields_specifications: hide(fieldSpecifications.map(printStep)),
    },
  }
}
