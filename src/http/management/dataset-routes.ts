import { Type } from 'typebox'
import { statuses } from '../../actions/index.ts'
import {
  countDatasets,
  createDataset,
  type DatasetRow,
  datasetStates,
  editedSinceShown,
  findDataset,
  listDatasets,
  renameDataset,
  setVisibility,
} from '../../catalog/index.ts'
import type { JsonObject, JsonValue } from '../../kernel/index.ts'
import { readFlag } from '../explore/parameters.ts'
import { answerList, answerOf, noContent, operation, ref } from '../openapi/index.ts'
import { type Expansion, expansionOf, printDataset } from './render.ts'
import {
  anyObject,
  datasetParams,
  editorOf,
  expandQuery,
  nullableText,
  pageQuery,
  type RegisterRoutes,
  readListPage,
  usernameOf,
} from './scope.ts'

const tags = ['datasets']

/** Datasets themselves. Management API section 8. */
export const registerDatasets: RegisterRoutes = (scope, services) => {
  const { control, catalogDeps } = services

  const editedAmong = async (rows: readonly DatasetRow[], expand: Expansion) =>
    expand.has('publication')
      ? editedSinceShown(
          control.db,
          rows.map((row) => row.dataset_uid),
        )
      : undefined

  scope.get(
    '/datasets',
    operation('INDEX', 'listDatasets', 'List datasets, published or not', answerList('Dataset'), {
      tags,
      querystring: Type.Object({
        ...pageQuery.properties,
        ...expandQuery.properties,
        sort: Type.Optional(
          Type.String({
            description:
              'dataset_id, dataset_uid, created_at, last_modified or status; - in front to descend',
          }),
        ),
        q: Type.Optional(
          Type.String({
            maxLength: 200,
            description: 'Part of the id, of the title or of what else the metadata say',
          }),
        ),
        status: Type.Optional(
          Type.Unsafe<string>({
            type: 'string',
            enum: ['', ...datasetStates, ...statuses],
            description: 'A status, or published, unpublished, held, or working: an action is under way',
          }),
        ),
      }),
      description: 'The header X-Total-Count says how many there are on all pages.',
    }),
    async (request, reply) => {
      const { q, status, sort } = request.query
      const rows = await listDatasets(control.db, { ...readListPage(request.query), sort, q, status })
      reply.header('X-Total-Count', await countDatasets(control.db, { q, status }))
      const expand = expansionOf(request.query.expand)
      const edited = await editedAmong(rows, expand)
      return rows.map((row) => printDataset(row, expand, edited))
    },
  )

  scope.post(
    '/datasets',
    operation('CREATE', 'createDataset', 'Create a dataset', answerOf('Dataset', 201), {
      tags,
      querystring: Type.Object({
        ...expandQuery.properties,
        strict: Type.Optional(Type.String({ description: 'true: the dataset_id must be given and free' })),
      }),
      body: Type.Object({
        dataset_id: Type.Optional(nullableText()),
        metas: Type.Optional(anyObject('{template: {name: value}}')),
      }),
    }),
    async (request, reply) => {
      const row = await createDataset(catalogDeps, {
        datasetId: request.body.dataset_id ?? undefined,
        metas: request.body.metas ?? {},
        owner: usernameOf(request),
        isStrict: readFlag('strict', request.query.strict, false),
      })
      request.audited.target = { type: 'dataset', id: row.dataset_uid }
      return reply.status(201).send(printDataset(row, expansionOf(request.query.expand)))
    },
  )

  const one = { params: datasetParams, querystring: expandQuery }
  scope.get(
    '/datasets/:dataset_uid',
    operation('READ', 'readDataset', 'Read a dataset', answerOf('Dataset'), { tags, ...one }),
    async (request) => {
      const row = await findDataset(control.db, request.params.dataset_uid)
      const expand = expansionOf(request.query.expand)
      return printDataset(row, expand, await editedAmong([row], expand))
    },
  )

  scope.put(
    '/datasets/:dataset_uid',
    operation('WRITE', 'renameDataset', 'Change the dataset_id, while unpublished', answerOf('Dataset'), {
      tags,
      ...one,
      body: Type.Object({ dataset_id: Type.String() }),
    }),
    async (request) => {
      const { dataset_uid } = await findDataset(control.db, request.params.dataset_uid)
      const row = await renameDataset(editorOf(services, request), dataset_uid, request.body.dataset_id)
      return printDataset(row, expansionOf(request.query.expand))
    },
  )

  scope.delete(
    '/datasets/:dataset_uid',
    operation('WRITE', 'deleteDataset', 'Delete a dataset for good, published or not', noContent, {
      tags,
      params: datasetParams,
    }),
    async (request, reply) => {
      const { dataset_uid } = await findDataset(control.db, request.params.dataset_uid)
      await services.actions.deleteDataset(dataset_uid)
      return reply.status(204).send()
    },
  )

  const policy = '/datasets/:dataset_uid/security/access_policy'
  scope.get(
    policy,
    operation('SECURITY', 'readAccessPolicy', 'Read who may see the dataset', answerOf('AccessPolicy'), {
      tags,
      params: datasetParams,
    }),
    async (request, reply) => {
      const { visibility } = await findDataset(control.db, request.params.dataset_uid)
      return reply.type('application/json; charset=utf-8').send(JSON.stringify(visibility))
    },
  )
  scope.put(
    policy,
    operation(
      'SECURITY',
      'changeAccessPolicy',
      'Change who may see the dataset, at once',
      answerOf('AccessPolicy'),
      { tags, params: datasetParams },
      { isRequired: true, content: { 'application/json': { schema: ref('AccessPolicy') } } },
    ),
    async (request, reply) => {
      const { dataset_uid } = await findDataset(control.db, request.params.dataset_uid)
      const wanted = (request.body ?? null) as JsonValue
      await setVisibility(editorOf(services, request), dataset_uid, wanted)
      return reply.type('application/json; charset=utf-8').send(JSON.stringify(wanted))
    },
  )

  scope.get(
    '/domain',
    operation('SELF', 'readDomain', 'What this server offers', answerOf('Domain'), { tags }),
    async (): Promise<JsonObject> => ({
      domain_id: 'broadsheet',
      properties: { 'metadata.themes': [] },
    }),
  )
}
