import { Type } from 'typebox'
import { authorize, giveToCreator, mayDo, requireRoomForDataset } from '../../access/index.ts'
import { createDatasetWithin, findDataset, renameDataset } from '../../catalog/index.ts'
import { disconnectSignal } from '../disconnect.ts'
import { readFlag } from '../explore/parameters.ts'
import { spokenLanguage } from '../language.ts'
import { answerList, answerOf, noContent, operation } from '../openapi/index.ts'
import { countListed, listingQuery, printListed, selectDatasets } from './dataset-list.ts'
import { duplicateDataset } from './duplicate-dataset.ts'
import { expansionOf, printDataset } from './render.ts'
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

  scope.get(
    '/datasets',
    operation('INDEX', 'listDatasets', 'List datasets, published or not', answerList('Dataset'), {
      tags,
      querystring: Type.Object({
        ...pageQuery.properties,
        ...expandQuery.properties,
        ...listingQuery.properties,
      }),
      description: 'Without where, the header X-Total-Count says how many there are on all pages.',
    }),
    async (request, reply) => {
      const page = readListPage(request.query)
      const rows = await selectDatasets(
        services,
        request.principal,
        request.query,
        page,
        disconnectSignal(reply),
      )
      if (!request.query.where?.trim()) reply.header('X-Total-Count', await countListed(services, request))
      return printListed(services, rows, request, spokenLanguage(request))
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
      const owner = usernameOf(request)
      const input = {
        datasetId: request.body.dataset_id ?? undefined,
        metas: request.body.metas ?? {},
        owner,
        isStrict: readFlag('strict', request.query.strict, false),
      }
      const datasetUid = await control.db.transaction().execute(async (trx) => {
        await requireRoomForDataset(trx, owner, services.limits.maxDatasets)
        const uid = await createDatasetWithin(trx, catalogDeps, input)
        if (!mayDo(request.principal, 'SECURITY')) await giveToCreator(trx, uid, owner, services.clock.now())
        return uid
      })
      const row = await findDataset(control.db, datasetUid)
      request.audited.target = { type: 'dataset', id: row.dataset_uid }
      return reply
        .status(201)
        .send(printDataset(row, expansionOf(request.query.expand), spokenLanguage(request)))
    },
  )

  const one = { params: datasetParams, querystring: expandQuery }
  scope.get(
    '/datasets/:dataset_uid',
    operation('READ', 'readDataset', 'Read a dataset', answerOf('Dataset'), {
      tags,
      params: datasetParams,
      querystring: Type.Object({
        ...expandQuery.properties,
        include_app_metas: listingQuery.properties.include_app_metas,
        timezone: listingQuery.properties.timezone,
      }),
    }),
    async (request) => {
      const row = await findDataset(control.db, request.params.dataset_uid)
      return (await printListed(services, [row], request, spokenLanguage(request)))[0]!
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
      return printDataset(row, expansionOf(request.query.expand), spokenLanguage(request))
    },
  )

  scope.post(
    '/datasets/:dataset_uid/duplicate',
    operation(
      'CREATE',
      'duplicateDataset',
      'Make a dataset of the same configuration, unpublished',
      answerOf('Dataset', 201),
      {
        ...one,
        tags,
        description: 'Needs the right to edit the original, too.',
        body: Type.Object({
          dataset_id: Type.Optional(
            Type.String({ description: 'Altered to a free one; default: -copy is added' }),
          ),
          title: Type.Optional(Type.String({ maxLength: 10_000 })),
        }),
      },
    ),
    async (request, reply) => {
      const { dataset_uid } = await findDataset(control.db, request.params.dataset_uid)
      // Whoever may not edit it does not learn whether it is there.
      await authorize(control.db, request.principal, 'WRITE', dataset_uid)
      const { dataset_id: datasetId, title } = request.body
      const copy = await duplicateDataset(services, request, dataset_uid, { datasetId, title })
      return reply
        .status(201)
        .send(printDataset(copy, expansionOf(request.query.expand), spokenLanguage(request)))
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
}
